from __future__ import annotations

from extractor.layout.plain import build_plain, join_level
from extractor.values.geometry import Box
from extractor.values.words import WordLine

_HEIGHT = 20.0
_PITCH = 50.0


def _lines(*rows, pitch=_PITCH):
    """Lines of words given by their ends; a row may say how far below the one before it stands."""
    lines, top = [], 100.0
    for row in rows:
        words = tuple(Box(left, top, right, top + _HEIGHT) for left, right in row)
        lines.append(WordLine(words, Box(words[0].left, top, words[-1].right, top + _HEIGHT)))
        top += pitch
    return lines


def _rows(grid):
    rows = {}
    for cell in grid.cells:
        rows.setdefault(cell.row, []).append((cell.box.left, cell.box.right))
    return [rows[key] for key in sorted(rows)]


def test_a_column_in_which_a_line_shows_nothing_is_an_empty_cell():
    full, without_value = [(10, 300), (400, 420), (500, 540)], [(10, 200), (400, 420)]
    grid = build_plain(_lines(full, without_value, full), _HEIGHT)
    first, second, third = _rows(grid)
    assert first == second == third
    assert len(first) == 3
    assert first[2][0] < 500 < 540 < first[2][1]


def test_a_label_parted_by_a_gap_is_one_cell():
    grid = build_plain(_lines([(10, 60), (80, 300), (500, 540)], [(10, 290), (510, 530)]), _HEIGHT)
    assert [len(row) for row in _rows(grid)] == [2, 2]


def test_a_label_parted_in_the_first_lines_only_is_still_one_cell():
    parted, whole = [(10, 40), (70, 200), (500, 540)], [(10, 350), (500, 540)]
    grid = build_plain(_lines(parted, parted, whole), _HEIGHT)
    assert [len(row) for row in _rows(grid)] == [2, 2, 2]


def test_tables_of_other_columns_under_a_heading_do_not_share_them():
    three = [(10, 100), (200, 240), (300, 340), (400, 440)]
    heading = [(220, 330)]
    one = [(10, 100), (290, 380)]
    grid = build_plain(_lines(three, three, heading, one), _HEIGHT)
    assert [len(row) for row in _rows(grid)] == [4, 4, 1, 2]


def test_a_note_on_two_lines_around_its_row_is_one_cell():
    row, note = [(10, 300), (500, 540)], [(480, 560)]
    lines = _lines(row, note, [(10, 250)], note, row, pitch=_HEIGHT)
    grid = build_plain(lines, _HEIGHT)
    rows = {cell.row: cell.box for cell in grid.cells if cell.column == 1}
    assert len(grid.rows) - 1 == 3
    assert rows[1].top < lines[1].box.center_y
    assert rows[1].bottom > lines[3].box.center_y


def test_lines_far_apart_are_rows_of_their_own():
    grid = build_plain(_lines([(10, 300), (500, 540)], [(10, 250)], [(500, 560)], pitch=60), _HEIGHT)
    assert len(grid.rows) - 1 == 3


def test_rulings_part_rows_of_which_one_has_a_note_on_two_lines():
    row, note = [(10, 300), (500, 540)], [(480, 560)]
    lines = _lines(row, row, row, row, row)
    middle = lines[2].box.center_y
    above, below = (
        WordLine(tuple(Box(x0, y - 10, x1, y + 10) for x0, x1 in note), Box(480, y - 10, 560, y + 10))
        for y in (middle - 14, middle + 14)
    )
    lines[2:3] = [above, WordLine(lines[2].words[:1], lines[2].words[0]), below]
    rulings = [line.box.bottom + 20 for line in _lines(row, row, row, row)]
    grid = build_plain(lines, _HEIGHT, rulings)
    assert list(grid.rows[1:-1]) == rulings
    assert [len(row) for row in _rows(grid)] == [2] * 5


def test_two_rows_between_rulings_of_which_one_is_lost_stay_two():
    row = [(10, 300), (500, 540)]
    lines = _lines(*[row] * 8, pitch=30)
    rulings = [line.box.bottom + 5 for line in lines[:3] + lines[4:7]]
    assert len(build_plain(lines, _HEIGHT, rulings).rows) - 1 == 8


def test_a_heading_whose_ruling_is_lost_is_no_second_line_of_the_row_above():
    row, heading = [(10, 300), (500, 540)], [(200, 320)]
    lines = _lines(row, row, heading, row, row, row, heading, row, pitch=35)
    rulings = [line.box.bottom + 7.5 for i, line in enumerate(lines[:-1]) if i not in (1, 5)]
    assert len(build_plain(lines, _HEIGHT, rulings).rows) - 1 == 8


def test_pieces_of_a_broken_figure_make_no_line_of_their_own():
    """The stroke on top of a 5 is loose: a line of it and of the label, and one of the rest and another figure."""
    label, stroke, rest, other = (
        Box(10, 100, 200, 120),
        Box(500, 103, 507, 106),
        Box(505, 107, 509, 117),
        Box(400, 104, 420, 117),
    )
    lines = [WordLine((label, stroke), label.union(stroke)), WordLine((other, rest), other.union(rest))]
    below = _lines([(10, 190)], [(10, 190), (400, 420), (500, 510)])[1]
    first, second = join_level([*lines, below], _HEIGHT)
    assert first.words == (label, other, stroke.union(rest))
    assert second == below
