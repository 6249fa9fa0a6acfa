"""The result JSON of the contract (docs/result.schema.json): typed results written as it and read back from it.

Sentences are worded here, in English, beside their codes; of a result from before there were codes they are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from extractor.output.issue_json import issue_to_json, word_issue
from extractor.output.opening_json import OPENED, opening_to_json
from extractor.output.sentences import find_reason, parameter_from_json, tell_finding, tell_reason
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
_T = TypeVar("_T")


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
        "issues": [issue_to_json(issue) for issue in result.issues],
        "engine": dict(result.engine),
        "timing": {stage: round(seconds, 3) for stage, seconds in result.timing.items()},
    }


def result_from_json(payload: Mapping[str, Any]) -> Result:
    """The typed result of a result JSON.

    Raises:
        ResultFormatError: it is none.
    """
    return _read_part("result", payload, _result_from)


def _result_from(payload: Mapping[str, Any]) -> Result:
    if payload["schema_version"] != SCHEMA_VERSION:
        raise ResultFormatError(f"schema version {payload['schema_version']!r} is not {SCHEMA_VERSION!r}")
    return Result(
        source=_read_part("source", payload["source"], _source_from),
        status=ResultStatus(payload["status"]),
        reports=_read_each("reports", payload["reports"], _report_from),
        pages=_read_each("pages", payload["pages"], _page_from),
        issues=_read_each("issues", payload["issues"], _issue_from),
        engine={name: _checked(told, str) for name, told in payload["engine"].items()},
        timing={stage: _number(seconds) for stage, seconds in payload["timing"].items()},
    )


def _read_part(name: str, told: Any, read: Callable[[Any], _T]) -> _T:
    """A part of a result; what is wrong with it is told with its name, and those of the parts it is in."""
    try:
        return read(told)
    except ResultFormatError as error:
        raise ResultFormatError(f"{name}: {error}") from error
    except KeyError as error:
        raise ResultFormatError(f"{name}: {error.args[0]!r} is missing") from error
    except (TypeError, AttributeError, ValueError, IndexError) as error:
        raise ResultFormatError(f"{name}: {error}") from error


def _read_each(name: str, told: Any, read: Callable[[Any], _T]) -> tuple[_T, ...]:
    parts: Iterable[Any] = _checked(told, list)
    return tuple(_read_part(f"{name}[{place}]", part, read) for place, part in enumerate(parts))


def _checked(told: Any, kind: type[_T]) -> _T:
    """Raises ResultFormatError for another kind; a truth value is no number."""
    if not isinstance(told, kind) or (kind is int and isinstance(told, bool)):
        raise ResultFormatError(f"{str(told)[:40]!r} is no {kind.__name__}")
    return told


def _number(told: Any) -> float:
    # Neither NaN nor digits that no float can hold.
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    if not is_number or not abs(told) <= sys.float_info.max:
        raise ResultFormatError(f"{str(told)[:40]!r} is no number")
    number: float = told
    return number


def _optional(told: Any, check: Callable[[Any], _T]) -> _T | None:
    return None if told is None else check(told)


_whole, _text = partial(_checked, kind=int), partial(_checked, kind=str)


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
    return Field(
        id=key,
        value=_optional(told["value"], _number),
        raw=_text(told["raw"]),
        kind=Kind(told["kind"]),
        confidence=_number(told["confidence"]),
        status=FieldStatus(told["status"]),
        page_no=_optional(told["page"], _whole),
        box=_box_from(told["bbox"]),
        candidates=tuple(Candidate(_text(c["raw"]), _number(c["probability"])) for c in told["candidates"]),
        reasons=_reasons_from(told),
        origin=Origin(told["origin"]) if "origin" in told else None,
        machine=_optional(told.get("machine"), _machine_from),
        printed_so=_checked(told.get("printed_so", False), bool),
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
    told |= opening_to_json(report.open_rows, report.open_columns, report.repeated_tables)
    return told if report.reviewed is None else told | {"reviewed": report.reviewed}


def _report_from(told: Mapping[str, Any]) -> Report:
    first, last = told["pages"]
    return Report(
        form=_text(told["form"]),
        title=_text(told["title"]),
        pages=(_whole(first), _whole(last)),
        organ=_read_part("organ", told["organ"], partial(_text_field_from, _text)),
        year=_read_part("year", told["year"], partial(_text_field_from, _whole)),
        fields=tuple(
            _read_part(f"fields.{key}", field, partial(field_from_json, key))
            for key, field in told["fields"].items()
        ),
        sections=_read_each("sections", told["sections"], _section_from),
        facts=_read_each("facts", told["facts"], _fact_from),
        findings=_read_each("findings", told["findings"], _finding_from),
        reviewed=_optional(told.get("reviewed"), lambda reviewed: _checked(reviewed, bool)),
        **{key: _read_each(key, told.get(key, []), read_one) for key, read_one in OPENED.items()},
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
    def tell(code: FindingCode, parameters: Mapping[str, Parameter]) -> str:
        return tell_finding(Finding("", "", "", code, parameters))

    code, parameters = _code_from(FindingCode, tell, told, _text(told["message"]))
    return Finding(
        rule=_text(told["rule"]),
        kind=_text(told["kind"]),
        severity=_text(told["severity"]),
        code=code,
        parameters=parameters,
        fields=tuple(_text(key) for key in told["fields"]),
    )


def _reasons_from(told: Mapping[str, Any]) -> tuple[Reason, ...]:
    def tell(code: ReasonCode, parameters: Mapping[str, Parameter]) -> str:
        return tell_reason(Reason(code, parameters))

    sentences = [_text(sentence) for sentence in told["reasons"]]
    if "reason_codes" not in told:
        plain = (Reason(ReasonCode.TOLD, {"sentence": sentence}) for sentence in sentences)
        return tuple(
            find_reason(sentence) or reason for sentence, reason in zip(sentences, plain, strict=True)
        )
    pairs = zip(told["reason_codes"], sentences, strict=True)
    return tuple(Reason(*_code_from(ReasonCode, tell, known, sentence)) for known, sentence in pairs)


def _code_from(
    codes: Callable[[str], _Code],
    tell: Callable[[_Code, Mapping[str, Parameter]], str],
    known: Mapping[str, Any],
    sentence: str,
) -> tuple[_Code, dict[str, Parameter]]:
    """A code with its parameters; without one, or with one that a later version tells, its sentence is kept."""
    try:
        code = codes(known["code"])
        parameters: dict[str, Parameter] = {
            name: parameter_from_json(value) for name, value in known["parameters"].items()
        }
        tell(code, parameters)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return codes("told"), {"sentence": sentence}
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


def _text_field_from(check: Callable[[Any], str | int], told: Mapping[str, Any]) -> TextField:
    return TextField(
        value=_optional(told["value"], check),
        confidence=_number(told["confidence"]),
        status=FieldStatus(told["status"]),
        page_no=_optional(told["page"], _whole),
        box=_box_from(told["bbox"]),
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
        id=_text(told["id"]),
        value=_number(told["value"]),
        unit=_text(told["unit"]),
        text=_text(told["text"]),
        page_no=_whole(told["page"]),
        box=_box_from(told["bbox"]),
        confidence=_number(told["confidence"]),
        approximate=_checked(told.get("approximate", False), bool),
        scope=_text(told.get("scope", "own")),
        year=_optional(told.get("year"), _whole),
    )


def _section_from(told: Mapping[str, Any]) -> Section:
    pages = tuple(_whole(page) for page in told["pages"])
    return Section(_whole(told["number"]), _text(told["title"]), _text(told["text"]), pages)


def _issue_from(told: Mapping[str, Any]) -> Issue:
    issue = Issue(_text(told["code"]), _text(told["message"]), _optional(told["page"], _whole))
    return word_issue(issue, told.get("wording"))


def _source_from(told: Mapping[str, Any]) -> Source:
    return Source(
        name=_text(told["name"]),
        sha256=_text(told["sha256"]),
        bytes=_whole(told["bytes"]),
        pages=_whole(told["pages"]),
        duplicate_of=_text(told.get("duplicate_of", "")),
    )


def _page_from(told: Mapping[str, Any]) -> PageFacts:
    return PageFacts(
        number=_whole(told["number"]),
        width=_number(told["width"]),
        height=_number(told["height"]),
        kind=_text(told["kind"]),
        rotation=_whole(told["rotation"]),
        skew=_number(told["skew"]),
        issues=tuple(_text(issue) for issue in told["issues"]),
    )


def _machine_from(told: Mapping[str, Any]) -> MachineReading:
    return MachineReading(
        value=_optional(told["value"], _number),
        raw=_text(told["raw"]),
        kind=Kind(told["kind"]),
        confidence=_number(told["confidence"]),
        status=FieldStatus(told["status"]),
    )


def _place(item: Field | TextField | Fact) -> dict[str, Any]:
    box = item.box
    corners = None if box is None else [round(v, 1) for v in (box.left, box.top, box.right, box.bottom)]
    return {"page": item.page_no, "bbox": corners}


def _box_from(corners: list[float] | None) -> Box | None:
    return None if corners is None else Box(*(_number(corner) for corner in corners))
