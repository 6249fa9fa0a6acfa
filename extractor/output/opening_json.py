"""What a document prints where its form leaves it open, in a result JSON: rows, columns, how often a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from extractor.forms.opening import OpenColumn, OpenRow
from extractor.forms.repeating import RepeatedTable


def opening_to_json(
    rows: Sequence[OpenRow], columns: Sequence[OpenColumn], tables: Sequence[RepeatedTable]
) -> dict[str, Any]:
    """The rows, columns and tables as a report of a result JSON holds them, under a key each; {} for none."""
    told = {
        "open_rows": _rows_to_json(rows),
        "open_columns": _columns_to_json(columns),
        "repeated_tables": [
            {"table": one.table, "of": one.of, "name": one.name, "fields": list(one.fields)} for one in tables
        ],
    }
    return {key: found for key, found in told.items() if found}


def _rows_to_json(rows: Sequence[OpenRow]) -> list[dict[str, Any]]:
    return [
        {"table": row.table, "field": row.field, "id": row.id, "label": row.label, "sure": row.is_sure}
        | ({} if row.level is None else {"level": row.level})
        for row in rows
    ]


def _columns_to_json(columns: Sequence[OpenColumn]) -> list[dict[str, Any]]:
    return [
        {"table": one.table, "field": one.field, "id": one.id, "label": one.label, "sure": one.is_sure}
        | ({"path": list(one.path)} if one.path else {})
        for one in columns
    ]


def open_row_from_json(told: Mapping[str, Any]) -> OpenRow:
    """One of them.

    Raises:
        KeyError, TypeError: it is none.
    """
    row = OpenRow(told["table"], told["field"], told["id"], told["label"], told["sure"], told.get("level"))
    kinds = {"table": str, "field": str, "id": str, "label": str, "sure": bool}
    is_level = row.level is None or type(row.level) is int
    if not is_level or any(type(told[name]) is not kind for name, kind in kinds.items()):
        raise TypeError(f"{str(told)[:40]!r} is no row")
    return row


def open_column_from_json(told: Mapping[str, Any]) -> OpenColumn:
    """One of them.

    Raises:
        KeyError, TypeError: it is none.
    """
    path = tuple(told.get("path", ()))
    column = OpenColumn(told["table"], told["field"], told["id"], told["label"], path, told["sure"])
    kinds = {"table": str, "field": str, "id": str, "label": str, "sure": bool}
    if any(type(told[name]) is not kind for name, kind in kinds.items()) or any(
        type(text) is not str for text in path
    ):
        raise TypeError(f"{str(told)[:40]!r} is no column")
    return column


def repeated_table_from_json(told: Mapping[str, Any]) -> RepeatedTable:
    """One of the tables that a document prints several times.

    Raises:
        KeyError, TypeError: it is none.
    """
    texts = told["table"], told["of"], told["name"], *told["fields"]
    if any(type(text) is not str for text in texts):
        raise TypeError(f"{str(told)[:40]!r} is no table")
    return RepeatedTable(told["table"], told["of"], told["name"], tuple(told["fields"]))


#: What reads one of them, by the key that they stand under.
OPENED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "open_rows": open_row_from_json,
    "open_columns": open_column_from_json,
    "repeated_tables": repeated_table_from_json,
}
