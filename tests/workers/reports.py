"""Result JSONs made by hand: a report of the 2021 form in which all is zero but what a test says."""

from __future__ import annotations

from functools import cache
from typing import Any

from extractor.deciding.decoding import decode
from extractor.deciding.redecide import Evidence, read_raw, report_identities, report_specs
from extractor.forms.definition import Form, load_forms
from extractor.values.option import Option

FORM = "gio-2021"


@cache
def forms() -> dict[str, Form]:
    return load_forms()


def field(
    raw: str = "0", confidence: float = 0.999, *others: tuple[str, float], box: bool = True
) -> dict[str, Any]:
    """A field the machine reads as `raw`; one below the limit is in review."""
    kind = {"": "blank", "/": "dash"}.get(raw, "number")
    return {
        "value": float(raw) if kind == "number" else None,
        "raw": raw,
        "kind": kind,
        "confidence": confidence,
        "status": "accepted" if confidence >= 0.985 else "review",
        "page": 1 if box else None,
        "bbox": [100.0, 100.0, 160.0, 118.0] if box else None,
        "candidates": [
            {"raw": text, "probability": probability} for text, probability in ((raw, confidence), *others)
        ],
        "reasons": [] if confidence >= 0.985 else ["low confidence"],
    }


def report(organ: str = "某市公安局", year: int = 2024, **changed: dict[str, Any]) -> dict[str, Any]:
    """`changed`: fields by id, with __ for the dots."""
    fields = {key: field() for key in forms()[FORM].specs()}
    fields |= {key.replace("__", "."): value for key, value in changed.items()}
    text = {"confidence": 1.0, "status": "accepted", "page": 1, "bbox": [0.0, 0.0, 9.0, 9.0]}
    return {
        "form": FORM,
        "title": "年度报告",
        "pages": [1, 1],
        "organ": {"value": organ, **text},
        "year": {"value": year, **text},
        "fields": fields,
        "sections": [{"number": 1, "title": "总体情况", "text": "<b>正文</b>", "pages": [1]}],
        "facts": [],
        "findings": [
            {"rule": "prose", "kind": "prose", "severity": "info", "message": "<i>x</i>", "fields": []}
        ],
    }


def result(*reports: dict[str, Any]) -> dict[str, Any]:
    """The result JSON of a document of one page, or of several reports on it."""
    page = {
        "number": 1,
        "width": 595.0,
        "height": 842.0,
        "kind": "scan",
        "rotation": 0,
        "skew": 0.0,
        "issues": [],
    }
    return {
        "schema_version": "1",
        "source": {"name": "年报.pdf", "sha256": "0" * 64, "bytes": 9, "pages": 1},
        "status": "complete",
        "reports": list(reports),
        "pages": [page],
        "issues": [],
        "engine": {},
        "timing": {},
    }


def doubtful_row() -> dict[str, Any]:
    """A report with a cell and the total of its row that read 3 or 8, both alike; no other sum can be formed.

    Posteriors are those that decoding gives: the two support each other, and neither is certain.
    """
    unread = {f"requests.total.{column}": _unread() for column in ("natural_person", "total")}
    doubts = ("requests.granted.natural_person", "requests.granted.total")
    made = report(**{key.replace(".", "__"): value for key, value in unread.items()})
    made["fields"] |= {key: field("3", 0.8, ("8", 0.19)) for key in doubts}
    evidence = Evidence(
        {key: _options(item) for key, item in made["fields"].items()},
        report_identities(made, forms()),
        {key: spec.table for key, spec in report_specs(made, forms()).items()},
    )
    beliefs = decode(evidence.options, evidence.identities, evidence.tables)
    made["fields"] |= {key: field("3", beliefs[key][0], ("8", beliefs[key][1])) for key in doubts}
    return made


def _unread() -> dict[str, Any]:
    return {**field("", 0.0), "kind": "unreadable", "candidates": []}


def _options(item: dict[str, Any]) -> tuple[Option, ...]:
    found = ((c["raw"], read_raw(c["raw"], decimals=True), c["probability"]) for c in item["candidates"])
    return tuple(Option(raw, content, share) for raw, content, share in found if content is not None)
