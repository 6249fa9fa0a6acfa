"""What a service does beside reading: notices to webhooks sent, and what no job needs swept out of the store.

Apart from the reconciler, because a webhook that does not answer must not keep it from its rounds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from extractor.seams.errors import ExtractorError
from workers.service.notices.webhooks import WebhookStore, announce_missed, deliver_due
from workers.service.running.fsck import sweep
from workers.service.running.retention import forget_old
from workers.service.service import Service
from workers.service.store.idempotency import AnswerStore

_LOG = logging.getLogger(__name__)
#: Seconds between two sweeps, and until the first: a service that is started often still sweeps.
_SWEEP, _FIRST_SWEEP = 86_400.0, 3_600.0
#: Seconds between two looks for jobs that are old enough to be forgotten.
_FORGET = 600.0


class Housekeeper:
    """Rounds in a thread of its own; `is_leader` tells whether this service's reconciler acts here."""

    def __init__(self, service: Service, is_leader: Callable[[], bool]) -> None:
        self._service, self._is_leader = service, is_leader
        self._sweep_due = time.monotonic() + _FIRST_SWEEP
        self._forget_due = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop` is set; the next round tries again what failed."""
        while not stop.wait(self._service.settings.reconcile):
            try:
                if self._is_leader():
                    self.round()
            except ExtractorError as error:
                _LOG.debug("%s; housekeeping tries again", error)

    def round(self) -> None:
        """Everything that is due. Raises ServiceError or StorageError."""
        announce_missed(self._service.database)
        deliver_due(self._service)
        if time.monotonic() >= self._forget_due:
            self._forget_due = time.monotonic() + _FORGET
            forgotten = forget_old(self._service)
            if forgotten:
                _LOG.info("forgot %d jobs older than %s", forgotten, self._service.settings.keep)
        if time.monotonic() >= self._sweep_due:
            self._sweep_due = time.monotonic() + _SWEEP
            AnswerStore(self._service.database, self._service.settings.request_timeout).sweep()
            WebhookStore(self._service.database, self._service.seal).sweep()
            count = sum(1 for _ in sweep(self._service, repair=True))
            _LOG.info("swept %d files no job needs", count)
