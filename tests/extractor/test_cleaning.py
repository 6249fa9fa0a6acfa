"""What a scanner adds to a page, and no printer did, is painted over."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.cleaning import erase_edges
from extractor.document import Raster
from extractor.engine import NullEngine
from extractor.pages import straighten_page
from tests.extractor.drawn import draw_table, paper, write_number

_DPI = 200.0
_ROWS, _COLUMNS = [100, 160, 220, 280, 340], [200, 400, 600, 800]


def page_with_edges(*sides):
    """A ruled table on a page with ragged black edges along these sides."""
    page = draw_table(paper(900, 1000), _ROWS, _COLUMNS)
    for x in (300, 500, 700):
        write_number(page, "25", (x, 190))
    rng = np.random.default_rng(5)
    for side in sides:
        for i in range(0, 1000, 10):
            deep = 24 + int(rng.integers(0, 5))
            along, rows, columns = slice(i, i + 10), slice(0, deep), slice(0, deep)
            if side in ("right", "bottom"):
                rows, columns = slice(900 - deep, 900), slice(1000 - deep, 1000)
            page[(along, columns) if side in ("left", "right") else (rows, along)] = 20
    return page


@pytest.mark.parametrize("sides", [("left",), ("right", "top"), ("left", "bottom", "top")])
def test_black_edges_become_paper_and_the_table_stays(sides):
    clean = erase_edges(page_with_edges(*sides), _DPI)
    assert np.array_equal(clean, page_with_edges())


def test_a_ruling_that_runs_into_the_border_is_no_edge():
    page = page_with_edges()
    cv2.line(page, (0, 700), (999, 700), 0, 3)
    assert np.array_equal(erase_edges(page, _DPI), page)


def test_a_straight_page_has_no_black_edges():
    image = straighten_page(Raster(page_with_edges("right", "bottom"), _DPI, None), NullEngine())
    assert image is not None
    assert image.flat[-30:].min() > 200
    assert image.flat[:, -30:].min() > 200
