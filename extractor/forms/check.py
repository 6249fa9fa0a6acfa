"""What a form file must hold: every fault of it is told, with its line and column and what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.forms.meaning import INDENT, KEYS, OPEN, check_meaning, find_meant, is_form_id
from extractor.forms.yaml_text import FormText, FormTextError, Path, Problem, Unquoted, read_form_text
from extractor.wording.said import Said, say

#: Faults of a file that are told at most.
_MAX_TOLD = 50


@dataclass(frozen=True, slots=True)
class _Part:
    """A mapping of the format: what it is called in messages, its keys with their kinds, and which it must have."""

    name: str
    keys: Mapping[str, str]
    needed: tuple[str, ...]


#: Kinds: `text` any words, `words` not empty, `id` a name, `id?` a name or none, `number` 1 to 99, `year` one of 2000
#: to 2099, `flag` true or false, `key` what names open rows, `texts` and `words*` lists of these, `levels` one of
#: numbers or the word indent, and `[part]` a list of parts, `[part]+` with at least one. `rows`, `columns`: a list
#: of these, or the word that they are open.
PARTS: Mapping[str, _Part] = {
    "form": _Part(
        "form",
        {
            "id": "id",
            "title": "words",
            "titles": "[title]",
            "sections": "[section]",
            "tables": "[table]+",
            "identities": "[identity]",
        },
        ("id", "title", "tables"),
    ),
    "title": _Part("title", {"pattern": "words", "examples": "[example]"}, ("pattern",)),
    "example": _Part("example", {"text": "words", "organ": "text", "year": "year"}, ("text",)),
    "section": _Part("section", {"number": "number", "title": "words"}, ("number", "title")),
    "table": _Part(
        "table", {"id": "id", "title": "text", "repeats": "flag", "blocks": "[block]+"}, ("id", "blocks")
    ),
    "block": _Part(
        "block",
        {
            "heading": "text",
            "field": "words",
            "unit": "text",
            "corner": "text",
            "label_columns": "texts",
            "columns": "columns",
            "rows": "rows",
            "key": "key",
            "levels": "levels",
            "total": "words",
            "total_columns": "words+",
            "decimals": "flag",
            "signed": "flag",
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
            "optional": "flag",
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
        problems += check_meaning(source)
    return (None if problems else source.data), sorted(problems)


def list_problems(name: str, problems: Sequence[Problem]) -> list[Said]:
    """Lines `name:line:column: what is wrong`, at most so many as a person reads."""
    lines = [
        say("forms.at", name=name, line=str(p.line), column=str(p.column), what=p.message)
        for p in problems[:_MAX_TOLD]
    ]
    more = len(problems) - len(lines)
    return [*lines, say("forms.more", name=name, count=more)] if more else lines


def read_parts(text: str) -> dict[str, Any] | None:
    """The data of a form file whose parts are all as they should be, whatever their names; None for another."""
    try:
        source = read_form_text(text)
    except FormTextError:
        return None
    is_whole = isinstance(source.data, dict) and not list(_check_part(source, (), source.data, PARTS["form"]))
    return source.data if is_whole else None


def _check_part(source: FormText, path: Path, value: Any, part: _Part) -> Iterator[Problem]:
    if not isinstance(value, dict):
        keys = ", ".join(part.keys)
        yield source.problem(path, say("forms.must_have_keys", part=part.name, keys=keys, value=_show(value)))
        return
    for key, item in value.items():
        if key in part.keys:
            yield from _check_value(source, (*path, key), item, part.keys[key])
        else:
            meant = find_meant(key, part.keys)
            message = say("forms.unknown_key", key=repr(key), part=part.name, meant=meant)
            yield source.problem((*path, key), message, is_unknown_key=True)
    for key in part.needed:
        if key not in value:
            yield source.problem(path, say("forms.needs_key", part=part.name, key=repr(key)))


def _check_value(source: FormText, path: Path, value: Any, kind: str) -> Iterator[Problem]:
    if (kind in _OPEN and value == OPEN) or (kind == "levels" and value == INDENT):
        return
    if kind in _OPEN and isinstance(value, str):
        told = "forms.no_rows" if kind == "rows" else "forms.no_columns"
        yield source.problem(path, say(told, value=_show(value)))
    elif kind in _OPEN:
        yield from _check_parts(source, path, value, _OPEN[kind])
    elif kind.startswith("["):
        yield from _check_parts(source, path, value, kind)
    elif kind in _LISTS:
        if not isinstance(value, list):
            yield source.problem(path, say("forms.must_be_list", key=repr(path[-1]), value=_plain(value)))
        elif not value and kind == "words+":
            yield source.problem(path, say("forms.must_name_field", key=repr(path[-1])))
        else:
            for i, item in enumerate(value):
                yield from _check_scalar(source, (*path, i), item, _LISTS[kind])
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
    if fault or is_form_id(value):
        return fault
    return say("forms.fault.no_id", value=repr(value[:60]))


def _fault_of_number(value: Any) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 99
    return "" if good else say("forms.fault.no_number", value=_plain(value))


def _fault_of_year(value: Any) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 2000 <= value <= 2099
    return "" if good else say("forms.fault.no_year", value=_plain(value))


def _fault_of_key(value: Any) -> str:
    return "" if value in KEYS else say("forms.fault.no_row_key", value=_plain(value))


def _fault_of_flag(value: Any) -> str:
    return "" if isinstance(value, bool) else say("forms.fault.no_flag", value=_plain(value))


_SCALARS: Mapping[str, Callable[[Any], str]] = {
    "text": _fault_of_text,
    "words": _fault_of_words,
    "id": _fault_of_id,
    "number": _fault_of_number,
    "year": _fault_of_year,
    "flag": _fault_of_flag,
    "key": _fault_of_key,
}
#: What may be left open, and the list that it else is.
_OPEN: Mapping[str, str] = {"rows": "[row]+", "columns": "[column]+"}
#: What the items of a list are.
_LISTS: Mapping[str, str] = {"texts": "text", "words*": "words", "words+": "words", "levels": "number"}


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
