"""Documents read from Python as `extractor run` reads them: `extractor.read`, `stream` and `open_results`.

Whatever a document does, it does to a process of its own; nothing here needs a broker or a service.
"""

from __future__ import annotations

import os
import queue
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from extractor.output.result_json import result_to_json
from extractor.seams.errors import DocumentError, UsageError
from extractor.values.result import Field, FieldStatus, Issue, Report, Result, ResultStatus, Source
from extractor.wording.said import say
from workers.batch.runner import run_documents
from workers.batch.settings import RunSettings, default_jobs
from workers.exports.dataset import find_results
from workers.exports.rows import ResultRows, Row
from workers.files.form_paths import find_form_files
from workers.files.storage import read_result
from workers.reading.options import ReadOptions
from workers.shown.outcomes import Outcome, failure_of
from workers.shown.progress import QuietDisplay, Snapshot

Progress = Callable[[Snapshot], None]


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


@dataclass(frozen=True, slots=True)
class Document:
    """A document and what was read of it. name: that of its result among the results, without .json."""

    name: str
    result: Result

    @property
    def status(self) -> ResultStatus:
        """Whether it was read whole, in part, or not at all."""
        return self.result.status

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports in it, in the order of their pages."""
        return self.result.reports

    def fields(self, status: FieldStatus | str | None = None) -> Iterator[Field]:
        """The fields of all its reports, or those that are accepted or in review."""
        for report in self.reports:
            yield from (item for item in report.fields if status is None or item.status == status)

    def to_dict(self) -> dict[str, Any]:
        """What `extractor run` writes as JSON."""
        return result_to_json(self.result)

    def to_rows(self) -> list[Row]:
        """A row for every field, with the columns of the dataset's table `fields`."""
        return list(ResultRows(self.name, self.result).fields())

    def to_frame(self) -> Any:
        """Its rows as a pandas.DataFrame.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise UsageError(say("messages.library.no_pandas")) from error
        return pd.DataFrame(self.to_rows())


class Results:
    """The results in a folder, each read when its turn comes, in the order of their names; or one by its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Iterator[Document]:
        for name, result in find_results(self.folder):
            # Others' JSON files are passed over.
            if result is not None:
                yield Document(name, result)

    def __getitem__(self, name: str) -> Document:
        result = read_result(self.folder / f"{name}.json")
        if result is None:
            raise KeyError(name)
        return Document(name, result)


def open_results(folder: str | os.PathLike[str]) -> Results:
    """The results of an archive, as `extractor run` left them in a folder.

    Raises:
        UsageError: there is no such folder.
    """
    if not Path(folder).is_dir():
        raise UsageError(say("messages.library.no_folder", folder=folder))
    return Results(Path(folder))


def read(
    path: str | os.PathLike[str], *, progress: Progress | None = None, **options: Unpack[Options]
) -> Document:
    """One document, read as `extractor run` does it by default. progress: called now and then meanwhile.

    Raises:
        DocumentError: it cannot be read; its code says what kind of fault that is.
        UsageError: an option cannot be used, or the path holds several documents (`stream` reads those).
    """
    read_ones = list(stream([path], jobs=1, progress=progress, **options))
    if len(read_ones) != 1:
        raise UsageError(say("messages.library.not_one", path=path, count=len(read_ones)))
    failure = failure_of(read_ones[0].result)
    if failure is not None:
        raise DocumentError(failure.message, code=failure.code)
    return read_ones[0]


def stream(
    paths: Iterable[str | os.PathLike[str]],
    *,
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Iterator[Document]:
    """Documents under some paths as they become ready, those that failed too; leaving the loop ends the processes.

    What could not be found at all comes as a document that failed, and costs no other.

    jobs: processes that read, None for as many as the machine bears. output: folder in which results stay and are
    taken up again; None for none.

    Raises:
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
        run = held.enter_context(_Run([Path(path) for path in paths], settings, progress))
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

    def __init__(self, paths: Sequence[Path], settings: RunSettings, progress: Progress | None) -> None:
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
        while (outcome := self._outcomes.get()) is not None:
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
