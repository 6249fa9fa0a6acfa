"""What the prose states in numbers, and where that contradicts the tables or the report's year.

How a sentence states a fact is somebody else's to know (`FactFinder`); here it gets its place on the page and is held
against the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.prose.sections import Paragraph, Passage
from extractor.seams.calibrator import MAX_CONFIDENCE
from extractor.seams.statements import FactFinder, Statement
from extractor.trust.bounds import SUSPECT
from extractor.values.reason import FindingCode, ReasonCode
from extractor.values.result import Fact, Field, FieldStatus, Finding, Kind

#: Least score of the recogniser for lines whose statements may contradict a table.
#: ±20 %: no value, status or confidence.
_LEGIBLE = 0.85
#: Years a slip of the pen is off by; more is a misread digit.
#: ±20 %: no value, status or confidence.
_SLIP = 1
_OPENING = re.compile(r"^\s*(20\d\d)\s?年(?:度)?[，,、以]")
_PERIOD = re.compile(
    r"(?:自|从)?(20\d\d)年1月1日(?:起|开始)?[至到—-](?:(20\d\d)年)?12月31日|截至(20\d\d)年12月31日"
)
#: ±20 %: no value, status or confidence (read on 5 of 22 documents).
_QUOTED = 60
#: How much likelier prose says a number that the table prints than one that was misread there, from ten on and below.
#: ±20 %: not read.
_LONG, _LONG_RATIO, _SHORT_RATIO = 10.0, 50.0, 10.0
#: A reading less likely than this is no reading that prose could support.
#: ±20 %: not read.
_LEAST_SUPPORTED = 0.5

#: Reasons for which a figure is in doubt itself, whatever its sums say.
_OF_INK = frozenset(
    {ReasonCode.STRUCK_OUT, ReasonCode.FOREIGN_INK, ReasonCode.OTHER_TYPE, ReasonCode.INK_LEFT_OUT}
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement with the paragraph it stands in."""

    statement: Statement
    paragraph: Paragraph

    @property
    def sentence(self) -> str:
        """The sentence, shortened around the number if it is long."""
        text, told = self.paragraph.text, self.statement
        start = max(told.start, told.at - _QUOTED)
        end = min(told.end, told.at + _QUOTED // 2)
        return f"{'…' if start > told.start else ''}{text[start:end]}{'…' if end < told.end else ''}"

    @property
    def score(self) -> float:
        """How sure the recogniser was of the sentence, 0 to 1."""
        return self.paragraph.score(self.statement.start, self.statement.end)

    @property
    def fact(self) -> Fact:
        """What a result tells of it."""
        told = self.statement
        page_no, box = self.paragraph.place(told.start, told.end)
        return Fact(
            id=told.id,
            value=told.value,
            unit=told.unit,
            text=self.paragraph.text[told.start : told.end],
            page_no=page_no,
            box=box,
            confidence=round(min(self.score, 0.99), 4),
            approximate=told.approximate,
            scope=told.scope,
            year=told.year,
        )


def find_statements(passages: Iterable[Passage], finder: FactFinder) -> list[Stated]:
    """All statements of a report's prose, in printed order."""
    return [
        Stated(statement, paragraph)
        for passage in passages
        for paragraph in passage.paragraphs
        for statement in finder.find(paragraph.text)
    ]


def support_fields(stated: Sequence[Stated], fields: Sequence[Field], threshold: float) -> tuple[Field, ...]:
    """The fields, those in review that prose states too made surer; their values stay what they are.

    Bayes' rule: the odds that a reading is right times how much likelier the prose says the same if it is. In a
    report of seven or so the prose differs from the table; that it comes to the very number that was misread is rare,
    and the rarer the longer the number.
    """
    said = {
        (keys[0], item.statement.value)
        for item in stated
        for keys in item.statement.same_as
        if len(keys) == 1 and not _is_vague(item.statement) and item.score >= _LEGIBLE
    }
    return tuple(
        _support(field, threshold) if (field.id, field.value) in said and _is_doubtful(field) else field
        for field in fields
    )


def _is_vague(statement: Statement) -> bool:
    return statement.approximate or statement.scope == "part"


def _is_doubtful(field: Field) -> bool:
    return (
        field.status is FieldStatus.REVIEW
        and field.kind is Kind.NUMBER
        and field.confidence >= _LEAST_SUPPORTED
        and not any(reason.is_final for reason in field.reasons)
    )


def _support(field: Field, threshold: float) -> Field:
    ratio = _LONG_RATIO if field.value is not None and abs(field.value) >= _LONG else _SHORT_RATIO
    odds = ratio * field.confidence / (1.0 - field.confidence)
    confidence = min(MAX_CONFIDENCE, odds / (1.0 + odds))
    if confidence < threshold:
        return replace(field, confidence=confidence)
    return replace(field, confidence=confidence, status=FieldStatus.ACCEPTED, reasons=())


def contradict_fields(
    stated: Sequence[Stated], fields: Mapping[str, Field], year: int | None
) -> list[Finding]:
    """A finding for every number of the prose that none of the sums it may stand for comes to.

    Not judged: what is approximate, of another year, of a whole district or a part, hard to read, or about fields in
    doubt.
    """
    findings = []
    told: set[tuple[str, float]] = set()
    for item in stated:
        statement = item.statement
        is_vague = _is_vague(statement) or statement.scope == "area" or item.score < _LEGIBLE
        if is_vague or statement.year not in {None, year} or (statement.id, statement.value) in told:
            continue
        sums = [keys for keys in statement.same_as if all(key in fields for key in keys)]
        values = [_add([fields[key] for key in keys]) for keys in sums]
        if not values or None in values or statement.value in values:
            continue
        told.add((statement.id, statement.value))
        findings.append(_contradiction(item, [fields[key] for key in sums[0]], values[0]))
    return findings


def _add(fields: Sequence[Field]) -> float | None:
    """Their sum, blanks and dashes counting nothing; None when one is in doubt or none prints a number.

    A figure that reads clearly and only sums accuse is not in doubt here: who misprints a total says so in the prose.
    """
    if any(field.status is not FieldStatus.ACCEPTED and not _is_only_accused(field) for field in fields):
        return None
    numbers = [field.value for field in fields if field.kind is Kind.NUMBER and field.value is not None]
    return sum(numbers) if numbers else None


def _is_only_accused(field: Field) -> bool:
    codes = {reason.code for reason in field.reasons}
    return field.confidence >= SUSPECT and ReasonCode.SUM_BROKEN in codes and not codes & _OF_INK


def _contradiction(item: Stated, fields: Sequence[Field], value: float | None) -> Finding:
    statement = item.statement
    page_no, _ = item.paragraph.place(statement.at, statement.at + 1)
    pages = sorted({field.page_no for field in fields if field.page_no is not None})
    return Finding(
        rule=f"prose:{statement.id}",
        kind="prose",
        severity="warning",
        code=FindingCode.PROSE_DIFFERS,
        parameters={
            "fact": statement.id,
            "prose_page": page_no,
            "said": statement.value,
            "table_page": pages[0] if pages else None,
            "printed": value,
            "sentence": item.sentence,
        },
        fields=tuple(field.id for field in fields),
    )


def contradict_year(passages: Sequence[Passage], year: int | None) -> list[Finding]:
    """A finding for every year the prose opens with, or says it reports on, that is not the title's."""
    if year is None:
        return []
    findings = []
    for place, paragraph in enumerate(
        paragraph for passage in passages[:1] for paragraph in passage.paragraphs
    ):
        opening = _OPENING.match(paragraph.text) if place == 0 else None
        said = [opening[1]] if opening else []
        said += [found for match in _PERIOD.finditer(paragraph.text) for found in match.groups() if found]
        others = [
            other for other in dict.fromkeys(map(int, said)) if other != year and abs(other - year) <= _SLIP
        ]
        findings += [_another_year(paragraph, year, other) for other in others]
    return findings


def _another_year(paragraph: Paragraph, year: int, other: int) -> Finding:
    page_no, _ = paragraph.place(0, 1)
    return Finding(
        rule="report_year",
        kind="date",
        severity="warning",
        code=FindingCode.YEAR_DIFFERS,
        parameters={
            "year": year,
            "prose_page": page_no,
            "said": other,
            "sentence": paragraph.text[:_QUOTED],
        },
    )
