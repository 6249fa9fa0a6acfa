"""A row without a label under its header: alone at the head of the next page, or with words written over it.

Without verticals the cells of a row overleaf are cut between the figures it shows; the header's words tell which
columns are blank. All boxes are pixels of straight pages, top-left origin.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from extractor.matching.rows import is_label
from extractor.values.geometry import Box
from extractor.values.grid import GridCell
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow
from extractor.values.shape import Shape

#: A figure stands under a word if its middle is no further off than this share of the least distance between words.
#: ±20 %: nothing (read on 1 of 22 documents).
_UNDER = 0.25
#: Figures that tell where a row stands: one alone may be a page's number.
#: ±20 %: nothing (read on 1 of 22 documents).
_FEWEST = 2
#: Share of the cells under a header that show no words for all of them to be values: what words there are somebody
#: wrote over them. Of 348 damaged documents three have such a row; with .4 and .8 the same.
_MOST_VALUES = 0.6


def complete_lone(rows: Sequence[PrintedRow], counts: Collection[int]) -> list[PrintedRow]:
    """The rows, those that stand alone overleaf with a cell for every word of the header before the page's end.

    Those on which somebody wrote have all of their cells as values.

    counts: numbers of columns of the rows for which a form prints no label.
    """
    out = list(rows)
    for i, (header, row) in enumerate(pairwise(rows), start=1):
        if _is_written_over(header, row, counts):
            out[i] = replace(row, values=row.cells, label="")
        is_overleaf = row.page_no == header.page_no + 1 and row.table_index == header.table_index + 1
        is_alone = i + 1 == len(rows) or rows[i + 1].table_index != row.table_index
        is_header = len(header.cells) in counts and all(is_label(cell) for cell in header.cells)
        if is_overleaf and is_alone and is_header and not row.label:
            out[i] = _complete(row, header)
    return out


def _is_written_over(header: PrintedRow, row: PrintedRow, counts: Collection[int]) -> bool:
    """Whether a row shows a cell under every word of the header just above it, some of them words."""
    is_below = row.table_index == header.table_index and len(row.cells) == len(header.cells)
    if not is_below or len(row.cells) not in counts or len(row.values) == len(row.cells):
        return False
    shown = sum(1 for cell in row.cells if not is_label(cell))
    return shown >= _MOST_VALUES * len(row.cells) and all(is_label(cell) for cell in header.cells)


def _complete(row: PrintedRow, header: PrintedRow) -> PrintedRow:
    """The row with empty cells under the words below which it shows no figure; as it is where one strays."""
    figures = [cell for cell in row.values if cell.ink is not None]
    centres = [_center(cell) for cell in header.cells]
    reach = _UNDER * min(b - a for a, b in pairwise(centres))
    homes: dict[int, ReadCell] = {}
    for cell in figures:
        off, home = min((abs(_center(cell) - x), i) for i, x in enumerate(centres))
        if off > reach or home in homes:
            return row
        homes[home] = cell
    if not _FEWEST <= len(homes) < len(centres):
        return row
    cells = tuple(homes.get(i) or _blank(word, i, row) for i, word in enumerate(header.cells))
    box = Box(header.box.left, row.box.top, header.box.right, row.box.bottom)
    return replace(row, box=box, cells=cells, values=cells)


def _center(cell: ReadCell) -> float:
    return (cell.ink or cell.cell.box).center_x


def _blank(word: ReadCell, column: int, row: PrintedRow) -> ReadCell:
    """An empty cell of a row under a word of the header."""
    place = row.values[0].cell.row
    box = Box(word.cell.box.left, row.box.top, word.cell.box.right, row.box.bottom)
    return ReadCell(GridCell(place, place + 1, column, column + 1, box), None, (), None, 0.0, Shape())
