"""What a form file means: names that must differ or must exist, and the patterns its sums are spread by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from rapidfuzz import fuzz, process

from extractor.forms.titles import PLACEHOLDERS, fold_title, list_placeholders, read_title
from extractor.forms.yaml_text import FormText, Path, Problem
from extractor.wording.said import say

_ID = re.compile(r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: The most fields of a form, and sums that may be written for it.
_MAX_FIELDS, _MAX_SUMS = 5_000, 5_000
#: What a block says whose rows differ from body to body, and the id of the row of their sum.
OPEN, TOTAL = "open", "total"
#: What it says in place of the digits of its codes where labels nest by how far they are indented.
INDENT = "indent"
#: Stands for the rows and the columns of such a block where sums are checked.
_ANY = "any"
#: Keys of a block that only open rows have, or open columns.
_OF_OPEN = {"rows": ("key", "levels", "total"), "columns": ("total_columns", "decimals", "signed")}
#: A name this like a known one (0 to 100) was meant to be it.
_MEANT = 70
#: What may name an open row; the first is usual.
KEYS = ("code", "name")


def is_form_id(text: str) -> bool:
    """True for what may be the id of a form, a table, a row or a column."""
    return bool(_ID.fullmatch(text))


def find_meant(name: str, known: Sequence[str] | Mapping[str, str]) -> str:
    """A question after the known name that was meant; "" where none is like it."""
    found = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=_MEANT)
    return say("forms.meant", name=repr(found[0])) if found else ""


def check_meaning(source: FormText) -> Iterator[Problem]:
    """Names that must differ or must exist; called on data whose parts are all as they should be."""
    data = source.data
    yield from _check_titles(source)
    yield from _check_once(source, ("sections",), [s["number"] for s in data.get("sections", ())], "number")
    yield from _check_once(source, ("tables",), [t["id"] for t in data["tables"]], "id")
    count = 0
    for t, table in enumerate(data["tables"]):
        for b, block in enumerate(table["blocks"]):
            path: Path = ("tables", t, "blocks", b)
            yield from _check_open(source, path, block)
            yield from _check_told(source, path, table, block)
            named = [r.get("id") for r in _all_rows(block)]
            columns = [c["id"] for c in _all_columns(block)]
            if block["columns"] != OPEN:
                yield from _check_once(source, (*path, "columns"), columns, "id")
            if block["rows"] != OPEN:
                yield from _check_once(source, (*path, "rows"), named, "id")
            yield from _check_pattern(source, (*path, "field"), block["field"], ("row", "column"))
            count += len(columns) * sum(1 for name in named if name is not None)
    if count == 0:
        yield source.problem(("tables",), say("forms.no_fields"))
    if count > _MAX_FIELDS:
        yield source.problem(("tables",), say("forms.many_fields", count=count, most=_MAX_FIELDS))
        return
    fields: set[str] = set()
    yield from _collect_fields(source, fields)
    yield from _check_identities(source, fields)


def _check_titles(source: FormText) -> Iterator[Problem]:
    """Patterns of titles: what stands in their braces, and whether their examples read as they say."""
    for i, item in enumerate(source.data.get("titles", ())):
        path: Path = ("titles", i)
        braced = list_placeholders(item["pattern"])
        odd = [name for name in braced if name not in PLACEHOLDERS]
        twice = [name for name in ("organ", "year") if braced.count(name) > 1]
        if odd or twice:
            key, name = ("forms.titles.odd", odd[0]) if odd else ("forms.titles.twice", twice[0])
            known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
            yield source.problem((*path, "pattern"), say(key, name=f"{{{name}}}", known=known))
            continue
        for e, example in enumerate(item.get("examples", ())):
            place = (*path, "examples", e)
            told = read_title(fold_title(example["text"]), [item["pattern"]])
            if told is None:
                yield source.problem(place, say("forms.titles.unread", text=example["text"]))
                continue
            for key, value in (("organ", told.organ), ("year", told.year)):
                if key in example and example[key] != value:
                    message = say("forms.titles.other", key=repr(key), value=value or say("forms.nothing"))
                    yield source.problem((*place, key), message)


def _check_once(source: FormText, path: Path, names: Sequence[Any], key: str) -> Iterator[Problem]:
    first: dict[Any, int] = {}
    for i, name in enumerate(names):
        if name is not None and name in first:
            line = source.places[*path, first[name]][0]
            yield source.problem((*path, i, key), say("forms.once", key=key, name=repr(name), line=line))
        first.setdefault(name, i)


def _check_open(source: FormText, path: Path, block: Mapping[str, Any]) -> Iterator[Problem]:
    """What only a block of open rows or columns may say, and must."""
    for axis, keys in _OF_OPEN.items():
        for key in keys if block[axis] != OPEN else ():
            if key in block:
                told = "forms.only_open" if axis == "rows" else "forms.only_open_columns"
                yield source.problem((*path, key), say(told, key=repr(key)))
    if block["columns"] == OPEN and "{column}" not in block["field"]:
        yield source.problem((*path, "field"), say("forms.open_without_column"))
    if block["rows"] != OPEN:
        return
    if "{row}" not in block["field"]:
        yield source.problem((*path, "field"), say("forms.open_without_row"))
    levels = block.get("levels", ())
    if levels == INDENT:
        return
    if list(levels) != sorted(set(levels)):
        yield source.problem((*path, "levels"), say("forms.levels_rise"))
    if levels and block.get("key", KEYS[0]) != KEYS[0]:
        yield source.problem((*path, "levels"), say("forms.levels_of_codes"))


def _check_told(
    source: FormText, path: Path, table: Mapping[str, Any], block: Mapping[str, Any]
) -> Iterator[Problem]:
    """Whether anything tells which table one with open columns is: labels of its rows, or its title."""
    if block["columns"] != OPEN or table.get("title", "").strip():
        return
    if block["rows"] == OPEN or not any(row["label"].strip() for row in block["rows"]):
        yield source.problem((*path, "columns"), say("forms.open_without_title"))


def written_columns(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The columns that a block as written names; none where they are open."""
    return [] if block["columns"] == OPEN else list(block["columns"])


def _all_columns(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The same with one that stands for all that a document may print."""
    if block["columns"] != OPEN:
        return list(block["columns"])
    return [{"id": name, "label": ""} for name in ((_ANY, TOTAL) if "total_columns" in block else (_ANY,))]


def written_rows(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows that a block as written names: of open ones that of their sum."""
    if block["rows"] != OPEN:
        return list(block["rows"])
    return [{"id": TOTAL, "label": block["total"]}] if "total" in block else []


def _all_rows(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The same with one that stands for all that a document may print."""
    return [*written_rows(block), *([{"id": _ANY, "label": ""}] if block["rows"] == OPEN else [])]


def _check_pattern(source: FormText, path: Path, text: str, known: Sequence[str]) -> Iterator[Problem]:
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            braced = ["{" + word + "}" for word in known]
            allowed = reduce(
                lambda first, second: say("forms.or", first=first, second=second), braced or [""]
            )
            told = say("forms.placeholder", name=f"{{{name}}}", allowed=allowed or say("forms.no_braces"))
            yield source.problem(path, told)
    rest = _PLACEHOLDER.sub("x", text)
    if not _ID.fullmatch(rest):
        yield source.problem(path, say("forms.no_field_id", text=repr(text[:60])))


def _collect_fields(source: FormText, fields: set[str]) -> Iterator[Problem]:
    """The field ids, put into `fields`; a problem for each that a form already has."""
    for t, table in enumerate(source.data["tables"]):
        for b, block in enumerate(table["blocks"]):
            twice: dict[str, None] = {}
            for row in _all_rows(block):
                for column in _all_columns(block) if row.get("id") is not None else ():
                    name = fill_pattern(block["field"], {"row": row["id"], "column": column["id"]})
                    if name in fields:
                        twice[name] = None
                    fields.add(name)
            if twice:
                shown = ", ".join(list(twice)[:5])
                path = ("tables", t, "blocks", b, "field")
                yield source.problem(path, say("forms.two_places", fields=shown))


def _check_identities(source: FormText, fields: set[str]) -> Iterator[Problem]:
    tables = {table["id"]: table for table in source.data["tables"]}
    seen: dict[str, int] = {}
    count = 0
    for i, item in enumerate(source.data.get("identities", ())):
        path: Path = ("identities", i)
        found = list(_check_scope(source, path, item, tables))
        if found:
            yield from found
            continue
        values = spread(item, tables)
        for axis, name in (("rows", "row"), ("columns", "column")):
            if axis in item and any(block[axis] == OPEN for block in tables[item[axis]]["blocks"]):
                values.append({name: _ANY})
        count += len(values)
        if count > _MAX_SUMS:
            yield source.problem(path, say("forms.many_sums", most=_MAX_SUMS))
            return
        names = {fill_pattern(item["id"], value) for value in values}
        if len(names) < len(values):
            yield source.problem(
                (*path, "id"), say("forms.sums_differ", id=repr(item["id"]), wanted=_wanted(item))
            )
        for name in names & seen.keys():
            yield source.problem((*path, "id"), say("forms.identity_once", name=repr(name), line=seen[name]))
        seen |= dict.fromkeys(names, source.places[path][0])
        yield from _check_sides(source, path, values, fields)


def _wanted(item: Mapping[str, Any]) -> str:
    return say("forms.put_column") if "columns" in item else say("forms.put_row")


def _check_scope(
    source: FormText, path: Path, item: Mapping[str, Any], tables: Mapping[str, Any]
) -> Iterator[Problem]:
    """What an identity is spread over, and whether its patterns say no more than that."""
    if "columns" in item and "rows" in item:
        yield source.problem((*path, "rows"), say("forms.either"))
    for key in ("columns", "rows"):
        if key in item and item[key] not in tables:
            yield source.problem(
                (*path, key),
                say("forms.no_table", name=repr(item[key]), meant=find_meant(item[key], list(tables))),
            )
    known = [name for key, name in (("columns", "column"), ("rows", "row")) if key in item]
    for key in ("id", "left", "right"):
        texts = [item[key]] if key == "id" else item[key]
        for i, text in enumerate(texts):
            yield from _check_pattern(source, (*path, key) if key == "id" else (*path, key, i), text, known)


def _check_sides(
    source: FormText, path: Path, values: Sequence[Mapping[str, str]], fields: set[str]
) -> Iterator[Problem]:
    item = source.data["identities"][path[-1]]
    used: set[str] = set()
    for side in ("left", "right"):
        for i, pattern in enumerate(item[side]):
            names = [fill_pattern(pattern, value) for value in values]
            unknown = [name for name in names if name not in fields]
            if unknown:
                meant = find_meant(unknown[0], sorted(fields))
                message = say("forms.unknown_fields", fields=", ".join(unknown[:5]), meant=meant)
                yield source.problem((*path, side, i), message)
            if pattern in used:
                yield source.problem((*path, side, i), say("forms.twice", pattern=repr(pattern)))
            used.add(pattern)


def fill_pattern(pattern: str, values: Mapping[str, str]) -> str:
    """The pattern with {row} and {column} replaced where `values` has them."""
    for name, value in values.items():
        pattern = pattern.replace("{" + name + "}", value)
    return pattern


def spread(item: Mapping[str, Any], tables: Mapping[str, Any]) -> list[dict[str, str]]:
    """What an identity's patterns are filled with: once, or per column or row of the table it names.

    Args:
        item: The identity as written.
        tables: The tables as written, by id.
    """
    if "columns" in item:
        names = [
            column["id"] for block in tables[item["columns"]]["blocks"] for column in written_columns(block)
        ]
        return [{"column": name} for name in dict.fromkeys(names)]
    if "rows" in item:
        rows = [row for block in tables[item["rows"]]["blocks"] for row in written_rows(block)]
        return [{"row": name} for name in dict.fromkeys(row.get("id") for row in rows) if name is not None]
    return [{}]
