"""Matched rows → one printed cell per canonical field.

Where a row shows as many values as the block has columns, order decides, checked against the header; elsewhere
the places of the columns do, learned from the complete rows of the same piece of the table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from extractor.forms.definition import Block, FieldSpec, table_specs
from extractor.matching.cut_rows import join_halves
from extractor.matching.line_numbers import find_line_numbers
from extractor.matching.pieces import BlockRows, Piece, covers, learn_pieces
from extractor.matching.rows import count_among_words, is_label
from extractor.values.geometry import Box, overlap
from extractor.values.matched import NamedBy, RowMatch, RowName, TableMatch, UnknownColumn
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow
from extractor.values.reason import Trouble
from extractor.values.shape import Shape
from extractor.values.slot import Header, Slot

#: Figures beside a label stand no further above or below its middle than this, in heights of a figure.
#: ±20 %: 1 status.
_BESIDE = 1.5
#: What names a row that was not found.
_UNFOUND = RowName(NamedBy.NOTHING)


def fill_slots(
    match: TableMatch, printed: Sequence[PrintedRow], tables: Sequence[TableMatch] = ()
) -> list[Slot]:
    """One slot per field of the table, in printed order; `printed`: all rows of the report, `tables`: all tables."""
    found: dict[str, Slot] = {}
    specs = {spec.id: spec for spec in table_specs(match.table)}
    for rows, pieces in _list_blocks(match, printed, tables):
        for row in rows:
            found.update(_fill_row(row, pieces, specs))
    return [found.get(key, Slot(spec, None, None, _UNFOUND)) for key, spec in specs.items()]


def find_unknown_columns(
    match: TableMatch, printed: Sequence[PrintedRow], tables: Sequence[TableMatch] = ()
) -> list[UnknownColumn]:
    """Printed columns with figures under legible words that are none of the block's, each once for all its pages."""
    found: dict[tuple[str, int, tuple[str, ...]], UnknownColumn] = {}
    for _, pieces in _list_blocks(match, printed, tables):
        for _, piece in sorted(pieces.items()):
            for column in piece.unknown:
                found.setdefault((column.words, column.place, column.fields), column)
    return list(found.values())


def _list_blocks(
    match: TableMatch, printed: Sequence[PrintedRow], tables: Sequence[TableMatch]
) -> Iterator[tuple[list[RowMatch], dict[int, Piece]]]:
    """Of every block its rows of data, and the columns on the pieces of the table they stand on."""
    numbering = find_line_numbers(printed)
    matches = [_leave_out(join_halves(row, match, printed, tables), numbering) for row in match.matches]
    for block in match.table.blocks:
        own = [row for row in matches if row.target.block is block]
        rows = [row for row in own if row.target.is_data]
        headers = [row.printed for row in own if row.target.row is None]
        others = [
            row.printed
            for table in (match, *tables)
            for row in table.matches
            if row.target.is_data and row.target.block is not block
        ]
        yield rows, learn_pieces(BlockRows(match.table.id, block, rows, headers, others), printed)


def _leave_out(match: RowMatch, numbering: Collection[Box]) -> RowMatch:
    """A row without the number it has in its table: where rows showed only that, it passed for its figure."""
    values = tuple(value for value in match.printed.values if value.cell.box not in numbering)
    return replace(match, printed=replace(match.printed, values=values))


def _fill_row(
    match: RowMatch,
    pieces: Mapping[int, Piece],
    specs: Mapping[str, FieldSpec],
) -> dict[str, Slot]:
    row, block, printed = match.target.row, match.target.block, match.printed
    if row is None:
        return {}
    piece = pieces.get(printed.table_index)
    doubt = None if piece is None or piece.sure else _unsure(block)
    cells = _list_cells(printed, block, piece)
    out = {}
    taken = [cell for cell, _ in cells if cell is not None]
    name = match.name if _stands_beside(printed, taken) else match.name.weakened()
    name = replace(name, is_key_sure=row.is_sure)
    unclaimed = _list_unclaimed(printed, taken)
    among = count_among_words(printed)
    own = {column.place for column in piece.unknown if column.is_named} if piece is not None else set()
    for place, (cell, trouble) in enumerate(cells):
        key = block.field_id(row, block.columns[place])
        header = _header_of(piece, place, block)
        if cell is not None and (among or _is_cut_off(cell, printed.values, unclaimed, own)):
            trouble = trouble or Trouble.DIVIDED
        count = len(unclaimed) + among
        out[key] = Slot(specs[key], cell, printed.page_no, name, trouble or doubt, count, header)
    return out


def _list_cells(
    printed: PrintedRow, block: Block, piece: Piece | None
) -> list[tuple[ReadCell | None, Trouble | None]]:
    """The cell of each of a block's columns in a row, None where it has none, and what is wrong with it."""
    is_lone = len(block.columns) == 1
    if piece is None:
        return [_only_value(printed.values)] if is_lone else [(None, None)] * len(block.columns)
    if is_lone and len(printed.values) == 1 and not piece.unknown:
        return [(printed.values[0], None)]
    known = [place for place in piece.places if place is not None]
    return [(None, None) if p is None else _cell_at(printed.cells, p, known) for p in piece.places]


def _header_of(piece: Piece | None, column: int, block: Block) -> Header:
    if piece is not None and piece.places[column] is None:
        return Header.ABSENT
    if piece is not None and column in piece.others:
        return Header.OTHER
    if not block.columns[column].is_sure:
        return Header.KEY
    return Header.UNIT if piece is not None and column in piece.units else Header.FITS


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


def _list_unclaimed(row: PrintedRow, taken: Sequence[ReadCell]) -> list[int]:
    """Places of the values of a row that show figures and stand in none of the columns."""
    claimed = {cell.cell.box for cell in taken}
    return [
        place for place, value in enumerate(row.values) if value.cell.box not in claimed and value.has_digits
    ]


def _is_cut_off(
    cell: ReadCell, values: Sequence[ReadCell], unclaimed: Collection[int], own: Collection[int]
) -> bool:
    """Whether the cell beside one shows figures of no column: a ruling too many may part a number.

    own: from 1 the places of printed columns that have words of their own.
    """
    place = next((i for i, value in enumerate(values) if value.cell.box == cell.cell.box), None)
    beside = () if place is None else (place - 1, place + 1)
    return any(i in unclaimed and i + 1 not in own for i in beside)


def _unsure(block: Block) -> Trouble | None:
    """A row with many columns and no header anywhere is named by counting alone; a full count is evidence enough."""
    return None if len(block.columns) >= 10 else Trouble.NO_HEADER


def _only_value(values: Sequence[ReadCell]) -> tuple[ReadCell | None, Trouble | None]:
    """The widest cell with ink; the others are slivers of a label that was cut, unless they show figures as well."""
    inked = [cell for cell in values if cell.ink is not None] or list(values)
    if not inked:
        return None, None
    figures = sum(cell.has_digits for cell in inked)
    return max(inked, key=lambda c: c.cell.box.width), Trouble.NO_HEADER if figures > 1 else None


def _cell_at(
    cells: Sequence[ReadCell], column: tuple[float, float], columns: Sequence[tuple[float, float]]
) -> tuple[ReadCell | None, Trouble | None]:
    near = [cell for cell in cells if covers(cell, column)]
    if not near:
        return None, None
    inked = [cell for cell in near if cell.ink is not None and not _is_beside(cell, column)]
    best = max(inked or near, key=lambda c: overlap(c.cell.box.left, c.cell.box.right, *column))
    covered = [other for other in columns if covers(best, other)]
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
