"""The review queue in the store: fields opened when a job is done, given out one by one, never to two people at once.

A claim is a compare-and-set on the field's row that runs out by itself; who holds one may still be beaten to the
decision, which the field's version shows. So one that a power cut takes away is missed by nobody, and none waits for
the disk.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from extractor.values.result import Result
from workers.service.reviewing.doubts import FIGURE_DOUBTS, Doubt, ReviewPlan, find_questions
from workers.service.reviewing.sharing import find_shares, is_of_batch
from workers.service.store.catalog import find_organs
from workers.service.store.database import Database
from workers.service.store.review_schema import READ_ONCE, job_findings, review_fields
from workers.service.store.schema import jobs

#: Seconds for which a field is somebody's.
CLAIM_SECONDS = 300.0
#: Own claims that are looked through; a page holds four cards, mostly of up to 24 fields.
_LOOK = 128
_ROWS = 500


@dataclass(frozen=True, slots=True)
class FieldKey:
    """Which field: job, position of the report in the result (from 0), field id."""

    job: str
    report: int
    field: str


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which fields are wanted; what is empty does not matter. organ: a part, in any case; not_job: one left out."""

    form: str = ""
    year: str = ""
    organ: str = ""
    job: str = ""
    doubt: str = ""
    not_job: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A field in the queue. version: decisions so far. doubt: as `Doubt` has it. readers: as in the schema."""

    version: int
    is_open: bool
    doubt: str
    readers: str

    def is_open_to(self, person: str) -> bool:
        """Whether the field waits for this person: not for one of those who have read it already."""
        return self.is_open and f" {person} " not in self.readers

    def is_unseen_by(self, person: str) -> bool:
        """Whether this person is to read it without knowing what others decided."""
        return bool(person and self.readers) and self.is_open_to(person)


@dataclass(frozen=True, slots=True)
class OpenField:
    """A field of the queue. version: decisions so far. claimed_until: seconds since 1970."""

    key: FieldKey
    doubt: Doubt
    wrong: float
    version: int
    claimed_until: float


def open_review(connection: sa.Connection, job_id: str, result: Result, plan: ReviewPlan) -> None:
    """Puts the fields of a result that a person has to see into the queue.

    Of a job that is read again, what was decided stays and everything else is asked anew.
    """
    mine = review_fields.c.job == job_id
    connection.execute(sa.delete(review_fields).where(mine, review_fields.c.version == 0))
    known = connection.execute(sa.select(review_fields.c.report, review_fields.c.field).where(mine))
    decided = {(row.report, row.field) for row in known}
    now = time.time()
    rows = [
        {
            "job": job_id,
            "report": item.report,
            "field": item.field,
            "form": item.form,
            "year": item.year,
            "organ": item.organ,
            "doubt": item.doubt.value,
            "priority": item.priority,
            "wrong": item.wrong,
            "reading": item.reading,
            "audit": item.doubt is Doubt.AUDIT,
            "opened": now,
        }
        for item in find_questions(job_id, result, plan)
        if (item.report, item.field) not in decided
    ]
    for start in range(0, len(rows), _ROWS):
        connection.execute(sa.insert(review_fields), rows[start : start + _ROWS])
    kinds = Counter(finding.kind for report in result.reports for finding in report.findings)
    connection.execute(sa.delete(job_findings).where(job_findings.c.job == job_id))
    for kind, count in sorted(kinds.items()):
        connection.execute(sa.insert(job_findings).values(job=job_id, kind=kind, count=count))


class ReviewQueue:
    """Open fields of a `Database`; every method raises ServiceError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_next(self, who: str, wanted: ReviewFilter, held: Sequence[FieldKey] = ()) -> OpenField | None:
        """The most urgent field nobody has, now claimed by `who`; None when there is none.

        What `who` claimed before and does not name as `held` comes first: a page that was loaded anew goes on
        where it was.
        """
        now = time.time()
        with self._database.write(lasting=False) as connection:
            are_wanted = _open(connection, wanted).where(_not_read_by(who))
            mine = are_wanted.where(review_fields.c.claimed_by == who, review_fields.c.claimed_until > now)
            for row in connection.execute(mine.order_by(*URGENCY).limit(_LOOK)):
                if _key(row) not in held:
                    return _take(connection, row, who, now)
            free = are_wanted.where(review_fields.c.claimed_until <= now).order_by(*URGENCY)
            for condition in find_shares(connection, person_of(who)):
                # Another transaction's rows are passed over rather than waited for; SQLite has one writer anyway.
                chosen = free.where(condition).limit(1).with_for_update(skip_locked=True)
                found = connection.execute(chosen).first()
                if found is not None:
                    return _take(connection, found, who, now)
            return None

    def claim(self, who: str, keys: Sequence[FieldKey]) -> set[FieldKey]:
        """Which of these fields of one job are `who`'s now: the open ones that nobody else had."""
        until = time.time() + CLAIM_SECONDS
        is_free = sa.or_(review_fields.c.claimed_by == who, review_fields.c.claimed_until <= time.time())
        taking = sa.update(review_fields).values(claimed_by=who, claimed_until=until)
        taking = taking.where(review_fields.c.settled.is_(None), is_free, _not_read_by(who))
        with self._database.write(lasting=False) as connection:
            # In one order, so that two who want some of the same never wait for each other in a ring.
            ordered = sorted(keys, key=lambda key: (key.job, key.report, key.field))
            return {key for key in ordered if connection.execute(taking.where(is_field(key))).rowcount}

    def claim_alike(self, who: str, key: FieldKey, wanted: ReviewFilter, limit: int) -> list[FieldKey]:
        """Open fields that read what this one does and are doubted for the figure itself, now claimed by `who`.

        The most urgent first, at most so many, this one among them; none where it says nothing or is not open.
        """
        until = time.time() + CLAIM_SECONDS
        free_for_me = sa.or_(review_fields.c.claimed_by == who, review_fields.c.claimed_until <= time.time())
        with self._database.write(lasting=False) as connection:
            reading = connection.execute(
                sa.select(review_fields.c.reading).where(is_field(key), review_fields.c.settled.is_(None))
            ).scalar()
            if not reading:
                return []
            alike = (
                _open(connection, wanted)
                .where(
                    review_fields.c.reading == reading, review_fields.c.doubt.in_(FIGURE_DOUBTS), free_for_me
                )
                .where(_not_read_by(who))
            )
            first = is_field(key).desc()
            rows = connection.execute(
                alike.order_by(first, *URGENCY).limit(limit).with_for_update(skip_locked=True)
            ).all()
            keys = [_key(row) for row in rows]
            for found in keys:
                taking = sa.update(review_fields).where(is_field(found))
                connection.execute(taking.values(claimed_by=who, claimed_until=until))
        return keys

    def release(self, who: str, key: FieldKey | None = None) -> int:
        """Gives back one field, or all that `who` has; how many there were."""
        mine = sa.update(review_fields).where(review_fields.c.claimed_by == who)
        if key is not None:
            mine = mine.where(is_field(key))
        with self._database.write(lasting=False) as connection:
            return connection.execute(mine.values(claimed_by="", claimed_until=0.0)).rowcount

    def get(self, key: FieldKey) -> OpenField | None:
        """The field's place in the queue, settled or not; None for a field that never was in it."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(review_fields).where(is_field(key))).one_or_none()
        return _field(row) if row is not None else None

    def count(self, wanted: ReviewFilter) -> int:
        """Number of open fields, claimed ones included; what waits for a second reader is left out."""
        with self._database.read() as connection:
            counted = _open(connection, wanted).with_only_columns(sa.func.count())
            # Those read once are few and known by an index of their own: asked of each of a million it takes seconds.
            read_once = counted.where(READ_ONCE)
            return connection.execute(counted).scalar_one() - connection.execute(read_once).scalar_one()

    def places(self, job: str) -> dict[tuple[int, str], Place]:
        """By report and field; fields never in review are left out."""
        query = sa.select(review_fields).where(review_fields.c.job == job)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return {
            (row.report, row.field): Place(row.version, row.settled is None, row.doubt, row.readers)
            for row in rows
        }


def person_of(holder: str) -> str:
    """Who somebody is that claims fields as this."""
    return holder.partition(" ")[0]


def _not_read_by(holder: str) -> sa.ColumnElement[bool]:
    """The condition that somebody has not read a field, which is to be read by another person."""
    others = review_fields.c.readers.not_like(f"% {person_of(holder)} %")
    return sa.or_(review_fields.c.reading_no == 0, others)


def is_field(key: FieldKey) -> sa.ColumnElement[bool]:
    """The condition that a row of `schema.review_fields` is this field's."""
    return sa.and_(
        review_fields.c.job == key.job,
        review_fields.c.report == key.report,
        review_fields.c.field == key.field,
    )


#: The order in which fields are asked: the most urgent first.
URGENCY = (
    review_fields.c.priority.desc(),
    review_fields.c.job,
    review_fields.c.report,
    review_fields.c.field,
)


def _open(connection: sa.Connection, wanted: ReviewFilter) -> sa.Select[Any]:
    query = sa.select(review_fields).where(review_fields.c.settled.is_(None))
    exact = {
        review_fields.c.form: wanted.form,
        review_fields.c.year: wanted.year,
        review_fields.c.job: wanted.job,
        review_fields.c.doubt: wanted.doubt,
    }
    query = query.where(*(column == value for column, value in exact.items() if value))
    if wanted.batch:
        query = query.where(is_of_batch(wanted.batch))
    if wanted.not_job:
        query = query.where(review_fields.c.job != wanted.not_job)
    if wanted.organ:
        query = query.where(review_fields.c.organ.icontains(wanted.organ, autoescape=True))
        names = find_organs(connection, wanted.organ)
        if names is not None:
            # An index knows the jobs of few organs; their fields are looked for among a million for a second.
            query = query.where(review_fields.c.job.in_(sa.select(jobs.c.id).where(jobs.c.organ.in_(names))))
    return query


def _take(connection: sa.Connection, row: sa.Row[Any], who: str, now: float) -> OpenField:
    until = now + CLAIM_SECONDS
    connection.execute(
        sa.update(review_fields).where(is_field(_key(row))).values(claimed_by=who, claimed_until=until)
    )
    return OpenField(_key(row), Doubt(row.doubt), row.wrong, row.version, until)


def _field(row: sa.Row[Any]) -> OpenField:
    return OpenField(_key(row), Doubt(row.doubt), row.wrong, row.version, row.claimed_until)


def _key(row: sa.Row[Any]) -> FieldKey:
    return FieldKey(row.job, row.report, row.field)
