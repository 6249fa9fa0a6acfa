"""Questions about jobs for people and monitoring: lists, counts, histories. Nothing here changes a job."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.records import Job
from workers.service.store.schema import JobState, attempts, characters, jobs, organs, pages
from workers.service.store.stage_seconds import sum_stage_seconds

#: What a cursor looks like: the bits of a time after 1970 (which begin with a 4), then the id of a job.
CURSOR_PATTERN = r"^4[0-9a-f]{15}[0-9a-f]{32}$"
#: Organs whose jobs are found by their names one by one.
_FEW = 500


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are wanted; what is empty or None does not matter.

    organ, name: a part, in any case. form, year: one of those in the document. code: of the error. batch: in full.
    Times are seconds since 1970, exclusive; of when it ended only jobs have one that have.
    """

    state: JobState | None = None
    status: str = ""
    form: str = ""
    year: str = ""
    organ: str = ""
    name: str = ""
    document: str = ""
    created_after: float | None = None
    code: str = ""
    finished_after: float | None = None
    finished_before: float | None = None
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the list of all jobs, newest first, that no new job moves."""

    created: float
    id: str

    @classmethod
    def of(cls, job: Job) -> Position:
        return cls(job.created, job.id)

    @classmethod
    def parse(cls, cursor: str) -> Position:
        """The position of a cursor that matches CURSOR_PATTERN."""
        return cls(struct.unpack(">d", bytes.fromhex(cursor[:16]))[0], cursor[16:])

    def __str__(self) -> str:
        return struct.pack(">d", self.created).hex() + self.id


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one claim of a job; times in seconds since 1970, `ended` None while it lasts."""

    worker: str
    started: float
    ended: float | None
    outcome: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields by status. expected_errors: accepted fields that are wrong, as their confidences say."""

    accepted: int
    review: int
    expected_errors: float


class JobCatalog:
    """Reads a `Database`; every method raises ServiceError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, wanted: JobFilter, limit: int, after: Position | None = None) -> list[Job]:
        """At most `limit` jobs, newest first, beginning after a position."""
        query = sa.select(jobs).where(*_conditions(wanted))
        if after is not None:
            earlier = (jobs.c.created == after.created) & (jobs.c.id < after.id)
            query = query.where((jobs.c.created < after.created) | earlier)
        with self._database.read() as connection:
            if wanted.name:
                query = query.where(_has_name(self._database, wanted.name))
            if wanted.organ:
                query = query.where(_has_organ(connection, wanted.organ))
            query = query.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit)
            return [Job.from_row(row) for row in connection.execute(query)]

    def attempts(self, job: str) -> tuple[Attempt, ...]:
        """All claims of a job, first one first; those before a retry too."""
        query = sa.select(attempts).where(attempts.c.job == job).order_by(attempts.c.fence)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Attempt(row.worker, row.started, row.ended, row.outcome, row.code, row.reason) for row in rows
        )

    def count_states(self) -> dict[str, int]:
        """Number of jobs in each state, all states named."""
        return {state.value: 0 for state in JobState} | self._count(jobs.c.state)

    def oldest_wait(self) -> float:
        """Seconds the longest waiting job has waited, 0 when none waits."""
        waiting = sa.select(sa.func.min(jobs.c.created)).where(jobs.c.state == JobState.QUEUED)
        with self._database.read() as connection:
            oldest = connection.execute(waiting).scalar()
        return max(0.0, time.time() - oldest) if oldest is not None else 0.0

    def sum_fields(self) -> Fields:
        """Of the jobs done."""
        summed = [sa.func.sum(column) for column in (jobs.c.accepted, jobs.c.review, jobs.c.expected_errors)]
        with self._database.read() as connection:
            sums = connection.execute(sa.select(*summed).where(jobs.c.state == JobState.DONE)).one()
        return Fields(int(sums[0] or 0), int(sums[1] or 0), float(sums[2] or 0.0))

    def count_pages(self) -> dict[str, int]:
        """Pages by outcome."""
        return self._count(pages.c.outcome)

    def count_failed(self) -> dict[str, int]:
        """Failed jobs by code."""
        return self._count(jobs.c.code, jobs.c.state == JobState.FAILED)

    def sum_stages(self) -> dict[str, float]:
        """Wall-clock seconds of reading, by stage."""
        with self._database.read() as connection:
            return sum_stage_seconds(connection)

    def _count(self, column: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> dict[str, int]:
        query = sa.select(column, sa.func.count()).where(*conditions).group_by(column)
        with self._database.read() as connection:
            return {str(name): int(count) for name, count in connection.execute(query)}


def find_organs(connection: sa.Connection, part: str) -> list[str] | None:
    """Names of organs with this in them; None where they are too many to be looked for one by one."""
    query = sa.select(organs.c.name).where(organs.c.name.icontains(part, autoescape=True))
    names = list(connection.execute(query.limit(_FEW + 1)).scalars())
    return names if len(names) <= _FEW else None


def _has_organ(connection: sa.Connection, part: str) -> sa.ColumnElement[bool]:
    """That a job is of an organ with this in its name, which is looked for among the names there are."""
    names = find_organs(connection, part)
    # What so many have is found soon among the newest jobs.
    return jobs.c.organ.icontains(part, autoescape=True) if names is None else jobs.c.organ.in_(names)


def _has_name(database: Database, part: str) -> sa.ColumnElement[bool]:
    """That a job's document has this in its name; PostgreSQL looks for all its characters first, in their index."""
    is_in = jobs.c.name.icontains(part, autoescape=True)
    if database.is_sqlite:
        return is_in
    return characters(jobs.c.name).contains(characters(sa.literal(part))) & is_in


def in_batch(batch: str) -> sa.ColumnElement[bool]:
    """The condition that a job is of a batch, so that an index of those that are of any knows it."""
    return (jobs.c.batch == batch) & (jobs.c.batch != sa.literal_column("''"))


def _conditions(wanted: JobFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(jobs.c.state == wanted.state)
    if wanted.created_after is not None:
        found.append(jobs.c.created > wanted.created_after)
    if wanted.finished_after is not None:
        found.append(jobs.c.finished > wanted.finished_after)
    if wanted.finished_before is not None:
        found.append(jobs.c.finished < wanted.finished_before)
    exact = {jobs.c.status: wanted.status, jobs.c.document: wanted.document, jobs.c.code: wanted.code}
    found += [column == value for column, value in exact.items() if value]
    if wanted.batch:
        found.append(in_batch(wanted.batch))
    # Several reports of one document are told in one column: "gio-2021, gio-2025".
    listed = {jobs.c.form: wanted.form, jobs.c.year: wanted.year}
    for column, value in listed.items():
        if value:
            found.append((", " + column + ", ").contains(f", {value}, ", autoescape=True))
    return found
