"""What a scanner adds to a page, and no printer did, is painted over."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.reading.straight_page import straighten_page
from extractor.scan.cleaning import darken_pale, erase_edges, turn_dark_blocks, turn_negative
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


def head_words():
    """Where the words of a table's header are."""
    words = paper(900, 1000)
    for x in (250, 450, 650):
        write_han(words, 4, x, 130)
    return words < 128


def page_with_head(ground):
    """A ruled table whose header is filled, with its words in white on it."""
    page = draw_table(paper(900, 1000), _ROWS, _COLUMNS)
    page[100:161, 200:801] = ground
    page[head_words()] = 255
    return page


@pytest.mark.issue(24)
@pytest.mark.parametrize("ground", [10, 60, 110])
def test_white_words_on_a_dark_ground_become_dark_words_on_paper(ground):
    turned = turn_dark_blocks(page_with_head(ground), _DPI)
    inside = np.s_[108:152, 208:792]
    words = head_words()[inside]
    assert turned[inside][words].max() < 60
    assert np.median(turned[inside][~words]) > 230
    # Its rim is a ruling, and nothing else changes.
    assert turned[100:161, 200:801][:2].mean() < 60
    assert np.array_equal(turned[175:], page_with_head(ground)[175:])


@pytest.mark.issue(24)
def test_rulings_on_a_dark_ground_stay():
    page = page_with_head(110)
    page[100:161, 399:402] = 0
    turned = turn_dark_blocks(page, _DPI)
    assert turned[110:150, 400].max() < 60


def _with_bar(page):
    page[600:640, 100:900] = 20


def _with_bold_words(page):
    for left in range(200, 800, 60):
        write_han(page, 1, left, 650, size=52)
        write_number(page, "8", (left + 24, 650), scale=2.0)


def _with_hole(page):
    cv2.circle(page, (60, 450), 22, 30, -1)


@pytest.mark.issue(24)
@pytest.mark.parametrize("draw", [_with_bar, _with_bold_words, _with_hole])
def test_what_is_dark_without_light_words_on_it_stays(draw):
    page = draw_table(paper(900, 1000), _ROWS, _COLUMNS)
    draw(page)
    assert turn_dark_blocks(page, _DPI) is page


@pytest.mark.issue(24)
def test_black_edges_are_not_turned():
    page = page_with_edges("left", "top", "bottom")
    assert turn_dark_blocks(page, _DPI) is page


def test_a_page_white_on_black_is_turned():
    page = np.full((1200, 900), 255, dtype=np.uint8)
    for y in range(100, 1100, 50):
        cv2.putText(page, "12 345 678", (80, y), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    negative = (255 - page) // 2 + 20
    turned = turn_negative(negative, _DPI)
    assert np.array_equal(turned, 255 - negative)
    assert turn_negative(page, _DPI) is page


def test_a_page_on_a_dark_desk_is_not_turned():
    desk = np.full((1200, 900), 40, dtype=np.uint8)
    desk[300:900, 150:750] = 230
    assert turn_negative(desk, _DPI) is desk
