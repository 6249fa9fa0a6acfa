"""The result JSON of the contract (docs/result.schema.json): typed results written as it and read back from it.

Sentences are worded here, in English, beside the codes they come from. A result that was written before there were
codes is read all the same: its sentences are kept as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from extractor.output.sentences import tell_finding, tell_reason
from extractor.values.geometry import Box
from extractor.values.reason import FindingCode, Parameter, Reason, ReasonCode
from extractor.values.result import (
    SCHEMA_VERSION,
    Candidate,
    Fact,
    Field,
    FieldStatus,
    Finding,
    Issue,
    Kind,
    MachineReading,
    Origin,
    PageFacts,
    Report,
    Result,
    ResultStatus,
    Section,
    Source,
    TextField,
)

_Code = TypeVar("_Code", ReasonCode, FindingCode)


class ResultFormatError(ValueError):
    """What was to be read is no result JSON of schema version 1; the message names the part that is not."""


def result_to_json(result: Result) -> dict[str, Any]:
    """The result as the contract's JSON object (schema version "1")."""
    source = asdict(result.source)
    if not result.source.duplicate_of:
        del source["duplicate_of"]
    return {
        "schema_version": SCHEMA_VERSION,
        "source": source,
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
        "engine": dict(result.engine),
        "timing": {stage: round(seconds, 3) for stage, seconds in result.timing.items()},
    }


def result_from_json(payload: Mapping[str, Any]) -> Result:
    """The typed result of a result JSON.

    Raises:
        ResultFormatError: it is none.
    """
    try:
        if payload["schema_version"] != SCHEMA_VERSION:
            raise ResultFormatError(f"schema version {payload['schema_version']!r} is not {SCHEMA_VERSION!r}")
        return Result(
            source=_source_from(payload["source"]),
            status=ResultStatus(payload["status"]),
            reports=tuple(_report_from(report) for report in payload["reports"]),
            pages=tuple(_page_from(page) for page in payload["pages"]),
            issues=tuple(Issue(i["code"], i["message"], i["page"]) for i in payload["issues"]),
            engine=dict(payload["engine"]),
            timing=dict(payload["timing"]),
        )
    except KeyError as error:
        raise ResultFormatError(f"no result: {error.args[0]!r} is missing") from error
    except (TypeError, AttributeError, ValueError, IndexError) as error:
        raise ResultFormatError(f"no result: {error}") from error


def field_to_json(item: Field) -> dict[str, Any]:
    """One field as it stands in a result JSON under its id."""
    told = {
        "value": number_to_json(item.value),
        "raw": item.raw,
        "kind": item.kind.value,
        "confidence": round(item.confidence, 6),
        "status": item.status.value,
        **_place(item),
        "candidates": [{"raw": c.raw, "probability": round(c.probability, 6)} for c in item.candidates],
        "reasons": [tell_reason(reason) for reason in item.reasons],
        "reason_codes": [
            {"code": reason.code.value, "parameters": _parameters(reason.parameters)}
            for reason in item.reasons
        ],
    }
    if item.origin is not None:
        told["origin"] = item.origin.value
    if item.machine is not None:
        machine = item.machine
        told["machine"] = {
            "value": number_to_json(machine.value),
            "raw": machine.raw,
            "kind": machine.kind.value,
            "confidence": round(machine.confidence, 6),
            "status": machine.status.value,
        }
    return told | ({"printed_so": True} if item.printed_so else {})


def field_from_json(key: str, told: Mapping[str, Any]) -> Field:
    """The field of that id.

    Raises:
        KeyError, TypeError, ValueError: it is no field of a result.
    """
    machine = told.get("machine")
    return Field(
        id=key,
        value=told["value"],
        raw=told["raw"],
        kind=Kind(told["kind"]),
        confidence=told["confidence"],
        status=FieldStatus(told["status"]),
        page_no=told["page"],
        box=_box_from(told["bbox"]),
        candidates=tuple(Candidate(c["raw"], c["probability"]) for c in told["candidates"]),
        reasons=_reasons_from(told),
        origin=Origin(told["origin"]) if "origin" in told else None,
        machine=None if machine is None else _machine_from(machine),
        printed_so=told.get("printed_so", False),
    )


def number_to_json(value: float | None) -> float | int | None:
    """A number without a point where it is whole."""
    return int(value) if value is not None and float(value).is_integer() else value


def _report(report: Report) -> dict[str, Any]:
    told = {
        "form": report.form,
        "title": report.title,
        "pages": list(report.pages),
        "organ": _text_field(report.organ),
        "year": _text_field(report.year),
        "fields": {item.id: field_to_json(item) for item in report.fields},
        "sections": [asdict(s) | {"pages": list(s.pages)} for s in report.sections],
        "facts": [_fact(item) for item in report.facts],
        "findings": [finding_to_json(finding) for finding in report.findings],
    }
    return told if report.reviewed is None else told | {"reviewed": report.reviewed}


def _report_from(told: Mapping[str, Any]) -> Report:
    first, last = told["pages"]
    return Report(
        form=told["form"],
        title=told["title"],
        pages=(first, last),
        organ=_text_field_from(told["organ"]),
        year=_text_field_from(told["year"]),
        fields=tuple(field_from_json(key, field) for key, field in told["fields"].items()),
        sections=tuple(
            Section(s["number"], s["title"], s["text"], tuple(s["pages"])) for s in told["sections"]
        ),
        facts=tuple(_fact_from(fact) for fact in told["facts"]),
        findings=tuple(_finding_from(finding) for finding in told["findings"]),
        reviewed=told.get("reviewed"),
    )


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """One finding as it stands in a result JSON."""
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "message": tell_finding(finding),
        "fields": list(finding.fields),
        "code": finding.code.value,
        "parameters": _parameters(finding.parameters),
    }


def _finding_from(told: Mapping[str, Any]) -> Finding:
    known = (
        told if "code" in told else {"code": FindingCode.TOLD, "parameters": {"sentence": told["message"]}}
    )
    code, parameters = _code_from(FindingCode, known, told["message"])
    return Finding(told["rule"], told["kind"], told["severity"], code, parameters, tuple(told["fields"]))


def _reasons_from(told: Mapping[str, Any]) -> tuple[Reason, ...]:
    sentences = told["reasons"]
    if "reason_codes" not in told:
        return tuple(Reason(ReasonCode.TOLD, {"sentence": sentence}) for sentence in sentences)
    pairs = zip(told["reason_codes"], sentences, strict=True)
    return tuple(Reason(*_code_from(ReasonCode, known, sentence)) for known, sentence in pairs)


def _code_from(
    codes: Callable[[str], _Code], known: Mapping[str, Any], sentence: str
) -> tuple[_Code, dict[str, Parameter]]:
    """A code with its parameters; what a later version wrote is kept as its sentence."""
    try:
        code = codes(known["code"])
    except ValueError:
        return codes("told"), {"sentence": sentence}
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in known["parameters"].items()
    }
    return code, parameters


def _parameters(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name: _parameter(value) for name, value in parameters.items()}


def _parameter(value: Parameter) -> object:
    if isinstance(value, tuple):
        return [_parameter(part) for part in value]
    return number_to_json(value) if isinstance(value, float) else value


def _text_field(item: TextField) -> dict[str, Any]:
    return {
        "value": item.value,
        "confidence": round(item.confidence, 6),
        "status": item.status.value,
        **_place(item),
    }


def _text_field_from(told: Mapping[str, Any]) -> TextField:
    return TextField(
        told["value"],
        told["confidence"],
        FieldStatus(told["status"]),
        told["page"],
        _box_from(told["bbox"]),
    )


def _fact(item: Fact) -> dict[str, Any]:
    return {
        "id": item.id,
        "value": number_to_json(item.value),
        "unit": item.unit,
        "text": item.text,
        **_place(item),
        "confidence": round(item.confidence, 6),
        "approximate": item.approximate,
        "scope": item.scope,
        "year": item.year,
    }


def _fact_from(told: Mapping[str, Any]) -> Fact:
    return Fact(
        id=told["id"],
        value=told["value"],
        unit=told["unit"],
        text=told["text"],
        page_no=told["page"],
        box=_box_from(told["bbox"]),
        confidence=told["confidence"],
        approximate=told.get("approximate", False),
        scope=told.get("scope", "own"),
        year=told.get("year"),
    )


def _source_from(told: Mapping[str, Any]) -> Source:
    return Source(told["name"], told["sha256"], told["bytes"], told["pages"], told.get("duplicate_of", ""))


def _page_from(told: Mapping[str, Any]) -> PageFacts:
    return PageFacts(
        number=told["number"],
        width=told["width"],
        height=told["height"],
        kind=told["kind"],
        rotation=told["rotation"],
        skew=told["skew"],
        issues=tuple(told["issues"]),
    )


def _machine_from(told: Mapping[str, Any]) -> MachineReading:
    return MachineReading(
        told["value"], told["raw"], Kind(told["kind"]), told["confidence"], FieldStatus(told["status"])
    )


def _place(item: Field | TextField | Fact) -> dict[str, Any]:
    box = item.box
    corners = None if box is None else [round(v, 1) for v in (box.left, box.top, box.right, box.bottom)]
    return {"page": item.page_no, "bbox": corners}


def _box_from(corners: list[float] | None) -> Box | None:
    return None if corners is None else Box(*corners)
