"""One document of a run: its earlier result is kept, another's taken over, or it is read; then its exports."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractor.forms.definition import load_forms
from extractor.seams.errors import DocumentError
from extractor.values.result import NOT_ARCHIVAL, Result
from extractor.wording.said import say
from workers.batch.earlier import keep, take_over
from workers.batch.inputs import Input
from workers.batch.settings import RunSettings
from workers.exports.formats import ARCHIVAL, SEARCHABLE, asks_for_copies, beside, is_newer, write_exports
from workers.files.storage import OutputError, read_result, replacing, write_result
from workers.reading.blame import read_patiently
from workers.reading.protocol import Failure, How, Lack, PageEvent, ReadEnd, ReadRequest, Watcher
from workers.reading.reader import Reader
from workers.shown.outcomes import Outcome, summarise

#: Processes that may die of one document before it has failed.
_DEATHS = 2


class StoppedError(Exception):
    """The run was broken off while the document was in hand."""


class Makers:
    """Fingerprint of what reads in this run, asked of the first process that is ready, for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = ""

    def ask(self, reader: Reader, alive: Callable[[], bool]) -> str:
        """The fingerprint.

        Raises:
            SetupError: an engine does not load.
            DocumentError: no process is ever ready.
            StoppedError: the run was broken off.
        """
        with self._lock:
            if not self._known:
                end = reader.prepare(alive)
                if end is not None:
                    raise_end(end)
                self._known = reader.fingerprint
            return self._known


@dataclass(slots=True)
class Desk(Watcher):
    """What one thread works with. work: its folder for checkpoints. pages: read of the document in hand."""

    settings: RunSettings
    makers: Makers
    stop: threading.Event
    work: Path
    reader: Reader = field(init=False)
    pages: int = 0

    def __post_init__(self) -> None:
        settings = self.settings
        self.reader = Reader(settings.options, settings.limits, settings.reader_module)

    def page(self, event: PageEvent) -> bool:
        self.pages = event.number
        return not self.stop.is_set()

    def alive(self) -> bool:
        return not self.stop.is_set()

    def fingerprint(self) -> str:
        """Of what reads; raises as `Makers.ask`."""
        return self.makers.ask(self.reader, self.alive)

    def clear(self) -> None:
        """Makes room for the next document."""
        self.pages = 0
        shutil.rmtree(self.work, ignore_errors=True)


def process_document(item: Input, desk: Desk) -> Outcome:
    """Has one document read and writes its result, or keeps the one that is there.

    Raises:
        SetupError: an engine does not load.
        OutputError: the result cannot be written.
        DocumentError: the document cannot be read.
        StoppedError: the run was broken off.
    """
    started, settings = time.monotonic(), desk.settings
    target = settings.output / item.output
    if target.exists() and not settings.force:
        kept = keep(item, target, desk.fingerprint)
        if kept is not None and not _lacks(target, settings):
            lacking = [name for name in settings.exports if not is_newer(beside(target, name), target)]
            _export(read_result(target), target, settings, lacking)
            return kept
        if read_result(target) is None:
            raise DocumentError(say("messages.run.not_ours", path=target), code="output_exists")
    result = take_over(item, settings.output, desk.fingerprint) if item.original else None
    if result is not None:
        write_result(target, result)
        _copy_searchable(item, target, settings)
    elif asks_for_copies(settings.exports):
        result = _read_searchable(item, desk, target)
    else:
        result = _read(item, desk, target)
    # Whatever the clock says of what stands there: it is of an earlier reading.
    _export(result, target, settings, settings.exports)
    return summarise(result, item.name, str(target), seconds=time.monotonic() - started)


def _lacks(target: Path, settings: RunSettings) -> bool:
    """Whether something is asked for that is only made while a document is read."""
    if settings.overlays is not None:
        return True
    copy = beside(target, SEARCHABLE)
    if not asks_for_copies(settings.exports) or not is_newer(copy, target):
        return asks_for_copies(settings.exports)
    return ARCHIVAL in settings.exports and not _is_archival(copy, target)


def _is_archival(copy: Path, target: Path) -> bool:
    """Whether a copy is PDF/A, or its result says why it is not."""
    # Reading PDF takes imports that a run without copies does without.
    from extractor.output.archival import is_archival

    result = read_result(target)
    told = () if result is None else (issue.code for issue in result.issues)
    return NOT_ARCHIVAL in told or is_archival(copy)


def _read_searchable(item: Input, desk: Desk, target: Path) -> Result:
    """Reads a document and writes its result, and a copy of it that can be searched."""
    copy = beside(target, SEARCHABLE)
    if copy.exists() and copy.samefile(item.path):
        raise DocumentError(say("messages.run.copy_is_scan", path=copy), code="output_exists")
    with replacing(copy) as temporary:
        return _read(item, desk, target, temporary)


def _copy_searchable(item: Input, target: Path, settings: RunSettings) -> None:
    """Gives a document of the same bytes the copy that was made of the one that was read."""
    made = beside(settings.output / item.original, SEARCHABLE)
    if asks_for_copies(settings.exports) and made.exists():
        with replacing(beside(target, SEARCHABLE)) as temporary:
            shutil.copyfile(made, temporary)


def _read(item: Input, desk: Desk, target: Path, copy: Path | None = None) -> Result:
    """The result of a document that is read, as it stands at `target`."""
    settings = desk.settings
    desk.work.mkdir(exist_ok=True)
    request = ReadRequest(
        pdf=item.path,
        name=item.name,
        output=target,
        work=desk.work,
        overlays=settings.overlays and settings.overlays / item.output.removesuffix(".json"),
        searchable=copy,
        is_archival=ARCHIVAL in settings.exports,
    )
    end = read_patiently(desk.reader, request, desk, deaths=_DEATHS)
    if end.how is not How.DONE:
        raise_end(end)
    result = read_result(target)
    if result is None:
        raise OutputError(say("system.cannot_write", path=target, why=say("system.gone_again")))
    return result


def raise_end(end: ReadEnd) -> None:
    """Says of a reading that gave no result what became of it.

    Raises:
        OutputError: the result could not be written.
        DocumentError: the document could not be read; the message says what would help.
        StoppedError: it was broken off.
    """
    failure = end.failure
    if failure is None:
        raise StoppedError
    if failure.code == OutputError.code:
        raise OutputError(failure.message)
    raise DocumentError(advise(failure), code=failure.code)


def advise(failure: Failure) -> str:
    """Why a document was not read, and the option that would help, if there is one."""
    if failure.lack is Lack.NOTHING:
        return failure.message
    return say(f"messages.run.advice.{failure.lack}", why=failure.message)


def _export(result: Result | None, target: Path, settings: RunSettings, names: Sequence[str]) -> None:
    if result is not None and names:
        write_exports(result, target, names, load_forms(settings.options.forms))
