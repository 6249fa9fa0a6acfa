from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.deciding.candidates import list_options
from extractor.deciding.slot_decoding import doubt_odd_blanks
from extractor.forms.definition import FieldSpec
from extractor.seams.calibrator import ACCEPT, MAX_CONFIDENCE, UNCALIBRATED
from extractor.trust.fields import make_fields
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box
from extractor.values.grid import GridCell
from extractor.values.matched import NamedBy, RowName
from extractor.values.option import Content, Option
from extractor.values.reason import Reason, ReasonCode, Trouble
from extractor.values.result import FieldStatus, Kind
from extractor.values.slot import Slot
from tests.extractor.printed import make_cell

_PLACE = GridCell(0, 1, 0, 1, Box(100, 200, 300, 240))
_SLOT = Slot(
    FieldSpec("t.a", "t", "甲", "数", "件", decimals=False),
    make_cell(_PLACE, "17"),
    2,
    RowName(NamedBy.LABEL, 1.0),
)


def to_points(page_no, box):
    assert page_no == 2
    return Box(box.left / 2, box.top / 2, box.right / 2, box.bottom / 2)


def number(value, probability):
    return Option(str(value), Content(Kind.NUMBER, float(value)), probability)


_OPTIONS = (number(17, 0.99), number(11, 0.01))


def make(slot=_SLOT, options=_OPTIONS, belief=(0.995, 0.005)):
    decoded = Decoded([slot], {slot.spec.id: options}, {slot.spec.id: list(belief)}, (), {}, ())
    (field,) = make_fields(decoded, to_points, UNCALIBRATED)
    return field


def test_likeliest_reading_is_the_value_with_its_place():
    field = make()
    assert (field.value, field.raw, field.kind, field.page_no) == (17, "17", Kind.NUMBER, 2)
    assert field.box == Box(50, 100, 150, 120)
    assert field.status is FieldStatus.ACCEPTED
    assert field.reasons == ()


def test_posterior_not_first_reading_decides():
    assert make(belief=(0.2, 0.8)).value == 11


def test_doubt_is_put_in_words_with_its_candidates():
    field = make(belief=(0.7, 0.3))
    assert field.status is FieldStatus.REVIEW
    assert field.confidence == pytest.approx(0.7)
    assert [(c.raw, c.probability) for c in field.candidates] == [("17", 0.7), ("11", 0.3)]
    assert field.reasons == (Reason(ReasonCode.READS_EITHER, {"readings": ("17", "11")}),)


def test_nothing_is_certain():
    assert make(belief=(1.0, 0.0)).confidence == MAX_CONFIDENCE < 1


def test_row_named_by_its_neighbours_only_is_reviewed():
    field = make(replace(_SLOT, row_name=RowName(NamedBy.NEIGHBOURS)), belief=(1.0, 0.0))
    assert field.status is FieldStatus.REVIEW
    assert field.confidence < ACCEPT
    assert Reason(ReasonCode.LABEL_ILLEGIBLE) in field.reasons


def test_trouble_with_the_cell_is_reviewed_and_told():
    field = make(replace(_SLOT, trouble=Trouble.DIVIDED), belief=(1.0, 0.0))
    assert field.status is FieldStatus.REVIEW
    assert Reason(ReasonCode.CELL_DIVIDED) in field.reasons


def test_missing_cell_is_missing():
    field = make(Slot(_SLOT.spec, None, None, RowName(NamedBy.NOTHING)), (), ())
    assert (field.kind, field.value, field.box, field.confidence) == (Kind.MISSING, None, None, 0.0)
    assert field.status is FieldStatus.REVIEW
    assert field.reasons


def test_cell_without_a_reading_is_unreadable_and_keeps_its_text():
    slot = replace(_SLOT, cell=make_cell(_PLACE, "详见附件"))
    field = make(slot, list_options(slot), ())
    assert (field.kind, field.raw, field.value) == (Kind.UNREADABLE, "详见附件", None)
    assert field.box is not None


def _table(blanks, zeros):
    """Slots and options of a table of so many blank cells and printed zeros."""
    slots, options = [], {}
    for index in range(blanks + zeros):
        is_blank = index < blanks
        spec = replace(_SLOT.spec, id=f"t.{index}")
        slots.append(replace(_SLOT, spec=spec, cell=make_cell(_PLACE, "" if is_blank else "0")))
        blank = Option("", Content(Kind.BLANK, None), 0.99)
        options[spec.id] = (blank,) if is_blank else (number(0, 0.99),)
    return slots, options


def test_blanks_in_a_table_of_zeros_are_doubted():
    slots, options = _table(2, 20)
    doubted = [slot for slot in doubt_odd_blanks(slots, options) if slot.trouble]
    assert [slot.spec.id for slot in doubted] == ["t.0", "t.1"]
    assert "blank" in doubted[0].trouble


@pytest.mark.parametrize(("blanks", "zeros"), [(20, 0), (20, 3), (10, 12), (1, 3)])
def test_blanks_that_are_no_exception_are_not_doubted(blanks, zeros):
    slots, options = _table(blanks, zeros)
    assert not any(slot.trouble for slot in doubt_odd_blanks(slots, options))


def test_a_blank_total_is_doubted_where_all_others_are_filled():
    """A breakdown left empty beside filled totals: blanks are usual in the table, but not in the column of totals."""
    slots, options = [], {}
    for row in range(12):
        for column in ("parts", "total"):
            is_blank = column == "parts" or row == 7
            spec = replace(_SLOT.spec, id=f"t.{row}.{column}")
            slots.append(replace(_SLOT, spec=spec, cell=make_cell(_PLACE, "" if is_blank else "4")))
            options[spec.id] = (
                (Option("", Content(Kind.BLANK, None), 0.99),) if is_blank else (number(4, 0.99),)
            )
    doubted = [slot.spec.id for slot in doubt_odd_blanks(slots, options) if slot.trouble]
    assert doubted == ["t.7.total"]
