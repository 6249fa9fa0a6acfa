"""Tables without rulings, their words drawn: rows and columns must come out as with rulings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extractor.ink.glyphs import separate_ink
from extractor.layout.borderless import find_text_grids
from extractor.values.level import Level
from tests.extractor.drawn import label, paper, write_han, write_number

_DPI = 200.0
_COLUMNS = [470, 560, 650, 740, 830, 920]


def grids_of(page):
    return find_text_grids(separate_ink(page, label(page, _DPI), []), [])


def draw_lattice(page, *, rows=8, top=200, step=44, columns=_COLUMNS, label=10):
    """A header line over rows of a label and a number in every column; the heights of the rows' middles."""
    for x in columns:
        write_han(page, 2, x - 22, top - step)
    middles = [top + i * step for i in range(rows)]
    for i, y in enumerate(middles):
        write_han(page, label - i % 3, 90, y)
        for j, x in enumerate(columns):
            write_number(page, str((i * 7 + j) % 10), (x, y))
    return middles


def cell_at(grid, x, y):
    (cell,) = (cell for cell in grid.cells if cell.box.contains(x, y))
    return cell


def test_every_number_has_a_cell_of_its_own():
    page = paper(900, 1000)
    middles = draw_lattice(page)
    (grid,) = grids_of(page)
    cells = [[cell_at(grid, x, y) for x in _COLUMNS] for y in middles]
    assert len({id(cell) for row in cells for cell in row}) == len(middles) * len(_COLUMNS)
    assert all(len({cell.row for cell in row}) == 1 for row in cells)
    assert [[cell.column for cell in row] for row in cells] == [list(range(1, 7))] * len(middles)
    assert all(cell_at(grid, 120, y).row == row[0].row for y, row in zip(middles, cells, strict=True))


def test_label_of_two_lines_belongs_to_the_number_between_them():
    page = paper(900, 1000)
    middles = draw_lattice(page, step=70)
    y = middles[4]
    page[y - 12 : y + 12, 80:400] = 255
    write_han(page, 12, 90, y - 13)
    write_han(page, 7, 90, y + 13)
    (grid,) = grids_of(page)
    row = cell_at(grid, _COLUMNS[0], y)
    assert row.box.top < y - 24
    assert row.box.bottom > y + 24


def test_two_column_table_has_a_row_for_every_line():
    page = paper(900, 1000)
    middles = [200 + i * 44 for i in range(5)]
    for y in middles:
        write_han(page, 6, 90, y)
        write_number(page, "17", (700, y))
    (grid,) = grids_of(page)
    assert len({cell_at(grid, 700, y).row for y in middles}) == 5
    assert all(cell_at(grid, 120, y) is not cell_at(grid, 700, y) for y in middles)


def test_single_row_of_many_numbers_is_a_table():
    page = paper(400, 1000)
    for x in range(100, 960, 60):
        write_number(page, "1" if x == 100 else "0", (x, 200))
    (grid,) = grids_of(page)
    assert len({id(cell_at(grid, x, 200)) for x in range(100, 960, 60)}) == 15
    assert len(grid.cells) == 15


def test_prose_is_no_table():
    page = paper(900, 1000)
    for y in range(100, 800, 40):
        write_han(page, 34, 90, y)
    assert grids_of(page) == []


@pytest.mark.parametrize("rows", [0, 1])
def test_page_with_next_to_nothing_is_no_table(rows):
    page = paper(900, 1000)
    for i in range(rows):
        write_han(page, 6, 90, 200 + i * 44)
    assert grids_of(page) == []


def test_prose_above_and_below_stays_outside():
    page = paper(1200, 1000)
    for y in (60, 100, 900, 940, 980):
        write_han(page, 34, 90, y)
    middles = draw_lattice(page, top=300)
    (grid,) = grids_of(page)
    assert 110 < grid.box.top < middles[0]
    assert middles[-1] < grid.box.bottom < 890


def test_header_of_one_line_beside_those_of_two_has_its_column():
    """总计 stands between the two lines of its neighbours' words, with one figure or none below it."""
    page = paper(600, 1000)
    columns = list(range(120, 960, 90))
    lone = {columns[4], columns[9]}
    for x in columns:
        if x in lone:
            write_han(page, 2, x - 22, 200)
            continue
        write_han(page, 2, x - 22, 185)
        write_han(page, 2, x - 22, 215)
        write_number(page, "4", (x, 260))
    write_number(page, "16", (columns[4], 260))
    (grid,) = grids_of(page)
    assert len({id(cell_at(grid, x, 260)) for x in columns}) == len(columns)


@pytest.mark.issue(22)
def test_header_close_to_the_words_left_of_it_has_its_column_though_it_is_empty():
    """自然人 stands closer to the note left of it than words of two columns do, and nobody filled its column."""
    page = paper(900, 1000)
    middles = draw_lattice(page, columns=_COLUMNS[1:], top=260)
    page[180:240, 400:] = 255
    for x in _COLUMNS[1:]:
        write_han(page, 2, x - 22, 190)
        write_han(page, 2, x - 22, 218)
    write_han(page, 5, 600, 148)
    write_han(page, 5, 800, 148)
    write_han(page, 15, 90, 176)
    write_han(page, 3, 90 + 15 * 23 + 7, 176)
    (grid,) = grids_of(page)
    empty = [cell_at(grid, 90 + 15 * 23 + 46, y) for y in middles]
    assert [(cell.column, cell.column_end) for cell in empty] == [(1, 2)] * len(middles)


def test_specks_beside_a_table_are_no_columns():
    page = paper(900, 1100)
    middles = draw_lattice(page)
    for y in middles:
        page[y : y + 6, 1040:1046] = 0
    (grid,) = grids_of(page)
    assert len(grid.columns) == len(_COLUMNS) + 2


def test_row_with_hardly_a_figure_is_a_row():
    page = paper(900, 1000)
    middles = draw_lattice(page)
    for x in _COLUMNS[1:]:
        page[middles[3] - 14 : middles[3] + 15, x - 20 : x + 20] = 255
    (grid,) = grids_of(page)
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in middles}) == len(middles)


def test_rulings_part_rows_in_which_nothing_is_printed():
    page = paper(900, 1000)
    middles = draw_lattice(page)
    for x in _COLUMNS:
        page[middles[3] - 14 : middles[3] + 15, x - 20 : x + 20] = 255
    levels = [Level(float(y), ((80.0, 950.0),)) for y in range(middles[0] - 22, middles[-1] + 44, 44)]
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [], levels)
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in middles}) == len(middles)


def test_rulings_that_part_only_some_rows_part_none():
    page = paper(900, 1000)
    middles = draw_lattice(page)
    levels = [Level(float(y), ((80.0, 950.0),)) for y in (middles[0] - 22, middles[-1] + 22)]
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [], levels)
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in middles}) == len(middles)


def test_wide_figures_of_the_first_row_are_no_header():
    """Its sums have more digits than any figure below, and are as wide as the words above."""
    page = paper(900, 1100)
    columns = [470, 590, 710, 830, 950]
    for x in columns:
        write_han(page, 2, x - 22, 156, size=24)
    for i in range(6):
        write_han(page, 8, 90, 200 + 44 * i)
        for x in columns:
            write_number(page, "7" if i else "4508", (x, 200 + 44 * i))
    (grid,) = grids_of(page)
    assert cell_at(grid, columns[0], 200).row not in {
        cell_at(grid, columns[0], 156).row,
        cell_at(grid, columns[0], 244).row,
    }


def draw_last_rows(page):
    for y in (120, 164):
        write_han(page, 6, 90, y)
        write_number(page, "17", (700, y))


def test_last_rows_that_a_page_break_cut_off_are_a_table_where_a_ruling_ends_them():
    page = paper(600, 1000)
    draw_last_rows(page)
    ink = separate_ink(page, label(page, _DPI), [])
    assert find_text_grids(ink, []) == []
    (grid,) = find_text_grids(ink, [], [Level(190.0, ((80.0, 950.0),))])
    assert cell_at(grid, 700, 120).row != cell_at(grid, 700, 164).row


def test_rulings_elsewhere_make_no_table_of_a_few_lines():
    page = paper(600, 1000)
    draw_last_rows(page)
    ink = separate_ink(page, label(page, _DPI), [])
    assert find_text_grids(ink, [], [Level(400.0, ((80.0, 950.0),)), Level(190.0, ((80.0, 200.0),))]) == []


def draw_piece(page, shown, *, top=200, step=64):
    """Rows of narrow labels of two lines without a header, and figures in the columns shown; the rows' middles."""
    middles = [top + i * step for i in range(len(shown))]
    for y, places in zip(middles, shown, strict=True):
        write_han(page, 5, 250, y - 13)
        write_han(page, 1, 250, y + 13)
        for j in places:
            write_number(page, "7", (_COLUMNS[j], y))
    return middles


def test_first_rows_overleaf_are_rows_however_few_figures_they_show():
    page = paper(900, 1000)
    shown = [[1, 5], [0, 5], [1, 2], [0, 4], range(6), range(6), [0, 3]]
    middles = draw_piece(page, shown)
    (grid,) = grids_of(page)
    cells = [[cell_at(grid, x, y) for x in _COLUMNS] for y in middles]
    assert len({id(cell) for row in cells for cell in row}) == len(middles) * len(_COLUMNS)
    assert all(cell_at(grid, 270, y - 13).row == row[0].row for y, row in zip(middles, cells, strict=True))
    assert cells[0][0].box.top < middles[0] - 22
    assert {cell.column for row in cells for cell in row} == set(range(1, 7))


def test_first_row_overleaf_may_show_dashes_only():
    page = paper(900, 1000)
    middles = draw_piece(page, [[], range(6), range(6), range(6), range(6)])
    for x in _COLUMNS[2:5]:
        page[middles[0] - 1 : middles[0] + 1, x - 4 : x + 4] = 0
    (grid,) = grids_of(page)
    cell = cell_at(grid, _COLUMNS[0], middles[0])
    assert cell.box.top < middles[0] - 22 and cell.box.bottom < middles[1] - 22


def test_row_overleaf_in_which_nothing_is_printed_is_a_row():
    page = paper(900, 1000)
    middles = draw_piece(page, [range(6), range(6), [], range(6), range(6), range(6)])
    (grid,) = grids_of(page)
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in middles}) == len(middles)


def test_label_that_a_page_break_parts_from_its_figures_is_a_row_of_its_own():
    page = paper(900, 1000)
    draw_lattice(page, top=300)
    page[235:270] = 255
    write_han(page, 10, 90, 240)
    write_han(page, 3, 90, 262)
    (grid,) = grids_of(page)
    first = cell_at(grid, 120, 240)
    assert first.row == cell_at(grid, 120, 262).row == cell_at(grid, _COLUMNS[0], 250).row
    assert cell_at(grid, 120, 300).row == first.row + 1


def test_characters_of_a_seal_beside_a_label_are_no_heading():
    page = paper(900, 1000)
    middles = draw_lattice(page, step=80)
    y = (middles[3] + middles[4]) // 2
    write_han(page, 2, 90, y)
    write_han(page, 5, 700, y, size=34)
    (grid,) = grids_of(page)
    assert grid.box.top < middles[0] and grid.box.bottom > middles[-1]


def test_brackets_beside_several_labels_are_cut_off_from_them():
    page = paper(900, 1000)
    for x in _COLUMNS:
        write_han(page, 2, x - 22, 130)
    middles = [200 + 56 * i for i in range(8)]
    for i, y in enumerate(middles):
        write_han(page, *((10, 90, y) if i in (0, 7) else (6, 230, y)))
        for x in _COLUMNS:
            write_number(page, "7", (x, y))
    # A bracket in two lines, each at the height of no label.
    for y in (368, 394):
        write_han(page, 4, 90, y - 14)
    (grid,) = grids_of(page)
    cells = [cell_at(grid, 300, y) for y in middles]
    assert len({cell.row for cell in cells}) == len(middles)
    assert all(cell.box.left > 190 for cell in cells[1:-1])
    assert cells[0].box.left < 90 and cells[-1].box.left < 90
    bracket = cell_at(grid, 120, 360)
    assert (bracket.row, bracket.row_end) == (cells[1].row, cells[-1].row)


def test_ruling_that_was_not_erased_is_no_word():
    """It would join all columns of a plain table."""
    page = paper(900, 1000)
    middles = [200 + i * 44 for i in range(5)]
    for y in middles:
        write_han(page, 6, 90, y)
        write_number(page, "17", (700, y))
    ink = separate_ink(page, label(page, _DPI), [])
    ruling = np.array([[80, 256, 940, 264]], dtype=np.int32)
    levels = [Level(float(y), ((80.0, 940.0),)) for y in (178, 222, 310, 354, 398)]
    (grid,) = find_text_grids(replace(ink, boxes=np.vstack([ink.boxes, ruling])), [], levels)
    assert all(cell_at(grid, 120, y) is not cell_at(grid, 700, y) for y in middles)


def test_columns_under_which_no_line_shows_figures_cost_no_table():
    """What shines through from the back of the sheet stands in columns of its own."""
    page = paper(900, 1800)
    middles = [200 + i * 60 for i in range(5)]
    for i, y in enumerate(middles):
        write_han(page, 6, 90, y)
        write_number(page, "17", (700, y))
        # Two lines of five specks each, at other places, and one of two words.
        for x in range(760 + 75 * i, 1500, 150) if i < 2 else (1550, 1650) if i == 2 else ():
            page[y + 26 : y + 38, x : x + (40 if i == 2 else 9)] = 0
    (grid,) = grids_of(page)
    assert all(cell_at(grid, 120, y) is not cell_at(grid, 700, y) for y in middles)
