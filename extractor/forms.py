"""Forms are data: a YAML file says which tables a printed form has, how they are labelled and what must add up.

A table is a list of blocks; a block has columns (with the header path printed above them) and rows (with the
brackets printed beside them). Every data cell has one canonical field id, made from the block's pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from extractor.errors import UsageError

_NOT_TEXT = re.compile(r"[^0-9A-Za-z\u3007\u4e00-\u9fff]")


def normalise(text: str) -> str:
    """Text as labels are compared: NFKC, without spaces, punctuation and brackets."""
    return _NOT_TEXT.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a block. path: headers above its label, outermost first. unit: "" when the block's holds."""

    id: str
    label: str
    path: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unit: str = ""
    decimals: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a block; id None for a printed row that holds no field. group: brackets beside it, outermost first."""

    id: str | None
    label: str
    group: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unit: str = ""
    decimals: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Printed label and its variants, normalised."""
        return tuple(normalise(text) for text in (self.label, *self.aliases))


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one header. heading: a line across above it, "" when there is none."""

    field: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    heading: str = ""
    corner: str = ""
    unit: str = ""
    label_columns: tuple[str, ...] = ()

    def field_id(self, row: Row, column: Column) -> str:
        """Canonical id of the cell where a row with an id meets a column."""
        return self.field.replace("{row}", row.id or "").replace("{column}", column.id)


@dataclass(frozen=True, slots=True)
class FormTable:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Fields whose sums must agree: sum of left = sum of right."""

    id: str
    message: str
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What is known of a field before reading: where it stands in the form and what it may hold."""

    id: str
    table: str
    row_label: str
    column_label: str
    unit: str
    decimals: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A printed form: its sections of prose (number, title), tables and identities."""

    id: str
    title: str
    sections: tuple[tuple[int, str], ...]
    tables: tuple[FormTable, ...]
    identities: tuple[Identity, ...]

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
                )


def load_forms(folders: Sequence[Path] = ()) -> dict[str, Form]:
    """The built-in forms and those in `folders` (a user's form replaces a built-in one of the same id).

    Raises:
        UsageError: a file is not a form; the message names it and says what is wrong.
    """
    forms: dict[str, Form] = {}
    built_in = resources.files("extractor") / "form_files"
    texts = [(entry.name, entry.read_text(encoding="utf-8")) for entry in built_in.iterdir()]
    for folder in folders:
        paths = sorted(folder.glob("*.y*ml")) if folder.is_dir() else [folder]
        texts += [(str(path), _read_text(path)) for path in paths]
    for name, text in sorted(texts) if not folders else texts:
        if name.endswith((".yaml", ".yml")):
            form = parse_form(text, name)
            forms[form.id] = form
    return dict(sorted(forms.items(), reverse=True))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 text: {error}") from error


@lru_cache(maxsize=64)
def parse_form(text: str, name: str) -> Form:
    """A form from the text of its YAML file.

    Raises:
        UsageError: the text is not YAML, or lacks a part a form needs.
    """
    try:
        data = yaml.safe_load(text)
        tables = tuple(_table(item) for item in data["tables"])
        form = Form(
            id=str(data["id"]),
            title=str(data["title"]),
            sections=tuple((int(s["number"]), str(s["title"])) for s in data.get("sections", ())),
            tables=tables,
            identities=tuple(i for item in data.get("identities", ()) for i in _identities(item, tables)),
        )
    except yaml.YAMLError as error:
        raise UsageError(f"{name}: not valid YAML: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"{name}: not a form: missing or misplaced {error}") from error
    twice = [key for key, count in Counter(s.id for t in tables for s in table_specs(t)).items() if count > 1]
    if twice:
        raise UsageError(f"{name}: fields that stand in two places: {', '.join(twice)}")
    known = form.specs()
    for identity in form.identities:
        unknown = [field for field in identity.fields if field not in known]
        if unknown:
            raise UsageError(f"{name}: identity {identity.id} names unknown fields: {', '.join(unknown)}")
    return form


def _table(item: Mapping[str, Any]) -> FormTable:
    return FormTable(str(item["id"]), str(item.get("title", "")), tuple(_block(b) for b in item["blocks"]))


def _block(item: Mapping[str, Any]) -> Block:
    return Block(
        field=str(item["field"]),
        columns=tuple(
            Column(
                id=str(c["id"]),
                label=str(c["label"]),
                path=tuple(c.get("path", ())),
                aliases=tuple(c.get("aliases", ())),
                unit=str(c.get("unit", "")),
                decimals=bool(c.get("decimals", False)),
            )
            for c in item["columns"]
        ),
        rows=tuple(
            Row(
                id=None if r.get("id") is None else str(r["id"]),
                label=str(r["label"]),
                group=tuple(r.get("group", ())),
                aliases=tuple(r.get("aliases", ())),
                unit=str(r.get("unit", "")),
                decimals=bool(r.get("decimals", False)),
            )
            for r in item["rows"]
        ),
        heading=str(item.get("heading", "")),
        corner=str(item.get("corner", "")),
        unit=str(item.get("unit", "")),
        label_columns=tuple(item.get("label_columns", ())),
    )


def _identities(item: Mapping[str, Any], tables: Sequence[FormTable]) -> Iterable[Identity]:
    """One identity, or one per column or row of a table when it says `columns:` or `rows:`."""
    values: list[dict[str, str]] = [{}]
    for key, name in (("columns", "column"), ("rows", "row")):
        if key in item:
            table = next((t for t in tables if t.id == item[key]), None)
            if table is None:
                raise KeyError(f"table {item[key]!r}, named by identity {item['id']!r}")
            block = table.blocks[0]
            ids = [c.id for c in block.columns] if key == "columns" else [r.id for r in block.rows if r.id]
            values = [{name: str(value)} for value in ids]
    for value in values:

        def fill(text: str, value: dict[str, str] = value) -> str:
            for name, part in value.items():
                text = text.replace("{" + name + "}", part)
            return text

        yield Identity(
            id=fill(str(item["id"])),
            message=fill(str(item.get("message", ""))),
            left=tuple(fill(str(f)) for f in item["left"]),
            right=tuple(fill(str(f)) for f in item["right"]),
        )
