"""A Celery worker: a few threads, each watching over a reader process, and the reconciler beside them."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

from celery import signals

from workers.service.bell import QUEUE, TASK
from workers.service.reading import Reader
from workers.service.reconcile import Reconciler
from workers.service.records import Job
from workers.service.service import Service
from workers.service.work import Workplace, work_on

_LOG = logging.getLogger(__name__)
#: Seconds the threads have to hand back their work when the worker shuts down.
_GRACE = 20.0


class Worker:
    """Takes jobs until told to stop. `ended` is told of every job that ended here."""

    def __init__(
        self, service: Service, concurrency: int, ended: Callable[[Job], None] = lambda job: None
    ) -> None:
        self._service, self._concurrency, self._ended = service, concurrency, ended
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._stop = threading.Event()
        self._local = threading.local()
        self._places: list[Workplace] = []

    def run(self) -> None:
        """Works until SIGTERM or SIGINT; then hands back what is in hand and returns."""
        app = self._service.bell.celery

        @app.task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
        def read(identifier: str) -> None:
            self._take(identifier)

        signals.worker_shutting_down.connect(self._shut_down, weak=False)
        reconciler = threading.Thread(
            target=Reconciler(self._service, self._ended).run, args=(self._stop,), name="reconciler"
        )
        reconciler.start()
        try:
            app.Worker(
                pool="threads",
                concurrency=self._concurrency,
                queues=[QUEUE],
                hostname=f"extractor@{self._name}",
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
                quiet=True,
            ).start()
        finally:
            self._stop.set()
            for place in self._places:
                place.reader.kill()
            reconciler.join(_GRACE)

    def _take(self, identifier: str) -> None:
        place = self._place()
        try:
            work_on(place, identifier)
        except Exception:  # noqa: BLE001 - one job must not end the thread that reads the others
            # The message is answered either way: the store, not the broker, decides about another try.
            _LOG.exception("job %s: unexpected; the reconciler will take it up", identifier)
            place.reader.kill()

    def _place(self) -> Workplace:
        place: Workplace | None = getattr(self._local, "place", None)
        if place is None:
            reader = Reader(self._service.settings)
            place = Workplace(self._service, reader, self._name, self._stop, self._ended)
            self._local.place = place
            self._places.append(place)
        return place

    def _shut_down(self, **_facts: Any) -> None:
        _LOG.info("shutting down: work in hand is handed back")
        self._stop.set()
