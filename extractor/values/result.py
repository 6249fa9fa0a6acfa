"""The result JSON of the contract as frozen values, and its codec.

Boxes here are PDF points, origin at the top left of the page as a viewer shows it; pages count from 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from extractor.values.geometry import Box

SCHEMA_VERSION = "1"


class Kind(StrEnum):
    """What stands in a cell."""

    NUMBER = "number"
    BLANK = "blank"
    DASH = "dash"
    UNREADABLE = "unreadable"
    #: The form has this field and the document does not print it.
    MISSING = "missing"


class FieldStatus(StrEnum):
    ACCEPTED = "accepted"
    REVIEW = "review"


class ResultStatus(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    NO_FORM_FOUND = "no_form_found"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about the data that a user should know; `page_no` None is the whole document."""

    code: str
    message: str
    page_no: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible reading of a cell with its posterior probability, 0 to 1."""

    raw: str
    probability: float


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical datum. `value` is what is printed; None for blank, dash, unreadable and missing."""

    id: str
    value: float | None
    raw: str
    kind: Kind
    confidence: float
    status: FieldStatus
    page_no: int | None = None
    box: Box | None = None
    candidates: tuple[Candidate, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextField:
    """The organ (text) or the year (a whole number); value None where it was not found."""

    value: str | int | None
    confidence: float
    status: FieldStatus
    page_no: int | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A section of prose; paragraphs of `text` are separated by a line feed."""

    number: int
    title: str
    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number the prose states; `text` is its sentence.

    approximate: said so (余, 约). scope: "own", "area" for all bodies of a district, "part" for
    one of several. year: the calendar year it is
    said of, None for the report's own. confidence: that it is read rightly.
    """

    id: str
    value: float
    unit: str
    text: str
    page_no: int
    box: Box | None
    confidence: float
    approximate: bool = False
    scope: str = "own"
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction or oddity of what is printed; `kind` is arithmetic, prose, date or form."""

    rule: str
    kind: str
    severity: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One annual report; `pages` are the first and the last page number."""

    form: str
    title: str
    pages: tuple[int, int]
    organ: TextField
    year: TextField
    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Width and height in PDF points as shown; rotation clockwise in degrees to turn upright; skew in degrees."""

    number: int
    width: float
    height: float
    kind: str
    rotation: int = 0
    skew: float = 0.0
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    sha256: str
    bytes: int
    pages: int


@dataclass(frozen=True, slots=True)
class Result:
    """Everything read from one document."""

    source: Source
    status: ResultStatus
    reports: tuple[Report, ...] = ()
    pages: tuple[PageFacts, ...] = ()
    issues: tuple[Issue, ...] = ()
    engine: dict[str, str] = field(default_factory=dict)
    #: Seconds by stage.
    timing: dict[str, float] = field(default_factory=dict)


def _number(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value


def _box(box: Box | None) -> list[float] | None:
    return None if box is None else [round(v, 1) for v in (box.left, box.top, box.right, box.bottom)]


def _place(item: Field | TextField | Fact) -> dict[str, Any]:
    return {"page": item.page_no, "bbox": _box(item.box)}


def _field(item: Field) -> dict[str, Any]:
    return {
        "value": _number(item.value),
        "raw": item.raw,
        "kind": item.kind.value,
        "confidence": round(item.confidence, 6),
        "status": item.status.value,
        **_place(item),
        "candidates": [{"raw": c.raw, "probability": round(c.probability, 6)} for c in item.candidates],
        "reasons": list(item.reasons),
    }


def _text_field(item: TextField) -> dict[str, Any]:
    return {
        "value": item.value,
        "confidence": round(item.confidence, 6),
        "status": item.status.value,
        **_place(item),
    }


def _fact(item: Fact) -> dict[str, Any]:
    return {
        "id": item.id,
        "value": _number(item.value),
        "unit": item.unit,
        "text": item.text,
        **_place(item),
        "confidence": round(item.confidence, 6),
        "approximate": item.approximate,
        "scope": item.scope,
        "year": item.year,
    }


def _report(report: Report) -> dict[str, Any]:
    return {
        "form": report.form,
        "title": report.title,
        "pages": list(report.pages),
        "organ": _text_field(report.organ),
        "year": _text_field(report.year),
        "fields": {item.id: _field(item) for item in report.fields},
        "sections": [asdict(s) | {"pages": list(s.pages)} for s in report.sections],
        "facts": [_fact(item) for item in report.facts],
        "findings": [asdict(f) | {"fields": list(f.fields)} for f in report.findings],
    }


def result_to_json(result: Result) -> dict[str, Any]:
    """The result as the contract's JSON object (schema version "1")."""
    return {
        "schema_version": SCHEMA_VERSION,
        "source": asdict(result.source),
        "status": result.status.value,
        "reports": [_report(report) for report in result.reports],
        "pages": [
            asdict(page)
            | {
                "width": round(page.width, 1),
                "height": round(page.height, 1),
                "skew": round(page.skew, 2),
                "issues": list(page.issues),
            }
            for page in result.pages
        ],
        "issues": [{"code": i.code, "message": i.message, "page": i.page_no} for i in result.issues],
        "engine": result.engine,
        "timing": {stage: round(seconds, 3) for stage, seconds in result.timing.items()},
    }
