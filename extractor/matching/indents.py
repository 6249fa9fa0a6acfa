"""How deep the labels of rows are indented: what nests where no code tells it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from extractor.values.printed import PrintedRow

#: Share of the height of a label's line by which one must begin further to the right to be a level deeper: bodies
#: indent by a character or two, and by half a one no scan is off.
_STEP = 0.6


def read_indents(rows: Sequence[PrintedRow]) -> list[int | None]:
    """How deep each row is indented within its table's labels, from 0; None for one without a label.

    No row is more than one level deeper than the row above it: where one is, as where labels stand in the middle of
    their cells, nothing is told of any.
    """
    starts = [_find_start(row) for row in rows]
    heights = [line.box.height for row in rows for cell in row.cells[:1] for line in cell.lines]
    known = sorted({start for start in starts if start is not None})
    if not known or not heights:
        return [None] * len(rows)
    step = _STEP * median(heights)
    edges = [known[0], *(after for before, after in pairwise(known) if after - before > step)]
    levels = [None if start is None else sum(1 for edge in edges if edge <= start) - 1 for start in starts]
    told = [level for level in levels if level is not None]
    is_nested = all(after <= before + 1 for before, after in pairwise(told))
    return levels if is_nested and told[0] == 0 else [None] * len(rows)


def _find_start(row: PrintedRow) -> float | None:
    """Where a row's label begins, in pixels from where its row does; None where it has none."""
    words = row.cells[: len(row.cells) - len(row.values)]
    ink = next((cell.ink for cell in words if cell.ink is not None), None)
    return None if ink is None or not row.label else ink.left - row.box.left
