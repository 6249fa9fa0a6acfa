"""Figures behind labels that no ruling parts from them are columns of their own where nearly all rows end in them."""

from __future__ import annotations

import pytest

from extractor.reading.label_figures import part_figures
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell

pytestmark = pytest.mark.issue(24)
_HEIGHT, _LETTER, _END, _WHOLE = 20.0, 10.0, 400.0, 500.0


def lay_out(*rows):
    """A grid of two columns whose first has these words where they are told, and what reads them."""
    words = [
        [
            (Box(x, row * _HEIGHT, x + _LETTER * len(text), row * _HEIGHT + 10), text)
            for x, text in sorted(told)
        ]
        for row, told in enumerate(rows)
    ]
    cells = tuple(
        GridCell(r, r + 1, c, c + 1, Box(left, r * _HEIGHT, right, (r + 1) * _HEIGHT))
        for r in range(len(rows))
        for c, (left, right) in enumerate(((0.0, _END), (_END, _WHOLE)))
    )
    edges = tuple(i * _HEIGHT for i in range(len(rows) + 1))
    return Grid(edges, (0.0, _END, _WHOLE), cells), lambda box: words[int(box.top // _HEIGHT)]


def parted(*rows):
    """The words of every row in its cells, but for the last column; and the grid."""
    grid, read = lay_out(*rows)
    made = part_figures(grid, read)
    shown = [[] for _ in rows]
    for cell in made.cells:
        if cell.box.left < _END:
            held = [text for word, text in read(cell.box) if cell.box.left <= word.center_x < cell.box.right]
            shown[cell.row].append("".join(held))
    return shown, made


_NAMES = ("服务支出", "人大事务", "会议", "教育")
_ROWS = [[(0, "201"), (40, name), (200, "57.83"), (300, "57.83")] for name in _NAMES]


def test_each_figure_behind_a_label_has_a_column_of_its_own_and_so_have_the_words_above():
    head = [(40, "科目名称"), (190, "本年收入"), (290, "财政拨款")]
    words, grid = parted(head, *_ROWS)
    assert words[0] == ["科目名称", "本年收入", "财政拨款"]
    assert words[1] == ["201服务支出", "57.83", "57.83"]
    assert len(grid.columns) == 5 and {cell.column_end for cell in grid.cells} == {1, 2, 3, 4}


def test_a_long_label_keeps_its_letters_and_a_line_across_its_cell():
    long = [(0, "201"), (40, "办公厅及相关机构事务支"), (200, "1.00"), (300, "1.00")]
    words, _ = parted(*_ROWS, long, [(100, "公开表金额单位万元的一行字")])
    assert words[4] == ["201办公厅及相关机构事务支", "1.00", "1.00"]
    assert words[5] == ["公开表金额单位万元的一行字"]


@pytest.mark.parametrize(
    "rows",
    [
        # Numbers of the rows before their names, and codes alone.
        [[(0, "201"), (40, "服务支出")]] * 5,
        [[(0, "201")]] * 5,
        # Too few, and so few of all.
        _ROWS[:3],
        [*[[(0, "服务支出")]] * 6, *_ROWS],
        # Names that reach into the figures of others.
        [[(0, "服" * 3 * i), (30 * i + 10, "57.83")] for i in range(1, 7)],
    ],
)
def test_other_tables_stay_as_they_are(rows):
    grid, read = lay_out(*rows)
    assert part_figures(grid, read) is grid
