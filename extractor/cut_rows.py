"""Rows that the end of a page or a stray ruling cuts in two: the label on one side, the figures on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractor.align import NO_LABEL, RowMatch, TableMatch, label_similarity
from extractor.rows import PrintedRow


def join_halves(
    found: RowMatch, match: TableMatch, printed: Sequence[PrintedRow], tables: Sequence[TableMatch]
) -> RowMatch:
    """A row cut in two, by the end of a page or a stray ruling, takes its values from its other half.

    `tables` are all of the report: what one of them takes for a row of its own is nobody's half.
    """
    row = found.printed
    if not found.target.is_data or not row.values or has_figures(row):
        return found
    position = next(i for i, other in enumerate(printed) if other is row)
    taken = {id(other.printed): other for table in (match, *tables) for other in table.matches}
    for step in (-1, 1):
        place = _beyond_header(printed, position, step)
        other = _neighbour(printed, place, step)
        if other is None or id(other) in taken or not has_figures(other):
            continue
        if other.page_no == row.page_no and (
            _has_own_name(found, other) or _is_next(printed, place, step, taken)
        ):
            continue
        is_one = other.page_no != row.page_no and _is_only(other, found, match, printed)
        similarity = _name_halves(found, other, step) if is_one else min(found.similarity, NO_LABEL)
        return replace(found, printed=other, similarity=similarity)
    return found


def _has_own_name(found: RowMatch, half: PrintedRow) -> bool:
    """Whether the words beside the figures are no rest of the row's label: a row of the office's own."""
    whole = max(
        (label_similarity(found.printed.label + half.label, w) for w in found.target.words), default=0.0
    )
    return bool(half.label) and whole < found.similarity


def _is_next(printed: Sequence[PrintedRow], place: int, step: int, taken: Mapping[int, RowMatch]) -> bool:
    """Whether figures at the end of a page are the other half of the row beyond it, which is empty as well.

    A header printed once more may stand between.
    """
    page = printed[place].page_no
    beyond = place + 2 * step
    while 0 <= beyond < len(printed) and printed[beyond].page_no != page:
        rival = taken.get(id(printed[beyond]))
        if rival is not None and rival.target.is_data:
            return not has_figures(printed[beyond])
        if not is_worded(printed[beyond]):
            return False
        beyond += step
    return False


def _name_halves(found: RowMatch, half: PrintedRow, step: int) -> float:
    """How well its label names a row whose figures are its other half, `step` rows on; it may be cut as well."""
    row = found.printed
    whole = row.label + half.label if step > 0 else half.label + row.label
    return max(found.similarity, *(label_similarity(whole, words) for words in found.target.words or ("",)))


def _is_only(half: PrintedRow, found: RowMatch, match: TableMatch, printed: Sequence[PrintedRow]) -> bool:
    """Whether the half can be no other row's.

    The rows above and below are the form's next ones and have figures of their own; nothing else between shows any.
    """
    order = [row for block in match.table.blocks for row in block.rows if row.id is not None]
    rows = [m for m in match.matches if m.target.is_data]
    place, here = order.index(found.target.row), rows.index(found)  # type: ignore[arg-type]
    beside = rows[max(0, here - 1) : here + 2]
    if [m.target.row for m in beside] != order[max(0, place - 1) : place + 2]:
        return False
    others = [m.printed for m in beside if m is not found]
    if not others or not all(has_figures(row) for row in others):
        return False
    position = {id(row): i for i, row in enumerate(printed)}
    places = [position[id(row)] for row in (*others, half)]
    shown = [row for row in printed[min(places) : max(places) + 1] if has_figures(row)]
    return all(any(row is known for known in (*others, half)) for row in shown)


def _beyond_header(printed: Sequence[PrintedRow], position: int, step: int) -> int:
    """Where a row's other half is looked for: upwards from the top of a page, before the header printed once more."""
    place = position
    while step < 0 and place > 0 and is_worded(printed[place - 1]):
        if printed[place - 1].page_no != printed[position].page_no:
            break
        place -= 1
    return place if place > 0 and printed[place - 1].page_no != printed[position].page_no else position


def _neighbour(printed: Sequence[PrintedRow], position: int, step: int) -> PrintedRow | None:
    return printed[position + step] if 0 <= position + step < len(printed) else None


def has_figures(row: PrintedRow) -> bool:
    """Whether any cell beside the label shows ink."""
    return any(value.ink is not None for value in row.values)


def is_worded(row: PrintedRow) -> bool:
    """No cell of the row holds a figure: a header, whatever empty cells stand in it."""
    return bool(row.label) and not has_figures(row)
