"""Printed tables made by hand: a form's own rows laid out as cells, to be changed before they are aligned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from extractor.forms.definition import Form, FormTable
from extractor.matching.align import match_tables
from extractor.matching.columns import fill_slots
from extractor.matching.rows import split_rows
from extractor.seams.engine import NUMERIC_ALPHABET, Reading
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import ReadCell, Table, TextLine
from extractor.values.printed import PrintedRow
from extractor.values.shape import Shape
from extractor.values.slot import Slot

#: Cells of a printed row, label first; an empty label stands for a row without one.
Cells = list[str]

_LEFT, _WIDTH, _LABEL, _HEIGHT = 100.0, 900.0, 320.0, 30.0


def numeric_reading(text: str, *, sure: float = 0.998) -> Reading:
    """What a recogniser says of a clearly printed number: one step a symbol, blanks between."""
    columns = 1 + len(NUMERIC_ALPHABET)
    rows = []
    for symbol in text:
        step = np.full(columns, (1 - sure) / columns)
        step[1 + NUMERIC_ALPHABET.index(symbol)] = sure
        gap = np.full(columns, (1 - sure) / columns)
        gap[0] = sure
        rows += [step, gap]
    return Reading(text, sure, np.log(np.array(rows, dtype=np.float32)))


def make_cell(grid_cell: GridCell, text: str) -> ReadCell:
    box = grid_cell.box
    if not text:
        return ReadCell(grid_cell, None, (), None, 0.0, Shape())
    ink = box.shrink(4)
    bare = all(c in NUMERIC_ALPHABET for c in text)
    lines = (TextLine(ink, text, 0.97),)
    return ReadCell(grid_cell, ink, lines, numeric_reading(text) if bare else None, 1.0, Shape())


def list_rows(table: FormTable, texts: Iterable[str]) -> list[Cells]:
    """The rows of a form's table as printed, with the next of `texts` in every data cell."""
    following = iter(texts)
    rows: list[Cells] = []
    for block in table.blocks:
        if block.heading:
            rows.append([block.heading])
        labelled = any(row.label for row in block.rows)
        rows.append([block.corner or "信息内容"] * labelled + [c.label for c in block.columns])
        for row in block.rows:
            values = [next(following) for _ in block.columns] if row.id else []
            rows.append([row.label] * labelled + values)
    return rows


def lay_out(rows: Sequence[Cells], *, page_no: int = 1, top: float = 100.0, labelled: bool = True) -> Table:
    """A ruled table of these rows; the last cell of a short row reaches to the table's right edge."""
    label = _LABEL if labelled else 0.0
    most = max(len(row) for row in rows) - labelled
    step = (_WIDTH - label) / max(most, 1)
    edges = [_LEFT, *[_LEFT + label + i * step for i in range(0 if labelled else 1, most + 1)]]
    cells, read = [], []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            end = len(edges) - 1 if c == len(row) - 1 else c + 1
            box = Box(edges[c], top + r * _HEIGHT, edges[end], top + (r + 1) * _HEIGHT)
            cells.append(GridCell(r, r + 1, c, end, box))
            read.append(make_cell(cells[-1], text))
    levels = tuple(top + r * _HEIGHT for r in range(len(rows) + 1))
    return Table(page_no, Grid(levels, tuple(edges), tuple(cells)), tuple(read))


def merge_cells(table: Table, *, row: int, column: int) -> Table:
    """The table with one cell and the next in one, as a lost ruling leaves them."""
    kept = [c for c in table.cells if not (c.cell.row == row and c.cell.column in (column, column + 1))]
    pair = [c for c in table.cells if c.cell.row == row and c.cell.column in (column, column + 1)]
    both = replace(
        pair[0].cell, column_end=pair[1].cell.column_end, box=pair[0].cell.box.union(pair[1].cell.box)
    )
    joined = make_cell(both, pair[0].text + pair[1].text)
    grid = replace(table.grid, cells=tuple(c.cell for c in [*kept, joined]))
    return replace(table, grid=grid, cells=(*kept, joined))


def read_tables(tables: Sequence[Table], forms: Sequence[Form]) -> tuple[dict[str, Slot], dict[str, str]]:
    """Slots by field id, and for every table found the form it was taken for."""
    printed: list[PrintedRow] = []
    for index, table in enumerate(tables):
        printed += split_rows(table, index)
    matches = match_tables(printed, forms)
    slots = {slot.spec.id: slot for match in matches for slot in fill_slots(match, printed, matches)}
    return slots, {match.table.id: match.form.id for match in matches}


def read(tables: Sequence[Table], forms: Mapping[str, Form]) -> dict[str, Slot]:
    """Slots by field id, whichever of the forms the tables are of."""
    return read_tables(tables, list(forms.values()))[0]


def texts_of(slots: dict[str, Slot]) -> dict[str, str | None]:
    """What was found for every field; None where its cell was not."""
    return {id_: None if slot.cell is None else slot.cell.text for id_, slot in slots.items()}
