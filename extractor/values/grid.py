"""Boundaries of a table's rows and columns, and the cells between them; boxes in pixels of the straight page."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.values.geometry import Box


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell of a grid: half-open ranges of rows and columns, and its box in pixels of the straight page."""

    row: int
    row_end: int
    column: int
    column_end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """Boundaries of a table in pixels of the straight page; every slot belongs to exactly one cell.

    rows, columns: ascending boundaries, one more than there are rows and columns.
    """

    rows: tuple[float, ...]
    columns: tuple[float, ...]
    cells: tuple[GridCell, ...]

    @property
    def box(self) -> Box:
        return Box(self.columns[0], self.rows[0], self.columns[-1], self.rows[-1])
