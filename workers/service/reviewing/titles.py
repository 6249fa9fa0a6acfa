"""A report's organ and year as fields that people decide, beside those of its tables.

A name is no kind of cell: its field has the kind of a number, no value, and the name as what is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from extractor.values.result import Field, FieldStatus, Kind, Report, Result, TextField
from workers.service.store.database import Database
from workers.service.store.review_schema import review_fields
from workers.service.store.schema import jobs, organs

if TYPE_CHECKING:
    from workers.service.reviewing.decisions import Decision

ORGAN, YEAR = "organ", "year"
TITLES = (ORGAN, YEAR)
#: Words on forms for them.
TITLE_LABELS = {ORGAN: "机关", YEAR: "年度"}


def title_fields(report: Report) -> dict[str, Field]:
    """Organ and year as the machine read them, by their ids."""
    return {key: _as_field(key, text) for key, text in ((ORGAN, report.organ), (YEAR, report.year))}


def all_fields(report: Report) -> dict[str, Field]:
    """Everything of a report that people may decide, by id: the fields of its tables, then its organ and its year."""
    return report.by_id | title_fields(report)


def review_titles(report: Report, standing: Mapping[str, Decision]) -> Report:
    """The report with its organ and its year as people decided them."""
    return replace(
        report,
        organ=_decided(report.organ, standing.get(ORGAN)),
        year=_decided(report.year, standing.get(YEAR)),
    )


def join_names(values: Iterable[object]) -> str:
    """What the reports of a document are told by: each once, those that were not found left out."""
    return ", ".join(dict.fromkeys(str(value) for value in values if value is not None))


def store_titles(database: Database, job: str, reviewed: Result) -> None:
    """Lists and filters tell a document by its organ and year as they stand. Raises ServiceError."""
    organ = join_names(report.organ.value for report in reviewed.reports)
    year = join_names(report.year.value for report in reviewed.reports)
    with database.write() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job).values(organ=organ, year=year))
        if organ:
            database.insert_new(connection, organs, {"name": organ})
        for position, report in enumerate(reviewed.reports):
            told = {"organ": str(report.organ.value or ""), "year": str(report.year.value or "")}
            mine = (review_fields.c.job == job) & (review_fields.c.report == position)
            connection.execute(sa.update(review_fields).where(mine).values(**told))


def _as_field(key: str, text: TextField) -> Field:
    is_there = text.value is not None
    return Field(
        id=key,
        value=float(text.value) if isinstance(text.value, int) else None,
        raw=str(text.value) if is_there else "",
        kind=Kind.NUMBER if is_there else Kind.MISSING,
        confidence=text.confidence,
        status=text.status,
        page_no=text.page_no,
        box=text.box,
    )


def _decided(text: TextField, decision: Decision | None) -> TextField:
    if decision is None:
        return text
    value: str | int | None = None
    if decision.kind is Kind.NUMBER:
        value = decision.raw if decision.value is None else int(decision.value)
    accepted = FieldStatus.ACCEPTED
    return replace(text, value=value, confidence=round(decision.confidence, 6), status=accepted)
