"""A piece of a table without verticals has the columns of the page before, also those in which it prints nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.matching.overleaf import complete_overleaf
from extractor.values.grid import Grid
from tests.extractor.printed import lay_out, make_cell

pytestmark = pytest.mark.issue(24)

_HEADER = ["科目", "合计", "基本支出", "项目支出", "经营支出"]


def piece(rows, places, *, page_no=2):
    """A table of rows whose cells stand in some of five columns, the others' room taken by the one before."""
    whole = lay_out(
        [[row[places.index(c)] if c in places else "" for c in range(5)] for row in rows], page_no=page_no
    )
    ends = [*places[1:], 5]
    edges = (*(whole.grid.columns[c] for c in places), whole.grid.columns[-1])
    cells = []
    for cell in whole.cells:
        if cell.cell.column in places:
            at = places.index(cell.cell.column)
            box = replace(cell.cell.box, right=whole.grid.columns[ends[at]])
            cells.append(replace(cell, cell=replace(cell.cell, column=at, column_end=at + 1, box=box)))
    return replace(
        whole,
        grid=Grid(whole.grid.rows, edges, tuple(cell.cell for cell in cells)),
        cells=tuple(cells),
    )


def before(page_no=1):
    return lay_out([_HEADER, ["教育支出", "3", "2", "1", ""]], page_no=page_no)


def rows_of(table):
    rows = [["" for _ in table.grid.columns[1:]] for _ in table.grid.rows[1:]]
    for cell in table.cells:
        rows[cell.cell.row][cell.cell.column] = cell.text
    return rows


def test_columns_that_print_nothing_are_those_of_the_page_before():
    after = piece([["普通教育", "30", "10"], ["小学教育", "20", ""]], [0, 1, 3])
    _, found = complete_overleaf([before(), after])
    assert rows_of(found) == [["普通教育", "30", "", "10", ""], ["小学教育", "20", "", "", ""]]
    slots = [(cell.row, cell.column) for cell in found.grid.cells]
    assert slots == [(r, c) for r in range(2) for c in range(5)]
    assert tuple(cell.cell for cell in found.cells) == found.grid.cells
    assert all(
        cell.ink is None or cell.cell.box.contains(cell.ink.center_x, cell.ink.center_y)
        for cell in found.cells
    )


def test_a_piece_that_is_completed_tells_the_next():
    pieces = [piece([["普通教育", "30"]], [0, 1]), piece([["小学教育", "20"]], [0, 4], page_no=3)]
    *_, last = complete_overleaf([before(), *pieces])
    assert rows_of(last) == [["小学教育", "", "", "", "20"]]


@pytest.mark.parametrize(
    "after",
    [
        # A header of its own; a page that does not follow; ink over two of the columns; another width.
        piece([["科目", "金额"], ["普通教育", "30"]], [0, 1]),
        piece([["普通教育", "30"]], [0, 1], page_no=5),
        lay_out([["普通教育小学教育", "30"]], page_no=2),
        replace(before(page_no=2), grid=replace(before().grid, columns=(100.0, 300.0, 700.0))),
    ],
)
def test_what_does_not_go_on_keeps_its_columns(after):
    assert complete_overleaf([before(), after])[1] is after


def test_nothing_is_lost_where_the_first_column_prints_nothing():
    bare = piece([["", "30"], ["", "20"]], [0, 1])
    assert all(make_cell(cell.cell, "").ink is None for cell in bare.cells if cell.cell.column == 0)
    assert complete_overleaf([before(), bare])[1] is bare
