"""Whether the store is there, asked all the time: a worker without its store takes no jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from extractor.seams.errors import ExtractorError
from workers.service.store.identity import KnownBlobs

_LOG = logging.getLogger(__name__)


class StoreWatch:
    """Asks every `pause` seconds, and at once when somebody found the store away.

    looked: called after every look, also when nothing has changed.
    """

    def __init__(self, blobs: KnownBlobs, pause: float, looked: Callable[[], None]) -> None:
        self._blobs, self._pause, self._looked = blobs, pause, looked
        self._doubt = threading.Event()
        self._is_there = True
        #: What is wrong with the store; empty while nothing is.
        self.problem = ""

    @property
    def is_there(self) -> bool:
        return self._is_there

    def doubt(self) -> None:
        """Somebody could not read or write it: nothing more is begun before it has been asked."""
        self._is_there = False
        self._doubt.set()

    def run(self, stop: threading.Event) -> None:
        """Looks until `stop` is set."""
        while not stop.is_set():
            self.look()
            self._doubt.wait(self._pause)
            self._doubt.clear()

    def look(self) -> None:
        """Asks once."""
        try:
            self._blobs.check()
            problem = ""
        except ExtractorError as error:
            problem = str(error)
        if problem and not self.problem:
            _LOG.warning("%s No job is taken until it is back.", problem)
        elif self.problem and not problem:
            _LOG.warning("the store is back: jobs are taken again")
        self.problem, self._is_there = problem, not problem
        self._looked()
