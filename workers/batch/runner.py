"""Many documents, several processes: one document's crash, hang or error is that document's own failure."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import resource_tracker
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from extractor.seams.errors import ExtractorError
from extractor.values.result import ResultStatus
from workers.batch.archives import Copies, archive_opener
from workers.batch.inputs import Input, find_inputs, tell_repeated
from workers.batch.process import SetupError, fail_document, process_document, start_process
from workers.batch.settings import RunSettings
from workers.batch.supply import Supply, has_failed, keep_failed
from workers.files.storage import OutputError, prepare_folder, remove_unfinished
from workers.shown.outcomes import Outcome
from workers.shown.progress import Display, Snapshot, format_duration

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at the processes; also how fast an interrupt is answered.
_TICK = 0.2
#: Documents handed to the pool per process, so that none waits for work.
_AHEAD = 2
#: Documents after which a process is replaced: bounds what native libraries leak; loading takes a second.
_DOCUMENTS_PER_PROCESS = 500
#: Pools in a row that break with nothing read in them before the documents they were to read count as failed.
_BROKEN_POOLS = 3
#: Native libraries must not start threads of their own in a process that is the unit of parallel work.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: outcomes in the order they came, wall-clock seconds, whether it was broken off."""

    outcomes: tuple[Outcome, ...]
    seconds: float
    interrupted: bool


def run_documents(
    paths: Sequence[Path],
    settings: RunSettings,
    display: Display,
    *,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> RunReport:
    """Extracts every document under `paths`; `tell` is called with each outcome as it comes.

    An interrupt (KeyboardInterrupt) stops the run, kills its processes and is reported, not raised.

    Raises:
        OutputError: the output folder cannot be written.
        SetupError: an engine does not load.
    """
    prepare_folder(settings.output)
    remove_unfinished(settings.output)
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    with closing(Copies(settings.output)) as copies:

        def release(item: Input) -> None:
            copies.release(item.path)

        def forget_failure(output: str) -> None:
            if has_failed(settings.output / output):
                (settings.output / output).unlink()

        stream = find_inputs(paths, tell_repeated, archive_opener(copies, forget_failure))
        if settings.retry_failed:
            stream = keep_failed(stream, settings.output, release)
        first = list(islice(stream, settings.jobs))
        # What is drawn is drawn for every document.
        supply = Supply(chain(first, stream), release, is_distinguishing=settings.options.overlays is None)
        run = _Run(settings, display, tell, supply, jobs=max(1, len(first)))
        run.count(paths)
        with display:
            return run.execute()


@dataclass(slots=True)
class _Run:
    """The state of one run: the pool, which slot of the board each document in it has, what came out."""

    settings: RunSettings
    display: Display
    tell: Callable[[Outcome], None]
    supply: Supply
    jobs: int
    started: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)
    total: int | None = None
    pages: int = 0
    read: int = 0

    def count(self, paths: Sequence[Path]) -> None:
        """Counts the documents beside the work, so that neither waits for the other."""

        def count_inputs() -> None:
            stream = find_inputs(paths, archives=archive_opener(None))
            if self.settings.retry_failed:
                stream = keep_failed(stream, self.settings.output)
            self.total = sum(1 for _ in stream)

        threading.Thread(target=count_inputs, daemon=True).start()

    def execute(self) -> RunReport:
        # Starting it lets interrupts through again, so it has to run before they are held back.
        resource_tracker.ensure_running()
        interrupted, broken = False, 0
        try:
            while True:
                before = len(self.outcomes)
                left = self._use_pool()
                if not left and self.supply.is_done:
                    break
                broken = broken + 1 if len(self.outcomes) == before else 1
                if broken < _BROKEN_POOLS:
                    self.supply.put_back(left)
                else:
                    self._give_up(left)
        except KeyboardInterrupt:
            interrupted = True
        return RunReport(tuple(self.outcomes), time.monotonic() - self.started, interrupted)

    def _use_pool(self) -> list[Input]:
        """Reads documents in one pool of processes; those left over when the pool broke, none at the end."""
        context = multiprocessing.get_context("spawn")
        slots = self.jobs * _AHEAD
        board = context.RawArray("q", 2 * slots)
        pool = ProcessPool(
            max_workers=self.jobs,
            max_tasks=_DOCUMENTS_PER_PROCESS,
            initializer=start_process,
            initargs=(self.settings, board, os.getpid()),
            context=context,
        )
        try:
            passed = _Pass(self, pool, board, list(range(slots)))
            left = passed.work()
            if not passed.is_broken:
                pool.close()  # type: ignore[no-untyped-call]
        finally:
            with _Undisturbed():
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()
        return left

    def _give_up(self, left: Sequence[Input]) -> None:
        for item in left:
            told = f"processes to read it ended {_BROKEN_POOLS} times"
            self.finish(item, self.fail(item, "crashed", told))

    def show(self, unfinished: int) -> None:
        """Shows how far the run has come; `unfinished` counts pages of documents in hand."""
        seconds = time.monotonic() - self.started
        snapshot = Snapshot(self.total, len(self.outcomes), self.read, self.pages + unfinished, seconds)
        self.display.show(snapshot)

    def outcome(self, future: Future[Outcome], item: Input) -> Outcome:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, SetupError):
            raise error
        if isinstance(error, OutputError):
            return self._unwritten(item, error)
        code, message = explain_failure(error, self.settings.timeout)
        if code == "internal_error":
            _LOG.debug("%s", item.name, exc_info=error)
        return self.fail(item, code, message)

    def fail(self, item: Input, code: str, message: str) -> Outcome:
        """Writes the failure of a document as its result."""
        try:
            return fail_document(item, self.settings.output / item.output, code, message)
        except OutputError as unwritten:
            return self._unwritten(item, unwritten)

    def _unwritten(self, item: Input, error: OutputError) -> Outcome:
        """One result that cannot be written is its document's failure; a folder that cannot is everybody's."""
        prepare_folder(self.settings.output)
        return Outcome(item.name, None, ResultStatus.FAILED, code=error.code, reason=str(error))

    def finish(self, item: Input, outcome: Outcome) -> None:
        """Keeps and tells what became of an input."""
        self.supply.finish(item)
        self.outcomes.append(outcome)
        if not outcome.resumed and not outcome.duplicate_of:
            self.pages += outcome.pages
            self.read += 1
        self.display.tell(outcome)
        self.tell(outcome)


@dataclass(slots=True)
class _Pass:
    """One pool's work. free: slots of the board; pending: what is in the pool, with its slot."""

    run: _Run
    pool: ProcessPool
    board: MutableSequence[int]
    free: list[int]
    pending: dict[Future[Outcome], tuple[Input, int]] = field(default_factory=dict)
    left: list[Input] = field(default_factory=list)
    is_broken: bool = False

    def work(self) -> list[Input]:
        """Until all is read or the pool broke; what was left over then."""
        while self.pending or not (self.is_broken or self.run.supply.is_done):
            self._fill()
            is_active = self.pool.active
            done, _ = wait(self.pending, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in done:
                self._take(future)
            if not is_active:
                # Asked before the wait: whatever this pool had to say has been heard by now.
                self.is_broken = True
                self.left += [item for item, _ in self.pending.values()]
                self.pending.clear()
            self.run.show(sum(self.board[2 * slot] for _, slot in self.pending.values()))
        return self.left

    def _take(self, future: Future[Outcome]) -> None:
        item, slot = self.pending.pop(future)
        self.free.append(slot)
        # A process that ends while it waits for work takes the whole pool along, and is no document's fault.
        if isinstance(future.exception(), BrokenProcessPool):
            self.left.append(item)
        else:
            self.run.finish(item, self.run.outcome(future, item))

    def _fill(self) -> None:
        while self.free and not self.is_broken:
            item = self.run.supply.take()
            if item is None:
                return
            if item.problem and item.archive:
                self.run.finish(item, self.run.fail(item, item.problem_code, item.problem))
            elif item.problem:
                self.run.finish(item, _missing(item))
            else:
                self._schedule(item)

    def _schedule(self, item: Input) -> None:
        slot = self.free.pop()
        self.board[2 * slot] = self.board[2 * slot + 1] = 0
        try:
            with _interrupts_held():
                future: Future[Outcome] = self.pool.schedule(
                    process_document, args=(item, slot), timeout=self.run.settings.timeout
                )
        except RuntimeError:
            # That is how a broken pool refuses work.
            self.left.append(item)
            self.is_broken = True
        else:
            self.pending[future] = (item, slot)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Holds interrupts back while processes start, which inherit that.

    Ctrl-C reaches the whole group; a process that has not come as far as ignoring it would die with a traceback.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


class _Undisturbed:
    """Holds an interrupt back while processes are being killed: a second Ctrl-C must leave none behind."""

    def __enter__(self) -> None:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._previous = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *exception: object) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._previous)


def _missing(item: Input) -> Outcome:
    return Outcome(item.name, None, ResultStatus.FAILED, code=item.problem_code, reason=item.problem)


def explain_failure(error: BaseException, timeout: float) -> tuple[str, str]:
    """Code and message, for the result's issues, of whatever ended a document's processing."""
    if isinstance(error, ExtractorError):
        return error.code, str(error)
    if isinstance(error, ProcessExpired):
        return "crashed", _explain_exit(error.exitcode)
    if isinstance(error, TimeoutError):
        limit = format_duration(timeout)
        return "timeout", f"not done after {limit}, cut off; --timeout gives it longer"
    if isinstance(error, OSError):
        return "storage", f"the file cannot be read: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return "memory", "not enough memory; fewer --jobs leave more for each document"
    return "internal_error", f"{type(error).__name__}: {error} (a bug; please report it with the document)"


def _explain_exit(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"its process ended unexpectedly (exit code {exitcode})"
    name = signal.Signals(-exitcode).name
    hint = "; probably out of memory, fewer --jobs leave more" if name == "SIGKILL" else ""
    return f"its process was killed ({name}){hint}"
