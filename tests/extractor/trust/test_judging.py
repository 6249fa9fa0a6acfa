"""What is accepted, by the posterior or by a calibrator, and what is said of the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extractor.seams.calibrator import ACCEPT, UNCALIBRATED, Judge
from extractor.seams.engine import Reading
from extractor.trust.bounds import BOUND
from extractor.trust.features import measure
from extractor.trust.fields import make_fields
from extractor.trust.judging import explain, tell_confidences
from extractor.values.geometry import Box
from extractor.values.matched import NamedBy, RowName
from extractor.values.option import Content, Option
from extractor.values.page import Page, PageKind
from extractor.values.reason import Reason, ReasonCode, Trouble
from extractor.values.result import FieldStatus, Kind
from extractor.values.slot import Header
from tests.extractor.drawn import straight_image
from tests.extractor.trust.test_features import TOTAL, Fixed, decoded, opinion, with_slot

FIELDS = decoded({"a": 1, "b": 2, "c": 3})
SUMMED = decoded({"a": 12, "b": 3, "c": 15}, [TOTAL])


def test_without_a_calibrator_the_posterior_counts():
    assert tell_confidences(FIELDS, measure(FIELDS), UNCALIBRATED) == pytest.approx([0.99] * 3)
    assert UNCALIBRATED.threshold == ACCEPT


def test_with_a_calibrator_its_word_counts():
    assert tell_confidences(FIELDS, measure(FIELDS), Judge(Fixed(0.7))) == pytest.approx([0.7] * 3)


def test_the_budget_sets_the_threshold():
    assert Judge(Fixed(0.7), error_budget=5.0).threshold == pytest.approx(0.9995)


def test_trouble_with_the_cell_halves_what_its_reading_says():
    divided = with_slot(FIELDS, trouble=Trouble.DIVIDED)
    assert tell_confidences(divided, measure(divided), UNCALIBRATED)[0] < 0.5


def test_text_from_the_file_needs_no_calibrator():
    cell = FIELDS.slots[0].cell
    told = with_slot(FIELDS, cell=replace(cell, reading=Reading("1", 1.0, certain=True)))
    assert tell_confidences(told, measure(told), Judge(Fixed(0.3)))[0] == pytest.approx(0.9995)


def test_what_a_text_layer_leaves_blank_is_judged_as_on_a_scan():
    """A figure may be drawn there, of which the text layer knows nothing."""
    blank = Option("", Content(Kind.BLANK, None), 0.99)
    found = replace(
        FIELDS, options={**FIELDS.options, "a": (blank,)}, beliefs={**FIELDS.beliefs, "a": [0.99]}
    )
    found = with_slot(found, cell=replace(FIELDS.slots[0].cell, ink=None, lines=(), reading=None))
    page = replace(FIELDS.pages[0], kind=PageKind.TEXT)
    assert tell_confidences(
        replace(found, pages=(page,)), measure(replace(found, pages=(page,))), Judge(Fixed(0.3))
    )[0] == pytest.approx(0.3)


def test_a_field_that_says_nothing_has_no_confidence():
    unread = replace(FIELDS, options={**FIELDS.options, "a": ()}, beliefs={**FIELDS.beliefs, "a": []})
    assert tell_confidences(unread, measure(unread), Judge(Fixed(0.9)))[0] == 0


def test_a_seal_over_a_cell_is_told():
    flat = np.full((200, 400), 255, dtype=np.uint8)
    coloured = np.zeros((50, 100), dtype=np.uint8)
    coloured[2:8, 3:20] = 255
    image = straight_image(flat, coloured=coloured)
    found = replace(FIELDS, pages=(Page(1, PageKind.SCAN, 400.0, 200.0, image, (), ()),))
    told = {key: Reason(ReasonCode.SEALED) in told for key, told in explain(found, measure(found)).items()}
    assert told == {"a": True, "b": False, "c": False}


@pytest.mark.issue(26)
def test_what_stands_in_a_damaged_picture_is_told_so_and_never_accepted():
    page = replace(FIELDS.pages[0], image=replace(FIELDS.pages[0].image, damaged=True))
    found = replace(FIELDS, pages=(page,))
    judge = Judge(Fixed(0.9999), error_budget=5.0)
    whole, damaged = ({item.id: item for item in make_fields(f, _to_points, judge)} for f in (FIELDS, found))
    assert {item.status for item in whole.values()} == {FieldStatus.ACCEPTED}
    assert {item.status for item in damaged.values()} == {FieldStatus.REVIEW}
    assert all(item.reasons == (Reason(ReasonCode.PICTURE_DAMAGED),) for item in damaged.values())


def _to_points(_: int, box: Box) -> Box:
    return box


def test_a_broken_sum_is_told_with_its_figures():
    found = decoded({"a": 12, "b": 3, "c": 16}, [TOTAL])
    broken = Reason(ReasonCode.SUM_BROKEN, {"left": (12.0, 3.0), "right": (16.0,)})
    assert all(broken in reasons for reasons in explain(found, measure(found)).values())


def test_whom_a_sum_accuses_is_not_accepted_by_hand_however_clear():
    clear = decoded({"a": 12, "b": 3, "c": 16}, [TOTAL], clear=0.9999)
    assert max(tell_confidences(clear, measure(clear), UNCALIBRATED)) < ACCEPT
    cell = clear.slots[0].cell
    printed = with_slot(clear, cell=replace(cell, reading=Reading("12", 1.0, certain=True)))
    assert tell_confidences(printed, measure(printed), UNCALIBRATED)[0] > 0.99


def test_what_a_second_reader_reads_is_told_where_it_is_something_else():
    both = {n: decoded({"a": 1}, opinions={"a": opinion({n: 0.9})}) for n in (1, 7)}
    told = {n: explain(found, measure(found))["a"] for n, found in both.items()}
    assert {n: Reason(ReasonCode.SECOND_READER, {"text": "7"}) in found for n, found in told.items()} == {
        1: False,
        7: True,
    }


def test_every_field_has_a_reason_to_give():
    assert all(explain(FIELDS, measure(FIELDS)).values())


def test_a_calibrator_judges_only_what_was_read_by_those_it_was_fitted_with():
    """Thresholds fitted on one engine say nothing of another's readings."""
    judge = Judge(Fixed(0.7), error_budget=5.0)
    own = judge.calibrator.fitted_with
    assert judge.for_fields(own) is judge
    for changed in ({"engine": "paddleocr"}, {"second": "another"}, {"layout": "2"}):
        careful = judge.for_fields(replace(own, **changed))
        assert (careful.calibrator, careful.threshold) == (None, ACCEPT)
    assert UNCALIBRATED.for_fields(own) is UNCALIBRATED


def test_a_row_under_another_legible_label_is_never_sure_whatever_tells_its_figures():
    name = RowName(NamedBy.LABEL, 0.9, other=True)
    in_the_file = replace(FIELDS.slots[0].cell, reading=Reading("1", 1.0, certain=True))
    for found in (FIELDS, with_slot(FIELDS, cell=in_the_file)):
        misnamed = with_slot(found, row_name=name)
        told = tell_confidences(misnamed, measure(misnamed), Judge(Fixed(0.9999)))[0]
        assert told <= BOUND
        reasons = explain(misnamed, measure(misnamed))[misnamed.slots[0].spec.id]
        assert Reason(ReasonCode.LABEL_OTHER) in reasons


def test_a_doubt_about_a_label_says_what_was_read_in_its_place():
    name = RowName(NamedBy.LABEL, 0.6, printed="结果更正")
    doubtful = with_slot(FIELDS, row_name=name)
    reasons = explain(doubtful, measure(doubtful))[doubtful.slots[0].spec.id]
    assert Reason(ReasonCode.LABEL_UNLIKE, {"printed": "结果更正"}) in reasons


@pytest.mark.issue(24)
def test_a_column_under_other_words_is_never_sure_though_its_sums_hold():
    in_the_file = replace(FIELDS.slots[0].cell, reading=Reading("1", 1.0, certain=True))
    for found in (FIELDS, with_slot(FIELDS, cell=in_the_file), SUMMED):
        other = with_slot(found, header=Header.OTHER)
        assert tell_confidences(other, measure(other), Judge(Fixed(0.9999)))[0] <= BOUND
        reasons = explain(other, measure(other))[other.slots[0].spec.id]
        assert Reason(ReasonCode.HEADER_OTHER) in reasons
        assert any(reason.is_final for reason in reasons)


@pytest.mark.issue(24)
def test_a_field_of_a_column_that_is_not_there_says_so():
    found = with_slot(FIELDS, cell=None, header=Header.ABSENT)
    key = found.slots[0].spec.id
    found = replace(found, options={**found.options, key: ()}, beliefs={**found.beliefs, key: []})
    told = explain(found, measure(found))[key]
    assert [reason.code for reason in told] == [ReasonCode.COLUMN_MISSING]
