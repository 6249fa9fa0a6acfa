"""Rows that their neighbours name: printed right between the rows that the form has above and below them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.columns import Slot, row_of

#: Similarity of a label to the form's from which on it names its row without help.
SURE_LABEL = 0.75
#: Rows lie next to each other if no more than this share of the lower one's height lies between them.
_APART = 0.3


def find_pinned(slots: Sequence[Slot]) -> frozenset[str]:
    """Ids of the fields of rows between two that their labels name, with no room for another row beside them.

    slots: in the order of the form. What stands there can hardly be another row than the form's, whatever is left of
    its label.
    """
    rows: dict[tuple[str, int, int], list[Slot]] = {}
    for slot in slots:
        if slot.cell is not None:
            rows.setdefault(row_of(slot), []).append(slot)
    order = list(rows.values())
    follows = [_follows(a[0], b[0]) for a, b in pairwise(order)]
    is_sure = [row[0].row_similarity >= SURE_LABEL for row in order]
    pinned = (
        order[i]
        for i in range(1, len(order) - 1)
        if follows[i - 1] and follows[i] and is_sure[i - 1] and is_sure[i + 1]
    )
    return frozenset(slot.spec.id for row in pinned for slot in row)


def _follows(above: Slot, below: Slot) -> bool:
    """Whether the second row stands right below the first, in the same table of the same page."""
    if above.cell is None or below.cell is None:
        return False
    if (above.spec.table, above.page_no) != (below.spec.table, below.page_no):
        return False
    upper, lower = above.cell.cell.box, below.cell.cell.box
    return abs(lower.top - upper.bottom) <= _APART * lower.height
