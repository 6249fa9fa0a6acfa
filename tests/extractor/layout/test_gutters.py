"""Rulings that are gone altogether are told from the figures beside them; words and single figures tell nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from extractor.ink.figures import is_figures
from extractor.ink.glyphs import Ink, separate_ink
from extractor.layout.gutters import is_run_together, part_cells
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from tests.extractor.drawn import (
    draw_table,
    label,
    paper,
    read_grids,
    spans_of,
    wanted_spans,
    write_han,
    write_number,
)

_DPI = 200.0
_ROWS = [100, 160, 220, 280, 340, 400]
_COLUMNS = [80, 300, 440, 580, 720, 900]


def fill(page, rows, columns, *, leave=()):
    """Figures in every cell but those of the first column and those left."""
    for r, (top, bottom) in enumerate(pairwise(rows)):
        for c, (left, right) in enumerate(pairwise(columns)):
            if c and (r, c) not in leave:
                write_number(page, str((7 * r + 3 * c) % 60), ((left + right) // 2, (top + bottom) // 2))
            elif not c:
                write_han(page, 5, left + 20, (top + bottom) // 2)
    return page


def parted(page):
    grids = read_grids(page, _DPI)
    ink = separate_ink(page, label(page, _DPI), grids)
    return [part_cells(grid, ink) for grid in grids]


@pytest.mark.parametrize("lost", [440, 580, 720])
def test_lost_vertical_is_put_back(lost):
    page = fill(draw_table(paper(), _ROWS, [x for x in _COLUMNS if x != lost]), _ROWS, _COLUMNS)
    (grid,) = parted(page)
    assert len(grid.columns) == len(_COLUMNS)
    assert np.allclose(grid.columns, _COLUMNS, atol=30)
    assert spans_of(grid) == wanted_spans(5, 5)


def test_two_lost_verticals_are_put_back():
    page = fill(draw_table(paper(), _ROWS, [80, 300, 440, 900]), _ROWS, _COLUMNS)
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(5, 5)


def test_lost_horizontal_is_put_back():
    page = fill(draw_table(paper(), [y for y in _ROWS if y != 280], _COLUMNS), _ROWS, _COLUMNS)
    (grid,) = parted(page)
    assert np.allclose(grid.rows, _ROWS, atol=12)
    assert spans_of(grid) == wanted_spans(5, 5)


def test_a_vertical_missing_in_one_row_is_put_back_there():
    page = fill(draw_table(paper(), _ROWS, _COLUMNS, merged=[(2, 3, 2, 4)]), _ROWS, _COLUMNS)
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(5, 5)


def test_a_vertical_of_other_rows_that_a_figure_crosses_parts_no_figures_but_the_next_one_does():
    """A broken ruling of two rows passes for one more vertical, across which a figure of another row stands."""
    columns = [80, 300, 440, 520, 580, 720, 900]
    merged = [(0, 1, 2, 4), (1, 2, 2, 4), (2, 3, 2, 5)]
    page = draw_table(paper(), _ROWS, columns, merged=merged)
    for r, y in enumerate(range(130, 400, 60)):
        write_han(page, 5, 100, y)
        for x in (370, 517, 650, 810):
            write_number(page, "74" if r == 2 else "7", (x + (40 if r > 2 and x == 517 else 0), y))
    (grid,) = parted(page)
    row = {(c.column, c.column_end) for c in grid.cells if c.row == 2}
    assert row == {(0, 1), (1, 2), (2, 4), (4, 5), (5, 6)}


def test_figures_whose_digits_touch_are_parted_as_well():
    page = fill(
        draw_table(paper(), _ROWS, _COLUMNS, merged=[(2, 3, 2, 4)]), _ROWS, _COLUMNS, leave={(2, 2), (2, 3)}
    )
    write_number(page, "43", (510, 250))
    write_number(page, "104", (650, 250))
    page[248:252, 652:668] = 0
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(5, 5)


def two_column_table(rows, columns, *, lost_row=None, lost_side=None):
    """Rows of a label and a figure; a horizontal is lost, or the vertical of one row."""
    merged = [] if lost_side is None else [(lost_side, lost_side + 1, 0, 2)]
    page = draw_table(paper(), [y for y in rows if y != lost_row], columns, merged=merged)
    for r, (top, bottom) in enumerate(pairwise(rows)):
        write_han(page, 5, columns[0] + 20, (top + bottom) // 2)
        if r == 2:
            write_han(page, 6, 560, (top + bottom) // 2)
        else:
            write_number(page, str(14 + r), (620, (top + bottom) // 2))
    return page


@pytest.mark.parametrize("lost", [190, 235])
def test_a_horizontal_between_words_and_a_figure_is_told_by_the_height_of_the_other_rows(lost):
    """A header lies above the row of a figure, or below it: no cell shows two figures."""
    rows, columns = list(range(100, 100 + 45 * 9, 45)), [80, 400, 900]
    (grid,) = parted(two_column_table(rows, columns, lost_row=lost))
    assert np.allclose(grid.rows, rows, atol=12)
    assert spans_of(grid) == wanted_spans(8, 2)


def test_words_and_the_figure_behind_them_are_parted_where_other_rows_are():
    rows, columns = list(range(100, 100 + 45 * 9, 45)), [80, 400, 900]
    (grid,) = parted(two_column_table(rows, columns, lost_side=5))
    assert spans_of(grid) == wanted_spans(8, 2)


def test_words_far_from_each_other_beside_a_vertical_of_other_rows_are_parted():
    """A hair line under a scanner's noise is lost in one row and another; figures of two columns were read as one."""
    rows, columns = list(range(100, 100 + 45 * 9, 45)), [80, 300, 600, 900]

    def table(lost, gap):
        page = draw_table(paper(), rows, columns, merged=[(r, r + 1, 0, 3) for r in lost])
        for top, bottom in pairwise(rows):
            write_han(page, 5, 100, (top + bottom) // 2)
            write_han(page, 4, 300 + gap, (top + bottom) // 2)
            write_han(page, 3, 640, (top + bottom) // 2)
        return page

    (grid,) = parted(table({0, 3}, 20))
    assert spans_of(grid) == wanted_spans(8, 3)
    # Where most rows have lost it, what stands clear of it in all of them tells.
    (grid,) = parted(table(range(6), 20))
    assert spans_of(grid) == wanted_spans(8, 3)
    # Letters one by one are a word set wide, as 合　计 over two columns.
    page = table({0, 3}, 20)
    page[105:140, 85:595] = 255
    for left in (200, 430):
        write_han(page, 1, left, 122)
    (grid,) = parted(page)
    assert (0, 1, 0, 2) in spans_of(grid)
    # Words that stand over it are one cell, as those of a header of two columns.
    (grid,) = parted(table({0, 3}, -30))
    assert {(0, 1, 0, 2), (3, 4, 0, 2)} <= spans_of(grid)


def test_pieces_as_wide_as_two_digits_are_figures_only_where_they_may_touch():
    """Strokes of broken words are as wide; lost columns are told by whole figures alone."""
    line = [Box(0, 0, 27, 19), Box(30, 0, 42, 19)]
    assert not is_figures(line)
    assert is_figures(line, touching=True)
    assert not is_figures(line[:1], touching=True)


def test_a_figure_across_columns_is_one_cell():
    merged = [(4, 5, 1, 5)]
    page = draw_table(paper(), _ROWS, _COLUMNS, merged=merged)
    fill(page, _ROWS, _COLUMNS, leave={(4, c) for c in range(1, 5)})
    write_number(page, "1250", (600, 370))
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(5, 5, merged)


def test_the_point_of_a_figure_on_a_vertical_of_other_rows_parts_nothing():
    merged = [(4, 5, 1, 5)]
    page = draw_table(paper(), _ROWS, _COLUMNS, merged=merged)
    fill(page, _ROWS, _COLUMNS, leave={(4, c) for c in range(1, 5)})
    write_number(page, "9824", (547, 370))
    write_number(page, "9824", (613, 370))
    page[376:379, 578:582] = 0
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(5, 5, merged)


def test_words_part_nothing():
    page = draw_table(paper(), _ROWS, [80, 300, 900])
    for middle in (130, 190, 250, 310, 370):
        write_han(page, 4, 340, middle)
        write_han(page, 4, 640, middle)
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(5, 2)


def test_lone_row_of_run_together_figures_is_no_grid():
    page = draw_table(paper(400, 1000), [100, 150], [80, 500, 900])
    for x in (120, 200, 280, 360, 440, 560, 640, 720, 800, 870):
        write_number(page, "7", (x, 125))
    (grid,) = read_grids(page, _DPI)
    ink = separate_ink(page, label(page, _DPI), [grid])
    assert is_run_together(grid, ink)


def test_lone_row_with_a_figure_a_cell_is_one():
    edges = list(range(80, 901, 82))
    page = draw_table(paper(400, 1000), [100, 150], edges)
    for left, right in pairwise(edges):
        write_number(page, "7", ((left + right) // 2, 125))
    (grid,) = read_grids(page, _DPI)
    assert not is_run_together(grid, separate_ink(page, label(page, _DPI), [grid]))


@pytest.mark.parametrize("worn", [False, True])
@pytest.mark.parametrize(("figures", "parts"), [((130, 230), True), ((130, 160), False)])
def test_figures_one_under_each_word_of_a_header_are_parted(figures, parts, worn):
    # One row of figures is enough where a header's words stand over them.
    columns, rows = [80, 280, 480, 680, 880], [100, 160, 220]
    page = draw_table(paper(400, 1000), rows, columns)
    for left in columns[:-1]:
        write_han(page, 2, left + 30, 130)
        write_han(page, 2, left + 130, 130)
    for x in figures:
        write_number(page, "7", (x, 190))
    for left in columns[1:-1]:
        write_number(page, "7", (left + 100, 190))
    if worn:
        # A piece of the ruling between the words is left, and is no word itself.
        page[113:145, 181:183] = 0
    (grid,) = parted(page)
    assert len(grid.columns) == (6 if parts else 5)
    assert len(spans_of(grid)) == (10 if parts else 8)


def test_figures_under_figures_under_words_are_parted_once():
    columns, rows = [80, 280, 480, 680, 880], [100, 160, 220, 280]
    page = draw_table(paper(500, 1000), rows, columns)
    for left in columns[:-1]:
        write_han(page, 2, left + 30, 130)
        write_han(page, 2, left + 130, 130)
    for y, figures in ((190, (125, 220)), (250, (125, 220))):
        for x in figures:
            write_number(page, "7", (x, y))
    (grid,) = parted(page)
    assert len(grid.columns) == 6
    assert len(spans_of(grid)) == 15


def test_dashes_one_under_each_word_of_a_header_are_parted_and_those_below_with_them():
    columns, rows = [80, 280, 880], [100, 160, 220, 280]
    page = draw_table(paper(500, 1000), rows, columns)
    for x in (340, 540, 740):
        write_han(page, 3, x, 130)
        for y in (190, 250):
            page[y - 1 : y + 1, x + 25 : x + 40] = 0
    (grid,) = parted(page)
    assert len(spans_of(grid)) == 12


def test_two_labels_beside_two_figures_are_two_rows():
    columns, rows = [80, 500, 900], [100, 160, 280, 340]
    page = draw_table(paper(500, 1000), rows, columns)
    for y, text in ((130, "5"), (190, "98"), (250, "0"), (310, "7")):
        write_han(page, 6, 120, y)
        write_number(page, text, (700, y))
    (grid,) = parted(page)
    assert spans_of(grid) == wanted_spans(4, 2)


def test_dashes_beside_a_label_over_two_rows_cost_nothing():
    """A row of double height whose label stands in a cell merged over it and the next, and nothing but dashes."""
    height, rows = 50.0, [0.0, 50.0, 100.0, 150.0, 250.0, 300.0, 350.0, 400.0, 450.0]
    columns, boxes, cells = [0.0, 200.0, 300.0, 400.0, 500.0], [], []
    for row, (top, bottom) in enumerate(pairwise(rows)):
        if row not in (3, 4):
            cells.append(GridCell(row, row + 1, 0, 1, Box(0.0, top, 200.0, bottom)))
        for column, (left, right) in enumerate(pairwise(columns[1:]), start=1):
            cells.append(GridCell(row, row + 1, column, column + 1, Box(left, top, right, bottom)))
            middle = (top + bottom) / 2
            if row == 3:
                boxes += [[left + 40, y - 2, left + 54, y + 2] for y in (175, 225)]
            else:
                boxes.append([left + 40, middle - 10, left + 54, middle + 10])
    cells.append(GridCell(3, 5, 0, 1, Box(0.0, 150.0, 200.0, 300.0)))
    ink = Ink(
        np.full((700, 700), 255, np.uint8), np.array(sorted(boxes, key=lambda b: b[1]), np.int32), 200.0, 20.0
    )
    parted_grid = part_cells(Grid(tuple(rows), tuple(columns), tuple(cells)), ink)
    assert min(b - a for a, b in pairwise(parted_grid.rows)) >= height - 1
