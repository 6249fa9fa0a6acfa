"""The other end of `workers.reading.child`: starts it, gives it documents, watches over it, buries it.

A supervisor waits in its own thread, so that it can give signs of life while native code computes; a soft limit
inside that code would never fire.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from workers.reading.apart import ONE_THREAD, end_apart, start_apart
from workers.reading.office import draw_request
from workers.reading.options import ReadOptions
from workers.reading.protocol import (
    LINE_BYTES,
    BrokenEventError,
    How,
    ReadEnd,
    ReadLimits,
    ReadRequest,
    Watcher,
    parse_event,
)
from workers.reading.sandbox import resident_bytes
from workers.reading.watch import LoadingWatch, ReadingWatch, Watch

#: Module run as the process that reads; another one may stand in for it.
CHILD = f"{__package__}.child"
#: Seconds between two looks at the clock while waiting for an event.
_TICK = 0.2
#: Seconds a process that has closed its stdout may take to end.
_ENDING = 5.0
#: Processes in a row that may end before they are ready.
_STARTS = 3
#: Share of what it may take that a process may still hold when its document is done. Readers come to rest at 1.2 GB
#: of 4.1 (measured over six reports); what holds more is not handed to the next document.
_BLOATED = 0.5


class Reader:
    """One process that reads, started when needed; whatever thread starts it must live as long as the reader."""

    def __init__(self, options: ReadOptions, limits: ReadLimits, module: str = CHILD) -> None:
        self._options, self._limits, self._module = options, limits, module
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._read = 0
        #: Of everything that can change a result; empty until a process was ready.
        self.fingerprint = ""

    def prepare(self, alive: Callable[[], bool]) -> ReadEnd | None:
        """Has a process ready to read; None when it is, else how that ended. `alive`: as in `Watcher`.

        Raises:
            SetupError: an engine does not load.
        """
        if self._is_running():
            return None
        for _ in range(_STARTS):
            watch = LoadingWatch(alive)
            told = {"options": self._options.to_json(), "limits": asdict(self._limits)}
            end = self._follow(self._start(), watch, told)
            if end.how is How.DONE:
                self.fingerprint = watch.fingerprint
                return None
            self.kill()
            if end.how is not How.DIED:
                break
        return end

    def read(self, request: ReadRequest, watcher: Watcher, spent: float = 0.0) -> ReadEnd:
        """Has one document read and watches over it; afterwards the process is ready or gone.

        spent: seconds that the document took before.

        Raises:
            SetupError: an engine does not load.
        """
        request, ended = draw_request(request, self._limits, watcher.alive)
        if ended is not None:
            return ended
        has_waited = self._is_running()
        watch, end = self._read_once(request, watcher, spent)
        if end.how is How.DIED and has_waited and not watch.heard:
            # It may have been dying when the document came: only a fresh one tells whose fault it is.
            watch, end = self._read_once(request, watcher, spent)
        end = replace(end, is_fresh=self._read == 0)
        self._read += 1
        if end.how in {How.HUNG, How.STOPPED} or self._read >= self._limits.documents or self._is_bloated():
            self.kill()
        return end

    def _read_once(
        self, request: ReadRequest, watcher: Watcher, spent: float
    ) -> tuple[ReadingWatch, ReadEnd]:
        end = self.prepare(watcher.alive)
        watch = ReadingWatch(self._limits, watcher, spent, request)
        process = self._process
        if end is not None or process is None:
            return watch, end or ReadEnd(How.STOPPED)
        return watch, self._follow(process, watch, request.to_json())

    def kill(self) -> None:
        """Ends the process and whatever it started; safe to call again, and from another thread."""
        process, self._process, self._pending, self._read = self._process, None, b"", 0
        if process is None:
            return
        end_apart(process)

    def _is_bloated(self) -> bool:
        allowed = _BLOATED * self._limits.memory_mb * (1 << 20)
        return self._process is not None and resident_bytes(self._process.pid) > allowed

    def _is_running(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            # It ended while it waited, which is no document's fault.
            self.kill()
        return self._process is not None

    def _start(self) -> subprocess.Popen[bytes]:
        process = start_apart(self._module, settings=ONE_THREAD)
        self._process = process
        return process

    def _follow(self, process: subprocess.Popen[bytes], watch: Watch, line: dict[str, Any]) -> ReadEnd:
        """Sends a line and follows what is told about it until it ends."""
        try:
            return self._converse(process, watch, json.dumps(line).encode() + b"\n")
        except BaseException:
            # It goes on telling of a document nobody listens to any more.
            self.kill()
            raise

    def _converse(self, process: subprocess.Popen[bytes], watch: Watch, line: bytes) -> ReadEnd:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except BrokenPipeError:
            return self._bury(watch)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                pause = min(_TICK, max(0.0, watch.left()))
                try:
                    for event in self._events(process, selector, pause):
                        end = self._bury(watch) if event is None else watch.take(event)
                        if end is not None:
                            return end
                except BrokenEventError:
                    # Whatever is in that process now, it is not our program.
                    self.kill()
                    return watch.bury(None)
                end = watch.look(process.pid)
                if end is not None:
                    return end

    def _events(
        self, process: subprocess.Popen[bytes], selector: selectors.BaseSelector, pause: float
    ) -> list[dict[str, Any] | None]:
        """Events that came within a pause; None at the end of the pipe."""
        assert process.stdout is not None
        if not selector.select(pause):
            return []
        chunk = os.read(process.stdout.fileno(), LINE_BYTES)
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        if len(self._pending) > LINE_BYTES:
            raise BrokenEventError("a line without an end")
        events: list[dict[str, Any] | None] = [parse_event(line) for line in lines]
        return events if chunk else [*events, None]

    def _bury(self, watch: Watch) -> ReadEnd:
        process = self._process
        code = None
        with suppress(subprocess.TimeoutExpired):
            # One that only closed its stdout would never end by itself.
            code = process.wait(_ENDING) if process is not None else None
        self.kill()
        return watch.bury(code)
