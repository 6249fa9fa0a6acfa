"""The clock and the scales of one process: what it has in hand since when, and what is too long or too much."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from extractor.wording.said import say
from workers.reading.explain import explain_delay, explain_exit, explain_size
from workers.reading.options import SetupError
from workers.reading.protocol import (
    BrokenEventError,
    Failure,
    How,
    Lack,
    PageEvent,
    ReadEnd,
    ReadLimits,
    ReadRequest,
    Watcher,
)
from workers.reading.sandbox import resident_bytes

#: Seconds a process may take to load its engines, on a busy machine.
_LOADING = 120.0
_MEGABYTE = 1 << 20


class Watch(Protocol):
    """What is asked about a process while its events are followed."""

    def take(self, event: dict[str, Any]) -> ReadEnd | None:
        """Takes an event; how it ended, None to go on."""

    def look(self, pid: int) -> ReadEnd | None:
        """Looks at the clock and the process; how it ended if it has to, None to go on."""

    def left(self) -> float:
        """Seconds until a limit is passed, less than none afterwards."""

    def bury(self, code: int | None) -> ReadEnd:
        """What follows from the end of the process, with its exit code or None."""


class LoadingWatch:
    """Of a process that loads its engines. fingerprint: what it said once it was ready."""

    def __init__(self, alive: Callable[[], bool]) -> None:
        self._alive, self._until = alive, time.monotonic() + _LOADING
        self.fingerprint = ""

    def take(self, event: dict[str, Any]) -> ReadEnd | None:
        """As `Watch`.

        Raises:
            SetupError: the process said that something does not load.
        """
        if event["event"] == "unready":
            raise SetupError(event["message"])
        if event["event"] != "ready":
            raise BrokenEventError("an event before it was ready")
        self.fingerprint = event["fingerprint"]
        return ReadEnd(How.DONE)

    def look(self, pid: int) -> ReadEnd | None:
        if not self._alive():
            return ReadEnd(How.STOPPED)
        if self.left() < 0:
            return ReadEnd(How.HUNG, explain_delay(say("documents.process.engines"), _LOADING))
        return None

    def left(self) -> float:
        return self._until - time.monotonic()

    def bury(self, code: int | None) -> ReadEnd:
        return ReadEnd(How.DIED, explain_exit(code, say("documents.process.before_ready")))


class ReadingWatch:
    """Of a process that reads a document. heard: whether it has told of the document.

    spent: seconds the document took before, of those it is allowed.
    """

    def __init__(self, limits: ReadLimits, watcher: Watcher, spent: float, request: ReadRequest) -> None:
        self._limits, self._watcher, self._work = limits, watcher, request.work
        self._stretch = request.stretch
        self.heard = False
        self._began = self._since = time.monotonic()
        self._until = self._began + limits.document_timeout - spent
        self._page: int | None = None
        self._total: int | None = None

    def take(self, event: dict[str, Any]) -> ReadEnd | None:
        self._since = time.monotonic()
        self.heard = True
        match event["event"]:
            case "open":
                self._page, self._total = self._stretch[0] if self._stretch else 1, event["total"]
            case "page":
                return self._turn(event)
            case "failed":
                told = {name: value for name, value in event.items() if name != "event"}
                return self._end(How.FAILED, Failure(**told | {"lack": Lack(told["lack"])}))
            case "exhausted":
                limit = self._limits.memory_mb
                return self._end(How.HUNG, explain_size(self._where(), None, limit))
            case "long":
                return self._end(How.LONG)
            case "done":
                return self._end(How.DONE)
        return None

    def _where(self) -> str:
        return (
            say("documents.process.page", page=self._page)
            if self._page
            else say("documents.process.document")
        )

    def _turn(self, event: dict[str, Any]) -> ReadEnd | None:
        number, total, path = event["number"], event["total"], event["checkpoint"]
        last = self._stretch[1] if self._stretch else total
        self._page = number + 1 if number < last else None
        if path and Path(path).parent != self._work:
            raise BrokenEventError(f"a checkpoint outside of {self._work}")
        told = PageEvent(number, total, event["seconds"], Path(path) if path else None)
        go_on = self._watcher.page(told)
        # A store that let us wait is not the next page's fault.
        self._since = time.monotonic()
        return None if go_on else self._end(How.STOPPED)

    def look(self, pid: int) -> ReadEnd | None:
        limits = self._limits
        if not self._watcher.alive():
            return self._end(How.STOPPED)
        now = time.monotonic()
        where = self._where()
        if now > self._until:
            self._page = None
            late = explain_delay(
                say("documents.process.document"), limits.document_timeout, Lack.DOCUMENT_TIME
            )
            return self._end(How.HUNG, late)
        if now - self._since > limits.page_timeout:
            return self._end(How.HUNG, explain_delay(where, limits.page_timeout, Lack.PAGE_TIME))
        used = resident_bytes(pid) / _MEGABYTE
        if used > limits.memory_mb:
            return self._end(How.HUNG, explain_size(where, used, limits.memory_mb))
        return None

    def left(self) -> float:
        return min(self._until, self._since + self._limits.page_timeout) - time.monotonic()

    def bury(self, code: int | None) -> ReadEnd:
        when = (
            say("documents.process.while_page", page=self._page)
            if self._page
            else say("documents.process.outside")
        )
        return self._end(How.DIED, explain_exit(code, when))

    def _end(self, how: How, failure: Failure | None = None) -> ReadEnd:
        return ReadEnd(how, failure, self._page, self._total, time.monotonic() - self._began)
