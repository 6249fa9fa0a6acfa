"""Figures that are printed otherwise than the rest of their table are in doubt."""

from __future__ import annotations

from extractor.deciding.slot_decoding import doubt_odd_places
from extractor.forms.definition import FieldSpec
from extractor.values.matched import NamedBy, RowName
from extractor.values.option import Content, Option
from extractor.values.reason import Trouble
from extractor.values.result import Kind
from extractor.values.slot import Slot


def doubted(*texts, counts=0):
    """Which figures of a table are in doubt for their decimals; the last `counts` of which have none by the form."""
    last = len(texts) - counts
    specs = [FieldSpec(f"t.{i}", "t", "", "", "", decimals=i < last) for i in range(len(texts))]
    slots = [Slot(spec, None, 1, RowName(NamedBy.LABEL, 1.0)) for spec in specs]
    options = {
        spec.id: (Option(text, Content(Kind.NUMBER, float(text.replace(",", ""))), 1.0),)
        for spec, text in zip(specs, texts, strict=True)
    }
    found = doubt_odd_places(slots, options)
    return [text for text, slot in zip(texts, found, strict=True) if slot.trouble is Trouble.ODD_PLACES]


def test_a_figure_with_other_decimals_than_its_table_s_is_in_doubt():
    amounts = ["516.74", "3,603.17", "9.00", "91.69", "0.55", "12.30"]
    assert doubted(*amounts, "516") == ["516"]
    assert doubted(*amounts, "51674.5") == ["51674.5"]
    assert doubted(*amounts) == []


def test_nothing_is_odd_among_counts_among_few_or_where_decimals_differ():
    assert doubted("5", "7", "12", "8", "3", "1.5") == []
    assert doubted("516.74", "9.00", "516") == []
    assert doubted("1.5", "2.25", "3", "4.125", "5.5", "6") == []


def test_a_zero_has_no_decimals_to_be_odd():
    assert doubted("516.74", "3,603.17", "9.00", "91.69", "0.55", "0") == []


def test_numbers_of_things_beside_amounts_are_compared_with_their_like():
    amounts = ["516.74", "3,603.17", "9.00", "91.69", "0.55", "12.30"]
    assert doubted(*amounts, "3", "17", counts=2) == []
    assert doubted(*amounts, "3", "17", counts=1) == ["3"]
