"""Many documents, several processes: one document's crash, hang or error is that document's own failure.

Each thread watches over a process that reads; what is next, what came out and what is shown is the main thread's.
"""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from extractor.scan.office import OFFICE_ENDINGS
from extractor.values.result import ResultStatus
from extractor.wording.said import say, tell_os_error
from workers.batch.archives import Copies, archive_opener
from workers.batch.binding import bind_groups
from workers.batch.document import Desk, Makers, advise, process_document
from workers.batch.earlier import fail_document
from workers.batch.inputs import Input, LeftOut, find_inputs, tell_repeated
from workers.batch.settings import RunSettings
from workers.batch.supply import Supply, has_failed, keep_failed
from workers.files.scratch import scratch_folder
from workers.files.storage import OutputError, find_owner, prepare_folder, remove_unfinished
from workers.reading.explain import explain_error
from workers.reading.options import SetupError
from workers.reading.page_counts import PageCounter
from workers.shown.interrupts import held_interrupts
from workers.shown.outcomes import Outcome
from workers.shown.progress import Display, Snapshot

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at how far the run is.
_TICK = 0.2
#: Documents taken for each process, so that none waits for work.
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: outcomes in the order they came, wall-clock seconds, whether it was broken off.

    left_out: how many files were found that are no documents, by the ending of their names.
    unread: how many documents were found and not come to; None when it was broken off before they were counted.
    """

    outcomes: tuple[Outcome, ...]
    seconds: float
    interrupted: bool
    left_out: Mapping[str, int] = field(default_factory=dict)
    unread: int | None = 0


def run_documents(
    paths: Sequence[Path],
    settings: RunSettings,
    display: Display,
    *,
    tell: Callable[[Outcome], None] = lambda outcome: None,
    stop: threading.Event | None = None,
) -> RunReport:
    """Extracts every document under `paths`; `tell` is called with each outcome as it comes.

    An interrupt (KeyboardInterrupt), or `stop` set by another thread, stops the run, kills its processes and is
    reported, not raised.

    Raises:
        OutputError: the output folder cannot be written.
        SetupError: an engine does not load.
    """
    prepare_folder(settings.output)
    remove_unfinished(settings.output)
    with closing(Copies(settings.output)) as copies, scratch_folder(settings.output, "pages") as work:

        def release(item: Input) -> None:
            copies.release(item.path)

        def forget_failure(output: str) -> None:
            with suppress(OSError):
                if has_failed(settings.output / output):
                    (settings.output / output).unlink()

        left_out = LeftOut()
        opener = archive_opener(copies, forget_failure, left_out.add)
        stream = find_inputs(
            paths,
            tell_repeated,
            opener,
            follow_links=settings.follow_links,
            owner_of=lambda output: find_owner(settings.output / output),
            group_by=settings.group_by,
        )
        if settings.retry_failed:
            stream = keep_failed(stream, settings.output, release)
        # The first word comes before the first archive is opened.
        with display:
            stream = bind_groups(stream, copies)
            first = list(islice(stream, settings.jobs))
            # What is drawn is drawn for every document.
            supply = Supply(chain(first, stream), release, is_distinguishing=settings.overlays is None)
            desks = _set_up(settings, work, max(1, len(first)), stop or threading.Event())
            run = _Run(settings, display, tell, supply, desks)
            run.count(paths)
            return replace(run.execute(), left_out=left_out.counts)


def _set_up(settings: RunSettings, work: Path, jobs: int, stop: threading.Event) -> list[Desk]:
    makers = Makers()
    return [Desk(settings, makers, stop, work / str(number)) for number in range(jobs)]


@dataclass(slots=True)
class _Run:
    """The state of one run: what its threads work with, what they have in hand, what came out."""

    settings: RunSettings
    display: Display
    tell: Callable[[Outcome], None]
    supply: Supply
    desks: list[Desk]
    started: float = field(default_factory=time.monotonic)
    has_ended: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    pending: dict[Future[Outcome], Input] = field(default_factory=dict)
    total: int | None = None
    total_pages: int | None = None
    pages: int = 0
    pages_done: int = 0
    read: int = 0
    lacking: int = 0

    def count(self, paths: Sequence[Path]) -> None:
        """Counts the documents and then their pages beside the work, so that neither waits for the other."""

        def count_inputs() -> None:
            self.total = sum(1 for _ in list_inputs(paths, self.settings))
            self.total_pages = count_pages(list_inputs(paths, self.settings), lambda: self.has_ended)

        threading.Thread(target=count_inputs, daemon=True).start()

    def execute(self) -> RunReport:
        interrupted = False
        # The desk used last is taken first, so that no process is started that is not needed.
        free: queue.LifoQueue[Desk] = queue.LifoQueue()
        for desk in self.desks:
            free.put(desk)
        # A process dies with the thread that started it, and these threads live as long as the run.
        threads = ThreadPoolExecutor(len(self.desks))
        try:
            self._work(threads, free)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self.has_ended = True
            with _undisturbed():
                for desk in self.desks:
                    desk.stop.set()
                threads.shutdown(cancel_futures=True)
                for desk in self.desks:
                    desk.reader.kill()
                self._take_last()
        unread = None if self.total is None else self.total - len(self.outcomes)
        seconds = time.monotonic() - self.started
        return RunReport(tuple(self.outcomes), seconds, interrupted, unread=unread if interrupted else 0)

    def _work(self, threads: ThreadPoolExecutor, free: queue.LifoQueue[Desk]) -> None:
        while self.pending or not self.supply.is_done:
            if self.desks[0].stop.is_set():
                raise KeyboardInterrupt
            self._fill(lambda item: threads.submit(_process, item, free))
            done, _ = wait(self.pending, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in [future for future in self.pending if future in done]:
                # Whose result is written must be in the summary, whenever an interrupt comes.
                with held_interrupts():
                    item = self.pending.pop(future)
                    outcome = self._outcome(future, item)
                    self._keep(item, outcome)
                self.tell(outcome)
            self._show()

    def _take_last(self) -> None:
        """Takes in what came to its end while the run was being broken off."""
        for future, item in self.pending.items():
            if not future.cancelled() and future.exception() is None:
                self._finish(item, future.result())

    def _fill(self, submit: Callable[[Input], Future[Outcome]]) -> None:
        while len(self.pending) < _AHEAD * len(self.desks):
            item = self.supply.take()
            if item is None:
                return
            if item.problem and item.archive:
                self._finish(item, self._fail(item, item.problem_code, item.problem))
            elif item.problem:
                self._finish(item, _missing(item))
            else:
                self.pending[submit(item)] = item

    def _show(self) -> None:
        """Shows how far the run has come, pages of documents in hand counted in."""
        seconds = time.monotonic() - self.started
        pages = self.pages + sum(desk.pages for desk in self.desks)
        in_hand = pages - self.pages
        self.display.show(
            Snapshot(
                self.total,
                len(self.outcomes),
                self.read,
                pages,
                seconds,
                self.total_pages,
                self.pages_done + in_hand,
                self.lacking,
            )
        )

    def _outcome(self, future: Future[Outcome], item: Input) -> Outcome:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, SetupError):
            raise error
        if isinstance(error, OutputError):
            return self._unwritten(item, error)
        failure = explain_error(error)
        if failure.code == "internal_error":
            _LOG.debug("%s", item.name, exc_info=error)
        return self._fail(item, failure.code, advise(failure))

    def _fail(self, item: Input, code: str, message: str) -> Outcome:
        """Writes the failure of a document as its result."""
        try:
            return fail_document(item, self.settings.output / item.output, code, message)
        except OutputError as unwritten:
            return self._unwritten(item, unwritten)
        except OSError as error:
            return self._unwritten(
                item, OutputError(say("system.cannot_write", path=item.output, why=tell_os_error(error)))
            )

    def _unwritten(self, item: Input, error: OutputError) -> Outcome:
        """One result that cannot be written is its document's failure; a folder that cannot is everybody's."""
        prepare_folder(self.settings.output)
        return Outcome(item.name, None, ResultStatus.FAILED, code=error.code, reason=str(error))

    def _finish(self, item: Input, outcome: Outcome) -> None:
        """Keeps and tells what became of an input."""
        self._keep(item, outcome)
        self.tell(outcome)

    def _keep(self, item: Input, outcome: Outcome) -> None:
        self.supply.finish(item)
        self.outcomes.append(outcome)
        if not outcome.resumed and not outcome.duplicate_of:
            self.pages += outcome.pages
            self.read += 1
        self.pages_done += outcome.pages
        self.lacking += outcome.is_lacking


def _process(item: Input, free: queue.LifoQueue[Desk]) -> Outcome:
    """Processes a document at a desk that is free; there are as many as threads."""
    desk = free.get()
    try:
        return process_document(item, desk)
    finally:
        desk.clear()
        free.put(desk)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Holds an interrupt back while processes are being killed: a second Ctrl-C must leave none behind."""
    is_main = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, previous)


def list_inputs(
    paths: Sequence[Path], settings: RunSettings, leave_out: Callable[[str], None] = lambda name: None
) -> Iterator[Input]:
    """The documents that a run would take up; members of archives are listed, not copied.

    leave_out: is told the name of each file that is no document.
    """
    stream = find_inputs(
        paths,
        archives=archive_opener(None, leave_out=leave_out),
        follow_links=settings.follow_links,
        owner_of=lambda output: find_owner(settings.output / output),
        group_by=settings.group_by,
    )
    return keep_failed(stream, settings.output) if settings.retry_failed else stream


def count_pages(items: Iterable[Input], is_over: Callable[[], bool] = lambda: False) -> int | None:
    """Pages of some documents together; None where it is over before, or nobody knows them beforehand.

    That is so of members of archives, and of what LibreOffice draws. A document that cannot be opened counts none.
    """
    total = 0
    with PageCounter() as counter:
        for item in items:
            if item.archive or item.name.lower().endswith(OFFICE_ENDINGS) or is_over():
                return None
            if not item.problem:
                total += sum(counter.count(path) or 0 for path in item.parts or (item.path,))
    return total


def _missing(item: Input) -> Outcome:
    return Outcome(item.name, None, ResultStatus.FAILED, code=item.problem_code, reason=item.problem)
