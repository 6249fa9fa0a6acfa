"""Tables whose rulings only run across: columns are what gutters leave, also those in which nothing is printed.

Words are boxes of a character's height, twenty pixels; figures are lower than words.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.layout.ruled_areas import Area, has_verticals
from extractor.layout.ruled_off import build_ruled_off
from extractor.values.geometry import Box
from extractor.values.labels import PageLabels
from extractor.values.level import Level

pytestmark = pytest.mark.issue(24)

_HEIGHT = 20.0
_LEFT, _RIGHT = 100.0, 1100.0


def word(left, middle, letters=3):
    return Box(left, middle - 10, left + 21 * letters - 1, middle + 10)


def centred(x, middle, letters=3):
    return word(x - 10.5 * letters, middle, letters)


def figure(x, middle, digits=4):
    return Box(x - 5.5 * digits, middle - 7, x + 5.5 * digits, middle + 7)


def across(*heights, left=_LEFT, right=_RIGHT):
    return [Level(float(y), ((left, right),)) for y in heights]


def build(words, edges, *partial):
    """The grid between rulings of full width, with others of some of it."""
    levels = sorted([*across(*edges), *partial], key=lambda level: level.y)
    return build_ruled_off(Area(_LEFT, _RIGHT, tuple(map(float, edges))), words, words, levels, _HEIGHT)


def cell_of(grid, box):
    (cell,) = (c for c in grid.cells if c.box.contains(box.center_x, box.center_y))
    return cell


def is_whole(grid):
    """Whether every slot of a grid is one cell's."""
    slots = [
        (r, c) for cell in grid.cells for r in range(cell.row, cell.row_end)
        for c in range(cell.column, cell.column_end)
    ]  # fmt: skip
    return sorted(slots) == [(r, c) for r in range(len(grid.rows) - 1) for c in range(len(grid.columns) - 1)]


def halves(rows=8):
    """项目 决算数 twice beside each other: the left half has three rows, figures stand in some."""
    words = [centred(x, 125, 2) for x in (340, 840)]
    words += [centred(x, 165) for x in (220, 480, 720, 980)]
    for i in range(rows):
        y = 210 + 40 * i
        words.append(word(620, y, 6 + i % 3))
        if i < 3:
            words.append(word(110, y, 7))
        if i % 3 == 0:
            words += [figure(x, y) for x in ([480, 980] if i < 3 else [980])]
    return words, [100, 145, 185, 190 + 40 * rows]


def test_halves_side_by_side_have_their_columns_though_one_prints_little():
    words, edges = halves()
    grid = build(words, edges)
    assert is_whole(grid)
    assert len(grid.columns) - 1 == 4
    assert sum(y >= 185 for y in grid.rows) == 8 + 1
    assert [cell_of(grid, figure(x, 210)).column for x in (480, 980)] == [1, 3]


def open_rows(rows=6, shown=2):
    """Codes and names under a word over both, and seven columns of which few show anything."""
    middles = [510 + 90 * i for i in range(7)]
    words = [centred(260, 115, 2), centred(150, 155, 4), centred(330, 155, 4), centred(270, 195, 2)]
    words += [centred(x, 135, 3) for x in middles] + [figure(x, 195, 1) for x in middles]
    for i in range(rows):
        y = 240 + 36 * i
        words += [Box(110, y - 7, 110 + 11 * (3 + 2 * (i % 3)), y + 7), word(215, y, 4 + i % 4)]
        words += [figure(x, y) for x in middles[:shown]]
    return words, [100, 215, 225 + 36 * rows], Level(135.0, ((_LEFT, 430.0),)), middles


def test_a_column_in_which_nothing_is_printed_is_told_by_its_header():
    words, edges, under, middles = open_rows()
    grid = build(words, edges, under)
    assert is_whole(grid)
    assert len(grid.columns) - 1 == 9
    assert [cell_of(grid, figure(x, 240)).column for x in middles] == list(range(2, 9))
    assert cell_of(grid, figure(135, 276, 5)).column == 0


def test_a_word_alone_over_a_ruling_spans_the_columns_below_it():
    words, edges, under, middles = open_rows()
    grid = build(words, edges, under)
    over = cell_of(grid, centred(260, 115, 2))
    assert (over.column, over.column_end) == (0, 2)
    heads = [cell_of(grid, centred(x, 135)) for x in middles]
    assert all(head.row == over.row and head.row_end > over.row_end for head in heads)
    numbers = [cell_of(grid, figure(x, 195, 1)) for x in middles]
    assert {cell.row for cell in numbers} == {heads[0].row_end}


def test_a_label_of_two_lines_is_one_row():
    words, _, under, middles = open_rows(rows=5)
    y = 240 + 36 * 5 + 18
    words += [word(215, y - 12, 9), word(215, y + 12, 3), figure(135, y, 5), figure(middles[0], y)]
    grid = build(words, [100, 215, y + 40], under)
    assert sum(edge >= 215 for edge in grid.rows) == 6 + 1
    assert cell_of(grid, word(215, y - 12, 9)) == cell_of(grid, word(215, y + 12, 3))


def test_a_piece_without_a_header_has_the_columns_that_it_prints():
    words, *_ = open_rows()
    body = [w for w in words if w.top > 215]
    grid = build(body, [215, 441])
    assert is_whole(grid)
    assert [cell_of(grid, figure(x, 240)).column for x in (510, 600)] == [2, 3]


def test_a_piece_whose_last_column_is_of_words_has_no_more():
    words = [w for i in range(4) for x in (110, 400, 700) for w in [word(x, 250 + 40 * i, 5)]]
    words += [figure(420, 410), figure(720, 410)]
    grid = build(words, [230, 430])
    assert len(grid.columns) - 1 == 3


def test_rows_under_a_header_without_a_ruling_above_it_are_no_table_of_their_own():
    words, *_ = open_rows()
    above = [centred(x, 195) for x in (150, 330, 510, 600)]
    assert build([*above, *(w for w in words if w.top > 215)], [215, 441]) is None


def test_words_that_brackets_part_are_one_columns():
    words, edges, under, _ = open_rows()
    words.append(word(350, 240, 2))
    grid = build(words, edges, under)
    assert len(grid.columns) - 1 == 9
    assert cell_of(grid, word(350, 240, 2)) == cell_of(grid, word(215, 240, 3))


def test_three_lines_of_a_header_over_fewer_rows_are_no_rows():
    words, _, under, _ = open_rows(rows=2)
    grid = build(words, [100, 215, 297], under)
    assert len(grid.columns) - 1 == 9
    assert sum(edge >= 215 for edge in grid.rows) == 2 + 1


def test_figures_at_the_right_end_of_narrow_columns_stand_in_their_own():
    """They reach the header of the next, which alone stands in the way of a gutter."""
    middles = [510 + 90 * i for i in range(7)]
    words = [centred(200, 120), *(centred(x, 120 if i else 145) for i, x in enumerate(middles))]
    for i in range(4):
        words += [word(110, 190 + 40 * i, 6), *(figure(x + 35, 190 + 40 * i, 3) for x in middles)]
    grid = build(words, [100, 165, 350])
    assert [cell_of(grid, figure(x + 35, 190, 3)).column for x in middles] == list(range(1, 8))


def test_letters_set_wide_over_two_columns_are_one_word():
    middles = [190 + 150 * i for i in range(6)]
    words = [word(170, 120, 1), word(340, 120, 1), *(centred(x, 120, 6) for x in (565, 865))]
    words += [centred(x, 160) for x in middles] + [figure(x, 200) for x in middles]
    words += [figure(x, 240) for x in middles]
    grid = build(words, [100, 140, 180, 260])
    wide = cell_of(grid, word(170, 120, 1))
    assert wide == cell_of(grid, word(340, 120, 1))
    assert (wide.column, wide.column_end) == (0, 2)


@pytest.mark.parametrize(
    ("more", "edges"),
    [
        # Two figures side by side under one word; lines that are not told apart; a figure that stands in two columns.
        ([figure(x, 210 + 40 * i, 1) for i in range(8) for x in (955, 1005)], [100, 145, 185, 510]),
        ([Box(110, 205, 160, 500), Box(985, 205, 1000, 500)], [100, 145, 185, 510]),
        ([figure(870, 250, 17)], [100, 145, 185, 510]),
    ],
)
def test_what_has_no_such_columns_and_rows_is_no_such_table(more, edges):
    words, _ = halves()
    assert build([*words, *more], edges) is None


def test_rulings_that_part_rows_part_them_and_their_header():
    words, _ = halves()
    grid = build(words, [100, 145, 185, *(230 + 40 * i for i in range(8))])
    assert is_whole(grid)
    assert len(grid.columns) - 1 == 4
    assert [round(y) for y in grid.rows[2:]] == [185, *(230 + 40 * i for i in range(8))]


def test_where_a_ruling_between_rows_is_lost_they_are_two_rows_all_the_same():
    words, _ = halves()
    edges = [100, 145, 185, *(230 + 40 * i for i in range(8) if i != 3)]
    words += [figure(480, 330), figure(480, 370)]
    grid = build(words, edges)
    assert len({cell_of(grid, word(620, 210 + 40 * i, 6)).row for i in range(8)}) == 8


def test_a_ruling_that_runs_down_part_of_a_table_is_seen():
    area = Area(100.0, 900.0, (100.0, 180.0, 700.0))
    labels = PageLabels.blank((1000, 1000), 200.0)
    assert not has_verticals(area, labels)
    labels.down[80:300, 260] = 255
    assert has_verticals(area, labels)
    # What stands beside it is none of its own.
    aside = PageLabels.blank((1000, 1000), 200.0)
    aside.down[:, 10] = 255
    assert not has_verticals(area, aside)


@given(
    shown=st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=3, max_size=9),
    letters=st.lists(st.integers(2, 9), min_size=9, max_size=9),
)
def test_every_word_has_a_cell_of_its_row_and_column(shown, letters):
    middles = [400 + 150 * i for i in range(5)]
    words = [centred(200, 125), *(centred(x, 125) for x in middles)]
    rows = []
    for i, row in enumerate(shown):
        y = 175 + 40 * i
        rows.append(
            [
                word(110, y, letters[i]),
                *(figure(x, y) for x, is_there in zip(middles, row, strict=True) if is_there),
            ]
        )
    edges = [100, 150, 160 + 40 * len(shown)]
    grid = build([*words, *(w for row in rows for w in row)], edges)
    assert is_whole(grid)
    assert all(a < b for a, b in pairwise(grid.rows)) and all(a < b for a, b in pairwise(grid.columns))
    for i, row in enumerate(rows):
        cells = [cell_of(grid, w) for w in row]
        assert {cell.row for cell in cells} == {i + 1}
        for box, cell in zip(row, cells, strict=True):
            assert cell.box.left < box.left and box.right < cell.box.right
    assert [cell_of(grid, w).column for w in words] == list(range(6))
