"""Signs of life of a claim while its holder waits for the store, which a slow line may make longer than a lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from extractor.seams.errors import ExtractorError
from workers.service.service import Service

_LOG = logging.getLogger(__name__)
#: Seconds after which whoever still waits counts as hung: 200 MB at 350 kB a second.
_LONGEST = 600.0


@contextmanager
def signs_of_life(service: Service, beat: Callable[[], object]) -> Iterator[None]:
    """Gives one every heartbeat from a thread beside; that the claim is lost is found out by what comes next."""
    done = threading.Event()
    until = time.monotonic() + _LONGEST

    def go_on() -> None:
        while not done.wait(service.settings.heartbeat) and time.monotonic() < until:
            try:
                beat()
            except ExtractorError as error:
                _LOG.warning("no sign of life could be given: %s", error)

    thread = threading.Thread(target=go_on, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
