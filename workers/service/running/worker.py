"""A Celery worker: a few threads, each watching over a reader process, and the reconciler beside them."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery import signals
from celery.exceptions import SecurityWarning
from celery.worker.request import Request

from workers.reading.reader import Reader
from workers.service.bell import PAGES_TASK, TASK
from workers.service.running.hearing import Hearing
from workers.service.running.housekeeping import Housekeeper
from workers.service.running.presence import Presence
from workers.service.running.reconcile import Reconciler
from workers.service.running.store_watch import StoreWatch
from workers.service.running.stretches import help_with
from workers.service.running.work import work_on
from workers.service.running.workplace import Workplace
from workers.service.service import Service
from workers.service.store.records import Job

_LOG = logging.getLogger(__name__)
#: Seconds the threads have to hand back their work when the worker shuts down.
_GRACE = 20.0
#: Seconds after which the event loop looks for messages again once a thread has become free.
_LOOK_AGAIN = (0.002, 0.01, 0.05, 0.25)


class Worker:
    """Takes jobs until told to stop. `ended` is told of every job that ended here."""

    def __init__(
        self, service: Service, concurrency: int, ended: Callable[[Job], None] = lambda job: None
    ) -> None:
        self._service, self._concurrency, self._ended = service, concurrency, ended
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._stop = threading.Event()
        self._waker = _Waker()
        self._local = threading.local()
        self._places: list[Workplace] = []
        self._celery: Any = None
        self._beside: list[threading.Thread] = []
        self._store = StoreWatch(service.blobs, service.settings.reconcile, self._heed_store)
        self._hearing = Hearing(
            service.bell, concurrency, service.settings.lease, self._consumer, lambda: self._store.is_there
        )

    def run(self) -> None:
        """Works until SIGTERM or SIGINT; then hands back what is in hand and returns."""
        app = self._service.bell.celery
        # Celery warns a superuser of pickled messages; ours are the JSON of one id.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        signals.setup_logging.connect(keep_logs, weak=False)
        register(app, self.take, self.take_pages)
        try:
            program = app.Worker(
                concurrency=self._concurrency,
                queues=list(self._service.bell.heard),
                hostname=f"extractor@{self._name}",
                without_gossip=True,
                without_mingle=True,
                quiet=True,
            )
            self.begin(program)
            program.start()
        finally:
            self.end()

    def begin(self, program: Any) -> None:
        """Starts what goes on beside a Celery worker, which is about to start."""
        self._celery = program
        signals.worker_shutting_down.connect(self._shut_down, weak=False)
        reconciler = Reconciler(self._service, self._ended)
        housekeeper = Housekeeper(self._service, lambda: reconciler.is_acting)
        presence = Presence(self._service, self._name, self._concurrency, lambda: self._store.problem)
        self._beside = [
            threading.Thread(target=reconciler.run, args=(self._stop,), name="reconciler"),
            threading.Thread(target=housekeeper.run, args=(self._stop,), name="housekeeper", daemon=True),
            threading.Thread(target=presence.run, args=(self._stop,), name="presence"),
        ]
        watches = [
            threading.Thread(target=self._store.run, args=(self._stop,), name="store watch", daemon=True),
            threading.Thread(target=self._hearing.run, args=(self._stop,), name="hearing", daemon=True),
        ]
        for thread in (*self._beside, *watches):
            thread.start()

    def end(self) -> None:
        """Ends it."""
        self._stop.set()
        self._store.doubt()
        for place in self._places:
            place.reader.kill()
        for thread in self._beside:
            thread.join(_GRACE)

    def take(self, job: str) -> None:
        """Brings a job as far as it goes, in a thread of Celery's."""
        self._do(job, job, work_on)

    def take_pages(self, job: str, message: str) -> None:
        """Reads pages of a job that another worker holds, in a thread of Celery's. message: id of what told of it."""
        self._do(message, job, help_with)

    def _do(self, message: str, job: str, work: Callable[[Workplace, str], None]) -> None:
        place = self._place()
        self._hearing.begin(message)
        try:
            work(place, job)
        except Exception:  # noqa: BLE001 - one job must not end the thread that reads the others
            # The message is answered either way: the store, not the broker, decides about another try.
            _LOG.exception("job %s: unexpected; the reconciler will take it up", job)
            place.reader.kill()
        finally:
            self._hearing.end(message)
            self._waker.wake()

    def _place(self) -> Workplace:
        place: Workplace | None = getattr(self._local, "place", None)
        if place is None:
            settings = self._service.settings
            reader = Reader(settings.read_options, settings.limits, settings.reader_module)
            place = Workplace(self._service, reader, self._name, self._stop, self._store, self._ended)
            self._local.place = place
            self._places.append(place)
        return place

    def _heed_store(self) -> None:
        """Takes messages as long as the store is there. Called by the watch, over and over."""
        consumer = self._consumer()
        if consumer is not None and getattr(consumer, "hub", None) is not None:
            consumer.call_soon(self._waker.listen, consumer)
            consumer.call_soon(self._turn, consumer)

    def _turn(self, consumer: Any) -> None:
        """Has a consumer take messages, or none. Called in the loop's thread, which without a broker does nothing.

        The loop calls in any order what it is told to call, and after a while without a broker that is much: whether
        the store is there is asked here, not told.
        """
        tasks = consumer.task_consumer
        for queue in self._service.bell.heard:
            is_on = self._store.is_there
            if tasks is None or bool(tasks.consuming_from(queue)) == is_on:
                continue
            if is_on:
                consumer.add_task_queue(queue)
            else:
                consumer.cancel_task_queue(queue)

    def _consumer(self) -> Any:
        return getattr(self._celery, "consumer", None)

    def _shut_down(self, **_facts: Any) -> None:
        _LOG.info("shutting down: work in hand is handed back")
        self._stop.set()


def keep_logs(**_facts: Any) -> None:
    """Has Celery leave the logs as they are: it would have only warnings told from then on."""


class _Taken(Request):  # type: ignore[misc]
    """A message that was taken. The broker keeps nothing of it, and Celery acknowledges it all the same."""

    def acknowledge(self) -> None:
        # Two commands a message, from the loop, which may find the broker gone; and kombu remembers each for good.
        self.acknowledged = True


def register(app: Any, take: Callable[[str], None], take_pages: Callable[[str, str], None]) -> None:
    """Makes the two tasks there are, known to an application of Celery."""

    @app.task(name=TASK, ignore_result=True, Request=_Taken)  # type: ignore[untyped-decorator]
    def read(job: str) -> None:
        take(job)

    @app.task(name=PAGES_TASK, ignore_result=True, Request=_Taken)  # type: ignore[untyped-decorator]
    def read_pages(job: str, message: str) -> None:
        take_pages(job, message)


class _Waker:
    """Wakes Celery's event loop when a thread is free again; by itself it looks only once a second."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        for descriptor in (self._reading, self._writing):
            os.set_blocking(descriptor, False)

    def listen(self, consumer: Any) -> None:
        """Registers with a consumer's loop, which forgets it with every lost connection. Called in its thread."""
        if self._reading not in consumer.hub.readers:
            consumer.hub.add_reader(self._reading, self._drain, consumer.hub)

    def wake(self) -> None:
        """From any thread."""
        # A full pipe wakes the loop as well.
        with suppress(BlockingIOError):
            os.write(self._writing, b".")

    def _drain(self, hub: Any) -> None:
        with suppress(BlockingIOError):
            os.read(self._reading, 1 << 12)
        # Celery counts the thread as busy until it has dealt with the end of its task, a moment after it woke us.
        for delay in _LOOK_AGAIN:
            hub.call_later(delay, _nothing)


def _nothing() -> None:
    """To be called by the loop, which looks for messages whenever it has called something."""
