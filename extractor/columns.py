"""Matched rows → one printed cell per canonical field.

Where a row shows as many values as the block has columns, order decides; elsewhere the places of the columns,
learned from the other rows of the same piece of the table, do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extractor.align import RowMatch, TableMatch
from extractor.forms import Block, FieldSpec, table_specs
from extractor.geometry import overlap
from extractor.pages import ReadCell
from extractor.rows import PrintedRow

#: A cell belongs to a column from this share of the narrower of the two on.
_SHARE = 0.5

#: Left and right ends of every column of a block, in pixels.
Places = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a field stands. cell None: the row or the cell was not found. row_similarity: 0 to 1.

    trouble: why the cell cannot be trusted as cut, "" when it can.
    """

    spec: FieldSpec
    cell: ReadCell | None
    page_no: int | None
    row_similarity: float
    trouble: str = ""


def fill_slots(match: TableMatch) -> list[Slot]:
    """One slot per field of the table, in printed order."""
    found: dict[str, Slot] = {}
    specs = {spec.id: spec for spec in table_specs(match.table)}
    by_block: dict[int, list[RowMatch]] = defaultdict(list)
    for row in match.matches:
        if row.target.is_data:
            by_block[id(row.target.block)].append(row)
    for rows in by_block.values():
        block = rows[0].target.block
        places = _learn_places(rows, len(block.columns))
        for row in rows:
            found.update(_fill_row(row, block, places, specs))
    return [found.get(key, Slot(spec, None, None, 0.0)) for key, spec in specs.items()]


def _learn_places(rows: Sequence[RowMatch], columns: int) -> dict[int, Places]:
    """Columns by piece of the table; a piece without a complete row takes them from the others, scaled."""
    complete: dict[int, list[PrintedRow]] = defaultdict(list)
    for match in rows:
        if len(match.printed.values) == columns:
            complete[match.printed.table_index].append(match.printed)
    places = {index: _median_places(found) for index, found in complete.items()}
    if places:
        model_index = max(complete, key=lambda index: len(complete[index]))
        model_row, model = complete[model_index][0], places[model_index]
        for match in rows:
            if match.printed.table_index not in places:
                places[match.printed.table_index] = _rescale(model, model_row, match.printed)
    return places


def _median_places(rows: Sequence[PrintedRow]) -> Places:
    ends = np.array([[(c.cell.box.left, c.cell.box.right) for c in row.values] for row in rows])
    return [(float(left), float(right)) for left, right in np.median(ends, axis=0)]


def _rescale(places: Places, model: PrintedRow, row: PrintedRow) -> Places:
    scale = row.box.width / max(model.box.width, 1.0)
    return [
        (row.box.left + (left - model.box.left) * scale, row.box.left + (right - model.box.left) * scale)
        for left, right in places
    ]


def _fill_row(match: RowMatch, block: Block, places: dict[int, Places], specs: dict[str, FieldSpec]) -> dict[str, Slot]:
    row, printed = match.target.row, match.printed
    if row is None:
        return {}
    columns = places.get(printed.table_index)
    if len(printed.values) == len(block.columns):
        cells: list[tuple[ReadCell | None, str]] = [(cell, "") for cell in printed.values]
    elif columns is None and len(block.columns) == 1:
        cells = [_only_value(printed.values)]
    elif columns is None:
        cells = [(None, "")] * len(block.columns)
    else:
        cells = [_cell_at(printed.cells, column, columns) for column in columns]
    out = {}
    for column, (cell, trouble) in zip(block.columns, cells, strict=True):
        key = block.field_id(row, column)
        out[key] = Slot(specs[key], cell, printed.page_no, match.similarity, trouble)
    return out


def _only_value(values: Sequence[ReadCell]) -> tuple[ReadCell | None, str]:
    """The widest cell with ink; the others are slivers of a label that was cut."""
    inked = [cell for cell in values if cell.ink is not None] or list(values)
    return (max(inked, key=lambda c: c.cell.box.width), "") if inked else (None, "")


def _cell_at(
    cells: Sequence[ReadCell], column: tuple[float, float], columns: Places
) -> tuple[ReadCell | None, str]:
    near = [cell for cell in cells if _covers(cell, column)]
    if not near:
        return None, ""
    inked = [cell for cell in near if cell.ink is not None]
    best = max(inked or near, key=lambda c: overlap(c.cell.box.left, c.cell.box.right, *column))
    if sum(1 for other in columns if _covers(best, other)) > 1:
        return best, "cells run together"
    return best, "cell is divided" if len(inked) > 1 else ""


def _covers(cell: ReadCell, column: tuple[float, float]) -> bool:
    box = cell.cell.box
    shared = overlap(box.left, box.right, *column)
    return shared > _SHARE * max(1.0, min(box.width, column[1] - column[0]))
