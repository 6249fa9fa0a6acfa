"""Matched rows → one printed cell per canonical field.

Where a row shows as many values as the block has columns, order decides, checked against the header; elsewhere
the places of the columns do, learned from the complete rows of the same piece of the table.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractor.forms.definition import Block, FieldSpec, table_specs
from extractor.matching.cut_rows import is_worded, join_halves
from extractor.matching.figure_places import Marks, mark_columns, place_by_marks
from extractor.matching.headers import bear_out, header_texts, order_columns
from extractor.matching.line_numbers import find_line_numbers
from extractor.matching.rows import is_label
from extractor.values.geometry import Box, overlap
from extractor.values.matched import NamedBy, RowMatch, RowName, TableMatch
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow
from extractor.values.reason import Trouble
from extractor.values.shape import Shape
from extractor.values.slot import Slot

#: Half of a column: a cell belongs to one from such a share of the narrower of the two on, and columns of two pieces
#: are the same whose centres lie nearer to each other.
_HALF = 0.5
#: Figures beside a label stand no further above or below its middle than this, in heights of a figure.
#: ±20 %: 1 status.
_BESIDE = 1.5
#: Fewest columns of which a header can tell one from another.
#: ±20 %: nothing.
_MIN_COLUMNS = 3
#: The same where a header stands alone, and all are named.
#: ±20 %: nothing (read on 13 of 22 documents).
_MIN_NAMED = 2

#: What names a row that was not found.
_UNFOUND = RowName(NamedBy.NOTHING)

#: Left and right ends of every column of a block, in pixels; None for a column that the piece does not show.
Places = list[tuple[float, float] | None]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Columns of a block on one piece of a table. sure: a header or the other pieces agree with them.

    is_named: a header of the piece names them. marks: where ink stands in them.
    """

    places: Places
    sure: bool
    is_named: bool = False
    marks: Marks = ()


def fill_slots(
    match: TableMatch, printed: Sequence[PrintedRow], tables: Sequence[TableMatch] = ()
) -> list[Slot]:
    """One slot per field of the table, in printed order; `printed`: all rows of the report, `tables`: all tables."""
    found: dict[str, Slot] = {}
    specs = {spec.id: spec for spec in table_specs(match.table)}
    numbering = find_line_numbers(printed)
    matches = [_leave_out(join_halves(row, match, printed, tables), numbering) for row in match.matches]
    for block in match.table.blocks:
        own = [row for row in matches if row.target.block is block]
        rows = [row for row in own if row.target.is_data]
        headers = {row.printed.table_index for row in own if row.target.row is None}
        pieces = _learn_pieces(rows, block, printed, headers)
        for row in rows:
            found.update(_fill_row(row, pieces, specs))
    return [found.get(key, Slot(spec, None, None, _UNFOUND)) for key, spec in specs.items()]


def _leave_out(match: RowMatch, numbering: Collection[Box]) -> RowMatch:
    """A row without the number it has in its table: where rows showed only that, it passed for its figure."""
    values = tuple(value for value in match.printed.values if value.cell.box not in numbering)
    return replace(match, printed=replace(match.printed, values=values))


def _learn_pieces(
    rows: Sequence[RowMatch], block: Block, printed: Sequence[PrintedRow], headers: set[int]
) -> dict[int, _Piece]:
    """Columns by piece of the table; a piece without a complete row takes them from the others, scaled.

    `headers` are pieces with a header of the block, which may stand alone at the foot of a page.
    """
    by_piece: dict[int, list[PrintedRow]] = defaultdict(list)
    for match in rows:
        by_piece[match.printed.table_index].append(match.printed)
    for index in headers - set(by_piece):
        by_piece[index] = []
    pieces: dict[int, _Piece] = {}
    models: dict[int, PrintedRow] = {}
    for index, members in by_piece.items():
        found = _learn_piece(members, block, _header_rows(printed, index, members))
        if found is not None:
            pieces[index], models[index] = found
    if not pieces:
        return pieces
    best = max(pieces, key=lambda i: (pieces[i].is_named, pieces[i].sure, len(by_piece[i])))
    for index, members in by_piece.items():
        if not members:
            continue
        is_foreign = index != best and not _header_rows(printed, index, members)
        placed = _place_by(pieces[best], models[best], members) if is_foreign else None
        piece = placed or _compare(pieces.get(index), pieces[best], models[best], members)
        if piece is not None:
            # Of two columns one of which is blank, which is it?
            is_guess = (
                is_foreign and not placed and pieces[best].is_named and len(block.columns) < _MIN_COLUMNS
            )
            pieces[index] = replace(piece, sure=False) if is_guess and _is_partly_blank(members) else piece
    return pieces


def _place_by(best: _Piece, model: PrintedRow, rows: Sequence[PrintedRow]) -> _Piece | None:
    """The columns of a piece without a header, where all of its figures stand in those of the best piece."""
    if not best.is_named:
        return None
    marks = tuple(_rescale(list(best.marks), model, rows[0]))
    placed = place_by_marks(rows, marks)
    if placed is None:
        return None
    return _Piece([own or other for own, other in zip(placed, best.places, strict=True)], sure=True)


def _compare(
    piece: _Piece | None, best: _Piece, model: PrintedRow, rows: Sequence[PrintedRow]
) -> _Piece | None:
    """A piece's columns as those of the best piece confirm them, or as that one's stand on it where it has none."""
    scaled = _rescale(best.places, model, rows[0])
    if piece is None:
        return _Piece(scaled, sure=best.sure) if None not in scaled else None
    return _confirm(piece, scaled) if best.sure and not piece.sure else piece


def _learn_piece(
    data: Sequence[PrintedRow], block: Block, header: Sequence[PrintedRow]
) -> tuple[_Piece, PrintedRow] | None:
    """The columns of one piece, and the row they were learned from.

    By the rows that have as many cells as the form has columns; where none has, by the words above them.
    """
    usual = _usual_rows(data, len(block.columns))
    if usual:
        return _make_piece(usual, block, header), usual[0]
    if not header or len(block.columns) < (_MIN_COLUMNS if data else _MIN_NAMED):
        return None
    lefts = [row.values[0].cell.box.left for row in data if row.values]
    piece = _header_piece(header, block, float(np.median(lefts)) if lefts else -math.inf)
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


def _header_rows(printed: Sequence[PrintedRow], index: int, data: Sequence[PrintedRow]) -> list[PrintedRow]:
    """The rows of words above a piece's data; all of them where it has none."""
    first = min((row.box.top for row in data), default=math.inf)
    return [row for row in printed if row.table_index == index and row.box.top < first and is_worded(row)]


def _make_piece(rows: Sequence[PrintedRow], block: Block, header: Sequence[PrintedRow]) -> _Piece:
    ends = np.array([[(c.cell.box.left, c.cell.box.right) for c in row.values] for row in rows])
    shown = [(float(left), float(right)) for left, right in np.median(ends, axis=0)]
    texts = header_texts(header, rows[0].values) if len(block.columns) >= _MIN_NAMED else []
    if not any(texts):
        kept, is_told = _drop_surplus(rows, len(block.columns))
        return _Piece([shown[i] for i in kept], sure=is_told and len(block.columns) < _MIN_COLUMNS)
    places: Places = [None] * len(block.columns)
    order = order_columns(texts, block)
    for place, column in zip(shown, order, strict=True):
        if column is not None:
            places[column] = place
    marks = mark_columns([row.values for row in rows], order, len(places))
    is_named = bear_out(texts, order, block)
    return _Piece(places, sure=is_named, is_named=is_named, marks=marks)


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


def _header_piece(rows: Sequence[PrintedRow], block: Block, start: float) -> _Piece | None:
    """Columns from the lowest words of a header, right of `start`, where values begin; None when it names too few."""
    cells = [cell for row in rows for cell in row.cells]
    words = [cell for cell in cells if is_label(cell) and cell.cell.box.center_x > start]
    leaves = [
        cell
        for cell in words
        if not any(o.cell.box.top > cell.cell.box.center_y and _covers(o, _ends(cell)) for o in words)
    ]
    leaves.sort(key=lambda c: c.cell.box.left)
    texts = header_texts(rows, leaves)
    order = order_columns(texts, block)
    places: Places = [None] * len(block.columns)
    for cell, column in zip(leaves, order, strict=True):
        if column is not None:
            places[column] = _ends(cell)
    named = sum(1 for place in places if place is not None)
    if named < 0.7 * len(places) or not bear_out(texts, order, block):
        return None
    return _Piece(places, sure=True, is_named=True, marks=mark_columns([leaves], order, len(places)))


def _is_partly_blank(rows: Sequence[PrintedRow]) -> bool:
    shown = [[value.ink is not None for value in row.values] for row in rows]
    return any(any(row) and not all(row) for row in shown)


def _ends(cell: ReadCell) -> tuple[float, float]:
    return cell.cell.box.left, cell.cell.box.right


def _confirm(piece: _Piece, model: Places) -> _Piece:
    """A piece without a header is sure when its columns stand where those of a piece with one do."""
    pairs = [(a, b) for a, b in zip(piece.places, model, strict=True) if a is not None and b is not None]
    if not pairs:
        return piece
    off = [abs((a[0] + a[1]) - (b[0] + b[1])) / 2 / max(1.0, b[1] - b[0]) for a, b in pairs]
    return _Piece(piece.places, sure=float(np.median(off)) < _HALF)


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


def _fill_row(
    match: RowMatch,
    pieces: Mapping[int, _Piece],
    specs: Mapping[str, FieldSpec],
) -> dict[str, Slot]:
    row, block, printed = match.target.row, match.target.block, match.printed
    if row is None:
        return {}
    piece = pieces.get(printed.table_index)
    doubt = None if piece is None or piece.sure else _unsure(block)
    cells: list[tuple[ReadCell | None, Trouble | None]]
    if piece is None:
        one = len(block.columns) == 1
        cells = [_only_value(printed.values)] if one else [(None, None)] * len(block.columns)
    elif len(block.columns) == 1 and len(printed.values) == 1:
        cells = [(printed.values[0], None)]
    else:
        known = [place for place in piece.places if place is not None]
        cells = [(None, None) if p is None else _cell_at(printed.cells, p, known) for p in piece.places]
    out = {}
    taken = [cell for cell, _ in cells if cell is not None]
    name = match.name if _stands_beside(printed, taken) else match.name.weakened()
    unclaimed = _count_unclaimed(printed, taken)
    for column, (cell, trouble) in zip(block.columns, cells, strict=True):
        key = block.field_id(row, column)
        out[key] = Slot(specs[key], cell, printed.page_no, name, trouble or doubt, unclaimed)
    return out


def _stands_beside(row: PrintedRow, taken: Sequence[ReadCell]) -> bool:
    """Whether the figures of a row stand beside its label; far above or below its middle they may be another's."""
    words = [
        cell.ink for cell in row.cells if cell not in row.values and cell.ink is not None and is_label(cell)
    ]
    figures = [cell.ink for cell in taken if cell.ink is not None]
    if not words or not figures:
        return True
    height = float(np.median([ink.height for ink in figures]))
    middle = float(np.median([ink.center_y for ink in figures]))
    return abs(middle - words[-1].center_y) <= _BESIDE * max(height, 1.0)


def _count_unclaimed(row: PrintedRow, taken: Sequence[ReadCell]) -> int:
    claimed = {cell.cell.box for cell in taken}
    return sum(
        1 for value in row.values if value.cell.box not in claimed and any(c.isdigit() for c in value.text)
    )


def _unsure(block: Block) -> Trouble | None:
    """A row with many columns and no header anywhere is named by counting alone; a full count is evidence enough."""
    return None if len(block.columns) >= 10 else Trouble.NO_HEADER


def _only_value(values: Sequence[ReadCell]) -> tuple[ReadCell | None, Trouble | None]:
    """The widest cell with ink; the others are slivers of a label that was cut."""
    inked = [cell for cell in values if cell.ink is not None] or list(values)
    return (max(inked, key=lambda c: c.cell.box.width), None) if inked else (None, None)


def _cell_at(
    cells: Sequence[ReadCell], column: tuple[float, float], columns: Sequence[tuple[float, float]]
) -> tuple[ReadCell | None, Trouble | None]:
    near = [cell for cell in cells if _covers(cell, column)]
    if not near:
        return None, None
    inked = [cell for cell in near if cell.ink is not None and not _is_beside(cell, column)]
    best = max(inked or near, key=lambda c: overlap(c.cell.box.left, c.cell.box.right, *column))
    covered = [other for other in columns if _covers(best, other)]
    if len(covered) > 1:
        return _share_out(best, column, covered)
    if _is_beside(best, column):
        return _emptied(best), None
    return best, Trouble.DIVIDED if len(inked) > 1 else None


def _share_out(
    cell: ReadCell, column: tuple[float, float], covered: Sequence[tuple[float, float]]
) -> tuple[ReadCell, Trouble | None]:
    """What a cell over several columns shows in one of them: all of its ink, or none, if it stands under one only.

    Under none of them stands a label with nothing printed beside it.
    """
    ink = cell.ink
    if ink is None:
        return cell, None
    home = [ends for ends in covered if overlap(ink.left, ink.right, *ends) > 0]
    if all(_is_beside(cell, ends) for ends in covered):
        return _emptied(cell), None
    is_told = len(home) == 1 and ink.width <= home[0][1] - home[0][0]
    if not is_told or len(cell.lines) != 1:
        return cell, Trouble.RUN_TOGETHER
    if home[0] == column:
        return cell, None
    return _emptied(cell), None


def _is_beside(cell: ReadCell, column: tuple[float, float]) -> bool:
    """Whether a cell over a column shows the label left of it, and nothing in the column itself."""
    return cell.ink is not None and cell.ink.right <= column[0] and is_label(cell)


def _emptied(cell: ReadCell) -> ReadCell:
    return replace(cell, ink=None, lines=(), reading=None, glyph_share=0.0, shape=Shape())


def _covers(cell: ReadCell, column: tuple[float, float]) -> bool:
    box = cell.cell.box
    shared = overlap(box.left, box.right, *column)
    return shared > _HALF * max(1.0, min(box.width, column[1] - column[0]))
