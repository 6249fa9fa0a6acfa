"""Stretches of a long document: its pages are read by whoever has a hand free, its job is held by one worker.

Whoever holds the job parts it, reads stretches of it as others do, and takes those back whose worker has gone silent:
what becomes of the others, and of what the broker tells them, costs time only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

import sqlalchemy as sa

from extractor.values.read_page import Run
from workers.service.store.database import Database
from workers.service.store.pages import count_read, find_pages, note_page
from workers.service.store.records import Claim, PageRead
from workers.service.store.schema import JobState, jobs, stretches


class StretchKind(StrEnum):
    """What is to be done with pages. RUNS: to understand them, once all have been read."""

    READ = "read"
    RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The right to work on pages of a document until somebody takes them with a higher fence.

    first, last: of the pages. runs: those to be understood, none where pages are to be read.
    """

    job: str
    document: str
    name: str
    kind: StretchKind
    first: int
    last: int
    fence: int
    runs: tuple[Run, ...] = ()

    @property
    def pages(self) -> tuple[int, ...]:
        """Their numbers, in order."""
        return tuple(sorted(chain(*self.runs))) or tuple(range(self.first, self.last + 1))


class StretchStore:
    """Stretches in a `Database`. lease: seconds after which a worker that gives no sign of life has lost its own.

    pipeline: by which whoever uses this reads. Every method raises ServiceError or StorageError when the store does
    not answer or cannot be written.
    """

    def __init__(self, database: Database, pipeline: str, lease: float) -> None:
        self._database, self._lease = database, lease
        self._is_ours = jobs.c.pipeline == pipeline if pipeline else sa.true()

    def part(self, claim: Claim, total: int, size: int) -> int:
        """Parts a document of so many pages; how many stretches are to be read. What was read before stays so."""
        with self._database.write() as connection:
            known = find_pages(connection, claim.job)
            for first in range(1, total + 1, size):
                last = min(first + size - 1, total)
                row = {"job": claim.job, "kind": StretchKind.READ, "first": first, "last": last}
                is_done = known.has_all(range(first, last + 1))
                self._database.insert_new(connection, stretches, row | {"done": is_done})
            return _count_left(connection, claim.job)

    def part_runs(self, claim: Claim, parts: Sequence[Sequence[Run]]) -> int:
        """Parts the work of understanding a document; how much is to be done. What others made of it is forgotten."""
        rows = [
            {
                "job": claim.job,
                "kind": StretchKind.RUNS,
                "first": min(chain(*runs)),
                "last": max(chain(*runs)),
                "runs": json.dumps(list(runs)),
            }
            for runs in parts
        ]
        own = (stretches.c.job == claim.job) & (stretches.c.kind == StretchKind.RUNS)
        with self._database.write() as connection:
            connection.execute(
                sa.delete(stretches).where(own, stretches.c.runs.not_in([row["runs"] for row in rows]))
            )
            for row in rows:
                self._database.insert_new(connection, stretches, row)
            return _count_left(connection, claim.job)

    def take(self, job: str, worker: str) -> Stretch | None:
        """The first stretch that nobody reads, or whose worker is silent; None if there is none.

        The job need not be ours, only held by somebody.
        """
        with self._database.write() as connection:
            now = self._database.clock(connection)
            is_free = (stretches.c.worker == "") | (stretches.c.seen < now - self._lease)
            found = (
                sa.select(stretches, jobs.c.document, jobs.c.name)
                .join(jobs, jobs.c.id == stretches.c.job)
                .where(stretches.c.job == job, ~stretches.c.done, is_free, _is_read(job), self._is_ours)
                .order_by(stretches.c.first)
                .limit(1)
            )
            if not self._database.is_sqlite:
                found = found.with_for_update(of=stretches, skip_locked=True)
            row = connection.execute(found).first()
            if row is None:
                return None
            runs = tuple(tuple(run) for run in json.loads(row.runs or "[]"))
            kind = StretchKind(row.kind)
            stretch = Stretch(job, row.document, row.name, kind, row.first, row.last, row.fence + 1, runs)
            taken = {"worker": worker, "fence": stretch.fence, "since": now, "seen": now}
            connection.execute(_at(stretch).values(taken))
            return stretch

    def beat(self, stretch: Stretch) -> bool:
        """A sign of life; False when the work is to stop: the stretch is lost, or the job is no longer read."""
        with self._database.write() as connection:
            return self._beat(connection, stretch)

    def page_done(self, stretch: Stretch, page: PageRead) -> bool:
        """A page has been read, which is a sign of life too; answers as `beat`."""
        with self._database.write() as connection:
            # The job comes first, as for whoever ends it: of two who lock in turn neither waits for the other.
            counted = sa.update(jobs).where(_is_read(stretch.job)).values(pages=page.total)
            if connection.execute(counted).rowcount != 1 or not self._beat(connection, stretch):
                return False
            note_page(self._database, connection, stretch.job, page)
            done = sa.update(jobs).where(jobs.c.id == stretch.job).values(pages_done=count_read(stretch.job))
            connection.execute(done)
            return True

    def end(self, stretch: Stretch, *, is_done: bool, kept: str | None = None) -> None:
        """The stretch is in nobody's hand any more. kept: blob of what its runs say."""
        with self._database.write() as connection:
            connection.execute(_held(stretch).values(worker="", done=is_done, kept=kept))

    def free(self) -> None:
        """Whoever has a stretch in hand is gone: all can be taken at once."""
        with self._database.write() as connection:
            connection.execute(sa.update(stretches).where(stretches.c.worker != "").values(worker=""))

    def list_kept(self, job: str) -> list[str]:
        """Blobs of what runs of a job's pages say."""
        kept = sa.select(stretches.c.kept).where(stretches.c.job == job, stretches.c.kept.is_not(None))
        with self._database.read() as connection:
            return list(connection.execute(kept.order_by(stretches.c.first)).scalars())

    def count_left(self, job: str) -> int:
        """Stretches of a job that are still to be read."""
        with self._database.read() as connection:
            return _count_left(connection, job)

    def _beat(self, connection: sa.Connection, stretch: Stretch) -> bool:
        seen = _held(stretch).values(seen=self._database.clock(connection))
        if connection.execute(seen).rowcount != 1:
            return False
        return connection.execute(sa.select(jobs.c.id).where(_is_read(stretch.job))).first() is not None


def _is_read(job: str) -> sa.ColumnElement[bool]:
    """That a job is being read, and nobody has broken it off."""
    return (jobs.c.id == job) & (jobs.c.state == JobState.RUNNING) & ~jobs.c.cancel


def _count_left(connection: sa.Connection, job: str) -> int:
    left = sa.select(sa.func.count()).where(stretches.c.job == job, ~stretches.c.done)
    return int(connection.execute(left).scalar_one())


def _at(stretch: Stretch) -> sa.Update:
    own = (stretches.c.job == stretch.job) & (stretches.c.kind == stretch.kind)
    return sa.update(stretches).where(own, stretches.c.first == stretch.first)


def _held(stretch: Stretch) -> sa.Update:
    """An update that changes the stretch only while it is ours."""
    return _at(stretch).where(stretches.c.fence == stretch.fence, ~stretches.c.done)
