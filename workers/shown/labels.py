"""Where a field stands in its printed form: its labels, its neighbours, and the table laid out as it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extractor.forms.definition import Block, Form, FormTable
from extractor.forms.opening import open_forms
from extractor.values.result import Report

_ARROWS = ("up", "down", "left", "right")


@dataclass(frozen=True, slots=True)
class FieldLabel:
    """A field's place. row, column: labels from the outermost bracket or header to the innermost.

    neighbours: ids of the fields up, down, left and right of it in the printed table; none at the edges.
    """

    table: str
    heading: str
    row: tuple[str, ...]
    column: tuple[str, ...]
    unit: str
    decimals: bool
    neighbours: Mapping[str, str]

    @property
    def short(self) -> str:
        """The innermost labels, for places with little room."""
        return " · ".join(part for part in (self.row[-1], self.column[-1]) if part)


@dataclass(frozen=True, slots=True)
class Head:
    """A cell of a header or a bracket, spanning rows and columns."""

    text: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class LaidRow:
    """heads: brackets and label that begin at this row. fields: ids of its cells."""

    heads: tuple[Head, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaidBlock:
    """A block as it is printed. head: rows of the header. width: columns that brackets and labels take."""

    heading: str
    corner: str
    head: tuple[tuple[Head, ...], ...]
    rows: tuple[LaidRow, ...]
    width: int


def report_tables(report: Report, forms: Mapping[str, Form]) -> list[FormTable]:
    """The tables of a report; in one that mixes forms each is that of the form whose fields are there."""
    own = sorted(
        open_forms(forms, report.open_rows, report.open_columns, report.repeated_tables).values(),
        key=lambda form: form.id != report.form,
    )
    printed = {item.id for item in report.fields}
    chosen: dict[str, FormTable] = {}
    for form in own:
        for table in form.tables:
            ids = [field for block in table.blocks for row in _grid(block) for field in row]
            if ids and printed.issuperset(ids):
                chosen.setdefault(table.id, table)
    return list(chosen.values())


def label_fields(tables: Sequence[FormTable]) -> dict[str, FieldLabel]:
    """Places of all fields of some tables, by id."""
    return {key: label for table in tables for key, label in _table_labels(table)}


def lay_out(block: Block) -> LaidBlock:
    """The block as a table with spanning headers and brackets."""
    head = _spans([(*column.path, column.label) for column in block.columns])
    rows = [row for row in block.rows if row.id is not None]
    side = _spans([(*row.group, row.label) for row in rows])
    fields = _grid(block)
    width = len(side)
    laid = []
    for position, cells in enumerate(fields):
        begins = tuple(
            # What spans columns in a header spans rows in a bracket.
            Head(cell.text, cell.columns, cell.rows)
            for level in side
            for start, cell in level
            if start == position
        )
        laid.append(LaidRow(begins, tuple(cells)))
    header = tuple(tuple(cell for _, cell in level) for level in head)
    return LaidBlock(block.heading, block.corner, header, tuple(laid), width)


def _grid(block: Block) -> list[list[str]]:
    return [
        [block.field_id(row, column) for column in block.columns] for row in block.rows if row.id is not None
    ]


def _table_labels(table: FormTable) -> Iterator[tuple[str, FieldLabel]]:
    lines = [line for block in table.blocks for line in _grid(block)]
    places = {field: (y, x) for y, line in enumerate(lines) for x, field in enumerate(line)}
    for block in table.blocks:
        for row in block.rows:
            for column in block.columns if row.id is not None else ():
                key = block.field_id(row, column)
                yield (
                    key,
                    FieldLabel(
                        table=table.title,
                        heading=block.heading,
                        row=(*row.group, row.label),
                        column=(*column.path, column.label),
                        unit=row.unit or column.unit or block.unit,
                        decimals=row.decimals or column.decimals,
                        neighbours=_neighbours(lines, *places[key]),
                    ),
                )


def _neighbours(lines: Sequence[Sequence[str]], y: int, x: int) -> dict[str, str]:
    found = {}
    for arrow, (down, right) in zip(_ARROWS, ((-1, 0), (1, 0), (0, -1), (0, 1)), strict=True):
        row, column = y + down, x + right
        if 0 <= row < len(lines) and 0 <= column < (len(lines[y]) if right else 10**6):
            # A row of fewer columns is left at its last one.
            found[arrow] = lines[row][min(column, len(lines[row]) - 1)]
    return found


def _spans(paths: Sequence[tuple[str, ...]]) -> list[list[tuple[int, Head]]]:
    """Labels one level after the other, each with where it begins; the innermost reaches down to the end."""
    depth = max((len(path) for path in paths), default=0)
    levels: list[list[tuple[int, Head]]] = []
    for level in range(depth):
        cells: list[tuple[int, Head]] = []
        start = 0
        while start < len(paths):
            path, end = paths[start], start + 1
            is_last = level == len(path) - 1
            while end < len(paths) and not is_last and paths[end][: level + 1] == path[: level + 1]:
                end += 1
            if level < len(path):
                cells.append((start, Head(path[level], depth - level if is_last else 1, end - start)))
            start = end
        levels.append(cells)
    return levels
