"""Which queued jobs the broker has to be told of: those whose row has no time at which it was (`bell`)."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Any

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
        self.database, self._pipeline = database, pipeline
        self._is_ours = jobs.c.pipeline == pipeline if pipeline else sa.true()
        #: Whose job the broker was told of last, by pipeline and sender.
        self._last: dict[Urgency, tuple[str, str]] = {}

    def to_ring(self, limit: int, urgency: Urgency = Urgency.BULK) -> list[str]:
        """Ids of queued jobs of one urgency the broker has not been told of, of each sender in turn.

        Of one sender the longest waiting come first. The next call goes on with the sender after the last one.
        """
        is_waiting = (jobs.c.state == JobState.QUEUED) & jobs.c.bell.is_(None) & is_due(time.time())
        with self.database.read() as connection:
            whose = [
                (pipeline, sender)
                for pipeline in self._pipelines(connection, is_waiting)
                for sender in _values(connection, jobs.c.sender, _are(pipeline, urgency) & is_waiting)
            ]
            following = bisect_right(whose, self._last[urgency]) if urgency in self._last else 0
            queues = [
                connection.execute(_first_of(sender, _are(pipeline, urgency) & is_waiting, limit)).all()
                for pipeline, sender in (*whose[following:], *whose[:following])
            ]
        turns = chain.from_iterable(zip_longest(*queues))
        chosen = list(islice((row for row in turns if row is not None), limit))
        if chosen:
            self._last[urgency] = (chosen[-1].pipeline, chosen[-1].sender)
        return [row.id for row in chosen]

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

    def _pipelines(self, connection: sa.Connection, is_waiting: sa.ColumnElement[bool]) -> Iterator[str]:
        yield from [self._pipeline] if self._pipeline else _values(connection, jobs.c.pipeline, is_waiting)


def _values(
    connection: sa.Connection, column: sa.Column[str], where: sa.ColumnElement[bool]
) -> Iterator[str]:
    """What stands in a column, in its order: a look at an index for each value, however many rows have it."""
    query = sa.select(column).where(where).order_by(column).limit(1)
    found = connection.execute(query).scalar()
    while found is not None:
        yield found
        found = connection.execute(query.where(column > found)).scalar()


def _are(pipeline: str, urgency: Urgency) -> sa.ColumnElement[bool]:
    return (jobs.c.pipeline == pipeline) & (jobs.c.urgency == urgency)


def _first_of(sender: str, where: sa.ColumnElement[bool], limit: int) -> sa.Select[Any]:
    query = sa.select(jobs.c.id, jobs.c.pipeline, jobs.c.sender).where(where, jobs.c.sender == sender)
    return query.order_by(jobs.c.created, jobs.c.id).limit(limit)
