"""The other end of `workers.service.reader`: starts it, gives it documents, watches the clock, buries it.

A supervisor waits in its own thread, so that it can give signs of life while native code computes; a soft limit
inside that code would never fire.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.service.settings import ServiceSettings
from workers.shown.progress import format_duration

#: Seconds between two looks at the clock while waiting for an event.
_TICK = 0.2
#: Seconds a reader may take to load its engines, on a busy machine.
_LOADING = 120.0
#: Documents after which a reader is replaced: bounds what native libraries leak.
_DOCUMENTS = 500
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A document to read. output: where the result JSON goes. work: folder for checkpoints."""

    pdf: Path
    name: str
    output: Path
    work: Path
    left_out: dict[int, str] = field(default_factory=dict)
    checkpoints: tuple[Path, ...] = ()

    def to_line(self) -> bytes:
        """The request as the reader expects it."""
        facts = {
            "pdf": str(self.pdf),
            "name": self.name,
            "output": str(self.output),
            "work": str(self.work),
            "left_out": self.left_out,
            "checkpoints": [str(path) for path in self.checkpoints],
        }
        return json.dumps(facts).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class PageEvent:
    """A page has been read; checkpoint is a local file or None."""

    number: int
    total: int
    seconds: float
    checkpoint: Path | None


@dataclass(frozen=True, slots=True)
class ReadEnd:
    """How a reading ended.

    how: done, failed (the reader said why), died (its process ended), hung (a deadline passed) or stopped (the
    watcher asked for it). page: the one in hand when it died or hung, None before the first and after the last.
    """

    how: str
    code: str = ""
    message: str = ""
    retryable: bool = False
    page: int | None = None


class Watcher(ABC):
    """What a supervisor is told and asks while a document is read; each answers whether to go on."""

    @abstractmethod
    def page(self, event: PageEvent) -> bool:
        """Called after every page."""

    @abstractmethod
    def alive(self) -> bool:
        """Called every few tenths of a second."""


class Reader:
    """One reader process, started when needed; for one thread, which must live as long as the reader."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._read = 0

    def read(self, request: ReadRequest, watcher: Watcher) -> ReadEnd:
        """Has one document read and watches over it; afterwards the reader is ready or gone."""
        watch, end = self._read_once(request, watcher)
        if end.how == "died" and not watch.loading and not watch.heard:
            # It had waited, and may have been dying when the document came: only a fresh one tells whose fault it is.
            watch, end = self._read_once(request, watcher)
        self._read += 1
        if end.how in {"hung", "stopped"} or self._read >= _DOCUMENTS:
            self.kill()
        return end

    def _read_once(self, request: ReadRequest, watcher: Watcher) -> tuple[_Watch, ReadEnd]:
        known = self._process
        process = self._start()
        watch = _Watch(self._settings, watcher, loading=process is not known)
        try:
            assert process.stdin is not None
            process.stdin.write(request.to_line())
            process.stdin.flush()
        except BrokenPipeError:
            return watch, self._bury(watch)
        try:
            return watch, self._follow(process, watch)
        except BaseException:
            # It goes on telling of a document nobody listens to any more.
            self.kill()
            raise

    def kill(self) -> None:
        """Ends the process and whatever it started; safe to call again, and from another thread."""
        process, self._process, self._pending, self._read = self._process, None, b"", 0
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            # It ended while it waited, which is no document's fault.
            self.kill()
        if self._process is None:
            settings = self._settings
            facts = {
                "engine": settings.engine,
                "second": settings.second,
                "forms": [str(path) for path in settings.forms],
                "facts": [str(path) for path in settings.facts],
                "max_pages": settings.max_pages,
                "max_megapixels": settings.max_megapixels,
                "error_budget": settings.error_budget,
                "card": str(settings.card),
            }
            command = [sys.executable, "-m", settings.reader_module, str(os.getpid()), json.dumps(facts)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        return self._process

    def _follow(self, process: subprocess.Popen[bytes], watch: _Watch) -> ReadEnd:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                for event in self._events(process, selector):
                    if event is None:
                        return self._bury(watch)
                    end = watch.take(event)
                    if end is not None:
                        return end
                end = watch.look(process.pid)
                if end is not None:
                    return end

    def _events(
        self, process: subprocess.Popen[bytes], selector: selectors.BaseSelector
    ) -> list[dict[str, Any] | None]:
        """Events that came within a tick; None at the end of the pipe."""
        assert process.stdout is not None
        if not selector.select(_TICK):
            return []
        chunk = os.read(process.stdout.fileno(), 1 << 16)
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        events: list[dict[str, Any] | None] = [json.loads(line) for line in lines]
        return events if chunk else [*events, None]

    def _bury(self, watch: _Watch) -> ReadEnd:
        process = self._process
        code = process.wait() if process is not None else None
        self.kill()
        return ReadEnd("died", "crashed", _explain_exit(code, watch.page), page=watch.page)


class _Watch:
    """The clock of one reading: which page is in hand since when, and what is too long.

    loading: the reader has yet to load its engines. heard: it has told of the document.
    """

    def __init__(self, settings: ServiceSettings, watcher: Watcher, *, loading: bool) -> None:
        self._settings, self._watcher = settings, watcher
        self.loading, self.heard = loading, False
        self._started = self._since = time.monotonic()
        self._allowed = settings.page_timeout + (_LOADING if loading else 0.0)
        self.page: int | None = None

    def take(self, event: dict[str, Any]) -> ReadEnd | None:
        """Takes an event of the reader; how the reading ended, if it did."""
        self._since, self._allowed = time.monotonic(), self._settings.page_timeout
        self.heard = True
        match event["event"]:
            case "open":
                self.page = 1
            case "page":
                number, total, path = event["number"], event["total"], event["checkpoint"]
                self.page = number + 1 if number < total else None
                told = PageEvent(number, total, event["seconds"], Path(path) if path else None)
                go_on = self._watcher.page(told)
                # A store that let us wait is not the next page's fault.
                self._since = time.monotonic()
                if not go_on:
                    return ReadEnd("stopped", page=self.page)
            case "failed":
                return ReadEnd("failed", event["code"], event["message"], event["retryable"])
            case "done":
                return ReadEnd("done")
        return None

    def look(self, pid: int) -> ReadEnd | None:
        """Looks at the clock and the memory of the reader; how the reading ended, if it has to."""
        if not self._watcher.alive():
            return ReadEnd("stopped", page=self.page)
        now = time.monotonic()
        where = f"page {self.page}" if self.page else "the document"
        if now - self._since > self._allowed:
            limit = format_duration(self._allowed)
            return ReadEnd("hung", "timeout", f"{where} was not done after {limit}, cut off", page=self.page)
        if now - self._started > self._settings.document_timeout:
            limit = format_duration(self._settings.document_timeout)
            return ReadEnd("hung", "timeout", f"the document was not done after {limit}, cut off")
        used = _resident_megabytes(pid)
        if used > self._settings.memory_mb:
            message = (
                f"{where} took {used:,.0f} MB of memory, more than the {self._settings.memory_mb:,} allowed"
            )
            return ReadEnd("hung", "memory", message, page=self.page)
        return None


def _resident_megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE


def _explain_exit(code: int | None, page: int | None) -> str:
    where = f"while it read page {page}" if page else "outside any page"
    if code is None or code >= 0:
        return f"the process that read it ended {where} (exit code {code})"
    name = signal.Signals(-code).name
    hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
    return f"the process that read it was killed {where} ({name}){hint}"
