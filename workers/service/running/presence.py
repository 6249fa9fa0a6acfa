"""A worker tells of itself: that it is there, by which pipeline it reads, and whether its store is there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from extractor import __version__
from extractor.seams.errors import ExtractorError
from workers.service.service import Service
from workers.service.store.machines import MachineStore
from workers.shown.addresses import mask_url

_LOG = logging.getLogger(__name__)


class Presence:
    """Tells every heartbeat. problem: what is wrong with the worker's store, empty while nothing is."""

    def __init__(self, service: Service, name: str, slots: int, problem: Callable[[], str]) -> None:
        self._service, self._name, self._slots, self._problem = service, name, slots, problem
        self._machines = MachineStore(service.database, service.settings.heartbeat)

    def run(self, stop: threading.Event) -> None:
        """Tells until `stop` is set, and then that it leaves."""
        self._greet()
        while True:
            self._try(self._tell)
            if stop.wait(self._service.settings.heartbeat):
                self._try(lambda: self._machines.leave(self._name))
                return

    def _tell(self) -> None:
        pipeline, store = self._service.pipeline, self._problem()
        self._machines.tell(
            self._name, version=__version__, pipeline=pipeline, slots=self._slots, store=store
        )

    def _greet(self) -> None:
        service = self._service
        _LOG.info(
            "working: version %s, pipeline %s, %d documents at once, store %s, database %s, broker %s",
            __version__,
            service.pipeline,
            self._slots,
            mask_url(service.settings.blobs),
            mask_url(service.settings.database),
            mask_url(service.settings.broker_url),
        )
        if service.jobs.pipeline:
            self._try(self._tell_of_others)

    def _tell_of_others(self) -> None:
        readers = {machine.pipeline for machine in self._machines.list() if not machine.is_gone}
        readers.add(self._service.pipeline)
        for pipeline, count in self._machines.waiting().items():
            if pipeline not in readers:
                _LOG.warning(
                    "%d jobs wait for pipeline %s, by which nobody reads: start a worker with the settings and the "
                    "version they were sent with, or have them read by this one with `extractor jobs adopt`",
                    count,
                    pipeline,
                )

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ExtractorError as error:
            _LOG.debug("%s; the worker tells of itself later", error)
