"""Results made by hand: a report of the 2021 form in which all is zero but what a test says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from extractor.deciding.decoding import decode
from extractor.deciding.redecide import Evidence, read_raw, report_identities, report_specs
from extractor.forms.definition import Form, load_forms
from extractor.output.result_json import result_to_json
from extractor.values.geometry import Box
from extractor.values.option import Option
from extractor.values.reason import FindingCode, Reason, ReasonCode
from extractor.values.result import (
    Candidate,
    Field,
    FieldStatus,
    Finding,
    Issue,
    Kind,
    PageFacts,
    Report,
    Result,
    ResultStatus,
    Section,
    Source,
    TextField,
)

FORM = "gio-2021"
#: Cells that stand beside each other in one row.
IN_A_ROW = [
    f"requests.granted.{name}" for name in ("natural_person", "business", "research", "public_welfare")
]
_LIMIT = 0.985


@cache
def forms() -> dict[str, Form]:
    return load_forms()


def field(raw: str = "0", confidence: float = 0.999, *others: tuple[str, float], **changed: Any) -> Field:
    """A field the machine reads as `raw`; one below the limit is in review. A report gives it its id."""
    kind = {"": Kind.BLANK, "/": Kind.DASH}.get(raw, Kind.NUMBER)
    is_sure = confidence >= _LIMIT
    made = Field(
        id="",
        value=float(raw) if kind is Kind.NUMBER else None,
        raw=raw,
        kind=kind,
        confidence=confidence,
        status=FieldStatus.ACCEPTED if is_sure else FieldStatus.REVIEW,
        page_no=1,
        box=Box(100.0, 100.0, 160.0, 118.0),
        candidates=tuple(Candidate(text, share) for text, share in ((raw, confidence), *others)),
        reasons=() if is_sure else (Reason(ReasonCode.LOW_CONFIDENCE),),
    )
    return replace(made, **changed)


def unread(kind: Kind = Kind.UNREADABLE) -> Field:
    """A field that says nothing; one that is missing stands nowhere."""
    nowhere: dict[str, Any] = {"page_no": None, "box": None} if kind is Kind.MISSING else {}
    return field("", 0.0, kind=kind, candidates=(), **nowhere)


def report(organ: str = "某市公安局", year: int = 2024, **changed: Field) -> Report:
    """`changed`: fields by id, with __ for the dots."""
    box = Box(0.0, 0.0, 9.0, 9.0)
    made = Report(
        form=FORM,
        title="年度报告",
        pages=(1, 1),
        organ=TextField(organ, 1.0, FieldStatus.ACCEPTED, 1, box),
        year=TextField(year, 1.0, FieldStatus.ACCEPTED, 1, box),
        fields=tuple(replace(field(), id=key) for key in forms()[FORM].specs()),
        sections=(Section(1, "总体情况", "<b>正文</b>", (1,)),),
        findings=(told_finding("<i>x</i>"),),
    )
    return with_fields(made, {key.replace("__", "."): item for key, item in changed.items()})


def told_finding(sentence: str, rule: str = "prose") -> Finding:
    """A finding of prose that says so."""
    return Finding(rule, "prose", "info", FindingCode.TOLD, {"sentence": sentence})


def with_fields(made: Report, changed: Mapping[str, Field]) -> Report:
    """The report with other fields of these ids; new ones come last."""
    items = {item.id: item for item in made.fields} | changed
    return replace(made, fields=tuple(replace(item, id=key) for key, item in items.items()))


def get_field(made: Report, key: str) -> Field:
    """The report's field of that id."""
    return next(item for item in made.fields if item.id == key)


def result(*reports: Report, **changed: Any) -> Result:
    """The result of a document of one page, or of several reports on it."""
    made = Result(
        source=Source("年报.pdf", "0" * 64, 9, 1),
        status=ResultStatus.COMPLETE,
        reports=reports,
        pages=(PageFacts(1, 595.0, 842.0, "scan"),),
    )
    return replace(made, **changed)


def failed_result(code: str = "damaged", **changed: Any) -> Result:
    """The result of a document that could not be read."""
    issues = (Issue(code, "b.pdf is damaged"),)
    return result(status=ResultStatus.FAILED, issues=issues, **changed)


def put(folder: Path, name: str, made: Result) -> None:
    """Writes the result JSON to `folder`/`name`.json."""
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result_to_json(made), ensure_ascii=False), encoding="utf-8")


def doubtful_row() -> Report:
    """A report with a cell and the total of its row that read 3 or 8, both alike; no other sum can be formed.

    Posteriors are those that decoding gives: the two support each other, and neither is certain.
    """
    doubts = ("requests.granted.natural_person", "requests.granted.total")
    made = with_fields(
        report(),
        {f"requests.total.{column}": unread() for column in ("natural_person", "total")}
        | {key: field("3", 0.8, ("8", 0.19)) for key in doubts},
    )
    evidence = Evidence(
        {item.id: _options(item) for item in made.fields},
        report_identities(made, forms()),
        {key: spec.table for key, spec in report_specs(made, forms()).items()},
    )
    beliefs = decode(evidence.options, evidence.identities, evidence.tables)
    return with_fields(made, {key: field("3", beliefs[key][0], ("8", beliefs[key][1])) for key in doubts})


def _options(item: Field) -> tuple[Option, ...]:
    found = ((c.raw, read_raw(c.raw, decimals=True), c.probability) for c in item.candidates)
    return tuple(Option(raw, content, share) for raw, content, share in found if content is not None)
