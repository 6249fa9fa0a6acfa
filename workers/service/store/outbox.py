"""Which queued jobs the broker has to be told of: those whose row has no time at which it was (`bell`)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.schema import JobState, jobs
from workers.service.urgency import Urgency

#: Seconds a job can be made to wait.
LONGEST_DELAY = 60.0


def is_due(now: float) -> sa.ColumnElement[bool]:
    """That a job need not wait any longer; now: seconds since 1970."""
    # A time farther ahead than any delay was written before the clock was set back.
    return (jobs.c.not_before <= now) | (jobs.c.not_before > now + LONGEST_DELAY)


class Outbox:
    """Of the jobs of a pipeline in a `Database`, or of all where it is empty.

    Every method raises ServiceError or StorageError when the store does not answer or cannot be written.
    """

    def __init__(self, database: Database, pipeline: str = "") -> None:
        self.database = database
        self._is_ours = jobs.c.pipeline == pipeline if pipeline else sa.true()

    def to_ring(self, limit: int, urgency: Urgency = Urgency.BULK) -> list[str]:
        """Ids of queued jobs of one urgency the broker has not been told of, longest waiting first."""
        now = time.time()
        waits = (jobs.c.state == JobState.QUEUED) & jobs.c.bell.is_(None) & is_due(now)
        query = sa.select(jobs.c.id).where(waits, jobs.c.urgency == urgency, self._is_ours)
        with self.database.read() as connection:
            return list(connection.execute(query.order_by(jobs.c.created, jobs.c.id).limit(limit)).scalars())

    def rung(self, identifiers: Sequence[str]) -> None:
        """The broker has been told of these jobs."""
        with self.database.write() as connection:
            chosen = jobs.c.id.in_(list(identifiers))
            connection.execute(sa.update(jobs).where(chosen).values(bell=time.time()))

    def unring(self, identifier: str) -> None:
        """The message of a queued job was taken by nobody: the broker is to be told again."""
        with self.database.write() as connection:
            waits = sa.update(jobs).where(jobs.c.id == identifier, jobs.c.state == JobState.QUEUED)
            connection.execute(waits.values(bell=None))

    def is_any_rung(self) -> bool:
        """Whether a queued job's message should be in the broker."""
        rung = (jobs.c.state == JobState.QUEUED) & jobs.c.bell.is_not(None) & self._is_ours
        with self.database.read() as connection:
            return connection.execute(sa.select(jobs.c.id).where(rung).limit(1)).first() is not None

    def ring_again(self, *, older_than: float = 0.0) -> int:
        """Has the broker told once more of queued jobs it was told of more than so many seconds ago."""
        rung = (jobs.c.state == JobState.QUEUED) & jobs.c.bell.is_not(None)
        if older_than:
            now = time.time()
            # A time ahead was written before the clock was set back.
            rung &= (jobs.c.bell < now - older_than) | (jobs.c.bell > now + older_than)
        with self.database.write() as connection:
            return connection.execute(sa.update(jobs).where(rung).values(bell=None)).rowcount
