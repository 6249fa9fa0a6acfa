"""Makes good what was lost: claims whose worker is gone, messages the broker forgot, notices not yet sent.

Leases are measured here by the monotonic clock, as "nothing about this job changed for so long while I watched":
a clock set back or forward costs nobody a job.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from workers.service.service import Service
from workers.service.store.leadership import Leadership
from workers.service.store.records import Job, Pulse
from workers.service.store.schema import JobState, facts
from workers.service.urgency import Urgency

_LOG = logging.getLogger(__name__)
#: Fact under which the broker's mark is kept.
_MARK_FACT = "broker"
#: Seconds a broker may be empty, with jobs it was told of still waiting, before they count as forgotten.
_FORGOTTEN = 10.0
#: Seconds after which a job is told of once more, however much the broker holds: its message may be with a dead
#: worker, and a second message harms nobody.
_STALE = 600.0
#: Rounds that whoever does them may miss before another one does.
_TURNS = 4


class Reconciler:
    """One round after another; of the reconcilers of a pipeline only one acts at a time."""

    def __init__(self, service: Service, ended: Callable[[Job], None] = lambda job: None) -> None:
        self._service, self._ended = service, ended
        self._seen: dict[Pulse, float] = {}
        self._empty_since: float | None = None
        self._leader = Leadership(
            service.database, service.jobs.pipeline, _TURNS * service.settings.reconcile
        )
        self.is_acting = False

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop` is set; an error is told once and the next round tries again."""
        told = ""
        while True:
            try:
                self.is_acting = self._leader.hold()
                if self.is_acting:
                    self.round()
                    self._leader.tell_done()
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
                self._step_back()
                return

    def _step_back(self) -> None:
        try:
            self._leader.release()
        except ExtractorError as error:
            _LOG.debug("%s; another reconciler acts in a while", error)

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
            count = service.jobs.outbox.ring_again()
            if count:
                _LOG.warning("the broker is new or has lost its memory: it is told again of %d jobs", count)
            mark = uuid.uuid4().hex
            service.bell.leave_mark(mark)
            self._keep_mark(mark)
        now = time.monotonic()
        if service.bell.waiting() or not service.jobs.outbox.is_any_rung():
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since >= _FORGOTTEN:
            self._empty_since = None
            _LOG.warning("%d jobs were forgotten on the way: told again", service.jobs.outbox.ring_again())
        service.jobs.outbox.ring_again(older_than=_STALE)

    def ring_waiting(self) -> None:
        """Tells the broker of jobs it does not know of, as long as it holds few."""
        service = self._service
        for urgency in Urgency:
            room = service.settings.window - service.bell.waiting(urgency)
            for identifier in service.jobs.outbox.to_ring(room, urgency) if room > 0 else []:
                service.bell.ring(identifier, urgency)
                service.jobs.outbox.rung([identifier])

    def _known_mark(self) -> str:
        with self._service.database.read() as connection:
            found = connection.execute(sa.select(facts.c.value).where(facts.c.key == _MARK_FACT)).scalar()
        return str(found or "")

    def _keep_mark(self, mark: str) -> None:
        database = self._service.database
        with database.write() as connection:
            if not database.insert_new(connection, facts, {"key": _MARK_FACT, "value": mark}):
                connection.execute(sa.update(facts).where(facts.c.key == _MARK_FACT).values(value=mark))
