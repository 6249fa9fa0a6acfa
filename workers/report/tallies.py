"""Counts over all results of a folder, taken while they stream by: nothing here grows with their number."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from extractor.values.result import FieldStatus, Report, Result
from workers.shown.outcomes import count_fields, failure_of

#: Documents told as the worst.
_WORST = 50
#: Fields whose distribution is drawn, where any report has them.
MAIN_FIELDS = (
    "requests.new_received.total",
    "requests.received",
    "requests.carried_forward.total",
    "disputes.reconsideration.total",
    "disputes.direct_litigation.total",
    "disputes.litigation_after_reconsideration.total",
    "disputes.reconsideration",
    "disputes.litigation",
)
#: Least values of the bars; the first is of what is below 1.
BINS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, slots=True, order=True)
class WorstDocument:
    """A document by what is left to people: fields in review, of so many."""

    review: int
    fields: int
    document: str


@dataclass(slots=True)
class Tallies:
    """What was counted.

    copies: documents of the same bytes as another, whose reports are counted with that one only.
    forms: (form, year as printed or None) → reports, accepted, review. findings: by kind, rule and severity.
    distributions: accepted numbers of a main field by bar. worst: the most in review first once `finish` was called.
    """

    documents: int = 0
    copies: int = 0
    reports: int = 0
    states: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    forms: dict[tuple[str, int | None], Counter[str]] = field(default_factory=dict)
    findings: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    distributions: dict[str, list[int]] = field(default_factory=dict)
    worst: list[WorstDocument] = field(default_factory=list)

    def finish(self) -> None:
        """Sorts what could not be sorted before the last document was there."""
        self.worst.sort(key=lambda told: (-told.review, told.document))

    def add(self, seen: SeenDocument) -> None:
        """Counts a document."""
        self.documents += 1
        self.copies += seen.is_copy
        self.states[seen.status] += 1
        if seen.failure:
            self.failures[seen.failure] += 1
        if seen.is_copy:
            return
        self.reports += len(seen.reports)
        self.findings.update(seen.findings)
        for place, counts in seen.reports:
            self.forms.setdefault(place, Counter()).update(counts)
        for key, value in seen.main:
            bars = self.distributions.setdefault(key, [0] * (len(BINS) + 1))
            bars[bisect_right(BINS, value)] += 1
        review = sum(counts["review"] for _, counts in seen.reports)
        if review:
            fields = review + sum(counts["accepted"] for _, counts in seen.reports)
            push = heapq.heappush if len(self.worst) < _WORST else heapq.heappushpop
            push(self.worst, WorstDocument(review, fields, seen.document))


@dataclass(frozen=True, slots=True)
class SeenDocument:
    """A result as far as it is counted. failure: code of what went wrong, empty if nothing did."""

    document: str
    status: str
    failure: str
    is_copy: bool
    reports: Sequence[tuple[tuple[str, int | None], Counter[str]]]
    findings: Counter[tuple[str, str, str]]
    main: Sequence[tuple[str, float]]


def see(document: str, result: Result) -> SeenDocument:
    """What counts of a result."""
    failure = failure_of(result)
    return SeenDocument(
        document=document,
        status=result.status.value,
        failure=failure.code if failure is not None else "",
        is_copy=bool(result.source.duplicate_of),
        reports=[(_place(report), _count(report)) for report in result.reports],
        findings=Counter(
            (item.kind, item.rule, item.severity) for report in result.reports for item in report.findings
        ),
        main=[pair for report in result.reports for pair in _main(report)],
    )


def _place(report: Report) -> tuple[str, int | None]:
    year = report.year.value
    return report.form, year if isinstance(year, int) else None


def _count(report: Report) -> Counter[str]:
    return Counter(
        {"reports": 1, **{status.value: count for status, count in count_fields([report]).items()}}
    )


def _main(report: Report) -> list[tuple[str, float]]:
    fields = report.by_id
    found = []
    for key in MAIN_FIELDS:
        item = fields.get(key)
        if item is not None and item.status is FieldStatus.ACCEPTED and item.value is not None:
            found.append((key, item.value))
    return found
