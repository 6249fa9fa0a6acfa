"""What a form file must hold: every fault of it is told, with its line and column and what would mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from rapidfuzz import fuzz, process

from extractor.forms.yaml_text import FormText, FormTextError, Path, Problem, Unquoted, read_form_text
from extractor.wording.said import say

_ID = re.compile(r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: The most fields of a form, and sums that may be written for it.
_MAX_FIELDS, _MAX_SUMS = 5_000, 5_000
#: A name this like a known one (0 to 100) was meant to be it.
_MEANT = 70


@dataclass(frozen=True, slots=True)
class _Part:
    """A mapping of the format: what it is called in messages, its keys with their kinds, and which it must have."""

    name: str
    keys: Mapping[str, str]
    needed: tuple[str, ...]


#: Kinds: `text` any words, `words` not empty, `id` a name, `id?` a name or none, `number` 1 to 99, `flag` true or
#: false, `texts` and `words*` lists of these, and `[part]` a list of parts, `[part]+` with at least one.
PARTS: Mapping[str, _Part] = {
    "form": _Part(
        "form",
        {
            "id": "id",
            "title": "words",
            "sections": "[section]",
            "tables": "[table]+",
            "identities": "[identity]",
        },
        ("id", "title", "tables"),
    ),
    "section": _Part("section", {"number": "number", "title": "words"}, ("number", "title")),
    "table": _Part("table", {"id": "id", "title": "text", "blocks": "[block]+"}, ("id", "blocks")),
    "block": _Part(
        "block",
        {
            "heading": "text",
            "field": "words",
            "unit": "text",
            "corner": "text",
            "label_columns": "texts",
            "columns": "[column]+",
            "rows": "[row]+",
        },
        ("field", "columns", "rows"),
    ),
    "column": _Part(
        "column",
        {
            "id": "id",
            "label": "text",
            "path": "texts",
            "aliases": "words*",
            "unit": "text",
            "decimals": "flag",
            "signed": "flag",
        },
        ("id", "label"),
    ),
    "row": _Part(
        "row",
        {
            "id": "id?",
            "label": "text",
            "group": "texts",
            "aliases": "words*",
            "unit": "text",
            "decimals": "flag",
            "signed": "flag",
        },
        ("label",),
    ),
    "identity": _Part(
        "identity",
        {
            "id": "words",
            "message": "text",
            "columns": "id",
            "rows": "id",
            "left": "words+",
            "right": "words+",
        },
        ("id", "left", "right"),
    ),
}


def is_form_id(text: str) -> bool:
    """True for what may be the id of a form, a table, a row or a column."""
    return bool(_ID.fullmatch(text))


def check_form_text(text: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The data of a form file, None when it is wrong, and all that is wrong in it, from top to bottom."""
    try:
        source = read_form_text(text)
    except FormTextError as error:
        return None, sorted(error.problems)
    if not isinstance(source.data, dict):
        return None, [Problem(1, 1, say("forms.file_empty" if source.data is None else "forms.file_no_keys"))]
    problems = list(_check_part(source, (), source.data, PARTS["form"]))
    if all(problem.is_unknown_key for problem in problems):
        problems += _check_meaning(source)
    return (None if problems else source.data), sorted(problems)


def _check_part(source: FormText, path: Path, value: Any, part: _Part) -> Iterator[Problem]:
    if not isinstance(value, dict):
        keys = ", ".join(part.keys)
        yield source.problem(path, say("forms.must_have_keys", part=part.name, keys=keys, value=_show(value)))
        return
    for key, item in value.items():
        if key in part.keys:
            yield from _check_value(source, (*path, key), item, part.keys[key])
        else:
            meant = _meant(key, part.keys)
            message = say("forms.unknown_key", key=repr(key), part=part.name, meant=meant)
            yield source.problem((*path, key), message, is_unknown_key=True)
    for key in part.needed:
        if key not in value:
            yield source.problem(path, say("forms.needs_key", part=part.name, key=repr(key)))


def _check_value(source: FormText, path: Path, value: Any, kind: str) -> Iterator[Problem]:
    if kind.startswith("["):
        yield from _check_parts(source, path, value, kind)
    elif kind in ("texts", "words*", "words+"):
        if not isinstance(value, list):
            yield source.problem(path, say("forms.must_be_list", key=repr(path[-1]), value=_plain(value)))
        elif not value and kind == "words+":
            yield source.problem(path, say("forms.must_name_field", key=repr(path[-1])))
        else:
            for i, item in enumerate(value):
                yield from _check_scalar(source, (*path, i), item, "text" if kind == "texts" else "words")
    else:
        yield from _check_scalar(source, path, value, kind)


def _check_parts(source: FormText, path: Path, value: Any, kind: str) -> Iterator[Problem]:
    part = PARTS[kind.strip("[]+")]
    if not isinstance(value, list):
        yield source.problem(path, say("forms.must_be_list_of", key=repr(path[-1]), part=part.name))
        return
    if not value and kind.endswith("+"):
        yield source.problem(path, say("forms.must_have_one", key=repr(path[-1]), part=part.name))
    for i, item in enumerate(value):
        yield from _check_part(source, (*path, i), item, part)


def _check_scalar(source: FormText, path: Path, value: Any, kind: str) -> Iterator[Problem]:
    name = next(str(step) for step in reversed(path) if isinstance(step, str))
    if kind == "id?" and value is None:
        return
    message = _SCALARS[kind.removesuffix("?")](value)
    if message:
        yield source.problem(path, say("forms.value", key=repr(name), fault=message))


def _fault_of_text(value: Any) -> str:
    if isinstance(value, str):
        return ""
    if value is None:
        return say("forms.fault.empty")
    if isinstance(value, (list, dict)):
        return say("forms.fault.no_words", value=_show(value))
    return say("forms.fault.yaml_takes", value=_plain(value))


def _fault_of_words(value: Any) -> str:
    return _fault_of_text(value) or ("" if value.strip() else say("forms.fault.not_empty"))


def _fault_of_id(value: Any) -> str:
    fault = _fault_of_words(value)
    if fault or _ID.fullmatch(value):
        return fault
    return say("forms.fault.no_id", value=repr(value[:60]))


def _fault_of_number(value: Any) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 99
    return "" if good else say("forms.fault.no_number", value=_plain(value))


def _fault_of_flag(value: Any) -> str:
    return "" if isinstance(value, bool) else say("forms.fault.no_flag", value=_plain(value))


_SCALARS: Mapping[str, Callable[[Any], str]] = {
    "text": _fault_of_text,
    "words": _fault_of_words,
    "id": _fault_of_id,
    "number": _fault_of_number,
    "flag": _fault_of_flag,
}


def _show(value: Any) -> str:
    if isinstance(value, list):
        return say("forms.a_list")
    return say("forms.keys") if isinstance(value, dict) else _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return say("forms.nothing")
    if isinstance(value, bool):
        return str(value).lower()
    return value.text[:60] if isinstance(value, Unquoted) else str(value)[:60]


def _meant(name: str, known: Sequence[str] | Mapping[str, str]) -> str:
    found = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=_MEANT)
    return say("forms.meant", name=repr(found[0])) if found else ""


def _check_meaning(source: FormText) -> Iterator[Problem]:
    """Names that must differ or must exist; called on data whose parts are all as they should be."""
    data = source.data
    yield from _check_once(source, ("sections",), [s["number"] for s in data.get("sections", ())], "number")
    yield from _check_once(source, ("tables",), [t["id"] for t in data["tables"]], "id")
    count = 0
    for t, table in enumerate(data["tables"]):
        for b, block in enumerate(table["blocks"]):
            path: Path = ("tables", t, "blocks", b)
            named = [r.get("id") for r in block["rows"]]
            yield from _check_once(source, (*path, "columns"), [c["id"] for c in block["columns"]], "id")
            yield from _check_once(source, (*path, "rows"), named, "id")
            yield from _check_pattern(source, (*path, "field"), block["field"], ("row", "column"))
            count += len(block["columns"]) * sum(1 for name in named if name is not None)
    if count == 0:
        yield source.problem(("tables",), say("forms.no_fields"))
    if count > _MAX_FIELDS:
        yield source.problem(("tables",), say("forms.many_fields", count=count, most=_MAX_FIELDS))
        return
    fields: set[str] = set()
    yield from _collect_fields(source, fields)
    yield from _check_identities(source, fields)


def _check_once(source: FormText, path: Path, names: Sequence[Any], key: str) -> Iterator[Problem]:
    first: dict[Any, int] = {}
    for i, name in enumerate(names):
        if name is not None and name in first:
            line = source.places[*path, first[name]][0]
            yield source.problem((*path, i, key), say("forms.once", key=key, name=repr(name), line=line))
        first.setdefault(name, i)


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
            for row in block["rows"]:
                for column in block["columns"] if row.get("id") is not None else ():
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
                say("forms.no_table", name=repr(item[key]), meant=_meant(item[key], list(tables))),
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
                meant = _meant(unknown[0], sorted(fields))
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
        names = [column["id"] for block in tables[item["columns"]]["blocks"] for column in block["columns"]]
        return [{"column": name} for name in dict.fromkeys(names)]
    if "rows" in item:
        rows = [row for block in tables[item["rows"]]["blocks"] for row in block["rows"]]
        return [{"row": name} for name in dict.fromkeys(row.get("id") for row in rows) if name is not None]
    return [{}]
