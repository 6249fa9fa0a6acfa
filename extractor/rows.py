"""Cells of a page's table → printed rows: what is label, what may be a value.

A row is what the last column shows as one cell; label cells may span several rows and are not needed whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extractor.forms import normalise
from extractor.geometry import Box, overlap
from extractor.numbers import parse_annotated, parse_content
from extractor.pages import ReadCell, Table
from extractor.readings import guess_texts

_HAN = re.compile(r"[\u3007\u4e00-\u9fff]")
#: Han characters that a lone stroke or ring in a number cell may be read as.
_LOOK_ALIKE = frozenset("一〇丨二三十")
#: A cell taller than this many rows is a bracket beside them.
_BRACKET_ROWS = 1.6


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """One row of a table on one page.

    left, right: extent of its table (same frame as the boxes). values: its trailing cells without Han text,
    left to right. label: normalised text of the cells before them.
    """

    table_index: int
    page_no: int
    box: Box
    cells: tuple[ReadCell, ...]
    values: tuple[ReadCell, ...]
    label: str

    @property
    def text(self) -> str:
        """Normalised text of the whole row."""
        return normalise("".join(cell.text for cell in self.cells))


def is_label(cell: ReadCell) -> bool:
    """True when the cell holds words rather than a number, a dash or nothing."""
    han = _HAN.findall(cell.text)
    if not han:
        return False
    if parse_annotated(cell.text, decimals=True) is not None:
        return False
    if cell.reading is not None and len(han) <= 2 and len(cell.text) <= 3:
        if all(c in _LOOK_ALIKE for c in han):
            return False
        guesses = guess_texts(cell.reading)
        if not guesses or not guesses[0].text or guesses[0].probability <= 0.3:
            return True
        return parse_content(guesses[0].text, decimals=True) is None
    return True


def split_rows(table: Table, table_index: int) -> list[PrintedRow]:
    """Rows of one page's table from top to bottom."""
    grid = table.grid
    last = [c for c in grid.cells if c.column_end == len(grid.columns) - 1]
    rows = []
    for edge in sorted(last, key=lambda c: c.row):
        top, bottom = edge.box.top, edge.box.bottom
        members = sorted(
            (cell for cell in table.cells if _belongs(cell.cell.box, top, bottom)),
            key=lambda c: c.cell.box.left,
        )
        rows.append(_make_row(table, table_index, top, bottom, members))
    return rows


def _belongs(box: Box, top: float, bottom: float) -> bool:
    height = bottom - top
    if box.height > _BRACKET_ROWS * height:
        return False
    return (
        overlap(box.top, box.bottom, top, bottom) > 0.5 * min(box.height, height)
        and top <= box.center_y < bottom
    )


def _make_row(table: Table, index: int, top: float, bottom: float, cells: Sequence[ReadCell]) -> PrintedRow:
    first_value = len(cells)
    while first_value > 0 and not is_label(cells[first_value - 1]):
        first_value -= 1
    label = normalise("".join(cell.text for cell in cells[:first_value]))
    box = Box(table.grid.box.left, top, table.grid.box.right, bottom)
    return PrintedRow(index, table.page_no, box, tuple(cells), tuple(cells[first_value:]), label)
