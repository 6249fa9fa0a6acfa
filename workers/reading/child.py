"""The process that reads documents, one after the other, as `workers.reading.protocol` has it.

It may be killed at any moment, by its supervisor or by a document, and loses nothing but the page in hand. It knows
neither store nor broker, dies with its parent, prints nothing to stdout but its events, keeps its engines for life.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TextIO

from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.result import Result
from extractor.wording.said import said_to_json
from models.checkpoint import CheckpointEngine
from workers.files.storage import write_result
from workers.reading import sandbox
from workers.reading.explain import explain_error
from workers.reading.lifeline import die_with_parent
from workers.reading.options import Loaded, ReadOptions, SetupError
from workers.reading.protocol import RUN_KEY, ReadLimits, ReadRequest

#: Bytes a file written by this process may have: a result has kilobytes, a searchable copy what its document has.
_FILE_BYTES = 1 << 30


class Extract(Protocol):
    """The pipeline: what `extractor.pipeline.extract_document` looks like."""

    def __call__(
        self,
        path: Path,
        *,
        name: str,
        readers: Readers,
        options: Options,
        progress: Callable[[int, int], None] | None = None,
    ) -> Result: ...


class DocumentReader:
    """Reads one document after another; `events` takes a line of JSON each."""

    def __init__(self, loaded: Loaded, limits: ReadLimits, extract: Extract, events: TextIO) -> None:
        self._loaded, self._limits = loaded, limits
        self._extract, self._events = extract, events
        self._engine = CheckpointEngine(loaded.readers.engine)

    def tell(self, event: str, **facts: Any) -> None:
        """Writes one event; it is gone to the supervisor when this returns."""
        _tell(self._events, event, **facts)

    def serve(self, request: ReadRequest) -> None:
        """Answers one request, whatever happens."""
        try:
            self._read(request)
        except MemoryError:
            # The supervisor ends this process, for what it holds by now nobody knows.
            self.tell("exhausted")
        except Exception as error:  # noqa: BLE001 - a bug in reading one document is that document's failure
            self.tell("failed", **explain_error(error).to_json())
        else:
            self.tell("done")

    def _read(self, request: ReadRequest) -> None:
        sandbox.allot(self._limits)
        self._engine.forget()
        for path in request.checkpoints:
            self._engine.load(path)
        result = self._extract(
            request.pdf,
            name=request.name,
            readers=replace(self._loaded.readers, engine=self._engine),
            options=replace(
                self._loaded.options,
                left_out=request.left_out,
                overlays=request.overlays,
                searchable=request.searchable,
                is_archival=request.is_archival,
            ),
            progress=_PageTeller(self, self._engine, request.work),
        )
        engine = {**result.engine, RUN_KEY: self._loaded.fingerprint}
        write_result(request.output, replace(result, engine=engine))


class _PageTeller:
    """Tells of every page, with what was recognised on it kept in a file."""

    def __init__(self, reader: DocumentReader, engine: CheckpointEngine, work: Path) -> None:
        self._reader, self._engine, self._work = reader, engine, work
        self._started = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == 0:
            self._reader.tell("open", total=total)
        else:
            # A document of one page has nothing to take up again.
            checkpoint = self._work / f"page-{done}.npz" if total > 1 else None
            if checkpoint is not None:
                self._engine.save(checkpoint)
            seconds = round(now - self._started, 3)
            path = str(checkpoint) if checkpoint else None
            self._reader.tell("page", number=done, total=total, seconds=seconds, checkpoint=path)
        self._engine.begin()
        self._started = now


def run_child(parent: int, extract: Extract = extract_document) -> None:
    """Serves what comes on stdin until it ends."""
    sandbox.enter()
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Native libraries print where they like; stdout belongs to the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    told = json.loads(sys.stdin.readline())
    try:
        loaded = ReadOptions.from_json(told["options"]).load()
    except SetupError as error:
        _tell(events, "unready", message=str(error), wording=said_to_json(str(error)))
        return
    _tell(events, "ready", fingerprint=loaded.fingerprint)
    sandbox.lock(_FILE_BYTES)
    reader = DocumentReader(loaded, ReadLimits(**told["limits"]), extract, events)
    for line in sys.stdin:
        reader.serve(ReadRequest.from_json(json.loads(line)))
        give_back_memory()


def give_back_memory() -> None:
    """Returns to the system what one document took; the allocator keeps some 60 MB of pictures otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _tell(events: TextIO, event: str, **facts: Any) -> None:
    # ASCII, for names of files need not be text.
    events.write(json.dumps({"event": event, **facts}) + "\n")
    events.flush()


if __name__ == "__main__":
    run_child(int(sys.argv[1]))
