"""Features are what the evidence says, in the order of their names."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from extractor.forms.definition import FieldSpec, Identity
from extractor.seams.calibrator import ReadBy
from extractor.trust.evidence import FEATURES
from extractor.trust.features import logit, measure
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box
from extractor.values.grid import GridCell
from extractor.values.matched import NamedBy, RowName
from extractor.values.opinion import Opinion
from extractor.values.option import Content, Option
from extractor.values.page import Page, PageKind
from extractor.values.reason import Trouble
from extractor.values.result import Kind
from extractor.values.slot import Slot
from tests.extractor.drawn import blank_image
from tests.extractor.printed import make_cell

LABELLED = RowName(NamedBy.LABEL, 0.9)
_READ_BY = ReadBy("fixed", "", "1")


def slot(key, text, *, row=0, column=0):
    place = GridCell(
        row,
        row + 1,
        column,
        column + 1,
        Box(100.0 * column, 40.0 * row, 100.0 * column + 90, 40.0 * row + 36),
    )
    return Slot(FieldSpec(key, "t", key, "数", "件", decimals=False), make_cell(place, text), 1, LABELLED)


def number(value, probability):
    return Option(str(value), Content(Kind.NUMBER, float(value)), probability)


def decoded(values, identities=(), *, clear=0.99, opinions=None):
    """Fields a, b, c ... of one row with these numbers, each as clear as said."""
    slots = [slot(key, str(value), column=i) for i, (key, value) in enumerate(values.items())]
    options = {key: (number(value, clear),) for key, value in values.items()}
    beliefs = {key: [clear] for key in values}
    page = Page(1, PageKind.SCAN, 595.0, 842.0, blank_image(), (), ())
    return Decoded(slots, options, beliefs, identities, opinions or {}, (page,))


def opinion(shares):
    """What a second reader says that gives these probabilities to these numbers."""
    contents = {Content(Kind.NUMBER, float(value)): share for value, share in shares.items()}
    likeliest = max(contents, key=contents.get)
    return Opinion(f"{likeliest.value:g}", likeliest, contents)


@dataclass(frozen=True)
class Fixed:
    """A calibrator that says the same of every field."""

    probability: float
    fingerprint: str = "fixed"
    fitted_with: ReadBy = _READ_BY

    def probabilities(self, features):
        return np.full(len(features), self.probability)

    def threshold(self, error_budget):
        return 1.0 - error_budget / 10_000


def with_slot(found, **changes):
    return replace(found, slots=[replace(found.slots[0], **changes), *found.slots[1:]])


def told(found, position=0):
    return dict(zip(FEATURES, measure(found)[position].tolist(), strict=True))


TOTAL = Identity("sum", "", ("a", "b"), ("c",))


def test_one_row_a_field_one_column_a_feature():
    features = measure(decoded({"a": 1, "b": 2, "c": 3}))
    assert features.shape == (3, len(FEATURES))
    assert features.dtype == np.float32


def test_a_sum_that_holds_vouches_as_far_as_its_parts_are_clear():
    found = told(decoded({"a": 1, "b": 2, "c": 3}, [TOTAL], clear=0.9))
    assert (found["sums_hold"], found["sums_break"]) == (1, 0)
    assert found["sums_support"] == pytest.approx(0.81)
    assert found["table_sums"] == 1


def test_a_sum_that_breaks_counts_against_all_its_parts():
    found = decoded({"a": 1, "b": 2, "c": 4}, [TOTAL])
    assert [told(found, i)["sums_break"] for i in range(3)] == [1, 1, 1]
    assert told(found)["table_sums"] == 0


def test_a_broken_sum_is_explained_to_all_but_its_culprit():
    sums = [Identity("row", "", ("a", "b"), ("c",)), Identity("column", "", ("a", "d"), ("e",))]
    found = decoded({"a": 1, "b": 2, "c": 7, "d": 4, "e": 9}, sums)
    assert [told(found, i)["explained"] for i in range(5)] == [0, 2, 2, 2, 2]
    misprint = decoded({"a": 5, "b": 2, "c": 7, "d": 4, "e": 8}, sums)
    assert [told(misprint, i)["explained"] for i in range(5)] == [0, 0, 0, 0, 0]


def test_a_sum_with_an_unread_part_tells_nothing():
    whole = decoded({"a": 1, "b": 2, "c": 3}, [TOTAL])
    found = replace(whole, options={**whole.options, "b": ()}, beliefs={**whole.beliefs, "b": []})
    assert (told(found)["sums_hold"], told(found)["sums_break"], told(found)["sums_open"]) == (0, 0, 1)
    assert told(found)["table_found"] == pytest.approx(2 / 3)
    assert told(found, 1) == dict.fromkeys(FEATURES, 0.0)


@pytest.mark.issue(23)
@pytest.mark.parametrize(
    ("change", "share"),
    [({}, 1.0), ({"cell": None}, 2 / 3), ({"trouble": Trouble.RUN_TOGETHER}, 2 / 3)],
)
def test_a_cell_that_is_found_and_cannot_be_read_leaves_its_table_whole(change, share):
    """Only a row that was not found may be another that was; one smudged figure says nothing of the other rows."""
    whole = decoded({"a": 1, "b": 2, "c": 3})
    slots = [replace(slot, **change) if slot.spec.id == "b" else slot for slot in whole.slots]
    found = replace(
        whole, slots=slots, options={**whole.options, "b": ()}, beliefs={**whole.beliefs, "b": []}
    )
    assert told(found)["table_placed"] == pytest.approx(share)


def test_how_nothing_is_printed_is_shared_by_the_table():
    values = decoded({"a": 0, "b": 0, "c": 7})
    dash = Option("/", Content(Kind.DASH, None), 0.99)
    found = replace(values, options={**values.options, "b": (dash,)})
    assert told(found)["style_share"] == pytest.approx(0.5)
    assert told(found)["zero"] == 1
    assert told(found, 1)["dash"] == 1
    assert told(found, 2)["style_share"] == 1


def test_the_second_reader_is_heard():
    found = decoded(
        {"a": 1, "b": 2, "c": 3}, opinions={"a": opinion({1: 1.0}), "b": opinion({7: 0.5, 2: 0.25})}
    )
    assert [told(found, i)["second"] for i in range(3)] == [1, -0.5, 0]
    assert [round(told(found, i)["second_margin"], 1) for i in range(3)] == [12.0, -0.7, 0.0]


@pytest.mark.parametrize("probability", [0.0, 1e-30, 0.5, 1 - 1e-30, 1.0])
def test_log_odds_are_finite(probability):
    assert -12 <= logit(probability) <= 12


@pytest.mark.parametrize(("beside", "doubted"), [(3, 2.0), (2, 0.0)])
def test_blanks_of_a_column_that_was_cut_beside_its_figures_are_told_so(beside, doubted):
    found = decoded(dict.fromkeys("abcdef", 1))
    slots = [slot(key, "" if place else "7", row=place) for place, key in enumerate("abcdef")]
    slots = [replace(s, unclaimed=2 if 0 < place <= beside else 0) for place, s in enumerate(slots)]
    features = [told(replace(found, slots=slots), place)["unclaimed"] for place in range(6)]
    assert features[5] == doubted
    assert features[1] == 2.0
