"""Forms are data: a YAML file says which tables a printed form has, how they are labelled and what must add up.

A table is a list of blocks; a block has columns (with the header path printed above them) and rows (with the
brackets printed beside them). Every data cell has one canonical field id, made from the block's pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache, reduce
from importlib import resources
from pathlib import Path
from typing import Any

from extractor.forms.check import check_form_text, list_problems
from extractor.forms.meaning import INDENT, OPEN, fill_pattern, spread, written_columns, written_rows
from extractor.seams.errors import UsageError
from extractor.wording.said import say, tell_os_error

_NOT_TEXT = re.compile(r"[^0-9A-Za-z\u3007\u4e00-\u9fff]")


@lru_cache(maxsize=16_384)
def normalise(text: str) -> str:
    """Text as labels are compared: NFKC, without spaces, punctuation and brackets."""
    return _NOT_TEXT.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a block. path: headers above its label, outermost first. unit: "" when the block's holds.

    is_sure: False where its id was read from a document and may be misread.
    """

    id: str
    label: str
    path: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unit: str = ""
    decimals: bool = False
    signed: bool = False
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a block; id None for a printed row that holds no field. group: brackets beside it, outermost first.

    is_sure: False where its id was read from a document and may be misread. optional: bodies leave it out that have
    nothing to print in it. level: how deep a document indents it, from 0, where that tells what nests; else None.
    """

    id: str | None
    label: str
    group: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unit: str = ""
    decimals: bool = False
    signed: bool = False
    is_sure: bool = True
    optional: bool = False
    level: int | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Printed label and its variants, normalised."""
        return tuple(normalise(text) for text in (self.label, *self.aliases))


class RowKey(StrEnum):
    """What names a row that the form does not know: the code printed before its name, or the name."""

    CODE = "code"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class OpenRows:
    """How the rows of a block are named that differ from body to body.

    levels: digits of the codes of each level, as 3, 5, 7: the row of a code is the sum of those whose codes begin
    with it. () where codes do not nest. by_indent: rows are sums of those below them that are indented further.
    """

    key: RowKey
    levels: tuple[int, ...] = ()
    by_indent: bool = False


@dataclass(frozen=True, slots=True)
class OpenColumns:
    """What is known of the columns of a block that differ from body to body: all but their words.

    totals: words of columns that are sums of those under the same words, normalised. decimals, signed: of a column.
    """

    totals: tuple[str, ...] = ()
    decimals: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one header. heading: a line across above it, "" when there is none.

    open_rows: None where the form knows all rows; else `rows` holds at most that of their sum. open_columns: the same
    of columns, of which it holds none.
    """

    field: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    heading: str = ""
    corner: str = ""
    unit: str = ""
    label_columns: tuple[str, ...] = ()
    open_rows: OpenRows | None = None
    open_columns: OpenColumns | None = None

    def field_id(self, row: Row, column: Column) -> str:
        """Canonical id of the cell where a row with an id meets a column."""
        return self.field.replace("{row}", row.id or "").replace("{column}", column.id)


@dataclass(frozen=True, slots=True)
class FormTable:
    """repeats: documents may print it several times. copy_of: of which table it is the second one, or a later one."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    repeats: bool = False
    copy_of: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Fields whose sums must agree: sum of left = sum of right.

    message: what the form says of it, for people. sort: the same for sums that say the same of other rows or columns,
    such as those of three rows of one table.
    """

    id: str
    message: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    sort: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return self.left + self.right

    def without(self, fields: Container[str]) -> Identity:
        """The sum without some fields, which count nothing."""
        left, right = (tuple(f for f in side if f not in fields) for side in (self.left, self.right))
        return replace(self, left=left, right=right)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What is known of a field before reading: where it stands in the form and what it may hold.

    signed: it is a change, which may be less than nothing. optional: it is none where its row is not printed.
    """

    id: str
    table: str
    row_label: str
    column_label: str
    unit: str
    decimals: bool
    signed: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A printed form: its sections of prose (number, title), tables and identities.

    row_sums, column_sums: identities of every row or column of a table that leaves them open, by the table's id.
    titles: patterns of the titles of its documents, of `titles.read_title`.
    """

    id: str
    title: str
    sections: tuple[tuple[int, str], ...]
    tables: tuple[FormTable, ...]
    identities: tuple[Identity, ...]
    row_sums: tuple[tuple[str, Identity], ...] = ()
    column_sums: tuple[tuple[str, Identity], ...] = ()
    titles: tuple[str, ...] = ()

    def table(self, table_id: str) -> FormTable | None:
        """The table of that id, None when the form has none."""
        return next((table for table in self.tables if table.id == table_id), None)

    def specs(self) -> dict[str, FieldSpec]:
        """Every field of the form in printed order, by id."""
        return {spec.id: spec for table in self.tables for spec in table_specs(table)}


def table_specs(table: FormTable) -> Iterable[FieldSpec]:
    """The fields of one table in printed order."""
    for block in table.blocks:
        for row in block.rows:
            for column in block.columns if row.id is not None else ():
                yield FieldSpec(
                    id=block.field_id(row, column),
                    table=table.id,
                    row_label=row.label,
                    column_label="/".join((*column.path, column.label)),
                    unit=row.unit or column.unit or block.unit,
                    decimals=row.decimals or column.decimals,
                    signed=row.signed or column.signed,
                    optional=row.optional,
                )


def load_forms(folders: Sequence[Path] = ()) -> dict[str, Form]:
    """The built-in forms and those in `folders`, which are form files or folders of them, by id.

    A user's form replaces a built-in one of the same id.

    Raises:
        UsageError: a file is not a form, or two say they are the same; the message names them and says why.
    """
    own: dict[str, tuple[Form, Path]] = {}
    for path in form_paths(folders):
        form = parse_form(read_form_file(path), str(path))
        if form.id in own:
            raise UsageError(say("options.forms.twice", path=path, form=form.id, other=own[form.id][1]))
        own[form.id] = form, path
    forms = built_in_forms() | {key: form for key, (form, _) in own.items()}
    return dict(sorted(forms.items(), reverse=True))


def built_in_forms() -> dict[str, Form]:
    """The statutory forms that come with the extractor, by id."""
    entries = [e for e in (resources.files("extractor") / "form_files").iterdir() if e.name.endswith(".yaml")]
    forms = [parse_form(entry.read_text(encoding="utf-8"), entry.name) for entry in entries]
    return {form.id: form for form in forms}


def list_families() -> dict[str, Path]:
    """The files of forms that come along and are read only where they are asked for by name, by their names."""
    folder = resources.files("extractor") / "form_files" / "families"
    return {path.stem: path for path in sorted(Path(str(folder)).glob("*.yaml"))}


def form_schema() -> str:
    """The JSON Schema of form files, as text."""
    return (resources.files("extractor") / "form_files" / "form.schema.json").read_text(encoding="utf-8")


def form_paths(folders: Sequence[Path]) -> list[Path]:
    """The form files that the user names, one by one or by their folders; each once.

    Raises:
        UsageError: a folder has none.
    """
    found: dict[Path, Path] = {}
    for folder in folders:
        paths = sorted(folder.glob("*.y*ml")) if folder.is_dir() else [folder]
        if not paths:
            raise UsageError(say("options.forms.no_file", folder=folder))
        found |= {path.absolute(): path for path in paths}
    return list(found.values())


def read_form_file(path: Path) -> str:
    """The text of a form file.

    Raises:
        UsageError: it cannot be read, or is not UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(say("options.forms.unreadable", path=path, why=tell_os_error(error))) from error
    except UnicodeDecodeError as error:
        raise UsageError(say("options.forms.no_text", path=path, place=error.start + 1)) from error


@lru_cache(maxsize=64)
def parse_form(text: str, name: str) -> Form:
    """A form from the text of its YAML file; `name` is the file's, for messages.

    Raises:
        UsageError: the text is not YAML, or not a form; it tells every fault with its line and column.
    """
    data, problems = check_form_text(text)
    if data is None:
        told = reduce(
            lambda first, second: say("forms.both", first=first, second=second), list_problems(name, problems)
        )
        raise UsageError(told)
    tables = {table["id"]: table for table in data["tables"]}
    return Form(
        id=data["id"],
        title=data["title"],
        titles=tuple(item["pattern"] for item in data.get("titles", ())),
        sections=tuple((s["number"], s["title"]) for s in data.get("sections", ())),
        tables=tuple(_table(item) for item in data["tables"]),
        identities=tuple(i for item in data.get("identities", ()) for i in _identities(item, tables)),
        row_sums=_open_sums(data, "rows"),
        column_sums=_open_sums(data, "columns"),
    )


def _open_sums(data: Mapping[str, Any], axis: str) -> tuple[tuple[str, Identity], ...]:
    is_open = {table["id"]: any(block[axis] == OPEN for block in table["blocks"]) for table in data["tables"]}
    return tuple(
        (item[axis], _identity(item, {}))
        for item in data.get("identities", ())
        if axis in item and is_open[item[axis]]
    )


def _table(item: Mapping[str, Any]) -> FormTable:
    blocks = tuple(_block(b) for b in item["blocks"])
    return FormTable(item["id"], item.get("title", ""), blocks, item.get("repeats", False))


def _block(item: Mapping[str, Any]) -> Block:
    return Block(
        field=item["field"],
        columns=tuple(
            Column(
                id=c["id"],
                label=c["label"],
                path=tuple(c.get("path", ())),
                aliases=tuple(c.get("aliases", ())),
                unit=c.get("unit", ""),
                decimals=c.get("decimals", False),
                signed=c.get("signed", False),
            )
            for c in written_columns(item)
        ),
        rows=tuple(
            Row(
                id=r.get("id"),
                label=r["label"],
                group=tuple(r.get("group", ())),
                aliases=tuple(r.get("aliases", ())),
                unit=r.get("unit", ""),
                decimals=r.get("decimals", False),
                signed=r.get("signed", False),
                optional=r.get("optional", False),
            )
            for r in written_rows(item)
        ),
        heading=item.get("heading", ""),
        corner=item.get("corner", ""),
        unit=item.get("unit", ""),
        label_columns=tuple(item.get("label_columns", ())),
        open_rows=_open_rows(item) if item["rows"] == OPEN else None,
        open_columns=_open_columns(item) if item["columns"] == OPEN else None,
    )


def _open_columns(item: Mapping[str, Any]) -> OpenColumns:
    totals = tuple(normalise(text) for text in item.get("total_columns", ()))
    return OpenColumns(totals, item.get("decimals", False), item.get("signed", False))


def _open_rows(item: Mapping[str, Any]) -> OpenRows:
    levels, by_indent = item.get("levels", ()), item.get("levels") == INDENT
    return OpenRows(RowKey(item.get("key", RowKey.CODE)), () if by_indent else tuple(levels), by_indent)


def _identities(item: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterable[Identity]:
    """One identity, or one per column or row of a table when it says `columns:` or `rows:`."""
    for value in spread(item, tables):
        yield _identity(item, value)


def _identity(item: Mapping[str, Any], value: Mapping[str, str]) -> Identity:
    return Identity(
        id=fill_pattern(item["id"], value),
        message=fill_pattern(item.get("message", ""), value),
        left=tuple(fill_pattern(f, value) for f in item["left"]),
        right=tuple(fill_pattern(f, value) for f in item["right"]),
        sort=" = ".join(" + ".join(_leaf(f) for f in item[side]) for side in ("left", "right")),
    )


def _leaf(field: str) -> str:
    return field.rpartition(".")[2]
