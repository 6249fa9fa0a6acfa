"""Forms whose rows or columns differ from body to body, made whole for one document by those that it prints.

A form says of such a block what its columns are and what names a row, or what its rows are. With the rows and columns
of a document in their places it is a form like any other, for matching, for sums and for whoever shows its fields.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from extractor.forms.definition import Block, Column, Form, FormTable, Row
from extractor.forms.repeating import RepeatedTable, repeat_form
from extractor.forms.sums import open_sums

#: In the words of a column the latest year of a document's tables, or one so many before it.
_YEAR = re.compile(r"\{year(?:-(\d{1,2}))?\}")


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row that a document prints in a block of open rows.

    table: id of the form's table. field: pattern of the block's field ids, which no other open block has. id: its
    code or its name, with a number behind it where it comes again. label: as printed, normalised. is_sure: whether
    its id is beyond doubt. level: how deep it is indented, from 0, where that tells what nests; else None.
    """

    table: str
    field: str
    id: str
    label: str
    is_sure: bool = True
    level: int | None = None


@dataclass(frozen=True, slots=True)
class OpenColumn:
    """A column that a document prints in a block of open columns.

    table: id of the form's table. field: pattern of the block's field ids. id: its words with those that span it, `_`
    between, and a number behind them where they come again. label, path: as printed, path outermost first. is_sure:
    whether its id is beyond doubt.
    """

    table: str
    field: str
    id: str
    label: str
    path: tuple[str, ...] = ()
    is_sure: bool = True


def is_open(form: Form) -> bool:
    """Whether rows of the form differ from body to body."""
    return any(map(has_open_rows, form.tables))


def has_open_columns(form: Form) -> bool:
    """Whether columns of the form differ from body to body."""
    return any(block.open_columns is not None for table in form.tables for block in table.blocks)


def has_open_rows(table: FormTable) -> bool:
    """Whether rows of a table differ from body to body."""
    return any(block.open_rows is not None for block in table.blocks)


def is_unfilled(table: FormTable) -> bool:
    """Whether a table has no field, as a document prints no row, or no column, where the form leaves them open."""
    return not any(block.rows and block.columns for block in table.blocks)


def date_form(form: Form, year: int | None) -> Form:
    """The form with the years of a document in the words of its columns; itself where it names none, or year is None.

    year: the latest above its tables.
    """
    if year is None or not any(_YEAR.search(text) for text in _list_words(form)):
        return form
    tables = tuple(
        replace(table, blocks=tuple(_date_block(block, year) for block in table.blocks))
        for table in form.tables
    )
    return replace(form, tables=tables)


def _list_words(form: Form) -> Iterator[str]:
    for table in form.tables:
        for block in table.blocks:
            for column in block.columns:
                yield from (column.label, *column.path, *column.aliases)


def _date_block(block: Block, year: int) -> Block:
    def date(text: str) -> str:
        return _YEAR.sub(lambda found: str(year - int(found[1] or 0)), text)

    columns = tuple(
        replace(
            column,
            label=date(column.label),
            path=tuple(map(date, column.path)),
            aliases=tuple(map(date, column.aliases)),
        )
        for column in block.columns
    )
    return replace(block, columns=columns)


def open_form(form: Form, rows: Sequence[OpenRow], columns: Sequence[OpenColumn] = ()) -> Form:
    """The form with the rows and columns of a document, and the sums that these are in; itself where none is open."""
    if not is_open(form) and not has_open_columns(form):
        return form
    own: dict[str, list[OpenRow]] = defaultdict(list)
    for row in rows:
        own[row.field].append(row)
    filled = fill_columns(form, columns)
    tables = tuple(
        replace(table, blocks=tuple(_fill(block, own[block.field]) for block in table.blocks))
        for table in filled.tables
    )
    return replace(form, tables=tables, identities=tuple(open_sums(form, tables)))


def open_forms(
    forms: Mapping[str, Form],
    rows: Sequence[OpenRow],
    columns: Sequence[OpenColumn],
    repeats: Sequence[RepeatedTable],
) -> Mapping[str, Form]:
    """All forms by id with what one report prints where they leave it open, their tables named as they are shown."""
    if not rows and not columns and not repeats:
        return forms
    return {
        key: open_form(repeat_form(form, repeats, are_named=True), rows, columns)
        for key, form in forms.items()
    }


def fill_columns(form: Form, columns: Sequence[OpenColumn]) -> Form:
    """The form with the columns of a document where it leaves them open, its rows as they are."""
    if not has_open_columns(form):
        return form
    tables = (
        replace(table, blocks=tuple(_fill_columns(block, columns) for block in table.blocks))
        for table in form.tables
    )
    return replace(form, tables=tuple(tables))


def find_rows(fields: Iterable[str], rows: Sequence[OpenRow]) -> dict[str, OpenRow]:
    """Of ids of fields the open row that each is of; without those of no such row."""
    return _find_own(fields, [(row.field.replace("{row}", row.id), row) for row in rows], "{column}")


def find_columns(fields: Iterable[str], columns: Sequence[OpenColumn]) -> dict[str, OpenColumn]:
    """The same of open columns."""
    return _find_own(fields, [(one.field.replace("{column}", one.id), one) for one in columns], "{row}")


_Named = TypeVar("_Named", OpenRow, OpenColumn)


def _find_own(fields: Iterable[str], named: Iterable[tuple[str, _Named]], other: str) -> dict[str, _Named]:
    """Of ids of fields what names each. named: patterns with their own id in them. other: what else they hold."""
    ends = [(pattern.partition(other), one) for pattern, one in named]
    return {
        field: one
        for field in fields
        for (start, between, end), one in ends
        if (field.startswith(start) and field.endswith(end) if between else field == start)
    }


def _fill_columns(block: Block, columns: Sequence[OpenColumn]) -> Block:
    opening = block.open_columns
    if opening is None:
        return block
    own = (
        Column(
            one.id,
            one.label,
            one.path,
            decimals=opening.decimals,
            signed=opening.signed,
            is_sure=one.is_sure,
        )
        for one in columns
        if one.field == block.field
    )
    return replace(block, columns=tuple(own))


def _fill(block: Block, rows: Sequence[OpenRow]) -> Block:
    """The block with the rows in printed order; that of their sum, if any is printed, where the document has it."""
    if block.open_rows is None:
        return block
    if not rows:
        return replace(block, rows=())
    known = {row.id: row for row in block.rows}
    found = [known.get(row.id, Row(row.id, row.label, is_sure=row.is_sure, level=row.level)) for row in rows]
    missing = [row for row in block.rows if row not in found]
    return replace(block, rows=(*missing, *found))
