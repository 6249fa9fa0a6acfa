"""What a scanner adds to a page, and no printer did, is painted over."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.reading.page_reader import straighten_page
from extractor.scan.cleaning import darken_pale, erase_edges
from extractor.seams.engine import NullEngine, Reading
from extractor.values.frame import Raster
from models.pages import load_labeller
from tests.extractor.drawn import draw_table, paper, write_han, write_number

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
    image = straighten_page(
        Raster(page_with_edges("right", "bottom"), _DPI, None), NullEngine(), load_labeller()
    )
    assert image is not None
    assert image.flat[-30:].min() > 200
    assert image.flat[:, -30:].min() > 200


@pytest.mark.parametrize(("contrast", "is_pale"), [(0.3, True), (0.7, False), (1.0, False)])
def test_pale_print_is_darkened_and_other_print_left_alone(contrast, is_pale):
    page = paper(1200, 900)
    for y in range(100, 1100, 45):
        write_han(page, 30, 80, y)
    flat = (255 - contrast * (255.0 - page)).astype(np.uint8)
    dark = darken_pale(flat)
    assert (dark.min() < 110) or not is_pale
    assert np.array_equal(dark, flat) is not is_pale
    assert (dark[:40] == flat[:40]).all()


class _Reads(NullEngine):
    """Reads every line with the same score."""

    def __init__(self, score):
        object.__setattr__(self, "score", score)

    def read(self, crops, *, width_scale=1.0):
        return [Reading("字" * 12, self.score) for _ in crops]


@pytest.mark.parametrize(
    ("contrast", "score", "is_read"), [(0.15, 0.9, True), (0.15, 0.4, False), (0.9, 0.4, True)]
)
def test_a_pale_page_is_blank_unless_it_can_be_read(contrast, score, is_read):
    page = paper(1200, 900)
    for y in range(100, 1100, 45):
        write_han(page, 30, 80, y)
    pale = (255 - contrast * (255.0 - page)).astype(np.uint8)
    assert (straighten_page(Raster(pale, _DPI, None), _Reads(score), load_labeller()) is not None) is is_read
