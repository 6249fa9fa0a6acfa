from __future__ import annotations

import threading
from contextlib import suppress

import pytest
import sqlalchemy as sa

from extractor.deciding.redecide import Given, recover_evidence
from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import Kind, Result
from tests.workers.reports import field, forms, report, result, with_fields
from workers.service.reviewing import queue as reviews
from workers.service.reviewing.decisions import DecisionStore, StaleFieldError, Step
from workers.service.reviewing.doubts import Doubt, ReviewPlan
from workers.service.reviewing.queue import FieldKey, Place, ReviewFilter, ReviewQueue, open_review
from workers.service.store.review_schema import review_fields

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_ALL = ReviewFilter()
_KEYS = [key for key in forms()["gio-2021"].specs() if key.startswith("requests.refused")]


def _doubtful(count: int, **more) -> Result:
    doubts = {key: field("0", 0.9, ("8", 0.05)) for key in _KEYS[:count]}
    return result(with_fields(report(**more), doubts))


@pytest.fixture
def queue(database) -> ReviewQueue:
    return ReviewQueue(database)


def _take_all(queue, who: str, into: list) -> None:
    while (found := queue.claim_next(who, _ALL, [key for holder, key in into if holder == who])) is not None:
        into.append((who, found.key))


def test_two_people_at_once_never_get_the_same_field(complete, queue):
    complete(_doubtful(30))
    taken: list[tuple[str, FieldKey]] = []
    threads = [threading.Thread(target=_take_all, args=(queue, f"person {n}", taken)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [key for _, key in taken]
    assert len(keys) == len(set(keys)) == 30


def test_fields_that_read_the_same_are_given_out_together_whatever_document_they_are_of(complete, queue):
    figures = {_KEYS[0]: field("1", 0.9), _KEYS[1]: field("1", 0.8), _KEYS[2]: field("7", 0.8)}
    of_row = field("1", 0.9, reasons=(Reason(ReasonCode.LABEL_OTHER),))
    first = complete(result(with_fields(report(), figures | {_KEYS[3]: of_row})))
    second = complete(result(with_fields(report(), {_KEYS[4]: field("1", 0.9)})))
    here = FieldKey(first, 0, _KEYS[1])
    taken = FieldKey(first, 0, _KEYS[0])
    assert queue.claim("b", [taken]) == {taken}
    found = queue.claim_alike("a", here, _ALL, 9)
    # Of a figure in a row that is in doubt more is in doubt than its reading.
    assert found == [here, FieldKey(second, 0, _KEYS[4])]
    assert queue.claim_next("b", _ALL, [taken]).key.field in {_KEYS[2], _KEYS[3]}
    assert queue.claim_alike("a", here, ReviewFilter(job=first), 9) == [here]
    assert queue.claim_alike("a", here, _ALL, 1) == [here]
    assert queue.claim_alike("a", FieldKey(first, 0, "none"), _ALL, 9) == []


def test_ten_reviewers_at_once_decide_every_field_once(complete, queue, database):
    made = [_doubtful(12) for _ in range(5)]
    jobs = {complete(item): item for item in made}
    evidence = {job: recover_evidence(item.reports[0], forms()) for job, item in jobs.items()}
    store = DecisionStore(database)
    decided: list[FieldKey] = []

    def review(who: str) -> None:
        while (found := queue.claim_next(who, _ALL)) is not None:
            step = Step(found.key, who, found.version, 1.0, who)
            read, known = jobs[found.key.job].reports[0], evidence[found.key.job]
            # What the sums settle at the very moment it is given out is nobody's to decide any more.
            with suppress(StaleFieldError):
                store.decide([(step, Given(Kind.NUMBER, 0.0, "0"))], read, known)
                decided.append(found.key)

    threads = [threading.Thread(target=review, args=(f"person{number} page",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # What the sums settled meanwhile nobody had to decide; nothing was decided twice, and nothing is left.
    assert len(decided) == len(set(decided))
    assert queue.count(_ALL) == 0
    steps = {job: store.history(job) for job in jobs}
    assert all(len({step.field for step in found}) == len(found) == 12 for found in steps.values())


def test_a_claim_expires_and_a_released_field_is_free(complete, queue, monkeypatch):
    complete(_doubtful(1))
    first = queue.claim_next("a", _ALL)
    assert first is not None
    assert queue.claim_next("b", _ALL) is None
    assert queue.count(_ALL) == 1
    assert queue.release("b", first.key) == 0
    assert queue.release("a", first.key) == 1
    monkeypatch.setattr(reviews, "CLAIM_SECONDS", -1.0)
    assert queue.claim_next("b", _ALL) is not None
    assert queue.claim_next("c", _ALL) is not None


def test_who_comes_back_goes_on_where_they_were(complete, queue):
    complete(_doubtful(3))
    first = queue.claim_next("a", _ALL)
    second = queue.claim_next("a", _ALL, [first.key])
    assert first.key != second.key
    assert {queue.claim_next("a", _ALL).key, queue.claim_next("a", _ALL, [first.key]).key} == {
        first.key,
        second.key,
    }
    assert queue.release("a") == 2


def test_the_most_urgent_field_comes_first(complete, queue):
    complete(_doubtful(2, disclosure__penalties__decisions=field("/", 0.9)))
    assert queue.claim_next("a", _ALL).doubt is Doubt.FORMAT


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (ReviewFilter(form="gio-2021"), 3),
        (ReviewFilter(form="gio-2019"), 0),
        (ReviewFilter(year="2023"), 1),
        (ReviewFilter(organ="水利"), 1),
        (ReviewFilter(organ="%"), 0),
        (ReviewFilter(doubt="confidence"), 3),
        (ReviewFilter(doubt="audit"), 0),
        (ReviewFilter(job="f" * 32), 0),
    ],
)
def test_fields_are_filtered(complete, queue, wanted, count):
    complete(_doubtful(2))
    complete(_doubtful(1, organ="某市水利局", year=2023))
    assert queue.count(wanted) == count
    assert (queue.claim_next("a", wanted) is not None) == (count > 0)


def test_a_document_is_asked_for_or_left_out(complete, queue):
    one, other = complete(_doubtful(2)), complete(_doubtful(1))
    assert queue.count(ReviewFilter(job=one)) == 2
    assert queue.claim_next("a", ReviewFilter(not_job=one)).key.job == other


def test_a_job_read_again_asks_anew_but_for_what_was_decided(complete, queue, database):
    job = complete(_doubtful(3))
    key = queue.claim_next("a", _ALL).key
    with database.write() as connection:
        decided = sa.update(review_fields).where(reviews.is_field(key))
        connection.execute(decided.values(version=1, settled=1.0))
    with database.write() as connection:
        open_review(connection, job, _doubtful(5), ReviewPlan(forms(), 0.0))
    assert queue.count(_ALL) == 4
    assert queue.get(key).version == 1
    assert queue.places(job)[0, key.field] == Place(version=1, is_open=False, doubt="confidence", readers="")


def test_a_deleted_job_leaves_the_queue(complete, queue, store):
    job = complete(_doubtful(3))
    store.delete(job)
    assert queue.count(_ALL) == 0
    assert queue.get(FieldKey(job, 0, _KEYS[0])) is None


@pytest.mark.slow
def test_a_long_queue_gives_the_next_field_at_once(complete, queue, database):
    import time

    job = complete(_doubtful(1))
    rows = [
        {"job": job, "report": n // 200, "field": f"f{n}", "form": "gio-2021", "year": "2024", "organ": "x"}
        | {
            "doubt": "confidence",
            "priority": 1.0 + (n * 7919 % 100_003) / 100_003,
            "wrong": 0.1,
            "opened": 0.0,
        }
        for n in range(200, 100_200)
    ]
    with database.write() as connection:
        for start in range(0, len(rows), 1000):
            connection.execute(sa.insert(review_fields), rows[start : start + 1000])
    taken = []
    for _ in range(20):
        started = time.perf_counter()
        assert queue.claim_next("a", _ALL, []) is not None
        queue.count(_ALL)
        taken.append(time.perf_counter() - started)
    # What others do on the machine meanwhile is not the queue's.
    assert min(taken) < 0.1
