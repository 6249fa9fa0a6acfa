from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from workers.service.store.jobs import JobStore
from workers.service.store.pages import PAGE_TIMEOUT
from workers.service.store.records import (
    CANCELLED,
    Claim,
    Finished,
    JobConflictError,
    NoSuchJobError,
    PageRead,
)
from workers.service.store.schema import JobState, pages

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_DOCUMENT = "d" * 64
_RESULT = Finished(result="e" * 64, status="complete", pages=3)


def _submit(store: JobStore, document: str = _DOCUMENT) -> str:
    return store.submit(document, 10, "a.pdf", "pipeline")[0].id


def _claim(store: JobStore, identifier: str) -> Claim:
    claim = store.claim(identifier, "worker")
    assert claim is not None
    return claim


def test_the_same_document_through_the_same_pipeline_is_one_job(store):
    first, is_new = store.submit(_DOCUMENT, 10, "a.pdf", "pipeline")
    again, is_new_again = store.submit(_DOCUMENT, 10, "b.pdf", "pipeline")
    assert (is_new, is_new_again) == (True, False)
    assert first == again
    other, is_new = store.submit(_DOCUMENT, 10, "a.pdf", "newer pipeline")
    assert is_new
    assert other.id != first.id


def test_what_was_recognised_before_is_handed_to_the_next_attempt(store):
    identifier = _submit(store)
    claim = _claim(store, identifier)
    store.page_done(claim, PageRead(1, 3, 0.5, "a" * 64))
    store.page_done(claim, PageRead(2, 3, 0.5, "b" * 64))
    store.fail(claim, "crashed", "killed", final=False)
    assert store.find_pages(identifier).checkpoints == {1: "a" * 64, 2: "b" * 64}
    _claim(store, identifier)
    assert store.get(identifier).pages_done == 2


@pytest.mark.parametrize("end", ["done", "failed", "cancelled", "deleted"])
def test_a_job_that_has_ended_needs_no_checkpoints(store, end):
    identifier = _submit(store)
    claim = _claim(store, identifier)
    store.page_done(claim, PageRead(1, 30, 0.5, "a" * 64))
    if end == "done":
        store.complete(claim, _RESULT)
    elif end == "failed":
        store.fail(claim, "damaged_pdf", "broken", final=True)
    else:
        store.hand_back(claim, "shut down")
    if end == "cancelled":
        store.cancel(identifier)
    if end == "deleted":
        assert store.delete(identifier) == ("a" * 64,)
    with store.database.read() as connection:
        assert connection.execute(sa.select(pages.c.checkpoint)).scalars().all() in ([], [None])


def test_many_at_once_claim_a_job_only_once(store):
    identifier = _submit(store)
    with ThreadPoolExecutor(10) as threads:
        claims = list(threads.map(lambda number: store.claim(identifier, f"w{number}"), range(10)))
    assert sum(claim is not None for claim in claims) == 1
    assert store.get(identifier).attempts == 1


def test_many_at_once_submit_a_document_only_once(store):
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: store.submit(_DOCUMENT, 10, "a.pdf", "p"), range(10)))
    assert sum(is_new for _, is_new in answers) == 1


def test_a_job_goes_from_queued_to_done(store):
    identifier = _submit(store)
    assert store.outbox.to_ring(10) == [identifier]
    store.outbox.rung([identifier])
    assert store.outbox.to_ring(10) == []
    claim = _claim(store, identifier)
    assert store.page_done(claim, PageRead(1, 3, 0.5, _DOCUMENT))
    assert store.get(identifier).pages_done == 1
    assert store.complete(claim, _RESULT)
    job = store.get(identifier)
    assert (job.state, job.result, job.pages) == (JobState.DONE, "e" * 64, 3)
    assert store.pulses() == []


def test_who_lost_the_claim_can_write_nothing(store):
    identifier = _submit(store)
    old = _claim(store, identifier)
    (pulse,) = store.pulses()
    assert store.expire(pulse, "gone") is JobState.QUEUED
    new = _claim(store, identifier)
    assert not store.beat(old)
    assert not store.page_done(old, PageRead(1, 3, 0.1))
    assert not store.complete(old, _RESULT)
    assert store.fail(old, "crashed", "late", final=True) is None
    assert not store.hand_back(old, "late")
    assert store.beat(new)
    assert store.get(identifier).state is JobState.RUNNING


def test_a_job_that_gave_a_sign_of_life_is_not_taken(store):
    claim = _claim(store, _submit(store))
    (pulse,) = store.pulses()
    assert store.beat(claim)
    assert store.expire(pulse, "gone") is None


def test_after_three_attempts_the_job_has_failed_with_its_reason(store):
    identifier = _submit(store)
    states = [store.fail(_claim(store, identifier), "crashed", f"reason {n}", final=False) for n in range(3)]
    assert states == [JobState.QUEUED, JobState.QUEUED, JobState.FAILED]
    job = store.get(identifier)
    assert (job.code, job.reason, job.attempts) == ("crashed", "reason 2", 3)
    assert store.outbox.to_ring(10) == []
    assert store.claim(identifier, "worker") is None


def test_lost_workers_count_as_attempts_too(store):
    identifier = _submit(store)
    for expected in (JobState.QUEUED, JobState.QUEUED, JobState.FAILED):
        _claim(store, identifier)
        assert store.expire(store.pulses()[0], "gone") is expected
    assert store.get(identifier).code == "worker_lost"


def test_handing_back_costs_no_attempt_and_may_wait(store):
    identifier = _submit(store)
    for _ in range(5):
        assert store.hand_back(_claim(store, identifier), "shutting down")
    assert store.get(identifier).attempts == 0
    assert store.hand_back(_claim(store, identifier), "disk full", delay=60)
    assert store.outbox.to_ring(10) == []
    assert store.claim(identifier, "worker") is None


def test_a_time_to_wait_for_that_a_changed_clock_made_endless_is_not_waited_for(store):
    identifier = _submit(store)
    assert store.hand_back(_claim(store, identifier), "disk full", delay=60)
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET not_before = not_before + 3600")
    assert store.outbox.to_ring(10) == [identifier]


def test_a_page_on_which_two_processes_ended_is_left_out(store):
    identifier = _submit(store)
    for _ in range(2):
        claim = _claim(store, identifier)
        assert store.find_pages(claim.job).left_out == {}
        store.spoil_page(claim.job, 2)
        store.fail(claim, "crashed", "killed", final=False)
    claim = _claim(store, identifier)
    assert claim.last
    assert list(store.find_pages(claim.job).left_out) == [2]


def test_a_page_that_took_too_long_is_left_out_at_once(store):
    identifier = _submit(store)
    claim = _claim(store, identifier)
    store.spoil_page(claim.job, 1, PAGE_TIMEOUT)
    store.hand_back(claim, "a page hung")
    assert list(store.find_pages(identifier).left_out) == [1]


def test_cancelling(store):
    identifier = _submit(store)
    assert store.cancel(identifier).code == CANCELLED
    with pytest.raises(JobConflictError, match="failed"):
        store.cancel(identifier)
    job, is_new = store.submit(_DOCUMENT, 10, "a.pdf", "pipeline")
    assert is_new
    assert job.state is JobState.QUEUED
    claim = _claim(store, identifier)
    assert store.cancel(identifier).state is JobState.RUNNING
    assert not store.beat(claim)
    assert store.fail(claim, "stopped", "stopped", final=False) is JobState.FAILED
    assert store.get(identifier).code == CANCELLED


def test_retrying_gives_all_attempts_and_pages_back(store):
    identifier = _submit(store)
    with pytest.raises(JobConflictError, match="queued"):
        store.retry(identifier)
    claim = _claim(store, identifier)
    store.spoil_page(claim.job, 1, PAGE_TIMEOUT)
    store.fail(claim, "damaged_pdf", "broken", final=True)
    job = store.retry(identifier)
    assert (job.state, job.attempts, job.reason) == (JobState.QUEUED, 0, "")
    assert store.find_pages(identifier).left_out == {}


def test_deleting(store):
    identifier = _submit(store)
    claim = _claim(store, identifier)
    with pytest.raises(JobConflictError, match="running"):
        store.delete(identifier)
    store.complete(claim, _RESULT)
    store.delete(identifier)
    with pytest.raises(NoSuchJobError):
        store.get(identifier)
    assert store.submit(_DOCUMENT, 10, "a.pdf", "pipeline")[1]


def test_the_broker_is_told_again_of_what_it_lost(store):
    identifiers = [_submit(store, str(number) * 64) for number in range(3)]
    store.outbox.rung(identifiers)
    assert store.outbox.is_any_rung()
    _claim(store, identifiers[0])
    assert store.outbox.ring_again() == 2
    assert set(store.outbox.to_ring(10)) == set(identifiers[1:])


def test_who_has_sent_an_archive_lets_others_have_their_turn(store):
    """A hundred thousand documents of one archive were read before anything that came after them."""

    def send(sender, count):
        return [
            store.submit(uuid.uuid4().hex * 2, 9, "a.pdf", "pipeline", sender=sender)[0].id
            for _ in range(count)
        ]

    archive, few, one = send("b", 9), send("c", 2), send("a", 1)
    # The longest waiting of each, and of whoever is left.
    assert store.outbox.to_ring(6) == [one[0], archive[0], few[0], archive[1], few[1], archive[2]]
    assert len(set(store.outbox.to_ring(20))) == 12
    # One at a time, too, each has a turn.
    turns = []
    for _ in range(4):
        turns += store.outbox.to_ring(1)
        store.outbox.rung(turns)
    assert turns == [few[0], one[0], archive[0], few[1]]
