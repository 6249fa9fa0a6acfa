"""Rows that the end of a page or a stray ruling cuts in two: the label on one side, the figures on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractor.matching.wording import label_similarity
from extractor.values.matched import NamedBy, RowMatch, RowName, TableMatch
from extractor.values.printed import PrintedRow

#: Figures that a line was drawn through end at it, or nearer to it than this share of their height; those of a row of
#: its own stand clear of the ruling below them. More than half of a row's figures must.
_AT_LINE = 0.15
#: Characters of a label beside figures that names a row of its own; fewer may be a bracket's or specks.
#: ±20 %: not read.
_MIN_LABEL = 4


def join_halves(
    found: RowMatch, match: TableMatch, printed: Sequence[PrintedRow], tables: Sequence[TableMatch]
) -> RowMatch:
    """A row cut in two, by the end of a page or a stray ruling, takes its values from its other half.

    `tables` are all of the report: what one of them takes for a row of its own is nobody's half. What is left of a
    line that was drawn through a row is read as dashes: such a half shows nothing either.
    """
    row = found.printed
    is_dashed = has_figures(row) and not _has_digits(row)
    if not found.target.is_data or (has_figures(row) and not is_dashed):
        return found
    position = next(i for i, other in enumerate(printed) if other is row)
    taken = {id(other.printed): other for table in (match, *tables) for other in table.matches}
    for step in (-1, 1):
        place = _beyond_header(printed, position, step, taken)
        other = _neighbour(printed, place, step)
        if other is None or id(other) in taken or not has_figures(other):
            continue
        if not row.values and other.page_no == row.page_no:
            # A row of words alone; beyond the end of a page its verticals may be too short to be seen.
            continue
        if _has_own_label(other, found, step) or (is_dashed and not _stands_on(other, row, step)):
            continue
        if other.page_no == row.page_no and _is_next(printed, place, step, taken):
            # Cut by the end of the page, it is the other half of the row there if that one is empty as well.
            continue
        is_one = other.page_no != row.page_no and _is_only(other, found, match, printed)
        name = _name_halves(found, other, step) if is_one else found.name.weakened()
        return replace(found, printed=other, name=name)
    return found


def _stands_on(half: PrintedRow, row: PrintedRow, step: int) -> bool:
    """Whether the figures of a half run into the side that it shares with the row, as what a line cuts does."""
    figures = [value.ink for value in half.values if value.ink is not None and value.has_digits]
    side = row.box.bottom if step > 0 else row.box.top
    near = sum(abs((ink.top if step > 0 else ink.bottom) - side) <= _AT_LINE * ink.height for ink in figures)
    return half.page_no == row.page_no and 2 * near > len(figures)


def _has_own_label(half: PrintedRow, found: RowMatch, step: int) -> bool:
    """Whether the label beside the figures is a whole one: with it the row's own is less like the form's."""
    is_long = len(half.label) >= _MIN_LABEL
    return is_long and _join_alike(found, half, step) < found.name.evidence


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


def _join_alike(found: RowMatch, half: PrintedRow, step: int) -> float:
    """How like the form's the labels of both halves are together, 0 to 1."""
    row = found.printed
    whole = row.label + half.label if step > 0 else half.label + row.label
    return max(label_similarity(whole, words) for words in found.target.words or ("",))


def _name_halves(found: RowMatch, half: PrintedRow, step: int) -> RowName:
    """What names a row whose figures are its other half, `step` rows on; its label may be cut as well."""
    joined = RowName(NamedBy.LABEL, _join_alike(found, half, step))
    return max(found.name, joined, key=lambda name: name.evidence)


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


def _beyond_header(
    printed: Sequence[PrintedRow], position: int, step: int, taken: Mapping[int, RowMatch]
) -> int:
    """Where a row's other half is looked for: upwards from the top of a page, before the header printed once more.

    taken: the rows that show one of a form's, by identity. A blank row is no header, whether it is one of the form's
    or not: what stands beyond the end of the page may be its other half.
    """
    place = position
    while step < 0 and place > 0 and is_worded(printed[place - 1]) and not _is_blank(printed[place - 1]):
        above = taken.get(id(printed[place - 1]))
        if above is not None and above.target.is_data:
            break
        if printed[place - 1].page_no != printed[position].page_no:
            break
        place -= 1
    return place if place > 0 and printed[place - 1].page_no != printed[position].page_no else position


def _is_blank(row: PrintedRow) -> bool:
    """Whether a row has one label and empty cells for figures: no header, whatever row of a form it is."""
    return len(row.cells) == len(row.values) + 1 > 1


def _neighbour(printed: Sequence[PrintedRow], position: int, step: int) -> PrintedRow | None:
    return printed[position + step] if 0 <= position + step < len(printed) else None


def has_figures(row: PrintedRow) -> bool:
    """Whether any cell beside the label shows ink."""
    return any(value.ink is not None for value in row.values)


def _has_digits(row: PrintedRow) -> bool:
    return any(value.has_digits for value in row.values)


def is_worded(row: PrintedRow) -> bool:
    """No cell of the row holds a figure: a header, whatever empty cells stand in it."""
    return bool(row.label) and not has_figures(row)
