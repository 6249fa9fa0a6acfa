"""The machine's result and what people decided → the result as it stands now, telling where each value comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from extractor.deciding.findings import check_identities
from extractor.deciding.redecide import report_identities
from extractor.values.result import Field, FieldStatus, MachineReading, Origin, Report, Result
from workers.service.reviewing.decisions import SETTLED, Decision, standing_decisions
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.titles import review_titles


def review_result(result: Result, steps: Sequence[Decision], plan: ReviewPlan) -> Result:
    """A result with reviewed values; every field tells whose its value is.

    A report tells whether no field of it is open any more. Sums are judged anew.
    """
    reports = []
    for position, report in enumerate(result.reports):
        mine = [step for step in steps if step.report == position]
        reports.append(_review_report(report, standing_decisions(mine), plan))
    return replace(result, reports=tuple(reports))


def review_field(field: Field, decision: Decision | None) -> Field:
    """A field as it stands by a decision, None where none stands."""
    if decision is None:
        return replace(field, origin=Origin.MACHINE)
    return replace(
        field,
        value=decision.value,
        raw=decision.raw,
        kind=decision.kind,
        confidence=round(decision.confidence, 6),
        status=FieldStatus.ACCEPTED,
        reasons=(),
        origin=Origin.SETTLED if decision.who == SETTLED else Origin.PERSON,
        machine=MachineReading(field.value, field.raw, field.kind, field.confidence, field.status),
        printed_so=decision.printed_so,
    )


def _review_report(report: Report, standing: Mapping[str, Decision], plan: ReviewPlan) -> Report:
    fields = tuple(review_field(item, standing.get(item.id)) for item in report.fields)
    report = review_titles(report, standing)
    others = tuple(finding for finding in report.findings if finding.kind != "arithmetic")
    broken = check_identities({item.id: item for item in fields}, report_identities(report, plan.forms))
    return replace(
        report,
        fields=fields,
        findings=(*broken, *others),
        reviewed=all(
            status is FieldStatus.ACCEPTED
            for status in (report.organ.status, report.year.status, *(item.status for item in fields))
        ),
    )
