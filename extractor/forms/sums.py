"""What must add up in a form: sums as they are written, and those that the rows and columns of a document are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from extractor.forms.definition import (
    Block,
    Column,
    Form,
    FormTable,
    Identity,
    OpenColumns,
    OpenRows,
    Row,
    normalise,
)
from extractor.forms.meaning import TOTAL, fill_pattern

#: What begins the label of a row that is part of the one above it.
_PART_OF_IT = "其中"


def choose_identities(forms: Iterable[Form], fields: Container[str]) -> list[Identity]:
    """The sums of several forms all of whose fields there are, each id once: that of the first form that has it so.

    Forms call their sums alike and sum other rows: one whose table a report lacks says nothing of it. Fields of rows
    that a body left out count nothing.
    """
    found: dict[str, Identity] = {}
    for form in forms:
        left_out = {key for key, spec in form.specs().items() if spec.optional and key not in fields}
        for identity in form.identities:
            own = identity.without(left_out) if left_out else identity
            if own.left and own.right and all(field in fields for field in own.fields):
                found.setdefault(identity.id, own)
    return list(found.values())


def open_sums(form: Form, tables: Iterable[FormTable]) -> Iterable[Identity]:
    """The form's sums and those of its open rows and columns, each id once. tables: its own, a document's in them."""
    own = list(tables)
    sums = [*form.identities, *_spread_sums(form, own)]
    for table in own:
        for block in table.blocks:
            sums += [*_nest_rows(table, block), *_nest_columns(table, block)]
    return {one.id: one for one in sums}.values()


def is_total_column(label: str, opening: OpenColumns) -> bool:
    """Whether a printed column is by its words a sum of others."""
    return normalise(label) in opening.totals


def _spread_sums(form: Form, tables: Iterable[FormTable]) -> Iterator[Identity]:
    """The sums along the rows of a table, for every row of it, and down its columns, for every column."""
    by_id = {table.id: table for table in tables}
    for name, pattern in form.row_sums:
        for block in by_id[name].blocks:
            for row in block.rows:
                yield _spread(pattern, {"row": row.id or ""})
    for name, pattern in form.column_sums:
        for block in by_id[name].blocks:
            for column in block.columns:
                yield _spread(pattern, {"column": column.id})


def _spread(pattern: Identity, value: Mapping[str, str]) -> Identity:
    return replace(
        pattern,
        id=fill_pattern(pattern.id, value),
        message=fill_pattern(pattern.message, value),
        left=tuple(fill_pattern(field, value) for field in pattern.left),
        right=tuple(fill_pattern(field, value) for field in pattern.right),
    )


def _nest_columns(table: FormTable, block: Block) -> Iterator[Identity]:
    """The sums along the rows: a column of a sum is that of those under the same words."""
    if block.open_columns is None:
        return
    for whole, parts in find_column_parts(block).items():
        for row in block.rows if parts else ():
            if row.id is not None:
                yield Identity(
                    id=f"{table.id}.{block.field.partition('.')[0]}.{row.id}.{whole.id}.across",
                    message=f"{row.label} {'/'.join((*whole.path, whole.label))}",
                    left=tuple(block.field_id(row, column) for column in parts),
                    right=(block.field_id(row, whole),),
                    sort=f"{block.field} {whole.id}",
                )


def find_column_parts(block: Block) -> dict[Column, list[Column]]:
    """Of every open column that is by its words a sum, the columns that it is the sum of.

    Words that span columns stand for the sum of these where one is printed below them, else for all of them.
    """
    opening = block.open_columns
    if opening is None:
        return {}
    totals: dict[tuple[str, ...], Column] = {}
    plain: list[Column] = []
    for column in block.columns:
        if is_total_column(column.label, opening):
            # A second one of the same is no part of the first.
            totals.setdefault(column.path, column)
        else:
            plain.append(column)

    def find_below(path: tuple[str, ...]) -> list[Column]:
        depth, parts = len(path), dict[Column, None]()
        for column in (*totals.values(), *plain):
            if column.path[:depth] != path:
                continue
            if len(column.path) == depth:
                parts |= {column: None} if column in plain else {}
                continue
            below = column.path[: depth + 1]
            parts |= dict.fromkeys([totals[below]] if below in totals else find_below(below))
        return list(parts)

    found = {whole: find_below(path) for path, whole in totals.items()}
    # Where nobody is sure under which words columns stand, nobody is of their sums.
    return {
        whole: parts for whole, parts in found.items() if whole.is_sure or any(part.is_sure for part in parts)
    }


def _nest_rows(table: FormTable, block: Block) -> Iterator[Identity]:
    """The sums down the columns: a row is the sum of those one level below it, the total that of the highest."""
    if block.open_rows is None:
        return
    parts = find_parts(block)
    for whole, rows in parts.items():
        for column in block.columns:
            yield Identity(
                id=f"{table.id}.{block.field.partition('.')[0]}.{whole.id}.{column.id}",
                message=f"{whole.label} {column.label}",
                left=tuple(block.field_id(row, column) for row in rows),
                right=(block.field_id(whole, column),),
                sort=f"{block.field} {column.id}",
            )


def find_parts(block: Block) -> dict[Row, list[Row]]:
    """Of every row of an open block that is a sum, the rows that it is the sum of; a lone part is one too."""
    opening = block.open_rows
    nests = opening is not None and bool(opening.levels or opening.by_indent)
    total = next((row for row in block.rows if row.id == TOTAL), None)
    parts: dict[Row, list[Row]] = defaultdict(list)
    if (
        opening is not None
        and opening.by_indent
        and any(row.level is None for row in block.rows if row is not total)
    ):
        # Where nothing tells what nests, nothing says of what the total is the sum.
        return parts
    above: list[Row] = []
    for row in block.rows:
        if row is total or row.label.startswith(_PART_OF_IT):
            continue
        while nests and above and not _is_below(row, above[-1], opening):
            above.pop()
        whole = above[-1] if nests and above else total
        if whole is not None:
            parts[whole].append(row)
        if nests:
            above.append(row)
    return parts


def _is_below(row: Row, other: Row, opening: OpenRows | None) -> bool:
    """Whether a row is a part of one above it: it is indented further, or has the code of a lower level."""
    if opening is None or opening.by_indent:
        return row.level is not None and other.level is not None and row.level > other.level
    one, two = row.id or "", other.id or ""
    return len(two) < len(one) and len(two) in opening.levels and one.startswith(two)
