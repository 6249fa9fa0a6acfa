"""Cells of one row with remains of a seal above or below their figure."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.ink.lines_of_cells import find_levels, line_at
from extractor.values.geometry import Box
from extractor.values.grid import GridCell

_DIGIT, _TOP, _BOTTOM = 20.0, 100.0, 240.0


def figure(left, middle):
    return [left, middle - 10, left + 12, middle + 10]


def level_of(*parts):
    """Level of a row of cells with these components each."""
    cells = [
        GridCell(0, 1, i, i + 1, Box(100.0 * i, _TOP, 100.0 * i + 100, _BOTTOM)) for i in range(len(parts))
    ]
    members = [np.asarray(part, dtype=np.int32).reshape(-1, 4) for part in parts]
    (level,) = set(find_levels(cells, members, _DIGIT))
    return level


def test_figures_of_a_row_tell_its_level_whatever_else_lies_in_one_cell():
    strayed = [figure(340, 170), [330, 110, 352, 124]]
    assert level_of([figure(40, 170)], [figure(140, 171)], [figure(240, 170)], strayed) == pytest.approx(170)


@pytest.mark.parametrize(
    "middles",
    [
        pytest.param((170, 170), id="too few"),
        pytest.param((135, 135, 135, 135), id="two rows whose ruling is lost"),
        pytest.param((170, 135, 205, 170), id="figures at several heights"),
    ],
)
def test_a_level_is_told_by_figures_in_the_middle_of_the_row(middles):
    assert level_of(*([figure(100 * i + 40, middle)] for i, middle in enumerate(middles))) is None


def test_the_line_at_the_level_is_the_only_one_there():
    lines = [Box(330, 110, 352, 124), Box(340, 160, 352, 180)]
    assert line_at(lines, 170.0) == lines[1]
    assert line_at(lines, 140.0) is None
    assert line_at(lines, None) is None
    assert line_at(lines[1:], 170.0) is None
