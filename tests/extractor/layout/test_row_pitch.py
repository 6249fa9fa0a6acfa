"""Two rows in one and a label of two lines: told by where their lines stand."""

from __future__ import annotations

import pytest

from extractor.layout.row_pitch import find_lost_edges
from extractor.values.geometry import Box

_ROWS = [0.0, 40.0, 80.0, 120.0, 200.0, 240.0, 280.0]


def lines(*middles):
    return [Box(10, middle - 10, 200, middle + 10) for middle in middles]


def test_lines_in_the_middle_of_rows_of_the_usual_height_are_rows():
    assert find_lost_edges(_ROWS, 3, [lines(140, 180), lines(141, 179)]) == [160]


def test_a_heading_may_stand_in_one_cell_alone_and_a_dash_beside_a_label():
    rows = [0.0, 40.0, 80.0, 120.0, 160.0, 280.0]
    dashes = [Box(300, 258, 320, 261), Box(90, 198, 120, 201)]
    assert find_lost_edges(rows, 4, [lines(221, 259), lines(180, 220)], dashes) == [200, 240]
    assert find_lost_edges(rows, 4, [lines(221, 259), lines(180, 220)]) == []


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        pytest.param(3, [lines(147, 173), lines(160)], id="a label of two lines beside a figure"),
        pytest.param(3, [lines(140, 180), lines(160)], id="a figure between its lines"),
        pytest.param(3, [lines(140, 180), lines(140)], id="nothing beside the second line"),
        pytest.param(2, [lines(95, 108), lines(95, 108)], id="a row of the usual height"),
    ],
)
def test_one_row_is_left_as_it_is(row, cells):
    assert find_lost_edges(_ROWS, row, cells) == []
