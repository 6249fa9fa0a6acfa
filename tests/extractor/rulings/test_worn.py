"""Rulings with gaps become whole where nothing crosses them, and only there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.layout.grids import find_grids
from extractor.rulings.tracking import find_rulings
from extractor.rulings.worn import erase_rulings, find_broken, is_broken, join_rulings, mend_rulings
from tests.extractor.drawn import (
    draw_table,
    paper,
    read_grids,
    spans_of,
    wanted_spans,
    write_number,
)

_DPI = 200.0
_ROWS = [100, 160, 220, 280, 340, 400, 460, 520]
_COLUMNS = [80, 300, 440, 580, 720, 900]


def wear(page, share, *, seed=3, size=9):
    """The page with so large a share of its rulings gone, in pieces of about `size` pixels."""
    noise = np.random.default_rng(seed).random((page.shape[0] // size + 1, page.shape[1] // size + 1))
    gone = cv2.resize(noise, (page.shape[1], page.shape[0]), interpolation=cv2.INTER_CUBIC) < share
    return np.where(gone, 255, page).astype(np.uint8)


def write_words(page, count, left, middle, *, seed=1):
    """Characters as printed ones are: strokes at any height, none of them going on in the next."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        x = left + 23 * i
        for y in rng.integers(middle - 10, middle + 9, 3):
            cv2.line(page, (x, int(y)), (x + int(rng.integers(8, 19)), int(y)), 0, 2)
        for stroke in rng.integers(x, x + 18, 2):
            cv2.line(page, (int(stroke), middle - 9), (int(stroke), middle + int(rng.integers(0, 10))), 0, 2)


def broken_rulings(page):
    across = find_broken(page, find_rulings(page, _DPI, "horizontal"), _DPI)
    upright = find_broken(page, find_rulings(page, _DPI, "vertical"), _DPI)
    return join_rulings(across, upright, _DPI), join_rulings(upright, across, _DPI)


def mended_grids(page):
    across, upright = broken_rulings(page)
    return find_grids(mend_rulings(page, [*across, *upright], _DPI), across, _DPI)


@pytest.mark.parametrize("share", [0.2, 0.35])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_worn_lattice_is_found_cell_by_cell(share, seed):
    page = wear(draw_table(paper(), _ROWS, _COLUMNS, thickness=3), share, seed=seed)
    (grid,) = mended_grids(page)
    assert np.allclose(grid.columns, _COLUMNS, atol=3)
    assert np.allclose(grid.rows, _ROWS, atol=3)
    assert spans_of(grid) == wanted_spans(7, 5)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_of_a_lattice_nearly_half_gone_rows_and_columns_are_found(seed):
    (grid,) = mended_grids(wear(draw_table(paper(), _ROWS, _COLUMNS, thickness=3), 0.45, seed=seed))
    assert np.allclose(grid.columns, _COLUMNS, atol=3)
    assert np.allclose(grid.rows, _ROWS, atol=3)


def test_wear_defeats_what_is_not_mended():
    page = wear(draw_table(paper(), _ROWS, _COLUMNS, thickness=3), 0.45)
    assert not any(spans_of(grid) == wanted_spans(7, 5) for grid in read_grids(page, _DPI))


def test_whole_rulings_are_not_called_broken():
    page = draw_table(paper(), _ROWS, _COLUMNS)
    assert not is_broken(page, [r for found in broken_rulings(page) for r in found], _DPI)
    worn = wear(page, 0.3)
    assert is_broken(worn, [r for found in broken_rulings(worn) for r in found], _DPI)


def test_a_cell_across_columns_stays_whole_where_its_text_crosses():
    merged = [(3, 4, 1, 5)]
    page = wear(draw_table(paper(), _ROWS, _COLUMNS, thickness=3, merged=merged), 0.3)
    write_words(page, 24, 310, 310)
    (grid,) = mended_grids(page)
    assert spans_of(grid) == wanted_spans(7, 5, merged)


def test_lines_of_text_are_no_rulings():
    page = paper()
    for middle in range(120, 700, 45):
        write_words(page, 30, 100, middle, seed=middle)
    assert broken_rulings(page) == ([], [])


def test_a_page_of_prose_is_not_worn():
    page = paper(1400, 1000)
    for middle in range(120, 1300, 40):
        write_words(page, 34, 100, middle, seed=middle)
    assert not is_broken(page, [r for found in broken_rulings(page) for r in found], _DPI)


def test_erasing_takes_the_pieces_and_leaves_the_figures():
    page = wear(draw_table(paper(), _ROWS, _COLUMNS, thickness=3), 0.3)
    write_number(page, "407", (370, 190))
    before = page[165:215, 310:430].copy()
    across, upright = broken_rulings(page)
    clean = erase_rulings(page, [*across, *upright], _DPI)
    assert np.array_equal(clean[165:215, 310:430], before)
    clean[165:215, 310:430] = 255
    assert (clean < 128).sum() < 0.12 * (page < 128).sum()
