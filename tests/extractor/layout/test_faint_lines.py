"""Lines that hardly show are lines of their table: it must not end at them."""

from __future__ import annotations

import pytest

from extractor.ink.glyphs import separate_ink
from extractor.layout.borderless import find_text_grids
from extractor.values.level import Level
from tests.extractor.drawn import label, paper, write_han, write_number

_DPI = 200.0
_COLUMNS = [470, 560, 650, 740, 830, 920]


def draw_rows(page, *, rows, top=200, step=44):
    """A header line over rows of a label and a figure in every column; the heights of the rows' middles."""
    for x in _COLUMNS:
        write_han(page, 2, x - 22, top - step)
    middles = [top + i * step for i in range(rows)]
    for y in middles:
        write_han(page, 8, 90, y)
        for x in _COLUMNS:
            write_number(page, "7", (x, y))
    return middles


def rows_of(page):
    """Rows of the page's only grid at some heights."""
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [])

    def row_at(y):
        (cell,) = (cell for cell in grid.cells if cell.box.contains(_COLUMNS[-1], y))
        return cell.row

    return row_at


@pytest.mark.parametrize("last", [True, False])
def test_total_alone_between_the_lines_of_its_label_is_a_row(last):
    page = paper(1200, 1000)
    middles = draw_rows(page, rows=4)
    alone = [middles[-1] + 60 + 70 * i for i in range(5)]
    for y in alone:
        write_han(page, 10, 90, y - 13)
        write_han(page, 2, 90, y + 13)
        write_number(page, "8", (_COLUMNS[-1], y))
    if not last:
        alone.append(alone[-1] + 70)
        write_han(page, 10, 90, alone[-1])
        for x in _COLUMNS:
            write_number(page, "7", (x, alone[-1]))
    row_at = rows_of(page)
    assert len({row_at(y) for y in (*middles, *alone)}) == len(middles) + len(alone)


def test_row_of_short_dashes_does_not_end_a_table():
    page = paper(1200, 1000)
    middles = draw_rows(page, rows=9, step=64)
    for y in middles[3:6]:
        page[y - 14 : y + 15, _COLUMNS[0] - 30 :] = 255
        write_han(page, 8, 90, y + 24)
        for x in _COLUMNS:
            page[y - 1 : y + 1, x - 4 : x + 4] = 0
    row_at = rows_of(page)
    assert len({row_at(y) for y in middles}) == len(middles)


def test_long_label_of_a_blank_row_does_not_end_a_table():
    page = paper(1200, 1000)
    middles = draw_rows(page, rows=5)
    blank, last = middles[-1] + 100, middles[-1] + 230
    for y in (blank, last):
        for i in range(4):
            write_han(page, 9, 90, y - 39 + 26 * i)
    for x in _COLUMNS[2:]:
        write_number(page, "7", (x, last))
    row_at = rows_of(page)
    assert len({row_at(y) for y in (*middles, blank, last)}) == len(middles) + 2


@pytest.mark.issue(22)
@pytest.mark.parametrize(("below", "is_row"), [(44, True), (90, False)])
def test_figure_alone_where_the_next_row_would_be_is_one_whose_label_stands_overleaf(below, is_row):
    """A page break cut the row: its figure was left out, and the label overleaf was accepted as blank."""
    page = paper(1200, 1000)
    middles = [200 + 44 * i for i in range(6)]
    for y in middles:
        write_han(page, 8, 90, y)
        write_number(page, "17", (700, y))
    write_number(page, "82", (700, middles[-1] + below))
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [])
    assert (grid.box.bottom > middles[-1] + below) is is_row


def test_number_of_the_page_is_no_row():
    page = paper(1200, 1000)
    middles = draw_rows(page, rows=5)
    write_number(page, "3", (_COLUMNS[0], middles[-1] + 70))
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [])
    assert grid.box.bottom < middles[-1] + 40


@pytest.mark.parametrize("is_ended", [False, True])
def test_label_under_the_last_figures_is_a_blank_row_unless_a_ruling_ends_the_table(is_ended):
    page = paper(1200, 1000)
    middles = draw_rows(page, rows=5)
    blank = middles[-1] + 44
    write_han(page, 8, 90, blank)
    levels = [Level(float(middles[-1] + 22), ((80.0, 950.0),))] if is_ended else []
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [], levels)
    assert (grid.box.bottom > blank) is not is_ended
