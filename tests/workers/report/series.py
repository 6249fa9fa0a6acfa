"""Reports of one body over years, and the findings between them, by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from extractor.values.result import Field, Result
from tests.workers.reports import report, result
from workers.report.across import AcrossFinding, Rule
from workers.report.gather import Gathered, Knowledge, gather

MANY = "requests.new_received.total"


def of_year(year: int, organ: str = "某市公安局", **changed: Field) -> Result:
    return result(report(organ, year, **changed))


def gathered(
    results: Iterable[Result],
    aliases: Mapping[str, str] | None = None,
    known: Knowledge | None = None,
) -> Gathered:
    named = ((f"文档{number}", made) for number, made in enumerate(results, start=1))
    return gather(named, known or Knowledge(aliases or {}), None)


def found(rule: Rule, *results: Result) -> list[AcrossFinding]:
    return gathered(results).findings.get(rule, [])
