"""The process that reads documents: one JSON request a line on stdin, one JSON event a line on stdout.

It may be killed at any moment, by its supervisor or by a document, and loses nothing but the page in hand. It never
touches the store or the broker. Engines are loaded with the first document.

Requests: {"pdf", "name", "output", "work", "left_out": {page: reason}, "checkpoints": [path]}. Events: "open" with
the number of pages, "page" with number, total, seconds and checkpoint, then "done" or "failed" with code, message and
retryable.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from extractor.output.result_json import result_to_json
from extractor.seams.engine import OcrEngine
from extractor.seams.errors import EncryptedError, ExtractorError
from extractor.seams.options import Options
from models.calibration import load_judge
from models.checkpoint import CheckpointEngine
from models.engines import load_engine
from models.prose import load_finder
from workers.batch.process import RUN_KEY, die_with_parent
from workers.batch.settings import Extract, RunSettings, extract_document, run_fingerprint
from workers.files.storage import write_result

#: Bytes a file written by this process may have: a result has kilobytes, a checkpoint tens of them.
_FILE_BYTES = 1 << 30
#: Native libraries must not start threads of their own in a process that is the unit of parallel work.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class DocumentReader:
    """Reads one document after another; `events` takes a line of JSON each."""

    def __init__(self, settings: RunSettings, events: TextIO) -> None:
        self._settings, self._events = settings, events
        self._engine: CheckpointEngine | None = None
        self._second: OcrEngine | None = None
        self._fingerprint = ""

    def tell(self, event: str, **facts: Any) -> None:
        """Writes one event; it is gone to the supervisor when this returns."""
        self._events.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
        self._events.flush()

    def serve(self, request: dict[str, Any]) -> None:
        """Answers one request, whatever happens."""
        try:
            self._read(request)
        except EncryptedError as error:
            message = (
                "encrypted, and the service knows no passwords: send it without one, or use `extractor run`"
            )
            self.tell("failed", code=error.code, message=message, retryable=False)
        except ExtractorError as error:
            self.tell("failed", code=error.code, message=str(error), retryable=error.retryable)
        except MemoryError:
            self.tell("failed", code="memory", message="not enough memory to read it", retryable=True)
        except Exception as error:  # noqa: BLE001 - a bug in reading one document is that document's failure
            message = f"{type(error).__name__}: {error} (a bug; please report it with the document)"
            self.tell("failed", code="internal_error", message=message, retryable=False)
        else:
            self.tell("done")

    def _read(self, request: dict[str, Any]) -> None:
        engine = self._load()
        engine.forget()
        for path in request["checkpoints"]:
            engine.load(Path(path))
        left_out = {int(page): reason for page, reason in request["left_out"].items()}
        result = self._settings.extract(
            Path(request["pdf"]),
            name=request["name"],
            engine=engine,
            second=self._second,
            options=replace(self._settings.options, left_out=left_out),
            progress=_PageTeller(self, engine, Path(request["work"])),
        )
        payload = result_to_json(result)
        payload["engine"] = {**payload["engine"], RUN_KEY: self._fingerprint}
        write_result(Path(request["output"]), payload)

    def _load(self) -> CheckpointEngine:
        if self._engine is None:
            settings = self._settings
            engine = load_engine(settings.engine)
            self._second = load_engine(settings.second_engine) if settings.second_engine else None
            self._fingerprint = run_fingerprint(settings, engine, self._second)
            self._engine = CheckpointEngine(engine)
        return self._engine


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


def run_reader(parent: int, settings: dict[str, Any], extract: Extract = extract_document) -> None:
    """Serves requests until stdin ends; settings as `workers.service.reading` sends them."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    # Native libraries print where they like; stdout belongs to the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    options = Options(
        max_pages=settings["max_pages"],
        max_megapixels=settings["max_megapixels"],
        forms=tuple(map(Path, settings["forms"])),
        finder=load_finder(map(Path, settings["facts"])),
        judge=load_judge(settings["error_budget"], Path(settings["card"])),
    )
    run = RunSettings(
        output=Path(),
        engine=settings["engine"],
        second_engine=settings["second"],
        options=options,
        extract=extract,
    )
    reader = DocumentReader(run, events)
    for line in sys.stdin:
        reader.serve(json.loads(line))


if __name__ == "__main__":
    run_reader(int(sys.argv[1]), json.loads(sys.argv[2]))
