"""Whether a worker still hears: messages wait, a thread of it is free, and it takes none of them.

After a broker's restart Celery's consumer may stay connected and ask for nothing for ever (celery issues 8030 and
8091; seen here twice with 5.7, on a machine that did much else besides). Nobody else finds it out: the process lives,
gives its signs of life, and the broker answers. Where brokers were killed and links cut Celery's loop was found
waiting in the sending of its heartbeat, for Celery's own tools: ten seconds at a time in which nothing is taken.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from celery.worker import state

from extractor.seams.errors import ServiceError
from workers.service.bell import Bell

_LOG = logging.getLogger(__name__)
#: Exit code of a process that hears nothing, for whoever starts it again (EX_TEMPFAIL of sysexits.h).
DEAF = 75


class Hearing:
    """The jobs a worker has in hand, and whether it hears of others.

    patience: seconds for which messages may wait while a thread is free and none is taken.
    consumer: Celery's, None while there is none. listens: whether the worker wants to hear of any.
    """

    def __init__(
        self,
        bell: Bell,
        slots: int,
        patience: float,
        consumer: Callable[[], Any],
        listens: Callable[[], bool],
    ) -> None:
        self._bell, self._slots, self._patience = bell, slots, patience
        self._consumer, self._listens = consumer, listens
        self._lock = threading.Lock()
        self._in_hand: list[str] = []
        self._taken = 0
        #: How many messages had been taken when last one was, and since when the others wait.
        self._heard, self._since = 0, time.monotonic()
        self._is_anew = False

    def begin(self, job: str) -> None:
        """A message was heard, and its job begun."""
        with self._lock:
            self._in_hand.append(job)
            self._taken += 1

    def end(self, job: str) -> None:
        """A thread is free again."""
        with self._lock:
            self._in_hand.remove(job)

    def run(self, stop: threading.Event) -> None:
        """Looks until `stop` is set; ends the process if it hears nothing over a new connection either."""
        while not stop.wait(self._patience / 4):
            self.look()

    def look(self) -> None:
        """Looks once."""
        with self._lock:
            in_hand, taken = tuple(self._in_hand), self._taken
        now = time.monotonic()
        if taken != self._heard:
            self._heard, self._since, self._is_anew = taken, now, False
        elif len(in_hand) >= self._slots or not self._do_messages_wait():
            self._since = now
        elif now - self._since >= self._patience:
            self._since = now
            self._mend(in_hand)

    def _do_messages_wait(self) -> bool:
        # Without a connection Celery makes one, and says so; without its store the worker takes none.
        if not self._listens() or getattr(self._consumer(), "connection", None) is None:
            return False
        try:
            return self._bell.waiting() > 0
        except ServiceError:
            return False

    def _mend(self, in_hand: Collection[str]) -> None:
        if not self._is_anew:
            _LOG.error("messages wait, a thread is free and none is taken: the broker is connected to anew")
            self._is_anew = True
            self._consumer().call_soon(_begin_anew, in_hand)
        elif not in_hand:
            _LOG.critical(
                "nothing is heard over a new connection either: this process ends, to be started again"
            )
            os._exit(DEAF)


def _begin_anew(in_hand: Collection[str]) -> None:
    """To be called by Celery's loop, which connects anew as after any loss.

    Before, Celery forgets what it believes to be at work and is not: it takes no more than there are threads.
    """
    for requests in (state.reserved_requests, state.active_requests):
        for request in tuple(requests):
            if request.id not in in_hand:
                requests.discard(request)
    raise ConnectionError("nothing is heard")
