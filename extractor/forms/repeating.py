"""Tables that a document prints several times, for bodies, departments or years: each a table of the form of its own.

The second one of `balance` is `balance-2`, and so begin its fields: `balance-2.income.final`. With them the form is
like any other, and no figure of one is another's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.forms.definition import Block, Form, FormTable, Identity


@dataclass(frozen=True, slots=True)
class RepeatedTable:
    """One of several printed tables that are the same one of a form.

    table: its id, the form's with a number behind it from the second on. of: the form's. name: what its heading says
    and the others' do not, as 教育局 or 2022年度; "" where nothing does. fields: patterns of its fields, by block.
    """

    table: str
    of: str
    name: str
    fields: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """What is behind the form's own ids: "" or a number with a hyphen."""
        return self.table.removeprefix(self.of)


def leave_out_repeating(form: Form) -> Form:
    """The form without the tables that may come again: where these stand tells of no order and of no other report."""
    return replace(form, tables=tuple(table for table in form.tables if not table.repeats))


def number_table(table: FormTable, number: int) -> RepeatedTable:
    """The so-manieth printed one of a form's table, from 1; without a name."""
    suffix = f"-{number}" if number > 1 else ""
    fields = tuple(_rename(block.field, table, suffix) for block in table.blocks)
    return RepeatedTable(f"{table.id}{suffix}", table.id, "", fields)


def repeat_form(form: Form, repeats: Sequence[RepeatedTable], *, are_named: bool = False) -> Form:
    """The form with every table as often as a document prints it; itself where it prints none several times.

    A sum of several tables is one of those of the same number where all of them are named alike, and else none.
    are_named: whether the tables' titles say which each is, as they are shown; they are read as they are printed.
    """
    own = [one for one in repeats if form.table(one.of) is not None]
    if not own:
        return form
    copies: dict[str, list[RepeatedTable]] = defaultdict(list)
    for one in own:
        copies[one.of].append(one)
    tables = [
        _copy(table, one, is_named=are_named)
        for table in form.tables
        for one in copies.get(table.id, [number_table(table, 1)])
    ]
    suffixes = {table: [one.suffix for one in found] for table, found in copies.items()}
    names = {table: tuple(one.name for one in found) for table, found in copies.items()}
    by_field = {spec.id: spec.table for spec in form.specs().values()}
    return replace(
        form,
        tables=tuple(tables),
        identities=tuple(_repeat_sums(form, form.identities, by_field, suffixes, names)),
        row_sums=tuple(_repeat_spread(form, form.row_sums, suffixes)),
        column_sums=tuple(_repeat_spread(form, form.column_sums, suffixes)),
    )


def find_repeated(fields: Iterable[str], repeats: Sequence[RepeatedTable]) -> dict[str, RepeatedTable]:
    """Of ids of fields the repeated table that each is of; without those of none."""
    begins = sorted(
        ((pattern.partition("{")[0], one) for one in repeats for pattern in one.fields),
        key=lambda pair: -len(pair[0]),
    )
    found = {}
    for field in fields:
        own = next((one for start, one in begins if start and field.startswith(start)), None)
        if own is not None:
            found[field] = own
    return found


def _copy(table: FormTable, one: RepeatedTable, *, is_named: bool) -> FormTable:
    title = f"{table.title} {one.name}".strip() if is_named and one.name else table.title
    blocks = tuple(_copy_block(block, table, one.suffix) for block in table.blocks)
    return replace(table, id=one.table, title=title, blocks=blocks, copy_of=one.of if one.suffix else "")


def _copy_block(block: Block, table: FormTable, suffix: str) -> Block:
    return replace(block, field=_rename(block.field, table, suffix))


def _rename(field: str, table: FormTable, suffix: str) -> str:
    """A field or a pattern of them as a copy of its table has it."""
    if not suffix:
        return field
    if any("{" in block.field.partition(".")[0] for block in table.blocks):
        # All that its fields begin with is a row or a column.
        return f"{table.id}{suffix}.{field}"
    first, dot, rest = field.partition(".")
    return f"{first}{suffix}{dot}{rest}"


def _repeat_sums(
    form: Form,
    sums: Iterable[Identity],
    by_field: Mapping[str, str],
    suffixes: Mapping[str, Sequence[str]],
    names: Mapping[str, Sequence[str]],
) -> Iterator[Identity]:
    for identity in sums:
        own = {by_field[field] for field in identity.fields if field in by_field}
        if len({names.get(table, ("",)) for table in own}) > 1:
            # Which of several tables belong together nobody says.
            continue
        for suffix in suffixes.get(min(own, default=""), ("",)):
            yield _rename_sum(form, identity, by_field, suffix)


def _repeat_spread(
    form: Form, sums: Iterable[tuple[str, Identity]], suffixes: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Identity]]:
    """The same of sums spread over rows or columns that the table they are of leaves open."""
    for table, identity in sums:
        by_field = dict.fromkeys(identity.fields, table)
        for suffix in suffixes.get(table, ("",)):
            yield f"{table}{suffix}", _rename_sum(form, identity, by_field, suffix)


def _rename_sum(form: Form, identity: Identity, by_field: Mapping[str, str], suffix: str) -> Identity:
    def rename(field: str) -> str:
        table = form.table(by_field.get(field, ""))
        return field if table is None else _rename(field, table, suffix)

    return replace(
        identity,
        id=f"{identity.id}{suffix}",
        left=tuple(map(rename, identity.left)),
        right=tuple(map(rename, identity.right)),
    )
