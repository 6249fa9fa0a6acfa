"""Questions about jobs for people and monitoring: lists, counts, histories. Nothing here changes a job."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.records import Job
from workers.service.store.schema import JobState, attempts, jobs, pages, stages

#: What a cursor looks like: the bits of a time after 1970 (which begin with a 4), then the id of a job.
CURSOR_PATTERN = r"^4[0-9a-f]{15}[0-9a-f]{32}$"


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are wanted; what is empty or None does not matter.

    organ, name: a part, in any case. form, year: one of those in the document. code: of the error. Times are seconds
    since 1970, exclusive; of when it ended only jobs have one that have.
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
class Tally:
    """The whole store in numbers. oldest: seconds the longest waiting job has waited, 0 when none waits.

    fields: of the jobs done, by status. pages: by outcome. failed: jobs by code. expected_errors: accepted fields
    that are wrong, as their confidences say. stages: wall-clock seconds of reading, by stage.
    """

    states: dict[str, int]
    oldest: float
    fields: dict[str, int]
    pages: dict[str, int]
    failed: dict[str, int]
    expected_errors: float
    stages: dict[str, float]


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
        query = query.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit)
        with self._database.read() as connection:
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
        with self._database.read() as connection:
            return _count_states(connection)

    def tally(self) -> Tally:
        """Everything counted, in one transaction."""
        done, failed = jobs.c.state == JobState.DONE, jobs.c.state == JobState.FAILED
        with self._database.read() as connection:
            oldest = connection.execute(
                sa.select(sa.func.min(jobs.c.created)).where(jobs.c.state == JobState.QUEUED)
            ).scalar()
            sums = connection.execute(
                sa.select(
                    sa.func.sum(jobs.c.accepted),
                    sa.func.sum(jobs.c.review),
                    sa.func.sum(jobs.c.expected_errors),
                ).where(done)
            ).one()
            spent = connection.execute(sa.select(stages.c.stage, stages.c.seconds)).all()
            return Tally(
                states=_count_states(connection),
                oldest=max(0.0, time.time() - oldest) if oldest is not None else 0.0,
                fields={"accepted": int(sums[0] or 0), "review": int(sums[1] or 0)},
                pages=_count(connection, pages.c.outcome),
                failed=_count(connection, jobs.c.code, failed),
                expected_errors=float(sums[2] or 0.0),
                stages={row.stage: row.seconds for row in spent},
            )


def _count_states(connection: sa.Connection) -> dict[str, int]:
    return {state.value: 0 for state in JobState} | _count(connection, jobs.c.state)


def _count(
    connection: sa.Connection, column: sa.Column[Any], *conditions: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(*conditions).group_by(column)
    return {str(name): int(count) for name, count in connection.execute(query)}


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
    partly = {jobs.c.organ: wanted.organ, jobs.c.name: wanted.name}
    found += [column.icontains(value, autoescape=True) for column, value in partly.items() if value]
    # Several reports of one document are told in one column: "gio-2021, gio-2025".
    listed = {jobs.c.form: wanted.form, jobs.c.year: wanted.year}
    for column, value in listed.items():
        if value:
            found.append((", " + column + ", ").contains(f", {value}, ", autoescape=True))
    return found
