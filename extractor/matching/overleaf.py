"""A table without verticals that goes on overleaf: a column that prints nothing there is told by the page before.

Such a piece has no header, and its rows the columns in which anything is printed. Those of the page before are its
own, where all that it prints stands in the middle of one of them, and in no two the same.
All boxes are pixels of straight pages, top-left origin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from extractor.matching.rows import follows, is_label
from extractor.values.geometry import Box, overlap
from extractor.values.grid import Grid, GridCell
from extractor.values.page import ReadCell, Table
from extractor.values.shape import Shape

#: Two pieces are as wide as each other but for this share of the one before.
_SAME_WIDTH = 0.03
#: A long label may take so much of the column beside its own.
_TAKEN = 0.25


def complete_overleaf(tables: Sequence[Table]) -> list[Table]:
    """The tables of a report, pieces with fewer columns than that on the page before with all of them."""
    out: list[Table] = []
    for table in tables:
        whole = _complete(out[-1], table) if out and follows(out[-1].page_no, table.page_no) else None
        out.append(whole or table)
    return out


def _complete(before: Table, table: Table) -> Table | None:
    """The table with the columns of the one before; None where it has its own, or does not go on with that one."""
    one, two = before.grid.columns, table.grid.columns
    scale = (two[-1] - two[0]) / max(1.0, one[-1] - one[0])
    if len(one) == len(two) or abs(scale - 1.0) > _SAME_WIDTH or _is_headed(table):
        return None
    edges = [two[0] + (x - one[0]) * scale for x in one]
    homes = _find_homes(table, edges)
    return None if homes is None else _spread(table, edges, homes)


def _is_headed(table: Table) -> bool:
    """Whether the first row ends in words, as a header's does."""
    first = [cell for cell in table.cells if cell.cell.row == 0]
    return not first or is_label(max(first, key=lambda cell: cell.cell.column_end))


def _find_homes(table: Table, edges: Sequence[float]) -> dict[int, int] | None:
    """By the columns of a table that print anything which of those between the edges each is.

    None where one is none of them, or two are the same.
    """
    columns = list(pairwise(edges))
    homes: dict[int, int] = {}
    for column in range(len(table.grid.columns) - 1):
        own = [cell for cell in table.cells if cell.ink is not None and cell.cell.column == column]
        inks = [cell.ink for cell in own if cell.ink is not None]
        if not inks:
            continue
        home = int(np.searchsorted(edges, np.median([ink.center_x for ink in inks]))) - 1
        others = [ends for place, ends in enumerate(columns) if place != home]
        if any(cell.cell.column_end > column + 1 for cell in own) or not 0 <= home < len(columns):
            return None
        if any(_takes(ink, ends) for ink in inks for ends in others):
            return None
        homes[column] = home
    order = list(homes.values())
    is_told = len(order) > 1 and order[0] == 0 and all(a < b for a, b in pairwise(order))
    return homes if is_told else None


def _takes(ink: Box, column: tuple[float, float]) -> bool:
    """Whether ink takes a good part of a column: its own, or one whose ruling was lost."""
    return overlap(ink.left, ink.right, *column) > _TAKEN * (column[1] - column[0])


def _spread(table: Table, edges: Sequence[float], homes: Mapping[int, int]) -> Table:
    """The table with the columns between the edges, which cut none of its ink: its own, and blank ones."""
    inked = [cell for cell in table.cells if cell.ink is not None]
    spans = [(homes[cell.cell.column], cell.ink) for cell in inked if cell.ink is not None]
    sides = list(edges)
    for i in range(1, len(edges) - 1):
        before = max((ink.right for home, ink in spans if home < i), default=sides[0])
        behind = min((ink.left for home, ink in spans if home >= i), default=sides[-1])
        sides[i] = min(max(edges[i], before, sides[i - 1]), max(behind, before, sides[i - 1]))
    rows = table.grid.rows

    def place(row: int, row_end: int, column: int) -> GridCell:
        box = Box(sides[column], rows[row], sides[column + 1], rows[row_end])
        return GridCell(row, row_end, column, column + 1, box)

    cells = [
        replace(cell, cell=place(cell.cell.row, cell.cell.row_end, homes[cell.cell.column])) for cell in inked
    ]
    taken = {(row, cell.cell.column) for cell in cells for row in range(cell.cell.row, cell.cell.row_end)}
    cells += [
        ReadCell(place(row, row + 1, column), None, (), None, 0.0, Shape())
        for row in range(len(rows) - 1)
        for column in range(len(edges) - 1)
        if (row, column) not in taken
    ]
    cells.sort(key=lambda cell: (cell.cell.row, cell.cell.column))
    return replace(
        table, grid=Grid(rows, tuple(sides), tuple(cell.cell for cell in cells)), cells=tuple(cells)
    )
