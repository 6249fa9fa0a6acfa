"""One job from claim to result: the document is fetched, read in a reader process, and its result committed.

Whatever happens here ends in one of the store's transitions, or in silence, which the reconciler notices.
"""

from __future__ import annotations

import logging
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import structlog

from extractor.seams.errors import EncryptedError, ServiceError, StorageError
from extractor.values.result import FieldStatus, Result
from workers.files.storage import read_result
from workers.reading.office import find_drawn
from workers.reading.options import SetupError
from workers.reading.protocol import How, ReadEnd, ReadRequest
from workers.service.reviewing.doubts import plan_review
from workers.service.reviewing.queue import open_review
from workers.service.reviewing.titles import join_names
from workers.service.running.losses import is_lost
from workers.service.running.signs_of_life import signs_of_life
from workers.service.running.stretches import read_document
from workers.service.running.workplace import Workplace, bring, persist, put_patiently, until_stopped
from workers.service.store.blobs import LostBlobError
from workers.service.store.records import Claim, Finished
from workers.service.store.schema import JobState
from workers.shown.outcomes import count_fields

_LOG = logging.getLogger(__name__)
#: Seconds a job waits whose worker could not do its part, for want of disk for instance.
_DELAY = 30.0
_LOCKED = "encrypted, and the service knows no passwords: send it without one, or use `extractor run`"


def work_on(place: Workplace, identifier: str) -> None:
    """Claims a job and brings it as far as it goes; does nothing when somebody else has it."""
    jobs = place.service.jobs
    if place.stop.is_set():
        return
    if not place.store.is_there:
        persist(lambda: jobs.outbox.unring(identifier))
        return
    try:
        # The message is gone: of a database that restarts a worker would take all there are, and none would be read.
        claim = persist(lambda: jobs.claim(identifier, place.worker), until_stopped(place))
    except (ServiceError, StorageError) as error:
        _LOG.warning("job %s is left to be told of again: %s", identifier, error)
        return
    if claim is None:
        _LOG.debug("job %s is not waiting any more", identifier)
        return
    with structlog.contextvars.bound_contextvars(job=claim.job, attempt=claim.attempt):
        try:
            state, kept = _work(place, claim)
        except (LostBlobError, SetupError) as error:
            # A lost document comes back only when somebody sends it again, an engine when somebody installs it.
            code, told, kept = error.code, str(error), frozenset[str]()
            if isinstance(error, LostBlobError) and not _is_lost(place, claim):
                _LOG.warning("the job is handed back: %s", told)
                persist(lambda: jobs.hand_back(claim, told, delay=_DELAY))
                return
            state = persist(lambda: jobs.fail(claim, code, told, final=True))
            _LOG.error("failed: %s", told)
        except (StorageError, ServiceError, OSError) as error:
            reason = str(error)
            place.store.doubt()
            _LOG.warning("the job is handed back: %s", reason)
            persist(lambda: jobs.hand_back(claim, reason, delay=_DELAY))
            return
        if state in {JobState.DONE, JobState.FAILED}:
            place.ended(persist(lambda: jobs.get(claim.job)))
            place.service.drop(kept)


def _is_lost(place: Workplace, claim: Claim) -> bool:
    """Whether the document is lost, and not only for this machine."""
    with signs_of_life(place.service, lambda: place.service.jobs.beat(claim)):
        return persist(lambda: is_lost(place.service, claim, place.stop))


def _work(place: Workplace, claim: Claim) -> tuple[JobState | None, frozenset[str]]:
    """The state in which the job was left, None when the claim was lost or handed back; blobs of its checkpoints."""
    started, jobs = time.monotonic(), place.service.jobs
    with tempfile.TemporaryDirectory(prefix="extractor-") as folder:
        work = Path(folder)
        with signs_of_life(place.service, lambda: jobs.beat(claim)):
            pdf = bring(place, claim.document, work)
        copy = work / "copy.pdf" if place.service.settings.searchable else None
        request = ReadRequest(pdf, claim.name, work / "result.json", work, searchable=copy)
        end = read_document(place, claim, request)
        # Asked before the job ends: then nobody knows of them any more.
        kept = frozenset(persist(lambda: jobs.find_pages(claim.job)).checkpoints.values())
        kept |= frozenset(persist(lambda: place.service.stretches.list_kept(claim.job)))
        if end.how is How.DONE:
            with signs_of_life(place.service, lambda: jobs.beat(claim)):
                blob = put_patiently(place, request.output)
                # Of a document that cannot be written again there is none, and its result says so.
                # What LibreOffice drew has no other pages that could be shown.
                shown = copy if copy is not None and copy.exists() else find_drawn(work)
                copied = put_patiently(place, shown).sha256 if shown is not None else None
            result = read_result(request.output)
            if result is None:
                raise StorageError(f"{request.output} is gone again")
            finished = replace(summarise_result(result, blob.sha256), copy=copied)
            plan = plan_review(place.service.settings)
            is_done = persist(
                lambda: place.service.jobs.complete(
                    claim, finished, lambda connection: open_review(connection, claim.job, result, plan)
                )
            )
            _LOG.info("%s after %.1f s", finished.status if is_done else "lost", time.monotonic() - started)
            return JobState.DONE if is_done else None, kept
    return _settle(place, claim, end), kept


def _settle(place: Workplace, claim: Claim, end: ReadEnd) -> JobState | None:
    """Writes what became of an attempt that gave no result."""
    jobs, failure = place.service.jobs, end.failure
    if failure is None:
        if place.stop.is_set():
            _LOG.info("the job is handed back: the worker shuts down")
            persist(lambda: jobs.hand_back(claim, "the worker was shut down"))
            return None
        # The claim was lost, or the job cancelled: `fail` knows which.
        return persist(lambda: jobs.fail(claim, "stopped", "broken off", final=True))
    if end.how is How.DIED and end.page is not None:
        page = end.page
        persist(lambda: jobs.spoil_page(claim.job, page))
    final = end.how is How.FAILED and not failure.retryable
    message = _LOCKED if failure.code == EncryptedError.code else failure.message
    reason = message if final else f"{message} (attempt {claim.attempt})"
    state = persist(lambda: jobs.fail(claim, failure.code, reason, final=final))
    _LOG.warning("%s: %s", "failed" if state is JobState.FAILED else "to be tried again", failure.code)
    return state


def summarise_result(result: Result, sha256: str) -> Finished:
    """What the store keeps of a result whose JSON is the blob `sha256`."""
    reports, counts = result.reports, count_fields(result.reports)
    accepted = [i for report in reports for i in report.fields if i.status is FieldStatus.ACCEPTED]
    return Finished(
        result=sha256,
        status=result.status.value,
        pages=result.source.pages,
        form=join_names(report.form for report in reports),
        organ=join_names(report.organ.value for report in reports),
        year=join_names(report.year.value for report in reports),
        accepted=counts[FieldStatus.ACCEPTED],
        review=counts[FieldStatus.REVIEW],
        findings=sum(len(report.findings) for report in reports),
        expected_errors=sum(1.0 - item.confidence for item in accepted),
        stages=result.timing,
    )
