"""What makes a page straight where little stands on it."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.scan.straighten import find_warp
from extractor.scan.warp import flatten, rotation_warp
from tests.extractor.drawn import draw_table, label, paper, read_grids, write_number

_DPI = 200.0


def lone_row():
    """The last row of a table, alone on its page."""
    edges = list(range(80, 921, 60))
    page = draw_table(paper(900, 1000), [150, 200], edges)
    for x in edges[:-1]:
        write_number(page, "7", (x + 30, 175))
    return page, edges


@pytest.mark.parametrize("degrees", [-1.0, 0.8])
def test_two_rulings_tell_the_skew_where_nothing_else_does(degrees):
    page, edges = lone_row()
    turned = flatten(page, rotation_warp(page.shape, -degrees))
    warp, skew = find_warp(turned, label(turned, _DPI))
    assert skew == pytest.approx(degrees, abs=0.15)
    (grid,) = read_grids(flatten(turned, warp), _DPI)
    assert len(grid.columns) == len(edges)
    assert np.ptp(grid.rows) == pytest.approx(50, abs=4)


def test_a_level_row_stays_as_it_is():
    page, _ = lone_row()
    assert find_warp(page, label(page, _DPI))[0] is None
