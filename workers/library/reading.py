"""Documents read from Python as `extractor run` reads them: `extractor.read` and `extractor.stream`.

Whatever a document does, it does to a process of its own; nothing here needs a broker or a service.
"""

from __future__ import annotations

import os
import queue
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypedDict, Unpack

from extractor.seams.errors import CancelledError, UsageError
from extractor.values.result import Issue, Result, ResultStatus, Source
from extractor.wording.said import say
from workers.batch.runner import run_documents
from workers.batch.settings import RunSettings, default_jobs
from workers.files.form_paths import find_form_files
from workers.files.storage import read_result
from workers.library.documents import Document, check_document
from workers.reading.options import ReadOptions
from workers.shown.outcomes import Outcome
from workers.shown.progress import QuietDisplay, Snapshot

Progress = Callable[[Snapshot], None]
#: Seconds between two looks at whether the run was cancelled.
_LOOK = 0.1


class Options(TypedDict, total=False):
    """What `extractor run` takes as options: engines, the user's own forms and facts, budget, password, limits."""

    engine: str
    second_engine: str
    forms: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    facts: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    error_budget: float
    password: str | None
    max_pages: int
    max_megapixels: float
    limits: tuple[str, ...]


def read(
    path: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    **options: Unpack[Options],
) -> Document:
    """One document, read as `extractor run` does it by default.

    progress: called now and then meanwhile, in a thread of its own. cancel: set it to break the reading off.

    Raises:
        CancelledError: `cancel` was set.
        DocumentError: it cannot be read; its code says what kind of fault that is.
        UsageError: an option cannot be used, or the path holds several documents (`stream` reads those).
    """
    read_ones = list(stream([path], jobs=1, progress=progress, cancel=cancel, **options))
    if len(read_ones) != 1:
        raise UsageError(say("messages.library.not_one", path=path, count=len(read_ones)))
    return check_document(read_ones[0])


def stream(
    paths: Iterable[str | os.PathLike[str]],
    *,
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    **options: Unpack[Options],
) -> Iterator[Document]:
    """Documents under some paths as they become ready, those that failed too; leaving the loop ends the processes.

    What could not be found at all comes as a document that failed, and costs no other.

    jobs: processes that read, None for as many as the machine bears. output: folder in which results stay and are
    taken up again; None for none. progress: called now and then, in a thread of its own; what it raises ends the run
    and is raised here. cancel: set it, from wherever, to break the run off.

    Raises:
        CancelledError: `cancel` was set.
        UsageError: an option cannot be used.
        OutputError: the folder cannot be written.
        SetupError: an engine does not load.
    """
    if isinstance(paths, str | os.PathLike):
        raise UsageError(say("messages.library.one_path", path=paths))
    given = ReadOptions(**_with_paths(options))
    given.check()
    with ExitStack() as held:
        folder = Path(output or held.enter_context(tempfile.TemporaryDirectory(prefix="extractor-")))
        settings = RunSettings(folder, given, jobs=jobs or default_jobs())
        run = held.enter_context(_Run([Path(path) for path in paths], settings, progress, cancel))
        for outcome in run:
            yield _document(outcome, folder)


def _document(outcome: Outcome, folder: Path) -> Document:
    result = None if outcome.output is None else read_result(Path(outcome.output))
    if outcome.output is not None and result is not None:
        return Document(Path(outcome.output).relative_to(folder).with_suffix("").as_posix(), result)
    # What could not be found at all has no result that could be read.
    issues = (Issue(outcome.code, outcome.reason),)
    return Document(outcome.name, Result(Source(outcome.name, "", 0, 0), ResultStatus.FAILED, issues=issues))


def _with_paths(options: Options) -> dict[str, Any]:
    """The options as they are kept; a file of forms or facts may be given alone, and as text.

    Raises:
        UsageError: a form file is not there.
    """
    given: dict[str, Any] = dict(options)
    for name in ("forms", "facts"):
        files = given.get(name, ())
        given[name] = tuple(map(Path, (files,) if isinstance(files, str | os.PathLike) else files))
    return given | {"forms": find_form_files(given["forms"])}


class _Watching(QuietDisplay):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def show(self, snapshot: Snapshot) -> None:
        self._progress(snapshot)


class _Run:
    """A run in a thread of its own, whose outcomes are taken from it one by one; left early it is stopped."""

    def __init__(
        self,
        paths: Sequence[Path],
        settings: RunSettings,
        progress: Progress | None,
        cancel: threading.Event | None,
    ) -> None:
        self._cancel = cancel or threading.Event()
        self._outcomes: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        display = QuietDisplay() if progress is None else _Watching(progress)

        def run() -> None:
            try:
                run_documents(paths, settings, display, tell=self._outcomes.put, stop=self._stop)
            except BaseException as error:  # noqa: BLE001 - whoever takes the outcomes is to have it
                self._outcomes.put(error)
            else:
                self._outcomes.put(None)

        self._thread = threading.Thread(target=run, name="run")

    def __enter__(self) -> Iterator[Outcome]:
        self._thread.start()
        return self._take()

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _take(self) -> Iterator[Outcome]:
        while True:
            if self._cancel.is_set():
                raise CancelledError(say("messages.library.cancelled"))
            try:
                outcome = self._outcomes.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if outcome is None:
                return
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
