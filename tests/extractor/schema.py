"""As much of JSON Schema (2020-12) as the published schema uses, so that checking it needs no dependency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
    "boolean": (bool,),
}
_KNOWN = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required", "enum", "const",
    "additionalProperties", "items", "minItems", "maxItems", "minimum", "maximum", "pattern", "propertyNames",
    "if", "then", "else",
}  # fmt: skip


def check_schema(value: Any, schema: dict[str, Any]) -> list[str]:
    """What of the value breaks the schema, as `place: reason`; empty when nothing does."""
    return list(_check(value, schema, schema, "$"))


def _check(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise ValueError(f"the checker does not know {sorted(unknown)}")
    if "$ref" in schema:
        yield from _check(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, place)
    if "type" in schema and not _is_type(value, schema["type"]):
        yield f"{place}: {value!r} is no {schema['type']}"
        return
    if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
        yield f"{place}: not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    yield from _check_content(value, schema, root, place)
    if "if" in schema:
        broken = any(_check(value, schema["if"], root, place))
        yield from _check(value, schema["else" if broken else "then"], root, place)


def _check_content(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _check_object(value, schema, root, place)
    elif isinstance(value, list):
        yield from _check_array(value, schema, root, place)
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{place}: {value!r} does not match {schema['pattern']}"
    elif isinstance(value, int | float) and not _in_range(value, schema):
        yield f"{place}: {value} out of range"


def _in_range(value: float, schema: dict[str, Any]) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _is_type(value: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    # To Python True is a whole number, to JSON it is none.
    return any(
        isinstance(value, _TYPES[name]) and isinstance(value, bool) == (name == "boolean") for name in names
    )


def _check_object(
    value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], place: str
) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place}: lacks {name}"
    known = schema.get("properties", {})
    for name, item in value.items():
        if "propertyNames" in schema:
            yield from _check(name, schema["propertyNames"], root, f"{place}.{name}")
        if name in known:
            yield from _check(item, known[name], root, f"{place}.{name}")
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from _check(item, schema["additionalProperties"], root, f"{place}.{name}")


def _check_array(value: list[Any], schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{place}: {len(value)} items"
    for i, item in enumerate(value):
        yield from _check(item, schema.get("items", {}), root, f"{place}[{i}]")
