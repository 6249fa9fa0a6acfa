"""Makes good what was lost: claims whose worker is gone, messages the broker forgot, notices not yet sent.

Leases are measured here by the monotonic clock, as "nothing about this job changed for so long while I watched":
a clock set back or forward costs nobody a job.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from workers.service.service import Service
from workers.service.store.database import Database
from workers.service.store.records import Job, Pulse
from workers.service.store.schema import JobState, facts

_LOG = logging.getLogger(__name__)
#: Fact under which the broker's mark is kept.
_MARK_FACT = "broker"
#: Seconds a broker may be empty, with jobs it was told of still waiting, before they count as forgotten.
_FORGOTTEN = 10.0
#: Seconds after which a job is told of once more, however much the broker holds: its message may be with a dead
#: worker, and a second message harms nobody.
_STALE = 600.0
#: Number of the PostgreSQL advisory lock the acting reconciler holds: any, but always the same.
_LOCK = 7_120_646


class Reconciler:
    """One round after another; only one of a service's reconcilers acts at a time."""

    def __init__(self, service: Service, ended: Callable[[Job], None] = lambda job: None) -> None:
        self._service, self._ended = service, ended
        self._seen: dict[Pulse, float] = {}
        self._empty_since: float | None = None
        self._leader = Leadership(service.database)
        self.is_acting = False

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop` is set; an error is told once and the next round tries again."""
        told = ""
        while True:
            try:
                self.is_acting = self._leader.hold()
                if self.is_acting:
                    self.round()
                else:
                    # Another one acts, or the store is away: what was seen before counts for nothing afterwards.
                    self._seen.clear()
                told = ""
            except ExtractorError as error:
                # While the store was away nobody could give a sign of life.
                self._seen.clear()
                if str(error) != told:
                    told = str(error)
                    _LOG.warning("%s; the reconciler tries again", error)
            if stop.wait(self._service.settings.reconcile):
                self._leader.release()
                return

    def round(self) -> None:
        """Everything once. Raises ServiceError or StorageError."""
        self.expire_leases()
        self.check_broker()
        self.ring_waiting()

    def expire_leases(self) -> None:
        """Takes jobs from workers that gave no sign of life for a lease."""
        now = time.monotonic()
        self._seen = {pulse: self._seen.get(pulse, now) for pulse in self._service.jobs.pulses()}
        for pulse, since in self._seen.items():
            if now - since >= self._service.settings.lease:
                self.take(pulse, "its worker stopped answering")

    def take(self, pulse: Pulse, reason: str) -> None:
        """Takes one job from its worker, unless it gave a sign of life after all."""
        state = self._service.jobs.expire(pulse, reason)
        if state is not None:
            _LOG.warning("job %s: %s; it is %s", pulse.job, reason, state.value)
        if state is JobState.FAILED:
            self._ended(self._service.jobs.get(pulse.job))

    def check_broker(self) -> None:
        """Finds out whether the broker has forgotten what it was told, and has it told again."""
        service = self._service
        mark = service.bell.read_mark()
        if not mark or mark != self._known_mark():
            count = service.jobs.ring_again()
            if count:
                _LOG.warning("the broker is new or has lost its memory: it is told again of %d jobs", count)
            mark = uuid.uuid4().hex
            service.bell.leave_mark(mark)
            self._keep_mark(mark)
        now = time.monotonic()
        if service.bell.waiting() or not service.jobs.count_rung():
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since >= _FORGOTTEN:
            self._empty_since = None
            _LOG.warning("%d jobs were forgotten on the way: told again", service.jobs.ring_again())
        service.jobs.ring_again(older_than=_STALE)

    def ring_waiting(self) -> None:
        """Tells the broker of jobs it does not know of, as long as it holds few."""
        service = self._service
        room = service.settings.window - service.bell.waiting()
        if room <= 0:
            return
        for identifier in service.jobs.to_ring(room):
            service.bell.ring(identifier)
            service.jobs.rung([identifier])

    def _known_mark(self) -> str:
        with self._service.database.read() as connection:
            found = connection.execute(sa.select(facts.c.value).where(facts.c.key == _MARK_FACT)).scalar()
        return str(found or "")

    def _keep_mark(self, mark: str) -> None:
        database = self._service.database
        with database.write() as connection:
            if not database.insert_new(connection, facts, {"key": _MARK_FACT, "value": mark}):
                connection.execute(sa.update(facts).where(facts.c.key == _MARK_FACT).values(value=mark))


class Leadership:
    """Which reconciler acts: who holds a lock on the store that ends with its holder."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._connection: sa.Connection | None = None

    def hold(self) -> bool:
        """Whether this one holds it now. Raises ServiceError."""
        return self._hold_file() if self._database.is_sqlite else self._hold_lock()

    def release(self) -> None:
        """Lets another one act."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._drop_connection()

    def _hold_file(self) -> bool:
        if self._file is None:
            path = Path(self._database.url.removeprefix("sqlite:///") + ".leader")
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._file = descriptor
        return True

    def _hold_lock(self) -> bool:
        if self._connection is not None and self._is_alive(self._connection):
            return True
        self._drop_connection()
        try:
            connection: Any = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK))).scalar_one():
                self._connection = connection
                return True
            connection.close()
        except sa.exc.SQLAlchemyError as error:
            _LOG.debug("no leadership: %s", error)
        return False

    def _is_alive(self, connection: sa.Connection) -> bool:
        try:
            connection.execute(sa.select(1))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def _drop_connection(self) -> None:
        if self._connection is not None:
            # Not back into the pool: a lock lasts as long as its session.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
