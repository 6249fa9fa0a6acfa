"""What makes a page straight where little stands on it."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.rulings.seen import LIKELY
from extractor.scan.straighten import find_warp, label_page
from extractor.scan.warp import flatten, rotation_warp
from extractor.seams.labeller import LABEL_DPI, LABELS
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


class _Scripted:
    """A labeller that tells verticals at one place, how likely by how dark they are; `looks`: at how many pages."""

    fingerprint = lineage = "scripted"

    def __init__(self, at: int) -> None:
        self.at, self.looks = at, 0

    def label(self, page):
        self.looks += 1
        told = np.zeros((len(LABELS), *page.shape), dtype=np.uint8)
        told[LABELS.index("down"), :, self.at] = np.minimum(255, 3 * (255 - page[:, self.at].astype(int)))
        return told


@pytest.mark.parametrize(("gray", "looks", "seen"), [(230, 2, True), (150, 1, True), (255, 1, False)])
def test_a_page_of_faint_rulings_is_looked_at_twice_as_dark(gray, looks, seen):
    page = np.full((800, 400), 255, dtype=np.uint8)
    page[:, 200] = gray
    labeller = _Scripted(200)
    down = label_page(page, LABEL_DPI, labeller).down
    assert labeller.looks == looks
    assert bool((down[:, 200] >= LIKELY).all()) is seen
