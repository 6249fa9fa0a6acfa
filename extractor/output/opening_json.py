"""Rows and columns that a document prints where its form leaves them open, in a result JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extractor.forms.opening import OpenColumn, OpenRow


def open_rows_to_json(rows: Sequence[OpenRow]) -> list[dict[str, Any]]:
    """The rows as a report of a result JSON holds them under `open_rows`."""
    return [
        {"table": row.table, "field": row.field, "id": row.id, "label": row.label, "sure": row.is_sure}
        | ({} if row.level is None else {"level": row.level})
        for row in rows
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


def open_columns_to_json(columns: Sequence[OpenColumn]) -> list[dict[str, Any]]:
    """The columns as a report of a result JSON holds them under `open_columns`."""
    return [
        {"table": one.table, "field": one.field, "id": one.id, "label": one.label, "sure": one.is_sure}
        | ({"path": list(one.path)} if one.path else {})
        for one in columns
    ]


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
