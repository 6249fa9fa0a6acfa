"""What scored documents say: accuracy, coverage, silent errors and calibration, for a group or for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from workers.scoring.intervals import bound_by_document, wilson_interval
from workers.scoring.truth import ScoredDocument, ScoredField

#: Lower bounds of the confidence bins; finer towards 1, where almost all fields lie and errors cost most.
CONFIDENCE_BINS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures of a group; exact and accepted are percent of all fields; organ, year, form and facts `right/all`.

    facts_extra: statements of prose that are not what it states.

    documents_exact: every field right and no report too many or too few. straight_through: those among
    them with every field accepted. ece: expected calibration error, 0 to 1.
    """

    group: str
    documents: int
    fields: int
    exact: float
    accepted: float
    silent_errors: int
    documents_exact: int
    straight_through: int
    organ: str
    year: str
    form: str
    facts: str
    facts_extra: int
    ece: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Fields whose confidence lies from `low` up to, not including, the next bin's; shares are 0 to 1."""

    low: float
    fields: int
    confidence: float
    exact: float
    accepted: float
    silent_errors: int


def figures_by_group(documents: Sequence[ScoredDocument]) -> list[GroupFigures]:
    """Figures of every group in alphabetical order, then of all documents under the name ALL."""
    ordered = sorted(documents, key=lambda document: document.group)
    groups = [(name, list(members)) for name, members in groupby(ordered, key=lambda d: d.group)]
    return [_figures(name, members) for name, members in [*groups, ("ALL", list(documents))]]


@dataclass(frozen=True, slots=True)
class AspectFigures:
    """Silent errors among fields that share something: a kind of damage, the state of their sums, their origin."""

    aspect: str
    documents: int
    fields: int
    accepted: int
    silent_errors: int


def figures_by_aspect(documents: Sequence[ScoredDocument]) -> list[AspectFigures]:
    """Where silent errors stand: by origin of the field, by its sums, by each kind of damage of its document."""
    found: dict[str, list[ScoredField]] = {}
    for document in documents:
        for field in document.fields:
            sums = "sum reported broken" if field.broken_sum else "no sum reported broken"
            origin = f"origin: {field.origin or 'not found'}"
            for aspect in (origin, sums, *(f"damage: {kind}" for kind in document.damage)):
                found.setdefault(aspect, []).append(field)
    return [
        AspectFigures(
            aspect,
            len({field.document for field in members}),
            len(members),
            sum(field.accepted for field in members),
            sum(field.silent_error for field in members),
        )
        for aspect, members in sorted(found.items())
    ]


def _figures(group: str, documents: Sequence[ScoredDocument]) -> GroupFigures:
    fields = [field for document in documents for field in document.fields]
    reports = [report for document in documents for report in document.reports]
    named = [report.organ for report in reports if report.organ is not None]
    return GroupFigures(
        group=group,
        documents=len(documents),
        fields=len(fields),
        exact=_percent(sum(field.exact for field in fields), len(fields)),
        accepted=_percent(sum(field.accepted for field in fields), len(fields)),
        silent_errors=sum(field.silent_error for field in fields),
        documents_exact=sum(document.exact for document in documents),
        straight_through=sum(document.straight_through for document in documents),
        organ=f"{sum(named)}/{len(named)}",
        year=f"{sum(report.year for report in reports)}/{len(reports)}",
        form=f"{sum(report.form for report in reports)}/{len(reports)}",
        facts=f"{sum(report.facts_right for report in reports)}/{sum(report.facts for report in reports)}",
        facts_extra=sum(report.facts_extra for report in reports),
        ece=round(calibration_error(fields), 5),
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / max(1, whole), 3)


def _bins(fields: Sequence[ScoredField]) -> list[tuple[float, list[ScoredField]]]:
    bounds = pairwise((*CONFIDENCE_BINS, float("inf")))
    return [(low, [f for f in fields if low <= f.confidence < high]) for low, high in bounds]


def calibration_error(fields: Sequence[ScoredField]) -> float:
    """Mean distance, over all fields, between a bin's confidence and the share of it that is right."""
    gaps = (
        abs(sum(f.confidence for f in inside) - sum(f.exact for f in inside)) for _, inside in _bins(fields)
    )
    return sum(gaps) / max(1, len(fields))


def reliability(fields: Sequence[ScoredField]) -> list[ReliabilityBin]:
    """For every confidence bin that holds fields: what was promised and what was kept."""
    return [
        ReliabilityBin(
            low=low,
            fields=len(inside),
            confidence=sum(field.confidence for field in inside) / len(inside),
            exact=sum(field.exact for field in inside) / len(inside),
            accepted=sum(field.accepted for field in inside) / len(inside),
            silent_errors=sum(field.silent_error for field in inside),
        )
        for low, inside in _bins(fields)
        if inside
    ]


@dataclass(frozen=True, slots=True)
class Burden:
    """What is left to people and what slips past them.

    silent_errors: accepted and wrong, among `accepted`; rate: of 10,000 accepted fields, with its 95 % interval low
    to high (Wilson), and silent_documents: how many hold one, since the errors of a document come together;
    high_by_document: the upper end if whole documents are drawn, not fields (`bound_by_document`). review: fields a
    person must look at, in review_documents of `documents`. brier: mean squared error of confidence.
    """

    accepted: int
    silent_errors: int
    rate: float
    low: float
    high: float
    high_by_document: float
    silent_documents: int
    review: int
    review_documents: int
    documents: int
    brier: float


def measure_burden(documents: Sequence[ScoredDocument]) -> Burden:
    """The burden of all documents together."""
    fields = [field for document in documents for field in document.fields]
    accepted = sum(field.accepted for field in fields)
    silent = sum(field.silent_error for field in fields)
    errors = [sum(field.silent_error for field in d.fields) for d in documents]
    counts = [sum(field.accepted for field in d.fields) for d in documents]
    low, high = wilson_interval(silent, accepted)
    return Burden(
        accepted=accepted,
        silent_errors=silent,
        rate=round(1e4 * silent / max(1, accepted), 2),
        low=round(1e4 * low, 2),
        high=round(1e4 * high, 2),
        high_by_document=round(1e4 * bound_by_document(errors, counts), 2),
        silent_documents=sum(any(field.silent_error for field in d.fields) for d in documents),
        review=len(fields) - accepted,
        review_documents=sum(any(not field.accepted for field in d.fields) for d in documents),
        documents=len(documents),
        brier=round(sum((f.confidence - f.exact) ** 2 for f in fields) / max(1, len(fields)), 6),
    )


def coverage_curve(fields: Sequence[ScoredField]) -> list[tuple[float, float]]:
    """Share of the fields at or above each confidence, and how many of 10,000 such are wrong; surest first."""
    curve: list[tuple[float, float]] = []
    wrong = 0
    ordered = sorted(fields, key=lambda field: -field.confidence)
    for count, field in enumerate(ordered, start=1):
        wrong += not field.exact
        if count == len(ordered) or ordered[count].confidence < field.confidence:
            curve.append((count / len(ordered), 1e4 * wrong / count))
    return curve


def worst_fields(fields: Sequence[ScoredField], count: int) -> list[ScoredField]:
    """The wrong fields that do most harm first: the accepted ones, then by confidence."""
    wrong = [field for field in fields if not field.exact]
    return sorted(wrong, key=lambda field: (not field.accepted, -field.confidence))[:count]
