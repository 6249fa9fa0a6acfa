"""A table's pieces, one a page: where the columns of a block stand in each, and what names them.

By the words above them where there are any; a piece without takes its columns from the others, scaled.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractor.forms.definition import Block, normalise
from extractor.matching.cut_rows import is_worded
from extractor.matching.figure_places import Marks, mark_columns, place_by_marks
from extractor.matching.headers import (
    HeaderWords,
    bear_out,
    find_other_units,
    find_others,
    is_misread,
    is_of_block,
    is_of_figures,
    order_columns,
    read_headers,
)
from extractor.matching.rows import is_label
from extractor.matching.wording import LEGIBLE
from extractor.values.geometry import Box, overlap
from extractor.values.matched import RowMatch, UnknownColumn
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow

#: Half of a column: a cell belongs to one from such a share of the narrower of the two on, and columns of two pieces
#: are the same whose centres lie nearer to each other.
_HALF = 0.5
#: Fewest columns of which a header can tell one from another.
#: ±20 %: nothing.
_MIN_COLUMNS = 3
#: Letters of a header from which on it says something.
_LEAST = 2

#: Left and right ends of every column of a block, in pixels; None for a column that the piece does not show.
Places = list[tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Columns of a block on one piece of a table.

    sure: a header or the other pieces agree with them. is_named: a header of the piece names them. marks: where ink
    stands in them. is_headed: words stand above them. others: those under words that are not theirs. unknown: printed
    columns with figures under words that are none of the block's. units: columns that state another unit of money.
    """

    places: Places
    sure: bool
    is_named: bool = False
    marks: Marks = ()
    is_headed: bool = False
    others: frozenset[int] = frozenset()
    unknown: tuple[UnknownColumn, ...] = ()
    units: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class BlockRows:
    """A block and its rows of data as printed.

    table: its id. headers: rows of its heading and header, which a piece may print without one of data. others: rows
    of data of all other blocks of the report.
    """

    table: str
    block: Block
    rows: Sequence[RowMatch]
    headers: Sequence[PrintedRow]
    others: Sequence[PrintedRow]


def learn_pieces(own: BlockRows, printed: Sequence[PrintedRow]) -> dict[int, Piece]:
    """Columns by piece of the table; a piece without a complete row takes them from the others, scaled.

    `printed`: all rows of the report.
    """
    by_piece: dict[int, list[PrintedRow]] = defaultdict(list)
    for match in own.rows:
        by_piece[match.printed.table_index].append(match.printed)
    for row in own.headers:
        by_piece.setdefault(row.table_index, [])
    block = own.block
    corners = {normalise(name) for name in (*block.label_columns, block.corner) if name}
    worded = [
        row for index, members in by_piece.items() for row in _header_rows(printed, index, members, own)
    ]
    corners |= {_first_word(row) for row in worded} - {""}
    headers = {
        index: _header_rows(printed, index, members, own, corners) for index, members in by_piece.items()
    }
    pieces: dict[int, Piece] = {}
    models: dict[int, PrintedRow] = {}
    for index, members in by_piece.items():
        found = _learn_piece(members, own, headers[index])
        if found is not None:
            pieces[index], models[index] = found
    if not pieces:
        return pieces
    columns = len(block.columns)
    best = max(pieces, key=lambda i: (pieces[i].is_named, pieces[i].sure, len(by_piece[i])))
    for index, members in by_piece.items():
        if not members:
            continue
        is_foreign = index != best and not headers[index]
        placed = _place_by(pieces[best], models[best], members) if is_foreign else None
        piece = placed or _compare(pieces.get(index), pieces[best], models[best], members)
        is_other = index not in pieces and _says_words(headers[index])
        is_other |= any(not is_worded(row) and _first_word(row) in corners for row in headers[index])
        if piece is not None and not piece.is_named and is_other:
            # Its own words or years name its columns, too few of them the form's: another page's may be others.
            piece = replace(piece, sure=False, is_headed=True, others=frozenset(range(columns)))
        if piece is not None:
            # Of two columns one of which is blank, which is it?
            is_guess = is_foreign and not placed and pieces[best].is_named and columns < _MIN_COLUMNS
            pieces[index] = replace(piece, sure=False) if is_guess and _is_partly_blank(members) else piece
    return _hand_on(pieces)


def _hand_on(pieces: Mapping[int, Piece]) -> dict[int, Piece]:
    """The pieces, those without words of their own under those of the piece before, or of the first with any."""
    headed = sorted(index for index, piece in pieces.items() if piece.is_headed)
    found = dict(pieces)
    for index, piece in pieces.items():
        if headed and not piece.is_headed:
            before = max((other for other in headed if other < index), default=headed[0])
            found[index] = replace(piece, others=pieces[before].others, units=pieces[before].units)
    return found


def _place_by(best: Piece, model: PrintedRow, rows: Sequence[PrintedRow]) -> Piece | None:
    """The columns of a piece without a header, where all of its figures stand in those of the best piece."""
    if not best.is_named:
        return None
    marks = tuple(_rescale(list(best.marks), model, rows[0]))
    placed = place_by_marks(rows, marks)
    if placed is None:
        return None
    return Piece([own or other for own, other in zip(placed, best.places, strict=True)], sure=True)


def _compare(piece: Piece | None, best: Piece, model: PrintedRow, rows: Sequence[PrintedRow]) -> Piece | None:
    """A piece's columns as those of the best piece confirm them, or as that one's stand on it where it has none."""
    scaled = _rescale(best.places, model, rows[0])
    if piece is None:
        return Piece(scaled, sure=best.sure) if None not in scaled else None
    return _confirm(piece, scaled) if best.sure and not piece.sure else piece


def _learn_piece(
    data: Sequence[PrintedRow], own: BlockRows, header: Sequence[PrintedRow]
) -> tuple[Piece, PrintedRow] | None:
    """The columns of one piece, and the row they were learned from.

    By the rows that have as many cells as the form has columns; where none has, by the words above them.
    """
    usual = _usual_rows(data, len(own.block.columns))
    if usual:
        return _make_piece(usual, own, header), usual[0]
    if not header:
        return None
    piece = _header_piece(data, own, header)
    return (piece, (*data, *header)[0]) if piece is not None else None


def _usual_rows(rows: Sequence[PrintedRow], columns: int) -> list[PrintedRow]:
    """Rows with as many values as there are columns; else those with one more, else those that show as many."""
    for count in (columns, columns + 1):
        found = [row for row in rows if len(row.values) == count]
        if found:
            return found
    # Columns told by the words of other blocks leave empty cells between the figures.
    inked = [replace(row, values=tuple(v for v in row.values if v.ink is not None)) for row in rows]
    return [row for row in inked if len(row.values) == columns]


def _header_rows(
    printed: Sequence[PrintedRow],
    index: int,
    data: Sequence[PrintedRow],
    own: BlockRows,
    corners: Collection[str] = (),
) -> list[PrintedRow]:
    """The rows of words right above a piece's data, below other blocks; all of them where it has none.

    corners: what stands above labels. A row that begins so is a header too where it goes on with figures, as years.
    """
    first = min((row.box.top for row in data), default=math.inf)
    above = [row for row in own.others if row.table_index == index and row.box.top < first]
    if data:
        above = [row for row in above if _is_in_line(row.box, data[0].box)]
    last = max((row.box.top for row in above), default=-math.inf)
    has_text = is_of_figures(own.block)
    return [
        row
        for row in printed
        if row.table_index == index
        and last < row.box.top < first
        and ((bool(row.text) if has_text else is_worded(row)) or _first_word(row) in corners)
    ]


def _first_word(row: PrintedRow) -> str:
    return next((text for cell in row.cells if (text := normalise(cell.text))), "")


def _is_in_line(one: Box, two: Box) -> bool:
    """Whether rows are of the same half of a table."""
    return overlap(one.left, one.right, two.left, two.right) > _HALF * min(one.width, two.width)


def _make_piece(rows: Sequence[PrintedRow], own: BlockRows, header: Sequence[PrintedRow]) -> Piece:
    ends = np.array([[_ends(value) for value in row.values] for row in rows])
    shown = [(float(left), float(right)) for left, right in np.median(ends, axis=0)]
    words = read_headers(header, rows[0].values, own.block)
    columns = len(own.block.columns)
    is_headed = any(found.text for found in words)
    order = order_columns(words, own.block) if is_headed else []
    is_named = is_headed and bear_out(words, order, own.block)
    sure = is_named
    if (columns == 1 and 0 not in order) or not is_headed:
        kept, is_told = _drop_surplus(rows, columns)
        order = [kept.index(i) if i in kept else None for i in range(len(shown))]
        is_named, sure = False, is_told and columns < _MIN_COLUMNS
    named = _name_columns(words, order, own, rows, shown)
    marks = mark_columns([row.values for row in rows], order, columns)
    return replace(named, sure=sure, is_named=is_named, marks=marks, is_headed=is_headed)


def _name_columns(
    words: Sequence[HeaderWords],
    order: Sequence[int | None],
    own: BlockRows,
    rows: Sequence[PrintedRow],
    shown: Sequence[tuple[float, float]],
) -> Piece:
    """Where the block's columns are among those shown, and which of either stand under other words."""
    places: Places = [None] * len(own.block.columns)
    for ends, column in zip(shown, order, strict=True):
        if column is not None:
            places[column] = ends
    others = find_others(words, order, own.block)
    wrong = frozenset(j for j, is_other in zip(order, others, strict=True) if is_other and j is not None)
    # Under other words that span them the same words are two columns: which is the form's?
    wrong |= {
        j
        for i, j in enumerate(order)
        if j is not None
        and not own.block.columns[j].path
        and any(k is None and words[i].text and words[i].text == words[n].text for n, k in enumerate(order))
        and words[i].above
    }
    sizes = find_other_units(words, order, own.block)
    units = frozenset(j for j, is_other in zip(order, sizes, strict=True) if is_other and j is not None)
    unknown = [
        UnknownColumn(
            own.table,
            rows[0].page_no,
            place + 1,
            _tell(words[place], own.block, j),
            _fields(own.block, j),
            all(words[place].text != beside.text for beside in _list_beside(words, place)),
        )
        for place, j in enumerate(order)
        if (j is None or (others[place] and not is_misread(words[place], own.block.columns[j])))
        and _says_something(words[place], own.block)
        and _has_figures(rows, shown[place])
    ]
    return Piece(places, sure=False, others=wrong, unknown=tuple(unknown), units=units)


def _list_beside(words: Sequence[HeaderWords], place: int) -> list[HeaderWords]:
    return [words[i] for i in (place - 1, place + 1) if 0 <= i < len(words)]


def _tell(words: HeaderWords, block: Block, column: int | None) -> str:
    """The words above a column, with those that span it where the form has such as well."""
    has_path = column is not None and bool(block.columns[column].path)
    return words.whole if has_path else words.printed


def _fields(block: Block, column: int | None) -> tuple[str, ...]:
    """The fields of a block's column."""
    if column is None:
        return ()
    return tuple(block.field_id(row, block.columns[column]) for row in block.rows if row.id is not None)


def _says_something(words: HeaderWords, block: Block) -> bool:
    """Whether words can be read, and are a column's."""
    return words.legibility >= LEGIBLE and len(words.text) >= _LEAST and not is_of_block(words, block)


def _has_figures(rows: Sequence[PrintedRow], ends: tuple[float, float]) -> bool:
    return any(value.has_digits for row in rows for value in row.values if covers(value, ends))


def _drop_surplus(rows: Sequence[PrintedRow], columns: int) -> tuple[list[int], bool]:
    """Positions of the values where nothing above names them, and whether that is more than a guess.

    Of one cell too many it is the one in which no row shows anything; else the first, a lost label.
    """
    count = len(rows[0].values)
    if count == columns:
        return list(range(count)), True
    empty = [i for i in range(count) if all(row.values[i].ink is None for row in rows)]
    dropped = empty[0] if len(empty) == 1 else 0
    return [i for i in range(count) if i != dropped][-columns:], dropped == 0


def _header_piece(data: Sequence[PrintedRow], own: BlockRows, header: Sequence[PrintedRow]) -> Piece | None:
    """Columns from the lowest words of a header, right of where values begin; None when it names too few."""
    lefts = [row.values[0].cell.box.left for row in data if row.values]
    start = float(np.median(lefts)) if lefts else -math.inf
    cells = [cell for row in header for cell in row.cells]
    found = [cell for cell in cells if is_label(cell) and cell.cell.box.center_x > start]
    leaves = [
        cell
        for cell in found
        if not any(o.cell.box.top > cell.cell.box.center_y and covers(o, _ends(cell)) for o in found)
    ]
    leaves.sort(key=lambda c: c.cell.box.left)
    words = read_headers(header, leaves, own.block)
    order = order_columns(words, own.block)
    named = _name_columns(words, order, own, data or header, [_ends(cell) for cell in leaves])
    count = sum(1 for place in named.places if place is not None)
    if count < 0.7 * len(named.places) or not bear_out(words, order, own.block):
        return None
    marks = mark_columns([leaves], order, len(named.places))
    return replace(named, sure=True, is_named=True, marks=marks, is_headed=True)


def _says_words(header: Sequence[PrintedRow]) -> bool:
    """Whether a header has words that can be read over more than one column."""
    cells = [cell for row in header for cell in row.cells if is_label(cell)]
    return sum(min(line.score for line in cell.lines) >= LEGIBLE for cell in cells if cell.lines) > 1


def _is_partly_blank(rows: Sequence[PrintedRow]) -> bool:
    shown = [[value.ink is not None for value in row.values] for row in rows]
    return any(any(row) and not all(row) for row in shown)


def _ends(cell: ReadCell) -> tuple[float, float]:
    return cell.cell.box.left, cell.cell.box.right


def covers(cell: ReadCell, column: tuple[float, float]) -> bool:
    """Whether a cell and a column share half of the narrower of the two."""
    box = cell.cell.box
    shared = overlap(box.left, box.right, *column)
    return shared > _HALF * max(1.0, min(box.width, column[1] - column[0]))


def _confirm(piece: Piece, model: Places) -> Piece:
    """A piece without a header is sure when its columns stand where those of a piece with one do."""
    pairs = [(a, b) for a, b in zip(piece.places, model, strict=True) if a is not None and b is not None]
    if not pairs:
        return piece
    off = [abs((a[0] + a[1]) - (b[0] + b[1])) / 2 / max(1.0, b[1] - b[0]) for a, b in pairs]
    return replace(piece, sure=float(np.median(off)) < _HALF)


def _rescale(places: Places, model: PrintedRow, row: PrintedRow) -> Places:
    """The columns of another piece as they stand on this one, which may be wider, or end where a column is lost."""
    scale = row.box.width / max(model.box.width, 1.0)
    left = row.box.left - model.box.left * scale
    scaled: Places = [None if p is None else (left + p[0] * scale, left + p[1] * scale) for p in places]
    return min((scaled, places), key=lambda found: _distance(found, row))


def _distance(places: Places, row: PrintedRow) -> float:
    """How far the values of a row stand from the nearest of these columns on average, pixels."""
    centres = [(p[0] + p[1]) / 2 for p in places if p is not None]
    values = [value.cell.box.center_x for value in row.values]
    if not centres or not values:
        return 0.0
    return sum(min(abs(value - centre) for centre in centres) for value in values) / len(values)
