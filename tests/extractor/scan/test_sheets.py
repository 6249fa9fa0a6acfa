"""Two pages on one sheet."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.scan.sheets import find_gutter, lay_below

_DPI = 100.0


def sheet(*columns, rows=800, wide=1200):
    """A sheet on which these columns (from, to) bear lines of print; the others are paper."""
    out = np.full((rows, wide), 255, dtype=np.uint8)
    for low, high in columns:
        for top in range(80, rows - 80, 30):
            out[top : top + 14, low:high] = 0
    return out


SPREAD = sheet((80, 520), (680, 1120))


def test_a_sheet_parts_where_two_blocks_of_print_leave_its_middle_free():
    low, high = find_gutter(SPREAD, _DPI)
    assert 500 <= low < 600 < high <= 700


def test_an_upright_page_is_one():
    assert find_gutter(np.ascontiguousarray(SPREAD[:, :700]), _DPI) is None


def test_a_table_across_the_middle_is_one_page():
    crossed = SPREAD.copy()
    crossed[400:404, 80:1120] = 0
    crossed[100:104, 80:1120] = crossed[700:704, 80:1120] = crossed[200:204, 80:1120] = 0
    crossed[300:304, 80:1120] = crossed[500:504, 80:1120] = 0
    assert find_gutter(crossed, _DPI) is None


def test_columns_of_a_table_that_stand_as_far_apart_everywhere_are_one_page():
    columns = [(left, left + 60) for left in range(80, 1120, 200)]
    assert find_gutter(sheet(*columns), _DPI) is None


def test_print_on_one_half_alone_is_one_page_without_a_spine_and_two_with_one():
    half = sheet((80, 520))
    assert find_gutter(half, _DPI) is None
    half[:, 590:612] = 60
    low, high = find_gutter(half, _DPI)
    assert low < 590 and high > 612


def test_a_spine_in_the_gutter_is_no_print():
    bound = SPREAD.copy()
    bound[:, 588:614] = 60
    low, high = find_gutter(bound, _DPI)
    laid = lay_below(bound, (low, high))
    assert (laid < 100).mean() == pytest.approx((SPREAD < 100).mean() * SPREAD.size / laid.size)


def test_the_right_page_lies_below_the_left_one():
    laid = lay_below(SPREAD, find_gutter(SPREAD, _DPI))
    assert laid.shape == (1600, 600)
    assert (laid[:800, 80:520] == SPREAD[:, 80:520]).all()
    assert (laid[800:, 80:520] == SPREAD[:, 680:1120]).all()
