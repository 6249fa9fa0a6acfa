"""What the store knows about the pages of a job: read, spoilt, and where a page that was read is kept.

All is part of a transaction of whoever holds the job, or a stretch of its pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workers.reading.blame import explain_left_out
from workers.service.store.database import Database
from workers.service.store.records import PageRead
from workers.service.store.schema import pages

#: Page outcomes; anything but DONE keeps the page from being tried again.
PAGE_DONE, PAGE_TIMEOUT = "done", "timeout"


@dataclass(frozen=True, slots=True)
class KnownPages:
    """left_out: pages not to be read again, with the reason. checkpoints: blobs of pages read. Both by number."""

    left_out: dict[int, str]
    checkpoints: dict[int, str]

    def among(self, numbers: Iterable[int]) -> KnownPages:
        """What is known of some pages."""
        left_out = {number: self.left_out[number] for number in numbers if number in self.left_out}
        kept = {number: self.checkpoints[number] for number in numbers if number in self.checkpoints}
        return KnownPages(left_out, kept)

    def has_all(self, numbers: Iterable[int]) -> bool:
        """Whether each of some pages was read, or is not to be."""
        return all(number in self.checkpoints or number in self.left_out for number in numbers)


def find_pages(connection: sa.Connection, job: str) -> KnownPages:
    """What is known of a job's pages."""
    rows = connection.execute(sa.select(pages).where(pages.c.job == job).order_by(pages.c.number)).all()
    left_out = {
        row.number: reason
        for row in rows
        if (reason := explain_left_out(row.deaths, has_hung=row.outcome == PAGE_TIMEOUT))
    }
    return KnownPages(left_out, {row.number: row.checkpoint for row in rows if row.checkpoint})


def note_page(database: Database, connection: sa.Connection, job: str, page: PageRead) -> None:
    """A page has been read; one that is not to be tried again stays so."""
    known = (pages.c.job == job) & (pages.c.number == page.number)
    database.insert_new(connection, pages, {"job": job, "number": page.number})
    unspoilt = known & pages.c.outcome.in_(["", PAGE_DONE])
    read: dict[str, Any] = {"outcome": PAGE_DONE, "seconds": page.seconds}
    if page.checkpoint is not None:
        read["checkpoint"] = page.checkpoint
    connection.execute(sa.update(pages).where(unspoilt).values(read))


def note_spoilt(
    database: Database, connection: sa.Connection, job: str, number: int, outcome: str = ""
) -> None:
    """A process ended on a page, or (with an outcome) the page is not to be tried again."""
    database.insert_new(connection, pages, {"job": job, "number": number})
    known = (pages.c.job == job) & (pages.c.number == number)
    values: dict[str, Any] = {"deaths": pages.c.deaths + 1}
    if outcome:
        values["outcome"] = outcome
    connection.execute(sa.update(pages).where(known).values(**values))


def count_read(job: str) -> sa.ScalarSelect[int]:
    """How many pages of a job have been read, as part of a statement."""
    done = sa.select(sa.func.count()).where(pages.c.job == job, pages.c.outcome == PAGE_DONE)
    return done.scalar_subquery()


def count_kept(job: str) -> sa.ScalarSelect[int]:
    """How many pages of a job need not be read again, as part of a statement."""
    kept = sa.select(sa.func.count()).where(pages.c.job == job, pages.c.checkpoint.is_not(None))
    return kept.scalar_subquery()


def forget_checkpoints(connection: sa.Connection, job: str) -> None:
    """A job that has ended needs none. Who has ended it deletes their blobs; the rest is swept away as orphans."""
    connection.execute(sa.update(pages).where(pages.c.job == job).values(checkpoint=None))
