"""Which fields of a result a person is asked about, why, and in which order.

Pure functions of the result: the same result asks the same questions, the random audit sample included.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from extractor.deciding.redecide import read_raw, report_identities, report_specs, sum_difference
from extractor.forms.definition import FieldSpec, Form, Identity, load_forms
from extractor.values.option import Content
from extractor.values.reason import ReasonCode
from extractor.values.result import Field, FieldStatus, Kind, Report, Result
from workers.service.reviewing.titles import title_fields
from workers.service.settings import ServiceSettings

#: Probability of a candidate from which on it counts as a rival.
_RIVAL = 0.01


class Doubt(StrEnum):
    """Why a person is asked, most urgent first.

    format: the readings differ in kind, or it is none. marks: ink on the figure is not of the print, or more stands
    in its cell than was read. sum: a sum it is in does not hold. row, column: the name of its row or column is in
    doubt. confidence: the reading is unsure. missing: the form has the field and the document does not seem to print
    it. audit: nothing is wrong, a random sample is looked at to measure how many errors go unseen. edit: a person
    changed it unasked. title: the report's organ or its year is in doubt.
    """

    FORMAT = "format"
    MARKS = "marks"
    SUM = "sum"
    ROW = "row"
    COLUMN = "column"
    CONFIDENCE = "confidence"
    MISSING = "missing"
    AUDIT = "audit"
    EDIT = "edit"
    TITLE = "title"


#: Seconds a person takes for each, before anybody was measured; and the class it is asked in.
_SECONDS = {
    Doubt.FORMAT: 2.0, Doubt.MARKS: 3.0, Doubt.SUM: 6.0, Doubt.ROW: 6.0, Doubt.COLUMN: 6.0, Doubt.CONFIDENCE: 3.0,
    Doubt.MISSING: 8.0, Doubt.AUDIT: 2.0, Doubt.TITLE: 4.0,
}  # fmt: skip
_CLASS = {
    Doubt.FORMAT: 3.0, Doubt.MARKS: 3.0, Doubt.SUM: 2.0, Doubt.ROW: 2.0, Doubt.COLUMN: 2.0, Doubt.CONFIDENCE: 1.0,
    Doubt.MISSING: 0.0, Doubt.AUDIT: 1.0, Doubt.TITLE: 3.0,
}  # fmt: skip
#: Reasons of a field that are of these kinds; the second are doubts about its row as a whole, the third its column.
_MARKS = frozenset({ReasonCode.STRUCK_OUT, ReasonCode.FOREIGN_INK, ReasonCode.INK_LEFT_OUT})
ROW_DOUBTS = frozenset(
    {ReasonCode.LABEL_ILLEGIBLE, ReasonCode.LABEL_UNLIKE, ReasonCode.LABEL_OTHER, ReasonCode.ROW_KEY_UNSURE}
)
COLUMN_DOUBTS = frozenset({ReasonCode.COLUMNS_UNNAMED, ReasonCode.HEADER_OTHER, ReasonCode.COLUMN_KEY_UNSURE})
#: Doubts about the figure itself, which is seen without its row and column.
FIGURE_DOUBTS = frozenset({Doubt.FORMAT, Doubt.MARKS, Doubt.SUM, Doubt.CONFIDENCE, Doubt.AUDIT})
#: The audit sample lies among the least urgent of the unsure readings: nobody knows when it comes, and it does come.
_AUDIT_SPAN = 0.05


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What review goes by. audit_share: of the accepted fields, 0 to 1."""

    forms: Mapping[str, Form]
    audit_share: float


def plan_review(settings: ServiceSettings) -> ReviewPlan:
    """What review goes by, as the settings say.

    Raises:
        UsageError: one of the user's forms is not a form.
    """
    return ReviewPlan(load_forms(settings.forms), settings.audit_share)


@dataclass(frozen=True, slots=True)
class Question:
    """A field to ask about. report: position in the result, from 0. wrong: probability that its value is.

    priority: expected errors removed per second within the class of its doubt; higher ones are asked first. reading:
    as `reading_of` tells it.
    """

    report: int
    field: str
    doubt: Doubt
    wrong: float
    priority: float
    form: str
    year: str
    organ: str
    reading: str = ""


def reading_of(field: Field) -> str:
    """By what fields that read the same are known: the number, or the kind of what is none.

    Empty for one whose row or column is in doubt: of that the figure says nothing.
    """
    if any(reason.code in ROW_DOUBTS | COLUMN_DOUBTS for reason in field.reasons):
        return ""
    return field.kind.value if field.value is None else f"{field.value:.10g}"


def find_questions(job: str, result: Result, plan: ReviewPlan) -> list[Question]:
    """Everything to ask about a result, in no order."""
    return [
        question
        for position, report in enumerate(result.reports)
        for question in _report_questions(job, position, report, plan)
    ]


def is_sampled(job: str, report: int, field: str, share: float) -> bool:
    """Whether a field is in the audit sample: as good as random, and always the same."""
    return chance_of(job, report, field, "audit") < share


def _report_questions(job: str, position: int, report: Report, plan: ReviewPlan) -> Iterator[Question]:
    fields = report.by_id
    identities = report_identities(report, plan.forms)
    specs = report_specs(report, plan.forms)
    in_review = {key for key, field in fields.items() if field.status is FieldStatus.REVIEW}
    broken = {key for i in identities if sum_difference(i, fields) for key in i.fields}
    coupled = _count_coupled(in_review, identities)
    told = {
        "form": report.form,
        "year": _told(report.year.value),
        "organ": _told(report.organ.value),
    }
    for key, field in title_fields(report).items():
        if field.status is FieldStatus.REVIEW:
            # All fields of the report are told by it.
            wrong = 1.0 - field.confidence
            gain = wrong * len(fields) / _SECONDS[Doubt.TITLE]
            yield Question(
                position, key, Doubt.TITLE, wrong, _CLASS[Doubt.TITLE] + gain / (1.0 + gain), **told
            )
    for key, field in fields.items():
        wrong = 1.0 - field.confidence
        if key in in_review:
            doubt = _doubt(field, specs.get(key), is_broken=key in broken)
            gain = wrong * (1 + coupled.get(key, 0)) / _SECONDS[doubt]
            place = _CLASS[doubt] + gain / (1.0 + gain)
            yield Question(position, key, doubt, wrong, place, reading=reading_of(field), **told)
        elif is_sampled(job, position, key, plan.audit_share):
            place = _AUDIT_SPAN * chance_of(job, position, key, "place")
            place += _CLASS[Doubt.AUDIT]
            yield Question(position, key, Doubt.AUDIT, wrong, place, reading=reading_of(field), **told)


def _doubt(field: Field, spec: FieldSpec | None, *, is_broken: bool) -> Doubt:
    if field.kind is Kind.MISSING:
        return Doubt.MISSING
    if field.kind is not Kind.NUMBER or len(_rival_kinds(field, spec)) > 1:
        return Doubt.FORMAT
    codes = {reason.code for reason in field.reasons}
    if is_broken:
        return Doubt.SUM
    if codes & _MARKS:
        return Doubt.MARKS
    if codes & ROW_DOUBTS:
        return Doubt.ROW
    return Doubt.COLUMN if codes & COLUMN_DOUBTS else Doubt.CONFIDENCE


def list_rivals(field: Field, *, decimals: bool) -> list[Content]:
    """What a field may well say: its candidates of some weight. decimals: whether it may have any."""
    likely = [item.raw for item in field.candidates if item.probability >= _RIVAL]
    contents = (read_raw(raw, decimals=decimals) for raw in likely)
    return [content for content in contents if content is not None]


def _rival_kinds(field: Field, spec: FieldSpec | None) -> set[Kind]:
    decimals = spec is not None and spec.decimals
    return {content.kind for content in list_rivals(field, decimals=decimals)}


def _count_coupled(in_review: set[str], identities: Sequence[Identity]) -> dict[str, int]:
    """For each field in review how many others share a sum with it."""
    others: dict[str, set[str]] = {}
    for identity in identities:
        asked = in_review.intersection(identity.fields)
        for key in asked:
            others.setdefault(key, set()).update(asked - {key})
    return {key: len(found) for key, found in others.items()}


def chance_of(job: str, report: int, field: str, what: str) -> float:
    """A number from 0 to 1, as good as random and always the same."""
    digest = hashlib.sha256(f"{what} {job} {report} {field}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _told(value: object) -> str:
    return "" if value is None else str(value)
