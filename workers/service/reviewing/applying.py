"""The machine's result and what people decided → the result as it stands now, telling where each value comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extractor.deciding.findings import check_identities
from extractor.deciding.redecide import report_identities
from extractor.output.result_json import finding_to_json
from extractor.values.result import Field, FieldStatus, Kind
from workers.service.reviewing.decisions import SETTLED, Decision, standing_decisions
from workers.service.reviewing.doubts import ReviewPlan

#: Members of a field that a decision replaces; what the machine had is kept under "machine".
_MACHINE = ("value", "raw", "kind", "confidence", "status")


def review_result(payload: Mapping[str, Any], steps: Sequence[Decision], plan: ReviewPlan) -> dict[str, Any]:
    """A result JSON with reviewed values; per field an `origin`: machine, person or settled.

    Per report `reviewed`: whether no field of it is open any more. Sums are judged anew.
    """
    reports = []
    for position, report in enumerate(payload["reports"]):
        mine = [step for step in steps if step.report == position]
        reports.append(_review_report(report, standing_decisions(mine), plan))
    return {**payload, "reports": reports}


def review_field(field: Mapping[str, Any], decision: Decision | None) -> dict[str, Any]:
    """A field of a result JSON as it stands by a decision, None where none stands."""
    if decision is None:
        return {**field, "origin": "machine"}
    is_settled = decision.who == SETTLED
    whole = decision.value is not None and float(decision.value).is_integer()
    changed: dict[str, Any] = {
        "value": int(decision.value) if whole and decision.value is not None else decision.value,
        "raw": decision.raw,
        "kind": decision.kind.value,
        "confidence": round(decision.confidence, 6),
        "status": FieldStatus.ACCEPTED.value,
        "reasons": [],
        "reason_codes": [],
        "origin": "settled" if is_settled else "person",
        "machine": {name: field[name] for name in _MACHINE},
    }
    return {**field, **changed, **({"printed_so": True} if decision.printed_so else {})}


def _review_report(
    report: Mapping[str, Any], standing: Mapping[str, Decision], plan: ReviewPlan
) -> dict[str, Any]:
    fields = {key: review_field(field, standing.get(key)) for key, field in report["fields"].items()}
    is_done = all(field["status"] == FieldStatus.ACCEPTED for field in fields.values())
    others = [finding for finding in report["findings"] if finding["kind"] != "arithmetic"]
    values = {key: _as_field(key, field) for key, field in fields.items()}
    broken = check_identities(values, report_identities(report, plan.forms))
    sums = [finding_to_json(finding) for finding in broken]
    return {**report, "fields": fields, "findings": sums + others, "reviewed": is_done}


def _as_field(key: str, field: Mapping[str, Any]) -> Field:
    return Field(
        id=key,
        value=field["value"],
        raw=field["raw"],
        kind=Kind(field["kind"]),
        confidence=field["confidence"],
        status=FieldStatus(field["status"]),
    )
