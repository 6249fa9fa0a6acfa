"""datapackage.json: what the dataset's files hold, as a Frictionless Data Package, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workers.exports.columns import TEXT, Column, Table
from workers.files.digests import file_digest

_NAME = "government-information-disclosure-reports"
_MEDIA = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}


def describe_dataset(
    folder: Path, tables: Iterable[Table], formats: Iterable[str], rows: Mapping[str, int]
) -> dict[str, Any]:
    """The data package of files that lie in a folder. rows: how many each table has, by its name."""
    formats = tuple(formats)
    resources = [
        _describe(folder / f"{table.name}.{name}", table, name, rows[table.name])
        for table in tables
        for name in formats
    ]
    return {
        "profile": "data-package",
        "name": _NAME,
        "title": "政府信息公开工作年度报告数据集",
        "title_en": "Figures of annual reports on government information disclosure",
        "description": (
            "Numbers as printed, read from scans. A blank and a dash are null, a printed 0 is 0; "
            "fields.kind tells them apart."
        ),
        "resources": resources,
    }


def _describe(path: Path, table: Table, kind: str, rows: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        # Names are unique in a package; the same table in two formats is two resources.
        "name": f"{table.name}-{kind}",
        "path": path.name,
        "profile": "tabular-data-resource" if kind == "csv" else "data-resource",
        "title": table.title,
        "title_en": table.name,
        "description": table.meaning,
        "format": kind,
        "mediatype": _MEDIA[kind],
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{file_digest(path)}",
        "rows": rows,
        "schema": {
            "fields": [_field(column, is_key=column.name in table.key) for column in table.columns],
            "primaryKey": list(table.key),
            "missingValues": [""],
        },
    }
    if kind == "csv":
        described["dialect"] = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True}
    return described


def _field(column: Column, *, is_key: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "title": column.title,
        "title_en": column.name.replace("_", " ").replace(".", ": "),
        "description": column.meaning,
    }
    if column.unit:
        described |= {"unit": column.unit, "unit_en": column.english_unit}
    # A text that may be empty is never null here, but a reader of CSV takes the two for the same.
    if column.required and (is_key or column.type != TEXT):
        described["constraints"] = {"required": True}
    return described
