"""Rulings of which only dashes are left are found, and what cells and characters are made of is not taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.layout.grids import find_grids
from extractor.rulings.dashed import (
    erase_dashes,
    find_dashed,
    is_dashed,
    keep_dashes,
    level_out,
    may_be_dashed,
)
from extractor.scan.straighten import Wear, find_table_rulings, find_warp
from extractor.scan.warp import flatten
from tests.extractor.drawn import bend, draw_table, paper, spans_of, wanted_spans, write_han, write_number
from tests.extractor.rulings.test_worn import write_words

_DPI = 200.0
_ROWS = [100, 160, 220, 280, 340, 400, 460, 520]
_COLUMNS = [80, 300, 440, 580, 720, 900]


def draw_dashed(page, rows, columns, *, seed, dash=(22, 60), gap=(15, 45)):
    """A table of which dashes are left, of random length and with random gaps between them (pixels)."""
    rng = np.random.default_rng(seed)
    for y in rows:
        _draw_line(page, rng, y, (columns[0], columns[-1]), dash, gap)
    for x in columns:
        _draw_line(page.T, rng, x, (rows[0], rows[-1]), dash, gap)
    return page


def _draw_line(page, rng, place, ends, dash, gap):
    at = ends[0] + int(rng.integers(0, 12))
    while at < ends[1] - 8:
        end = min(at + int(rng.integers(*dash)), ends[1])
        page[place - 1 : place + 1, at:end] = 0
        at = end + int(rng.integers(*gap))


def read_dashed(page):
    warp, wear = find_warp(page, 0.0, _DPI)
    straight = flatten(page, warp) if warp is not None else page
    ruled, across, clean = find_table_rulings(straight, _DPI, wear)
    return wear, find_grids(ruled, across, _DPI), clean


@pytest.mark.parametrize("seed", range(6))
def test_of_a_table_half_gone_every_cell_is_found(seed):
    wear, (grid,), _ = read_dashed(draw_dashed(paper(), _ROWS, _COLUMNS, seed=seed))
    assert wear is Wear.DASHED
    assert np.allclose(grid.columns, _COLUMNS, atol=3)
    assert np.allclose(grid.rows, _ROWS, atol=3)
    assert spans_of(grid) == wanted_spans(7, 5)


@pytest.mark.parametrize("degrees", [-0.8, 0.5])
def test_a_slanted_table_half_gone_is_made_straight(degrees):
    page = draw_dashed(paper(), _ROWS, _COLUMNS, seed=2)
    xs = np.arange(page.shape[1])[None, :] - page.shape[1] / 2
    slanted = bend(page, np.broadcast_to(np.tan(np.radians(degrees)) * xs, page.shape))
    _, (grid,), _ = read_dashed(slanted)
    assert spans_of(grid) == wanted_spans(7, 5)


def test_a_well_printed_table_with_dashes_in_its_cells_is_not_dashed():
    page = draw_table(paper(), _ROWS, _COLUMNS)
    for y in (130, 190, 250, 310, 370):
        for x in (350, 490, 630, 790):
            cv2.line(page, (x, y), (x + 30, y), 0, 2)
    assert not is_dashed(page, find_dashed(page, _DPI), _DPI)
    assert read_dashed(page)[0] is not Wear.DASHED


@pytest.mark.parametrize("is_straight", [False, True])
def test_equal_dashes_of_a_row_and_ones_of_a_column_are_no_rulings(is_straight):
    page = paper()
    for x in range(100, 900, 90):
        cv2.line(page, (x, 300), (x + 30, 300), 0, 2)
    for y in range(400, 800, 45):
        cv2.line(page, (500, y), (500, y + 21), 0, 2)
    assert find_dashed(page, _DPI, is_straight=is_straight) == []


@pytest.mark.parametrize("is_straight", [False, True])
def test_lines_of_text_are_no_rulings(is_straight):
    page = paper()
    for middle in range(120, 450, 45):
        write_words(page, 30, 100, middle, seed=middle)
    for middle in range(480, 800, 40):
        write_han(page, 24, 100, middle, size=28)
    assert find_dashed(page, _DPI, is_straight=is_straight) == []


def test_a_stroke_beside_writing_belongs_to_it():
    page = paper()
    write_number(page, "95", (300, 300), scale=0.9)
    cv2.line(page, (321, 288), (321, 312), 0, 2)
    cv2.line(page, (600, 288), (600, 312), 0, 2)
    kept = keep_dashes(page, _DPI)["vertical"]
    assert (kept[:, 319:324] == 255).all()
    assert (kept[:, 596:604] < 255).any()


def test_erasing_takes_what_is_left_of_rulings_and_no_figure():
    page = draw_dashed(paper(), _ROWS, _COLUMNS, seed=1)
    bare = page.copy()
    for text, center in (("849", (410, 190)), ("1", (500, 190)), ("1", (560, 250)), ("-5", (690, 250))):
        write_number(page, text, center)
    written = page != bare
    _, _, clean = read_dashed(page)
    assert np.array_equal(clean[written], page[written])
    assert (clean[~written] < 128).sum() < 0.1 * (bare < 128).sum()


def test_two_tables_are_not_joined_over_the_title_between_them():
    below = [y + 560 for y in _ROWS]
    page = draw_dashed(paper(1300), _ROWS, _COLUMNS, seed=4)
    draw_dashed(page, below, _COLUMNS, seed=5)
    write_han(page, 12, 120, 590, size=30)
    _, grids, _ = read_dashed(page)
    assert [(round(g.rows[0], -1), round(g.rows[-1], -1)) for g in grids] == [(100, 520), (660, 1080)]


def test_prose_is_not_searched_for_dashes_and_a_dashed_table_is():
    page = paper()
    for middle in range(120, 850, 45):
        write_words(page, 30, 100, middle, seed=middle)
    assert not may_be_dashed(page, _DPI)
    assert may_be_dashed(draw_dashed(paper(), _ROWS, _COLUMNS, seed=1), _DPI)


def test_a_ruling_levelled_out_stands_in_its_middle():
    (ruling, *_) = find_dashed(draw_dashed(paper(), _ROWS, _COLUMNS, seed=3), _DPI)
    level = level_out(ruling)
    assert np.ptp(level.across) == 0
    assert level.across[0] == np.median(ruling.across)


def test_erasing_without_rulings_changes_nothing():
    page = draw_dashed(paper(), _ROWS, _COLUMNS, seed=3)
    assert np.array_equal(erase_dashes(page, [], _DPI), page)
