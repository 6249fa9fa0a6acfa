"""How well the figures of a row stand in the columns they were given to: without rulings nothing else tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from extractor.values.page import ReadCell
from extractor.values.reason import Trouble
from extractor.values.slot import Slot, row_of

#: Fewer cells of a row, or blanks of a column beside figures in none, tell nothing of columns; two do where one of
#: them is blank.
_FEW, _PAIR = 3, 2
#: Figures of a report that tell how far from the right side of their cells they usually end.
#: ±20 %: nothing.
_ENOUGH = 5
#: A cell so many times as high as one whose figure lies in it reaches over its row.
#: ±20 %: nothing (read on 1 of 22 documents).
_OVER = 1.5


def measure_strays(slots: Sequence[Slot]) -> Mapping[str, float]:
    """By field how far the figures of its row stray from a common place in their columns, 0 to 1 of a column's width.

    A common place is the middle or the right end; a lone figure stands in the middle of its own, or as far from the
    right side as the report's usually do. Columns nearer to each other than the others are a stray as well:
    a word of the header was read as two, or one not at all. 1 without figures, 0 for fewer than three cells but for a
    figure beside one blank.
    """
    rows: dict[tuple[str, int, int], list[Slot]] = defaultdict(list)
    for slot in slots:
        if slot.cell is not None:
            rows[row_of(slot)].append(slot)
    cells = {key: [slot.cell for slot in row if slot.cell is not None] for key, row in rows.items()}
    gaps = [c.ink.right - c.cell.box.right for row in cells.values() for c in row if c.ink is not None]
    usual = median(gaps) if len(gaps) >= _ENOUGH else None
    told = {key: _measure(row, usual) for key, row in cells.items()}
    return {slot.spec.id: told[key] for key, row in rows.items() for slot in row}


def part_shared(slots: Sequence[Slot]) -> list[Slot]:
    """The fields, those of a row that reaches over others and shows their figures told as run together.

    Two tables that were found over each other on a page have such rows; no figure is printed for two fields.
    """
    shown = [slot for slot in slots if slot.cell is not None and slot.cell.ink is not None]
    middles: dict[int | None, list[tuple[Slot, float, float]]] = defaultdict(list)
    for slot in shown:
        for line in slot.cell.lines if slot.cell is not None else ():
            middles[slot.page_no].append((slot, line.box.center_x, line.box.center_y))
    over = {row_of(slot) for slot in shown if _reaches_over(slot, middles[slot.page_no])}
    return [replace(slot, trouble=Trouble.RUN_TOGETHER) if row_of(slot) in over else slot for slot in slots]


def _reaches_over(slot: Slot, middles: Sequence[tuple[Slot, float, float]]) -> bool:
    """Whether the middle of a figure of a much lower cell lies in this one."""
    assert slot.cell is not None
    box = slot.cell.cell.box
    return any(
        other is not slot
        and other.cell is not None
        and box.left <= x <= box.right
        and box.top <= y <= box.bottom
        and box.height > _OVER * other.cell.cell.box.height
        for other, x, y in middles
    )


def count_unclaimed(slots: Sequence[Slot]) -> dict[str, int]:
    """By field the figures of its row that stand in no column; the most of any row where many of its column do.

    A column that was cut beside its figures is empty also in the rows whose figures were not seen at all.
    """
    columns: dict[tuple[int | None, int, int], list[Slot]] = defaultdict(list)
    for slot in slots:
        if slot.cell is not None:
            box = slot.cell.cell.box
            columns[slot.page_no, round(box.left), round(box.right)].append(slot)
    told = {slot.spec.id: slot.unclaimed for slot in slots}
    for column in columns.values():
        beside = sum(slot.is_blank and slot.unclaimed > 0 for slot in column)
        if beside >= _FEW and beside > sum(not slot.is_blank for slot in column):
            most = max(slot.unclaimed for slot in column)
            told |= {slot.spec.id: most for slot in column}
    return told


def _measure(cells: Sequence[ReadCell], usual: float | None) -> float:
    """usual: from the right side of cells to the right end of their figures, pixels; None where too few tell."""
    width = max(1.0, median(c.cell.box.width for c in cells))
    figures = [(c.ink, c.cell.box) for c in cells if c.ink is not None]
    # Of two columns a lone figure may stand in either: where it stands in its cell tells.
    if len(cells) < (_PAIR if len(figures) == 1 else _FEW):
        return 0.0
    if not figures:
        return 1.0
    middles = [(ink.center_x - box.center_x) / width for ink, box in figures]
    rights = [(ink.right - box.right) / width for ink, box in figures]
    if len(figures) > 1:
        spread = min(_spread(middles), _spread(rights))
    else:
        spread = abs(middles[0]) if usual is None else min(abs(middles[0]), abs(rights[0] - usual / width))
    # Columns may share a cell that stands over several of them.
    centres = sorted({c.cell.box.center_x for c in cells})
    steps = [right - left for left, right in pairwise(centres)]
    crowding = 1.0 - min(steps) / max(1.0, median(steps)) if steps else 0.0
    return min(1.0, max(spread, crowding))


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)
