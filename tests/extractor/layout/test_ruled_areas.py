"""Tables with rulings across only: what stands between the first and the last is one, however little it shows."""

from __future__ import annotations

import pytest

from extractor.ink.glyphs import separate_ink
from extractor.layout.borderless import find_text_grids
from extractor.values.level import Level
from tests.extractor.drawn import label, paper, write_han, write_number

_DPI = 200.0
#: Middles of columns: one whose header stands higher, five under a common header, and their sum.
_COLUMNS = [440, 520, 600, 680, 760, 840, 920]
_LEFT, _RIGHT = 60.0, 980.0


def levels_at(*heights, left=_LEFT):
    return [Level(float(y), ((left, _RIGHT),)) for y in heights]


def draw_header(page, middle=200):
    """Words over the middle columns on one line, those over the outer ones higher, a corner left of all."""
    write_han(page, 9, 90, middle - 30)
    for x in _COLUMNS[1:-1]:
        write_han(page, 2, x - 22, middle)
    for x in (_COLUMNS[0], _COLUMNS[-1]):
        write_han(page, 2, x - 22, middle - 30)


def draw_rows(page, middles):
    """A label and a figure in every column at each of these heights."""
    for y in middles:
        write_han(page, 10, 90, y)
        for x in _COLUMNS:
            write_number(page, "7", (x, y))


def grids_of(page, levels):
    return find_text_grids(separate_ink(page, label(page, _DPI), []), [], levels)


def cell_at(grid, x, y):
    (cell,) = (cell for cell in grid.cells if cell.box.contains(x, y))
    return cell


@pytest.mark.parametrize("shown", [[0, 6], [6], [0]], ids=["first-and-last", "last", "first"])
def test_header_words_name_columns_in_which_nothing_is_printed(shown):
    page = paper(800, 1040)
    draw_header(page)
    middles = [250 + 44 * i for i in range(10)]
    for y in middles:
        write_han(page, 10, 90, y)
        for i in shown:
            write_number(page, "7", (_COLUMNS[i], y))
    (grid,) = grids_of(page, levels_at(140, 226, 672))
    cells = [[cell_at(grid, x, y) for x in _COLUMNS] for y in middles]
    assert len({id(cell) for row in cells for cell in row}) == len(middles) * len(_COLUMNS)
    assert all(cell_at(grid, 120, y).row == row[0].row for y, row in zip(middles, cells, strict=True))


def test_figures_flush_right_under_centred_headers_stay_in_their_columns():
    page = paper(800, 1040)
    draw_header(page)
    middles = [250 + 44 * i for i in range(10)]
    for i, y in enumerate(middles):
        write_han(page, 10, 90, y)
        for column in (0, 6):
            write_number(page, "7", (_COLUMNS[column] + 45, y))
            if i % 3 == 0:
                write_number(page, "7", (_COLUMNS[column] + 33, y))
    (grid,) = grids_of(page, levels_at(140, 226, 672))
    for y in middles:
        own, following = cell_at(grid, _COLUMNS[0], y), cell_at(grid, _COLUMNS[1], y)
        assert own.box.contains(_COLUMNS[0] + 45, y)
        assert own != following


def test_a_label_without_figures_is_a_row():
    page = paper(900, 1040)
    draw_header(page)
    middles = [260 + 56 * i for i in range(9)]
    for i, y in enumerate(middles):
        if i == 4:
            write_han(page, 10, 90, y - 13)
            write_han(page, 5, 90, y + 13)
        else:
            write_han(page, 10, 90, y)
        if i in (0, 8):
            write_number(page, "7", (_COLUMNS[0], y))
    (grid,) = grids_of(page, levels_at(140, 226, 740))
    assert len({cell_at(grid, _COLUMNS[3], y).row for y in middles}) == len(middles)
    box = cell_at(grid, _COLUMNS[3], middles[4]).box
    assert box.top < middles[4] - 23
    assert box.bottom > middles[4] + 23


def test_rulings_part_rows_of_a_table_with_one_figure_in_all():
    page = paper(700, 1040)
    draw_header(page)
    write_han(page, 8, 90, 250)
    write_number(page, "7", (_COLUMNS[2], 250))
    (grid,) = grids_of(page, levels_at(140, 226, 274))
    assert cell_at(grid, _COLUMNS[2], 250).box.top == 226.0
    assert len({id(cell_at(grid, x, 250)) for x in _COLUMNS}) == len(_COLUMNS)


def test_a_heading_between_rulings_parts_tables():
    page = paper(1000, 1040)
    for top in (180, 600):
        draw_header(page, top)
        for i in range(4):
            write_han(page, 10, 90, top + 50 + 44 * i)
            for x in _COLUMNS:
                write_number(page, "7", (x, top + 50 + 44 * i))
    write_han(page, 13, 140, 480)
    grids = grids_of(page, levels_at(120, 206, 430, 530, 626, 850))
    assert len(grids) == 2
    assert grids[0].box.bottom < 480 < grids[1].box.top


def test_a_note_that_begins_left_of_the_rulings_parts_tables():
    """The heading was left out; a note stands between the last ruling of one table and the first of the other."""
    page = paper(1000, 1040)
    for top in (180, 560):
        draw_header(page, top)
        draw_rows(page, [top + 50 + 44 * i for i in range(4)])
    write_han(page, 16, 30, 434)
    grids = grids_of(page, levels_at(120, 206, 404, 464, 586, 784))
    assert len(grids) == 2
    assert grids[0].box.bottom < 434 < grids[1].box.top


def test_pieces_of_a_ruling_that_nothing_tracked_are_no_row():
    page = paper(800, 1040)
    draw_header(page)
    middles = [250 + 32 * i for i in range(6)]
    draw_rows(page, middles)
    for x in range(90, 960, 37):
        page[middles[2] + 16, x : x + 12] = 0
    (grid,) = grids_of(page, levels_at(140, 226, middles[-1] + 20))
    assert sum(edge >= 226 for edge in grid.rows) == len(middles) + 1


def test_thin_dashes_beside_a_label_of_two_lines_are_a_row():
    page = paper(800, 1040)
    draw_header(page)
    middles = [270 + 64 * i for i in range(4)]
    draw_rows(page, middles[:1])
    for y in middles[1:]:
        write_han(page, 10, 90, y - 16)
        write_han(page, 6, 90, y + 16)
        for x in _COLUMNS:
            page[y : y + 3, x - 5 : x + 5] = 0
    (grid,) = grids_of(page, levels_at(140, 226, middles[-1] + 40))
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in middles}) == len(middles)


def test_what_a_seal_left_beside_a_heading_does_not_hide_it():
    page = paper(1000, 1040)
    for top in (180, 600):
        draw_header(page, top)
        draw_rows(page, [top + 50 + 44 * i for i in range(4)])
    write_han(page, 13, 140, 480, size=30)
    for left in (800, 880):
        page[478:482, left : left + 10] = 0
    grids = grids_of(page, levels_at(120, 206, 410, 530, 626, 850))
    assert len(grids) == 2
    assert grids[0].box.bottom < 460 < 500 < grids[1].box.top


def test_nothing_between_rulings_parts_tables():
    """The heading between two tables was left out; the last ruling of one and the first of the other stay apart."""
    page = paper(1000, 1040)
    for top in (180, 500):
        draw_header(page, top)
        draw_rows(page, [top + 50 + 44 * i for i in range(4)])
    grids = grids_of(page, levels_at(120, 206, 384, 404, 526, 704))
    assert len(grids) == 2
    assert grids[0].box.bottom < 404 < grids[1].box.bottom


def test_figures_go_on_overleaf_without_a_header():
    page = paper(700, 1040)
    middles = [120 + 44 * i for i in range(8)]
    for i, y in enumerate(middles):
        write_han(page, 11 - i % 2, 90, y)
        if i not in (2, 3):
            write_number(page, "7", (_COLUMNS[0], y))
            write_number(page, "7", (_COLUMNS[-1], y))
    (grid,) = grids_of(page, levels_at(96, 452))
    for y in middles:
        first, between, last = (cell_at(grid, x, y) for x in (_COLUMNS[0], _COLUMNS[3], _COLUMNS[-1]))
        assert first.column < between.column < last.column
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in middles}) == len(middles)


def test_pieces_of_a_ruling_are_no_words():
    page = paper(800, 1040)
    draw_header(page)
    middles = [250 + 44 * i for i in range(6)]
    draw_rows(page, middles)
    for y in middles:
        for x in range(300, 960, 60):
            page[y + 22 : y + 24, x : x + 30] = 0
    (grid,) = grids_of(page, levels_at(140, 226, *(y + 22 for y in middles)))
    assert sum(edge >= 226 for edge in grid.rows) == len(middles) + 1


def test_ink_beside_the_rulings_is_no_part_of_the_table():
    page = paper(800, 1100)
    draw_header(page)
    middles = [250 + 44 * i for i in range(6)]
    draw_rows(page, middles)
    for y in middles:
        page[y - 8 : y + 8, 1070:1084] = 0
    (grid,) = grids_of(page, levels_at(140, 226, 500))
    assert len(grid.columns) == len(_COLUMNS) + 2
    assert grid.columns[-1] < 1060


def test_wide_figures_of_a_last_row_are_no_header():
    """Sums of three digits, as high as the characters of a label and as wide as two of them."""
    page = paper(600, 1040)
    for y in (120, 164, 208):
        write_han(page, 10, 90, y)
        for x in _COLUMNS:
            if y == 208:
                write_han(page, 2, x - 22, y)
            else:
                write_number(page, "7", (x, y))
    (grid,) = grids_of(page, levels_at(96, 232))
    assert len({cell_at(grid, _COLUMNS[0], y).row for y in (120, 164, 208)}) == 3


def test_a_label_as_long_as_prose_is_one_where_figures_stand_beside_it():
    page = paper(900, 1040)
    middles = [150, 200, 260, 320, 370]
    for y in middles:
        write_han(page, 10, 90, y if y != middles[2] else y - 13)
        write_number(page, "65", (950, y))
    write_han(page, 34, 90, middles[2] - 13)
    write_han(page, 4, 90, middles[2] + 13)
    (grid,) = grids_of(page, levels_at(125, 175, 225, 295, 345, 395))
    assert len({cell_at(grid, 950, y).row for y in middles}) == len(middles)
    assert cell_at(grid, 120, middles[2] - 13).row == cell_at(grid, 950, middles[2]).row
