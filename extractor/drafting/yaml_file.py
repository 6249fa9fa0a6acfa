"""A drafted form as the text of a YAML file, to be looked over by a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from extractor.drafting.sums import DraftSum, find_equals, find_sums, nests_by_indent
from extractor.drafting.tables import DraftBlock, DraftColumn, DraftTable
from extractor.forms.definition import normalise

#: Words that need no quotation marks in YAML, whatever stands beside them: Chinese ones and ids.
_PLAIN = re.compile(r"[\u4e00-\u9fff（][\u4e00-\u9fff（）、“”A-Za-z0-9]*|[a-z](?:[a-z0-9_.-]*[a-z0-9])?")
#: What looks like one, and is more to YAML.
_WORDS_OF_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
#: What open columns are called that are the sum of others.
_TOTALS = frozenset({"合计", "总计", "共计", "小计"})
_HEAD = """\
# yaml-language-server: $schema=form.schema.json
# Drafted from {source} by `extractor forms new`: look over the wordings, give ids that say what they mean,
# take out what is no field. Then: extractor forms check FILE
"""


def write_draft(form_id: str, source: str, tables: Sequence[DraftTable]) -> str:
    """The text of the form file; `source` names the specimen in a comment."""
    title = next((table.title for table in tables if table.title), source)
    lines = [f"id: {form_id}", f"title: {_quote(title)}", "tables:"]
    for t, table in enumerate(tables):
        lines += [f"- id: t{t + 1}", f"  title: {_quote(table.title)}", "  blocks:"]
        for b, block in enumerate(table.blocks):
            lines += _write_block(block, _prefix(tables, t, b))
    sums = [line for t, table in enumerate(tables) for line in _write_sums(table, tables, t)]
    if sums:
        lines += ["identities:", *sums]
    shown = re.sub(r"[^\x20-\x7e\u3000-\uffee]", "?", source)
    return _HEAD.format(source=shown) + "\n".join(lines) + "\n"


def _prefix(tables: Sequence[DraftTable], table: int, block: int) -> str:
    """What the ids of a block's fields begin with."""
    return f"t{table + 1}" if len(tables[table].blocks) == 1 else f"t{table + 1}.b{block + 1}"


def _write_block(block: DraftBlock, prefix: str) -> Iterator[str]:
    first = f"heading: {_quote(block.heading)}" if block.heading else f'field: "{prefix}.{{row}}.{{column}}"'
    yield f"  - {first}"
    if block.heading:
        yield f'    field: "{prefix}.{{row}}.{{column}}"'
    if block.corner:
        yield f"    corner: {_quote(block.corner)}"
    if block.label_columns:
        yield f"    label_columns: {_list(block.label_columns)}"
    units = {column.unit for column in block.columns}
    common = units.pop() if len(units) == 1 else ""
    if common:
        yield f"    unit: {_quote(common)}"
    yield from _write_columns(block, common)
    if block.is_open:
        if block.is_coded:
            yield "    rows: open                           # each is named by the code before its name"
        else:
            yield "    rows: open                           # they differ from body to body"
            yield "    key: name"
        if block.is_coded and block.levels:
            yield f"    levels: {list(block.levels)}"
        elif not block.is_coded and nests_by_indent(block):
            yield "    levels: indent"
        yield from [f"    total: {_quote(block.total)}"] if block.total else []
        return
    yield "    rows:"
    for i, row in enumerate(block.rows):
        parts = [f"id: r{i + 1}"] if row.is_field else []
        parts += [f"label: {_quote(row.label)}"]
        parts += [f"group: {_list(row.group)}"] if row.group else []
        parts += [f"unit: {_quote(row.unit)}"] if row.unit else []
        parts += ["optional: true"] if row.optional else []
        yield f"    - {{{', '.join(parts)}}}"


def _write_columns(block: DraftBlock, common: str) -> Iterator[str]:
    """The columns, or that they are open. common: the unit of all of them."""
    if block.differs_across:
        yield "    columns: open                        # they differ from body to body"
        sums = [block.columns[found.total].label for found in find_sums(block) if found.across]
        totals = dict.fromkeys(label for label in sums if normalise(label) in _TOTALS)
        yield from [f"    total_columns: {_list(tuple(totals))}"] if totals else []
        yield from ["    decimals: true"] if any(column.decimals for column in block.columns) else []
    else:
        yield "    columns:"
        yield from (f"    - {_write_column(column, i, common)}" for i, column in enumerate(block.columns))


def _write_column(column: DraftColumn, place: int, common: str) -> str:
    parts = [f"id: c{place + 1}", f"label: {_quote(column.label)}"]
    parts += [f"path: {_list(column.path)}"] if column.path else []
    parts += [f"unit: {_quote(column.unit)}"] if column.unit and not common else []
    parts += ["decimals: true"] if column.decimals else []
    return f"{{{', '.join(parts)}}}"


def _write_sums(table: DraftTable, tables: Sequence[DraftTable], place: int) -> Iterator[str]:
    for b, block in enumerate(table.blocks):
        prefix = _prefix(tables, place, b)
        for found in find_sums(block):
            if block.is_open and not (found.across and len(table.blocks) == 1):
                # Those down the columns are told by the levels of the codes.
                continue
            if block.differs_across and (found.across or len(table.blocks) > 1):
                # Those along the rows are told by the columns that are called sums.
                continue
            yield from _write_sum(found, block, prefix, f"t{place + 1}" if len(table.blocks) == 1 else "")
    for equal in find_equals(table):
        (b, i), (c, j) = equal.one, equal.other
        if table.blocks[b].is_open or table.blocks[c].is_open:
            continue
        one, other = _prefix(tables, place, b), _prefix(tables, place, c)
        yield f"- id: {one}.r{i + 1}_{other}.r{j + 1}"
        yield f"  left: [{one}.r{i + 1}.c1]"
        yield f"  right: [{other}.r{j + 1}.c1]"


def _write_sum(found: DraftSum, block: DraftBlock, prefix: str, table: str) -> Iterator[str]:
    """One sum, spread over the lines it holds in where the table has but one block; else each written out."""
    if found.across:
        name, key, spread = (
            f"c{found.total + 1}",
            "row",
            [f"r{i + 1}" for i, row in enumerate(block.rows) if row.is_field],
        )
        label = block.columns[found.total].label
    else:
        name, key, spread = f"r{found.total + 1}", "column", [f"c{i + 1}" for i in range(len(block.columns))]
        label = block.rows[found.total].label
    lone = len(spread) == 1
    for other in [f"{{{key}}}"] if table and not lone else spread:

        def field(line: int, other: str = other) -> str:
            row, column = (other, f"c{line + 1}") if found.across else (f"r{line + 1}", other)
            return f'"{prefix}.{row}.{column}"'

        yield f'- id: "{prefix}.{name}.{other}"'
        yield f"  message: {_quote(label + ' = the sum of its parts')}"
        if table and not lone:
            yield f"  {key}s: {table}"
        yield f"  left: [{', '.join(field(part) for part in found.parts)}]"
        yield f"  right: [{field(found.total)}]"


def is_plain(text: str) -> bool:
    """Whether a text needs no quotation marks in YAML."""
    return bool(_PLAIN.fullmatch(text)) and text not in _WORDS_OF_YAML


def _quote(text: str) -> str:
    """The text as YAML, in quotation marks where it needs them."""
    return text if is_plain(text) else json.dumps(text, ensure_ascii=False)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(_quote(text) for text in texts)}]"
