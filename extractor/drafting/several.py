"""Tables drafted from several specimens → one draft: which rows the form has, and which a body chooses.

Rows that all specimens print under the same words are the form's. Where most are, the others may be left out; where
they are few, each body prints rows of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractor.drafting.tables import DraftBlock, DraftColumn, DraftRow, DraftTable
from extractor.forms.definition import normalise
from extractor.matching.wording import are_same

#: Share of the rows of all specimens together that all of them print, from which on the form has its rows.
_MOST = 0.6
#: Letters of a title that specimens have in common.
_LEAST = 4
_YEAR = re.compile(r"20\d\d")


def join_specimens(drafts: Sequence[Sequence[DraftTable]]) -> tuple[DraftTable, ...]:
    """The tables of the first specimen, with what the others say of them.

    drafts: of each specimen its tables. A table that only one of the others has is left out.
    """
    first, *others = drafts
    latest = [max(_list_years(tables), default=0) for tables in drafts]
    out = []
    for table in first:
        found = [(_find_alike(table, tables), year) for tables, year in zip(others, latest[1:], strict=True)]
        same = [(other, year) for other, year in found if other is not None]
        blocks = tuple(
            _join_blocks(block, latest[0], [(other.blocks[b], year) for other, year in same])
            for b, block in enumerate(table.blocks)
        )
        titles = [table.title, *(other.title for other, _ in same)]
        out.append(DraftTable(_common_end(titles), blocks))
    return tuple(out)


def _list_years(tables: Sequence[DraftTable]) -> Iterator[int]:
    for table in tables:
        for block in table.blocks:
            for column in block.columns:
                yield from map(int, _YEAR.findall("".join((*column.path, column.label))))


def _find_alike(table: DraftTable, tables: Sequence[DraftTable]) -> DraftTable | None:
    """That of the tables which has the same blocks, the one of the likest title; None for none.

    Where none has the same columns it is one with the same rows, and no other title.
    """
    pairs = [
        (other, list(zip(table.blocks, other.blocks, strict=True)))
        for other in tables
        if len(other.blocks) == len(table.blocks)
    ]
    same = [other for other, blocks in pairs if all(_is_alike(one, two) for one, two in blocks)]
    same = same or [
        other
        for other, blocks in pairs
        if (_title_likeness(table, other)[0] >= _LEAST or not (table.title and other.title))
        and all(_has_same_rows(one, two) for one, two in blocks)
    ]
    return max(same, key=lambda other: _title_likeness(table, other), default=None)


def _has_same_rows(one: DraftBlock, other: DraftBlock) -> bool:
    """Whether most rows of two blocks are the same."""
    mine, others = ([row for row in block.rows if row.is_field] for block in (one, other))
    shared = sum(any(_is_same(row, two) for two in others) for row in mine)
    return shared > 0 and shared >= _MOST * max(len(mine), len(others))


def _title_likeness(one: DraftTable, other: DraftTable) -> tuple[int, int]:
    """How long an end their titles have in common, and of as many rows how many."""
    labels = {normalise(row.label) for block in other.blocks for row in block.rows}
    shared = sum(1 for block in one.blocks for row in block.rows if normalise(row.label) in labels)
    return len(_common_end([one.title, other.title])), shared


def _common_end(titles: Sequence[str]) -> str:
    """The words that all titles end in; the first title where these are too few to be one."""
    count = 0
    while count < min(map(len, titles)) and len({title[-count - 1] for title in titles}) == 1:
        count += 1
    end = titles[0][len(titles[0]) - count :]
    return end.lstrip("0123456789年度 ") if len(end) >= _LEAST else titles[0]


def _is_alike(one: DraftBlock, other: DraftBlock) -> bool:
    """Whether two blocks have the same columns, whatever year they say."""
    pairs = zip(one.columns, other.columns, strict=False)
    return len(one.columns) == len(other.columns) and all(
        are_same(_YEAR.sub("", _words(a)), _YEAR.sub("", _words(b))) for a, b in pairs
    )


def _words(column: DraftColumn) -> str:
    return normalise("".join((*column.path, column.label)))


def _join_blocks(block: DraftBlock, latest: int, others: Sequence[tuple[DraftBlock, int]]) -> DraftBlock:
    if not others:
        return block
    if not all(_is_alike(block, other) for other, _ in others):
        return _join_across(block, [other for other, _ in others])
    rows = _join_rows(block, [other for other, _ in others])
    fields = [row for row in rows if row.is_field]
    shared = sum(1 for row in fields if not row.optional)
    columns = tuple(
        _join_columns(column, latest, [(other.columns[i], year) for other, year in others])
        for i, column in enumerate(block.columns)
    )
    differs = shared < _MOST * len(fields)
    return replace(block, columns=columns, rows=rows, differs=differs)


def _join_across(block: DraftBlock, others: Sequence[DraftBlock]) -> DraftBlock:
    """A block of which other specimens print other columns: its figures are those of the first specimen."""
    nothing = (None,) * len(block.columns)
    bare = [
        replace(other, rows=tuple(replace(row, values=nothing) for row in other.rows)) for other in others
    ]
    rows = tuple(replace(row, others=()) for row in _join_rows(block, bare))
    decimals = any(column.decimals for one in (block, *others) for column in one.columns)
    columns = tuple(replace(column, decimals=decimals) for column in block.columns)
    return replace(block, columns=columns, rows=rows, differs_across=True)


def _join_rows(block: DraftBlock, others: Sequence[DraftBlock]) -> tuple[DraftRow, ...]:
    """The rows of all specimens in their order, those optional that not all print."""
    nothing = (None,) * len(block.columns)
    joined = [(row, list[tuple[float | None, ...]](), 1) for row in block.rows]
    for n, other in enumerate(others):
        at = 0
        for row in other.rows:
            free = [kept if len(values) == n else None for kept, values, _ in joined]
            is_lone = sum(_is_own(row, two) for two in other.rows) == 1
            place = _find_place(row, free, at, is_lone=is_lone)
            if place is None:
                joined.insert(at, (replace(row, values=nothing), [nothing] * n, 0))
                place = at
            kept, values, count = joined[place]
            joined[place] = kept, [*values, row.values], count + 1
            at = max(at, place + 1)
        joined = [(row, [*values, nothing][: n + 1], count) for row, values, count in joined]
    return tuple(
        replace(row, others=tuple(values), optional=row.is_field and count <= len(others))
        for row, values, count in joined
    )


def _find_place(row: DraftRow, rows: Sequence[DraftRow | None], at: int, *, is_lone: bool) -> int | None:
    """Which of the joined rows a specimen's row is, by place; None for none of them.

    rows: None for those that another row of the specimen is. at: below its last one. is_lone: no other row of the
    specimen has its words under its group. Such a one may stand further up, as specimens have orders of their own;
    which of several it is tells only the order.
    """
    same = [(i, other) for i, other in enumerate(rows) if other is not None and _is_same(other, row)]
    own = [i for i, other in same if _has_same_group(other, row)]
    below = [i for i in own if i >= at]
    above = own if is_lone and len(own) == 1 else []
    return next(iter([*below, *above, *(i for i, _ in same if i >= at)]), None)


def _is_own(one: DraftRow, other: DraftRow) -> bool:
    return _is_same(one, other) and _has_same_group(one, other)


def _has_same_group(one: DraftRow, other: DraftRow) -> bool:
    return len(one.group) == len(other.group) and all(
        are_same(normalise(a), normalise(b)) for a, b in zip(one.group, other.group, strict=True)
    )


def _is_same(one: DraftRow, other: DraftRow) -> bool:
    """Whether two specimens print the same row."""
    if one.code or other.code:
        return one.code == other.code
    return are_same(normalise(one.label), normalise(other.label))


def _join_columns(column: DraftColumn, latest: int, others: Sequence[tuple[DraftColumn, int]]) -> DraftColumn:
    """The column; its years are told by the latest of a document where specimens have others, and agree in that."""
    decimals = column.decimals or any(other.decimals for other, _ in others)
    dated = _date(column, latest)
    years = {
        _YEAR.sub("", _words(column)) != _words(column),
        *(_words(o) != _words(column) for o, _ in others),
    }
    is_moving = years == {True} and all(_date(other, year) == dated for other, year in others)
    label, path = dated if is_moving else (column.label, column.path)
    return replace(column, label=label, path=path, decimals=decimals)


def _date(column: DraftColumn, latest: int) -> tuple[str, tuple[str, ...]]:
    def tell(text: str) -> str:
        def name(found: re.Match[str]) -> str:
            return f"{{year-{latest - int(found[0])}}}" if latest > int(found[0]) else "{year}"

        return _YEAR.sub(name, text)

    return tell(column.label), tuple(map(tell, column.path))
