"""A form as text: the tables it describes, drawn as they are printed, or its fields one by one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from extractor.forms.definition import Block, Form, FormTable, RowKey, table_specs
from extractor.wording.said import say
from workers.shown.speech import tell

#: Cells wider than this many columns of the terminal are cut.
_WIDEST = 34


def print_form(form: Form, *, as_fields: bool = False) -> Iterator[str]:
    """Lines that show the form: title, sections, tables, sums."""
    yield f"{form.id}: {form.title}"
    for number, title in form.sections:
        yield tell("messages.forms.section", number=number, title=title)
    for table in form.tables:
        yield ""
        yield tell("messages.forms.table", id=table.id, title=table.title)
        if as_fields:
            yield from _list_fields(table)
        else:
            for block in table.blocks:
                yield from _draw_block(block)
    if form.identities:
        yield ""
    for identity in form.identities:
        left, right = " + ".join(identity.left), " + ".join(identity.right)
        yield tell("messages.forms.sum", id=identity.id, left=left, right=right)


def _list_fields(table: FormTable) -> Iterator[str]:
    for spec in table_specs(table):
        unit = f" ({spec.unit})" if spec.unit else ""
        yield f"  {spec.id}\t{spec.row_label}\t{spec.column_label}{unit}"


def _draw_block(block: Block) -> Iterator[str]:
    """Labels and headers as printed; what {row} stands for is told before each row, {column} above each column."""
    depth = max((len(row.group) for row in block.rows), default=0) + 1
    header = _header_lines(block, depth)
    has_units = any(row.unit for row in block.rows)
    lines = []
    above: tuple[str, ...] = ()
    for row in block.rows:
        groups = [
            "" if i < len(above) and above[: i + 1] == row.group[: i + 1] else g
            for i, g in enumerate(row.group)
        ]
        labels = [*groups, *[""] * (depth - 1 - len(groups)), row.label] if row.group else [row.label]
        cells = ["" if row.id is None else "·"] * _count_columns(block)
        units = [row.unit] if has_units else []
        lines.append([row.id or "", *labels, *[""] * (depth - len(labels)), *units, *cells])
        above = row.group
    if block.open_rows is not None:
        is_coded = block.open_rows.key is RowKey.CODE
        told = tell("messages.forms.open_code") if is_coded else tell("messages.forms.open_name")
        lines.append(["…", told, *[""] * (depth - 1), *["·"] * _count_columns(block)])
    if has_units:
        header = [[*line[: depth + 1], "", *line[depth + 1 :]] for line in header]
    if block.heading:
        yield f"[{block.heading}]"
    unit = say("messages.forms.in_unit", unit=block.unit) if block.unit else ""
    yield tell("messages.forms.fields", fields=block.field, unit=unit)
    yield from _draw([*header, *lines], len(header))


def _count_columns(block: Block) -> int:
    """How many columns are drawn: one for all where they are open."""
    return len(block.columns) if block.open_columns is None else 1


def _header_lines(block: Block, depth: int) -> list[list[str]]:
    """What is printed above the columns, a line for each step of the paths, and the ids of the columns."""
    corner = block.corner or "·".join(block.label_columns)
    if block.open_columns is not None:
        told = tell("messages.forms.open_columns")
        return [["", corner, *[""] * (depth - 1), told], ["id", *[""] * depth, "…"]]
    levels = max(len(column.path) for column in block.columns)
    lines = []
    for level in range(levels):
        names = [column.path[level] if level < len(column.path) else "" for column in block.columns]
        # A header that spans columns is written above the first of them.
        shown = ["" if i and name == names[i - 1] else name for i, name in enumerate(names)]
        lines.append([""] * (depth + 1) + shown)
    units = [f"{c.label} ({c.unit})" if c.unit and c.unit not in c.label else c.label for c in block.columns]
    lines.append(["", corner, *[""] * (depth - 1), *units])
    lines.append(["id", *[""] * depth, *(column.id for column in block.columns)])
    return lines


def _draw(lines: Sequence[Sequence[str]], header: int) -> Iterator[str]:
    cut = [[_cut(cell) for cell in line] for line in lines]
    widths = [max(_width(line[i]) for line in cut) for i in range(len(cut[0]))]
    rule = "+".join("-" * (width + 2) for width in widths)
    yield f"+{rule}+"
    for number, line in enumerate(cut, start=1):
        cells = (f" {cell}{' ' * (width - _width(cell))} " for cell, width in zip(line, widths, strict=True))
        yield f"|{'|'.join(cells)}|"
        if number in (header, len(cut)):
            yield f"+{rule}+"


def _width(text: str) -> int:
    """Columns of a terminal that the text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str) -> str:
    if _width(text) <= _WIDEST:
        return text
    out = ""
    for character in text:
        if _width(out + character) > _WIDEST - 1:
            break
        out += character
    return out + "…"
