"""Rows that their neighbours name: printed right between the rows that the form has above and below them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from extractor.values.slot import Slot

#: Rows lie next to each other if no more than this share of the lower one's height lies between them.
#: ±20 %: nothing.
_APART = 0.3
#: Most rows without a legible label that their number names.
#: ±20 %: nothing.
_MOST_UNNAMED = 3


def find_pinned(slots: Sequence[Slot]) -> frozenset[str]:
    """Ids of the fields of rows between two that their labels name, with no room for another row beside them.

    slots: in the order of the form. What stands there can hardly be another row than the form's, whatever is left of
    its label; nor can two or three such rows where the form has as many. Where it has one more, none is named, nor
    where one of them bears a legible label that is another's.
    """
    order = _rows_of(slots)
    pinned: set[str] = set()
    since = -1
    for place, row in enumerate(order):
        if row is None or (place and not _follows(order[place - 1], row)):
            since = -1
        if row is not None and row[0].row_name.is_sure:
            between = [found for found in order[since + 1 : place] if found]
            other = any(found[0].row_name.other for found in between)
            if since >= 0 and place - since - 1 <= _MOST_UNNAMED and not other:
                pinned.update(slot.spec.id for found in between for slot in found)
            since = place
    return frozenset(pinned)


def _rows_of(slots: Sequence[Slot]) -> list[list[Slot] | None]:
    """The found cells of every row of the form in order; None for a row of which none was found."""
    rows = groupby(slots, key=lambda slot: (slot.spec.table, slot.spec.row_label))
    return [[slot for slot in row if slot.cell is not None] or None for _, row in rows]


def _follows(upper_row: Sequence[Slot] | None, lower_row: Sequence[Slot]) -> bool:
    """Whether the second row stands right below the first, in the same table of the same page."""
    if not upper_row:
        return False
    above, below = upper_row[0], lower_row[0]
    if above.cell is None or below.cell is None:
        return False
    if (above.spec.table, above.page_no) != (below.spec.table, below.page_no):
        return False
    upper, lower = above.cell.cell.box, below.cell.cell.box
    return abs(lower.top - upper.bottom) <= _APART * lower.height
