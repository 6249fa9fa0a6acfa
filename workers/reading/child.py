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
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TextIO

from extractor.pipeline import extract_document, list_runs, read_runs, read_stretch
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.shelf import PageShelf
from extractor.values.result import Result
from extractor.wording.said import said_to_json
from workers.files.storage import write_result
from workers.reading import sandbox
from workers.reading.explain import explain_error
from workers.reading.lifeline import die_with_parent
from workers.reading.options import Loaded, ReadOptions, SetupError
from workers.reading.protocol import RUN_KEY, ReadLimits, ReadRequest
from workers.reading.shelf import FileShelf

#: Bytes a file written by this process may have: a result has kilobytes, a searchable copy what its document has.
_FILE_BYTES = 1 << 30


class Extract(Protocol):
    """What `extractor.pipeline.extract_document` looks like."""

    def __call__(
        self,
        path: Path,
        *,
        name: str,
        readers: Readers,
        options: Options,
        progress: Callable[[int, int], None] | None = None,
        shelf: PageShelf | None = None,
    ) -> Result: ...


class ReadStretch(Protocol):
    """What `extractor.pipeline.read_stretch` looks like."""

    def __call__(
        self, path: Path, pages: range, *, name: str, readers: Readers, options: Options, shelf: PageShelf
    ) -> Iterator[tuple[int, int]]: ...


class _LongError(Exception):
    """A document has more pages than are to be read at once."""


class DocumentReader:
    """Reads one document after another; `events` takes a line of JSON each."""

    def __init__(
        self, loaded: Loaded, limits: ReadLimits, extract: Extract, read_stretch: ReadStretch, events: TextIO
    ) -> None:
        self._loaded, self._limits = loaded, limits
        self._extract, self._read_stretch, self._events = extract, read_stretch, events

    def tell(self, event: str, **facts: Any) -> None:
        """Writes one event; it is gone to the supervisor when this returns."""
        _tell(self._events, event, **facts)

    def serve(self, request: ReadRequest) -> None:
        """Answers one request, whatever happens."""
        try:
            self._read(request)
        except _LongError:
            self.tell("long")
        except MemoryError:
            # The supervisor ends this process, for what it holds by now nobody knows.
            self.tell("exhausted")
        except Exception as error:  # noqa: BLE001 - a bug in reading one document is that document's failure
            self.tell("failed", **explain_error(error).to_json())
        else:
            self.tell("done")

    def _read(self, request: ReadRequest) -> None:
        sandbox.allot(self._limits)
        shelf = FileShelf(request.work, self._loaded.fingerprint)
        for path in request.checkpoints:
            shelf.add(path)
        teller = _PageTeller(self, shelf, request)
        options = replace(
            self._loaded.options,
            left_out=request.left_out,
            overlays=request.overlays,
            searchable=request.searchable,
            is_archival=request.is_archival,
            drawn=request.drawn,
        )
        pdf, name, readers = request.pdf, request.name, self._loaded.readers
        if request.runs is not None:
            self._read_runs(request, shelf, options)
            return
        if request.stretch is not None:
            pages = range(request.stretch[0], request.stretch[1] + 1)
            read = self._read_stretch(pdf, pages, name=name, readers=readers, options=options, shelf=shelf)
            for done in read:
                teller(*done)
            return
        result = self._extract(pdf, name=name, readers=readers, options=options, progress=teller, shelf=shelf)
        engine = {**result.engine, RUN_KEY: self._loaded.fingerprint}
        write_result(request.output, replace(result, engine=engine))

    def _read_runs(self, request: ReadRequest, shelf: FileShelf, options: Options) -> None:
        if request.runs:
            shelf.put_runs(read_runs(shelf, request.runs, self._loaded.readers, options), request.output)
        else:
            request.output.write_text(json.dumps(list_runs(shelf, sorted(shelf.numbers), options)))


class _PageTeller:
    """Tells of every page, with the file in which it is kept."""

    def __init__(self, reader: DocumentReader, shelf: FileShelf, request: ReadRequest) -> None:
        self._reader, self._shelf, self._most = reader, shelf, request.most_pages
        self._started: float | None = None

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._started is None:
            self._reader.tell("open", total=total)
            if self._most is not None and total > self._most:
                raise _LongError
            self._shelf.total = total
        else:
            kept = self._shelf.kept(done)
            path, seconds = str(kept) if kept else None, round(now - self._started, 3)
            self._reader.tell("page", number=done, total=total, seconds=seconds, checkpoint=path)
        self._started = now


def run_child(
    parent: int, extract: Extract = extract_document, read_stretch: ReadStretch = read_stretch
) -> None:
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
    reader = DocumentReader(loaded, ReadLimits(**told["limits"]), extract, read_stretch, events)
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
