"""What no calibrator may be sure of."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.trust.bounds import BOUND, SUSPECT, find_doubts, hold_back
from extractor.trust.evidence import Evidence, to_matrix
from extractor.values.reason import ReasonCode

#: A figure of two digits whose row its label names, in a sum that holds.
PLAIN = Evidence().having(
    table_placed=1.0,
    table_sums=1.0,
    label=1.0,
    digits=2.0,
    sums_hold=1.0,
    sums_terms=3.0,
    room=6.0,
    ruled=1.0,
    digit_width=1.0,
    digit_height=1.0,
    run=0.5,
)
ALONE = PLAIN.having(sums_hold=0.0, sums_terms=0.0, sums_open=1.0)
BLANK = ALONE.having(blank=1.0, digits=0.0, run=0.0)


def held(found, most=BOUND):
    return bool(hold_back(np.array([0.9999]), to_matrix([found]))[0] <= most)


def doubts(found):
    return {code for code, mask in find_doubts(to_matrix([found])).items() if mask[0]}


@pytest.mark.parametrize("found", [PLAIN, ALONE, BLANK])
def test_a_plain_field_is_left_to_its_calibrator(found):
    assert not held(found)


def test_no_field_of_a_broken_sum_is_sure_unless_a_sum_of_other_figures_holds():
    assert held(ALONE.having(sums_break=1.0), SUSPECT)
    assert held(PLAIN.having(sums_break=1.0, sums_terms=1.0), SUSPECT)
    assert held(PLAIN.having(sums_break=1.0, sums_terms=2.0), SUSPECT)
    assert not held(PLAIN.having(sums_break=1.0, sums_terms=3.0), SUSPECT)


def test_a_broken_sum_that_another_figure_explains_vouches_for_its_fields():
    broken = ALONE.having(sums_break=1.0)
    assert held(broken.having(explained=2.0), SUSPECT)
    assert not held(broken.having(explained=3.0), SUSPECT)
    assert held(broken.having(explained=3.0, table_sums=0.3), SUSPECT)


def test_a_sum_that_holds_vouches_for_nothing_in_a_table_most_of_whose_sums_break():
    broken = PLAIN.having(sums_break=1.0, sums_terms=6.0)
    assert not doubts(broken)
    assert doubts(broken.having(table_sums=0.3)) == {ReasonCode.SUM_BROKEN}
    assert held(broken.having(table_sums=0.3), SUSPECT)
    assert not doubts(PLAIN.having(table_sums=0.3))


@pytest.mark.parametrize("found", [BLANK, BLANK.having(sums_hold=2.0, sums_across=1.0, sums_terms=4.0)])
def test_a_blank_where_its_table_prints_nothings_is_a_doubt_whatever_its_sums_say(found):
    odd = found.having(trouble_blank=1.0)
    assert doubts(odd) == {ReasonCode.ODD_BLANK}
    assert held(odd)


def test_a_stroke_through_a_figure_is_a_doubt_whatever_its_sums_say():
    for crossed in (PLAIN.having(run=1.6, foreign=0.6), PLAIN.having(run=1.6, digit_width=2.4)):
        assert doubts(crossed) == {ReasonCode.STRUCK_OUT}
        assert held(crossed)


def test_digits_that_touch_are_not_struck_out():
    assert not held(PLAIN.having(run=1.6, extra=-1.0))


def test_a_dash_is_no_stroke_through_a_figure():
    assert not held(PLAIN.having(run=1.6, digits=0.0, dash=1.0))


def test_foreign_ink_is_outweighed_by_a_sum_only():
    assert doubts(ALONE.having(foreign=0.8)) == {ReasonCode.FOREIGN_INK}
    assert held(ALONE.having(foreign=0.8))
    assert not held(PLAIN.having(foreign=0.8))


def test_foreign_ink_changed_nothing_of_digits_that_look_like_the_reports_own():
    alike = ALONE.having(foreign=0.8, compared=1.0, likeness=0.3)
    assert not held(alike)
    for changes in ({"likeness": 0.05}, {"compared": 0.0}, {"oddness": 0.15}, {"step": 0.2}, {"shade": 70.0}):
        assert held(alike.having(**changes))


@pytest.mark.parametrize(
    "changes",
    [{"digit_width": 0.5}, {"digit_height": 1.5}, {"darker": 40.0}, {"compared": 1.0, "likeness": -0.2}],
)
def test_a_figure_of_another_type_is_outweighed_by_a_sum_only(changes):
    assert doubts(ALONE.having(**changes)) == {ReasonCode.OTHER_TYPE}
    assert not held(PLAIN.having(**changes))
    assert not held(BLANK.having(**changes))


@pytest.mark.parametrize("changes", [{"oddness": 0.15}, {"step": 0.2}, {"shade": 70.0}])
def test_a_stroke_read_as_a_digit_is_outweighed_by_a_sum_of_many_figures_only(changes):
    odd = PLAIN.having(**changes)
    assert doubts(odd) == {ReasonCode.OTHER_TYPE}
    assert held(odd)
    assert not held(odd.having(sums_terms=4.0))


def test_a_narrow_figure_that_looks_like_the_reports_own_is_of_its_type():
    narrow = ALONE.having(digit_width=0.6, digits=1.0, compared=1.0)
    assert not held(narrow.having(likeness=0.4))
    assert held(narrow.having(likeness=0.05))
    assert held(narrow.having(likeness=0.4, oddness=0.15))


def test_a_wrapped_number_is_as_wide_as_its_line():
    assert not held(ALONE.having(digit_width=0.5, annotation=1.0))


def test_ink_that_no_reading_explains_is_a_doubt():
    assert held(PLAIN.having(left_out=0.8))
    assert held(ALONE.having(outside=0.8))
    assert not held(ALONE.having(left_out=0.3, outside=0.3))


def test_rows_of_a_table_without_rulings_may_be_the_missing_ones():
    unruled = PLAIN.having(ruled=0.0, table_placed=0.9)
    assert held(unruled)
    assert not held(unruled.having(sums_across=1.0))
    assert not held(unruled.having(ruled=1.0))


def test_a_blank_has_no_writing_at_all_whatever_its_sums_say():
    assert held(BLANK.having(outside=0.8, sums_hold=1.0, sums_terms=4.0))
