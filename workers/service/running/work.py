"""One job from claim to result: the document is fetched, read in a reader process, and its result committed.

Whatever happens here ends in one of the store's transitions, or in silence, which the reconciler notices.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_any,
    stop_when_event_set,
    wait_random_exponential,
)

from extractor.seams.errors import EncryptedError, ExtractorError, ServiceError, StorageError
from extractor.values.result import FieldStatus, Result
from workers.files.storage import read_result
from workers.reading.blame import read_patiently
from workers.reading.options import SetupError
from workers.reading.protocol import Failure, How, PageEvent, ReadEnd, ReadRequest, Watcher
from workers.reading.reader import Reader
from workers.service.reviewing.doubts import plan_review
from workers.service.reviewing.queue import open_review
from workers.service.running.losses import is_lost
from workers.service.running.signs_of_life import signs_of_life
from workers.service.running.store_watch import StoreWatch
from workers.service.service import Service
from workers.service.store.blobs import Blob, LostBlobError, digest_file
from workers.service.store.jobs import PAGE_TIMEOUT
from workers.service.store.records import Claim, Finished, Job, PageRead
from workers.service.store.schema import JobState
from workers.shown.outcomes import count_fields

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
#: Seconds for which a store that does not answer is asked again before the work is left to the reconciler.
_PATIENCE = 300.0
#: Seconds a job waits whose worker could not do its part, for want of disk for instance.
_DELAY = 30.0
_LOCKED = "encrypted, and the service knows no passwords: send it without one, or use `extractor run`"


@dataclass(frozen=True, slots=True)
class Workplace:
    """What one thread works with. stop: set when the worker shuts down. ended: told of every job that ended."""

    service: Service
    reader: Reader
    worker: str
    stop: threading.Event
    store: StoreWatch
    ended: Callable[[Job], None] = lambda job: None


def work_on(place: Workplace, identifier: str) -> None:
    """Claims a job and brings it as far as it goes; does nothing when somebody else has it."""
    jobs = place.service.jobs
    if place.stop.is_set():
        return
    if not place.store.is_there:
        _persist(lambda: jobs.outbox.unring(identifier))
        return
    try:
        # The message is gone: of a database that restarts a worker would take all there are, and none would be read.
        claim = _persist(lambda: jobs.claim(identifier, place.worker), _until_stopped(place))
    except (ServiceError, StorageError) as error:
        _LOG.warning("job %s is left to be told of again: %s", identifier, error)
        return
    if claim is None:
        _LOG.debug("job %s is not waiting any more", identifier)
        return
    with structlog.contextvars.bound_contextvars(job=claim.job, attempt=claim.attempt):
        kept = list(claim.checkpoints)
        try:
            state = _work(place, claim, kept)
        except (LostBlobError, SetupError) as error:
            # A lost document comes back only when somebody sends it again, an engine when somebody installs it.
            code, told = error.code, str(error)
            if isinstance(error, LostBlobError) and not _is_lost(place, claim):
                _LOG.warning("the job is handed back: %s", told)
                _persist(lambda: jobs.hand_back(claim, told, delay=_DELAY))
                return
            state = _persist(lambda: jobs.fail(claim, code, told, final=True))
            _LOG.error("failed: %s", told)
        except (StorageError, ServiceError, OSError) as error:
            reason = str(error)
            place.store.doubt()
            _LOG.warning("the job is handed back: %s", reason)
            _persist(lambda: jobs.hand_back(claim, reason, delay=_DELAY))
            return
        if state in {JobState.DONE, JobState.FAILED}:
            place.ended(_persist(lambda: jobs.get(claim.job)))
            place.service.drop(dict.fromkeys(kept))


def _is_lost(place: Workplace, claim: Claim) -> bool:
    """Whether the document is lost, and not only for this machine."""
    with signs_of_life(place.service, claim):
        return _persist(lambda: is_lost(place.service, claim, place.stop))


def _work(place: Workplace, claim: Claim, kept: list[str]) -> JobState | None:
    """The state in which the job was left; None when the claim was lost or handed back.

    kept: blobs of checkpoints; is told of every one that is put.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="extractor-") as folder:
        work = Path(folder)
        with signs_of_life(place.service, claim):
            pdf, checkpoints = _bring(place, claim, work), _fetch(place, claim, work)
        request = ReadRequest(pdf, claim.name, work / "result.json", work, claim.left_out, checkpoints)
        end = _read(place, claim, request, kept)
        if end.how is How.DONE:
            with signs_of_life(place.service, claim):
                blob = _put_patiently(place, request.output)
            result = read_result(request.output)
            if result is None:
                raise StorageError(f"{request.output} is gone again")
            finished, plan = summarise_result(result, blob.sha256), plan_review(place.service.settings)
            is_done = _persist(
                lambda: place.service.jobs.complete(
                    claim, finished, lambda connection: open_review(connection, claim.job, result, plan)
                )
            )
            _LOG.info("%s after %.1f s", finished.status if is_done else "lost", time.monotonic() - started)
            return JobState.DONE if is_done else None
    return _settle(place, claim, end)


def _bring(place: Workplace, claim: Claim, work: Path) -> Path:
    """A copy of the document in the work folder: once it is read, no store can go away under it.

    Raises:
        LostBlobError: the store is there and does not have it, or has it spoilt.
        StorageError: it cannot be read.
    """
    blobs, path = place.service.blobs, work / claim.document
    for _ in range(2):
        with blobs.local(claim.document) as kept:
            shutil.copyfile(kept, path)
        if digest_file(path) == claim.document:
            return path
        # Of a store that went away meanwhile, or is another one now, anything may have been read.
        blobs.check()
    raise LostBlobError(f"the document {claim.document} is spoilt in the store: run `extractor fsck`")


def _put_patiently(place: Workplace, path: Path) -> Blob:
    """Keeps a result; a store that is away is asked again for a while, for the document has been read by now."""

    def put() -> Blob:
        with path.open("rb") as stream:
            return place.service.blobs.put(stream)

    return _persist(put, _until_stopped(place))


def _fetch(place: Workplace, claim: Claim, work: Path) -> tuple[Path, ...]:
    """Local copies of an earlier attempt's checkpoints; one that is gone costs only time."""
    found = []
    for position, sha256 in enumerate(claim.checkpoints):
        path = work / f"known-{position}.npz"
        try:
            with place.service.blobs.local(sha256) as kept:
                if digest_file(kept) != sha256:
                    raise LostBlobError(f"{sha256} is spoilt")
                path.write_bytes(kept.read_bytes())
        except StorageError as error:
            _LOG.warning("a checkpoint is gone: %s", error)
        else:
            found.append(path)
    return tuple(found)


def _read(place: Workplace, claim: Claim, request: ReadRequest, kept: list[str]) -> ReadEnd:
    """Reads the document; pages that hang are remembered for a further attempt."""

    def spoil(page: int, failure: Failure) -> None:
        _LOG.warning("%s", failure.message)
        _persist(lambda: place.service.jobs.spoil_page(claim, page, PAGE_TIMEOUT))

    return read_patiently(place.reader, request, _ClaimWatcher(place, claim, kept), tell_hanging=spoil)


def _settle(place: Workplace, claim: Claim, end: ReadEnd) -> JobState | None:
    """Writes what became of an attempt that gave no result."""
    jobs, failure = place.service.jobs, end.failure
    if failure is None:
        if place.stop.is_set():
            _LOG.info("the job is handed back: the worker shuts down")
            _persist(lambda: jobs.hand_back(claim, "the worker was shut down"))
            return None
        # The claim was lost, or the job cancelled: `fail` knows which.
        return _persist(lambda: jobs.fail(claim, "stopped", "broken off", final=True))
    if end.how is How.DIED and end.page is not None:
        page = end.page
        _persist(lambda: jobs.spoil_page(claim, page))
    final = end.how is How.FAILED and not failure.retryable
    message = _LOCKED if failure.code == EncryptedError.code else failure.message
    reason = message if final else f"{message} (attempt {claim.attempt})"
    state = _persist(lambda: jobs.fail(claim, failure.code, reason, final=final))
    _LOG.warning("%s: %s", "failed" if state is JobState.FAILED else "to be tried again", failure.code)
    return state


class _ClaimWatcher(Watcher):
    """Keeps the claim alive and the store informed while a document is read. kept: blobs of checkpoints."""

    def __init__(self, place: Workplace, claim: Claim, kept: list[str]) -> None:
        self._place, self._claim, self._kept = place, claim, kept
        self._beaten = time.monotonic()

    def page(self, event: PageEvent) -> bool:
        service = self._place.service
        checkpoint = None
        if event.checkpoint is not None and event.total > service.settings.long_document:
            checkpoint = self._keep(event.checkpoint)
        read = PageRead(event.number, event.total, event.seconds, checkpoint)
        with structlog.contextvars.bound_contextvars(page=event.number):
            _LOG.debug("read in %.2f s", event.seconds)
        self._beaten = time.monotonic()
        return _persist(lambda: service.jobs.page_done(self._claim, read))

    def _keep(self, path: Path) -> str | None:
        """The blob of a checkpoint; None where it cannot be kept, which costs time only should the work be lost."""
        try:
            with signs_of_life(self._place.service, self._claim), path.open("rb") as stream:
                self._kept.append(self._place.service.blobs.put(stream).sha256)
                return self._kept[-1]
        except StorageError as error:
            _LOG.warning("a checkpoint cannot be kept: %s", error)
            self._place.store.doubt()
            return None

    def alive(self) -> bool:
        if self._place.stop.is_set():
            return False
        service = self._place.service
        if time.monotonic() - self._beaten < service.settings.heartbeat:
            return True
        self._beaten = time.monotonic()
        try:
            return service.jobs.beat(self._claim)
        except ExtractorError as error:
            _LOG.warning("no sign of life could be given: %s", error)
            return True


def summarise_result(result: Result, sha256: str) -> Finished:
    """What the store keeps of a result whose JSON is the blob `sha256`."""
    reports, counts = result.reports, count_fields(result.reports)
    accepted = [i for report in reports for i in report.fields if i.status is FieldStatus.ACCEPTED]
    return Finished(
        result=sha256,
        status=result.status.value,
        pages=result.source.pages,
        form=_join(report.form for report in reports),
        organ=_join(report.organ.value for report in reports),
        year=_join(report.year.value for report in reports),
        accepted=counts[FieldStatus.ACCEPTED],
        review=counts[FieldStatus.REVIEW],
        findings=sum(len(report.findings) for report in reports),
        expected_errors=sum(1.0 - item.confidence for item in accepted),
        stages=result.timing,
    )


def _join(values: Iterable[object]) -> str:
    return ", ".join(dict.fromkeys(str(value) for value in values if value is not None))


def _until_stopped(place: Workplace) -> Callable[[RetryCallState], bool]:
    return stop_any(stop_after_delay(_PATIENCE), stop_when_event_set(place.stop))


def _persist(step: Callable[[], _T], stop: Callable[[RetryCallState], bool] | None = None) -> _T:
    """A transition is worth waiting for: a store that restarts is asked again."""
    for attempt in Retrying(
        retry=retry_if_exception_type((ServiceError, StorageError)),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        stop=stop or stop_after_delay(_PATIENCE),
        before_sleep=_tell_once,
        reraise=True,
    ):
        with attempt:
            return step()
    raise AssertionError("a retry ends by returning or raising")


def _tell_once(state: RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome is not None:
        _LOG.warning("asking again for up to %g s: %s", _PATIENCE, state.outcome.exception())
