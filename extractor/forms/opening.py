"""Forms whose rows differ from body to body, made whole for one document by the rows that it prints.

A form says of such a block what its columns are and what names a row. With the rows of a document in their places it
is a form like any other, for matching, for sums and for whoever shows its fields.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.forms.definition import Block, Form, FormTable, Identity, OpenRows, Row
from extractor.forms.meaning import TOTAL, fill_pattern

#: In the words of a column the latest year of a document's tables, or one so many before it.
_YEAR = re.compile(r"\{year(?:-(\d{1,2}))?\}")
#: What begins the label of a row that is part of the one above it.
_PART_OF_IT = "其中"


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


def is_open(form: Form) -> bool:
    """Whether rows of the form differ from body to body."""
    return any(map(has_open_rows, form.tables))


def has_open_rows(table: FormTable) -> bool:
    """Whether rows of a table differ from body to body."""
    return any(block.open_rows is not None for block in table.blocks)


def is_unfilled(table: FormTable) -> bool:
    """Whether a table has no row at all, because a document prints none where the form leaves them open."""
    return not any(block.rows for block in table.blocks)


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


def open_form(form: Form, rows: Sequence[OpenRow]) -> Form:
    """The form with the rows of a document, and the sums that these are in; itself where no row of it is open."""
    if not is_open(form):
        return form
    own: dict[str, list[OpenRow]] = defaultdict(list)
    for row in rows:
        own[row.field].append(row)
    tables = tuple(
        replace(table, blocks=tuple(_fill(block, own[block.field]) for block in table.blocks))
        for table in form.tables
    )
    sums = [*form.identities, *_spread_sums(form, tables)]
    sums += [found for table in tables for block in table.blocks for found in _nest(table, block)]
    return replace(form, tables=tables, identities=tuple({one.id: one for one in sums}.values()))


def open_forms(forms: Mapping[str, Form], rows: Sequence[OpenRow]) -> Mapping[str, Form]:
    """All forms by id, opened for one report."""
    return {key: open_form(form, rows) for key, form in forms.items()} if rows else forms


def find_rows(fields: Iterable[str], rows: Sequence[OpenRow]) -> dict[str, OpenRow]:
    """Of ids of fields the open row that each is of; without those of no such row."""
    ends = [(row.field.replace("{row}", row.id).partition("{column}"), row) for row in rows]
    return {
        field: row
        for field in fields
        for (start, column, end), row in ends
        if (field.startswith(start) and field.endswith(end) if column else field == start)
    }


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


def _spread_sums(form: Form, tables: Iterable[FormTable]) -> Iterator[Identity]:
    """The sums along the rows of a table, for every row of it."""
    by_id = {table.id: table for table in tables}
    for name, pattern in form.row_sums:
        for block in by_id[name].blocks:
            for row in block.rows:
                value = {"row": row.id or ""}
                yield replace(
                    pattern,
                    id=fill_pattern(pattern.id, value),
                    message=fill_pattern(pattern.message, value),
                    left=tuple(fill_pattern(field, value) for field in pattern.left),
                    right=tuple(fill_pattern(field, value) for field in pattern.right),
                )


def _nest(table: FormTable, block: Block) -> Iterator[Identity]:
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
