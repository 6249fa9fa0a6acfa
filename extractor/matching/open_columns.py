"""Columns that a form leaves open, found on the pages: each is named by the words above it and those that span it.

A word in the wrong place names a column wrongly, and no sum tells: they hold whatever columns are called. So a name
is beyond doubt only where the cells above a column fill the header from its top to the figures, one below the other,
each with words that can be read.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from extractor.forms.definition import Block, Form, FormTable, normalise
from extractor.forms.meaning import TOTAL
from extractor.forms.opening import OpenColumn, has_open_columns
from extractor.forms.sums import is_total_column
from extractor.matching.column_names import JOINT, Named, agree, doubt_figures, doubt_near
from extractor.matching.line_numbers import find_line_numbers
from extractor.matching.opening import NUMBERING, has_figures
from extractor.matching.titles import find_title, has_words_below, is_other_title
from extractor.matching.units import leave_out_unit
from extractor.matching.wording import LEGIBLE, are_same
from extractor.values.geometry import Box, overlap
from extractor.values.page import ReadCell, Table
from extractor.values.printed import PrintedRow

#: Rows of a piece that must be the block's, and share of those with a label and figures. Of 3,449 fields of 30 drawn
#: documents 15 fewer are accepted with one row, none with three; 35 fewer are exact with 20 % more of the share, none
#: with less.
_FEWEST, _MOST = 2, 0.6
#: How far the edges of a column and of the words above it may be apart, as a share of its width, and how much of the
#: header's height may be left between cells.
#: ±20 %: nothing, of the same.
_OFF = 0.2
#: Words above columns are set wider than this many times their height a letter where they are two columns' in one.
#: ±20 %: nothing, of the same.
_WIDE = 1.8
#: How far lines of one cell may be out of line, as a share of its width.
_ASKEW = 0.12
#: How far lines of a header may be out of level, as a share of their height.
_UNEVEN = 0.4
#: Headers of columns that number the rows.
_COUNTERS = frozenset({"行次", "栏次", "序号"})


@dataclass(frozen=True, slots=True)
class _Place:
    """A block of open columns of a form."""

    table: FormTable
    block: Block


@dataclass(frozen=True, slots=True)
class HeadedColumn:
    """A column that a document prints in a block of open columns. cells: what names it, on page page_no."""

    column: OpenColumn
    page_no: int
    cells: tuple[ReadCell, ...]


def find_open_columns(
    form: Form,
    tables: Sequence[Table],
    rows: Sequence[PrintedRow],
    titles: Mapping[int, str],
    known: Mapping[int, str] | None = None,
) -> list[HeadedColumn]:
    """The columns that a report prints in the form's blocks of open columns, each block's in printed order.

    tables: all of the report, by which rows tell where they stand. titles: by a table's index the lines above it.
    known: by its index which of the form's it is, where that is told otherwise.
    """
    if not has_open_columns(form):
        return []
    numbering = find_line_numbers(rows)
    found: dict[str, list[list[Named]]] = defaultdict(list)
    places = [_Place(table, block) for table in form.tables for block in table.blocks]
    for (index, _), members in groupby(rows, key=lambda row: (row.table_index, row.box.left)):
        piece = [_leave_out(row, numbering) for row in members]
        told = form.table((known or {}).get(index, "")) or find_title(titles.get(index, ""), form.tables)
        place = _choose(places, piece, titles.get(index, ""), told)
        named = [] if place is None else _name_columns(place.block, tables[index], piece)
        if place is not None and named:
            is_told = not has_words_below(titles.get(index, ""), place.table)
            found[place.block.field].append(
                [replace(one, is_whole=one.is_whole and is_told) for one in named]
            )
    return [
        column
        for place in places
        if place.block.field in found
        for column in _identify(place, agree(found[place.block.field]))
    ]


def _leave_out(row: PrintedRow, numbering: frozenset[Box]) -> PrintedRow:
    return replace(row, values=tuple(value for value in row.values if value.cell.box not in numbering))


def _choose(
    places: Sequence[_Place], piece: Sequence[PrintedRow], title: str, titled: FormTable | None
) -> _Place | None:
    """The block of open columns that a piece is of; None where its title or its rows are another's, or nobody's."""
    own = [place for place in places if titled is None or place.table is titled]
    rows = [row for row in piece if _is_data(row, set())]
    # Rows that are open are known by their title alone.
    counts = [
        0 if place.block.open_rows else sum(_is_known(row, place.block) for row in rows) for place in own
    ]
    told = [
        place
        for place, count in zip(own, counts, strict=True)
        if not is_other_title(title, place.table)
        and (
            (titled is not None and place.block.open_rows is not None)
            or (count == max(counts) and count >= max(_FEWEST, _MOST * len(rows)))
        )
    ]
    # Rows that two tables have tell nothing.
    return told[0] if len(told) == 1 and told[0].block.open_columns is not None else None


def _is_known(row: PrintedRow, block: Block) -> bool:
    """Whether a row is one of a block's by its label; of open rows each is."""
    if block.open_rows is not None:
        return True
    return any(are_same(row.label, words) for own in block.rows if own.id for words in own.labels if words)


def _is_data(row: PrintedRow, heads: Collection[str]) -> bool:
    """Whether a row has a label and figures, and is no header all of figures. heads: words above the labels."""
    return bool(row.label) and row.label not in NUMBERING and row.label not in heads and has_figures(row)


def _name_columns(block: Block, table: Table, piece: Sequence[PrintedRow]) -> list[Named]:
    """The columns of a piece, from the left; [] where no header stands above them."""
    heads = {normalise(text) for text in (block.corner, *block.label_columns) if normalise(text)} | _COUNTERS
    figured = [row for row in piece if _is_data(row, heads)]
    first = next((row for row in figured if _is_known(row, block)), None)
    if first is None:
        return []
    data = [row for row in piece if row.label and row.values and row.box.top >= first.box.top]
    usual = Counter(len(row.values) for row in data).most_common(1)[0][0]
    values = next(row.values for row in data if len(row.values) == usual)
    # Between other rows of data, or what scraps of ink make of a title, and its own.
    above = max((row.box.bottom for row in figured if row.box.top < first.box.top), default=-math.inf)
    numbering = [row.box.top for row in piece if row.label in NUMBERING and above <= row.box.top]
    bottom = min((first.box.top, *numbering))
    start = values[0].cell.box.left
    stacks = [_stack(table, value.cell.box, start, (above, bottom)) for value in values]
    tops = [cell.cell.box.top for stack in stacks for cell in stack]
    if not tops:
        return []
    named = [
        _name(stack, value.cell.box, Box(value.cell.box.left, min(tops), value.cell.box.right, bottom))
        for stack, value in zip(stacks, values, strict=True)
    ]
    # What is printed in no row and called nothing is a gap between rulings.
    shown = [
        any(one.words) or any(_shows(row, value.cell.box) for row in data)
        for one, value in zip(named, values, strict=True)
    ]
    kept = [
        one for one, is_shown in zip(named, shown, strict=True) if is_shown and one.words[-1] not in heads
    ]
    # Where one column's words are lost or another's, so may be those above the columns beside it.
    is_whole = (
        all(one.is_whole for one in kept)
        and _are_level([one.cells[-1] for one in kept if one.cells])
        and _has_corner(table, block, start, (above, bottom))
    )
    told = [replace(one, is_whole=is_whole, page_no=table.page_no) for one in kept]
    return doubt_near(doubt_figures(told))


def _has_corner(table: Table, block: Block, start: float, band: tuple[float, float]) -> bool:
    """Whether the words above the labels are the form's, if it has any: a header that is cut has a part of them."""
    wanted = [text for text in (block.corner, *block.label_columns) if normalise(text)]
    printed = [
        cell.text
        for cell in table.cells
        if cell.ink is not None
        and band[0] <= cell.cell.box.center_y < band[1]
        and cell.cell.box.center_x < start
    ]
    return not wanted or any(are_same(text, words) for text in printed for words in wanted)


def _shows(row: PrintedRow, box: Box) -> bool:
    return any(
        cell.ink is not None and overlap(cell.cell.box.left, cell.cell.box.right, box.left, box.right) > 0
        for cell in row.values
    )


def _stack(table: Table, value: Box, start: float, band: tuple[float, float]) -> list[ReadCell]:
    """The cells with ink above a column, from the top. start: where the labels end. band: between which heights."""
    slack = _OFF * value.width
    return sorted(
        (
            cell
            for cell in table.cells
            if cell.ink is not None
            and band[0] <= cell.cell.box.center_y < band[1]
            and cell.cell.box.left >= start - slack
            and cell.cell.box.left <= value.center_x <= cell.cell.box.right
        ),
        key=lambda cell: cell.cell.box.top,
    )


def _name(stack: Sequence[ReadCell], value: Box, header: Box) -> Named:
    """What stands above a column. header: where its header runs, from the top of all to the figures."""
    own = list(stack)
    # Numbers of the columns below their words.
    while len(own) > 1 and own[-1].text.isdecimal() and not own[-2].text.isdecimal():
        header = replace(header, bottom=own[-1].cell.box.top)
        own = own[:-1]
    spanning = [cell for cell in own if _spans(cell, value)]
    leaves = [cell for cell in own if not _spans(cell, value)]
    label = leave_out_unit("".join(cell.text for cell in leaves))
    is_whole = (
        len(leaves) == 1
        and own[-1] is leaves[0]
        and _stands_over(leaves[0], value)
        and _fills(own, header)
        and all(map(_is_of_one, own))
        and not any(map(_is_wide, spanning))
    )
    worst = min((line.score for cell in own for line in cell.lines), default=0.0)
    is_legible = worst >= LEGIBLE and all(normalise(cell.text) for cell in own)
    return Named(tuple(cell.text for cell in spanning), label, is_whole, is_legible, cells=tuple(own))


def _spans(cell: ReadCell, value: Box) -> bool:
    """Whether words are of more columns than one."""
    return cell.cell.box.width >= 1.8 * value.width


def _stands_over(cell: ReadCell, value: Box) -> bool:
    own, slack = cell.cell.box, _OFF * value.width
    return abs(own.left - value.left) <= slack and abs(own.right - value.right) <= slack


def _fills(cells: Sequence[ReadCell], header: Box) -> bool:
    """Whether cells stand one below the other from the top of a header to its end."""
    edges = [
        header.top,
        *(edge for cell in cells for edge in (cell.cell.box.top, cell.cell.box.bottom)),
        header.bottom,
    ]
    slack = _OFF * max(1.0, header.height)
    return all(abs(after - before) <= slack for before, after in list(pairwise(edges))[::2])


def _is_of_one(cell: ReadCell) -> bool:
    """Whether the lines of a cell are one header's: below each other, and as far to the left or about one middle."""
    boxes = sorted((line.box for line in cell.lines), key=lambda box: box.top)
    slack = _ASKEW * cell.cell.box.width
    return all(
        other.top >= one.center_y
        and min(abs(other.left - one.left), abs(other.center_x - one.center_x)) <= slack
        for one, other in pairwise(boxes)
    )


def _are_level(cells: Sequence[ReadCell]) -> bool:
    """Whether the lines of the lowest cells of a header begin at one height, or have their middle at one.

    Else those of a cell of several may be words that span columns, and the column's own.
    """
    boxes = [(cell.cell.box, [line.box for line in cell.lines]) for cell in cells if cell.lines]
    if all(len(lines) == 1 for _, lines in boxes):
        return True
    slack = _UNEVEN * median(line.height for _, lines in boxes for line in lines)
    ends = [(box, min(one.top for one in lines), max(one.bottom for one in lines)) for box, lines in boxes]
    tops = [top - box.top for box, top, _ in ends]
    middles = [(top + bottom) / 2 - box.center_y for box, top, bottom in ends]
    return min(max(own) - min(own) for own in (tops, middles)) <= slack


def _is_wide(cell: ReadCell) -> bool:
    """Whether words that span columns are set so wide that they are two headers', a ruling between which was lost."""
    return any(line.box.width > _WIDE * line.box.height * max(1, len(line.text)) for line in cell.lines)


def _identify(place: _Place, columns: Sequence[Named]) -> Iterator[HeadedColumn]:
    """The columns with their ids: each once as its words are, and then with a number behind it."""
    opening = place.block.open_columns
    keys = []
    for at, one in enumerate(columns):
        label = one.words[-1]
        is_total = opening is not None and is_total_column(one.label, opening)
        words = [word for word in (*one.words[:-1], TOTAL if is_total else label) if word]
        keys.append(JOINT.join(words) if label or len(words) > 1 else f"column-{at + 1}")
    all_times, times = Counter(keys), Counter[str]()
    # Columns called alike have other words that span them, and where these are lost nobody knows of which they are.
    is_parted = max(all_times.values(), default=1) == 1 or all(one.path for one in columns)
    for one, key in zip(columns, keys, strict=True):
        times[key] += 1
        name = key if times[key] == 1 else f"{key}-{times[key]}"
        is_sure = one.is_sure and all_times[key] == 1 and is_parted
        column = OpenColumn(place.table.id, place.block.field, name, one.label, one.path, is_sure)
        yield HeadedColumn(column, one.page_no, one.cells)
