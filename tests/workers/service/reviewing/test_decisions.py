from __future__ import annotations

import threading

import pytest

from extractor.deciding.redecide import Given, recover_evidence
from extractor.values.result import Kind, Origin
from tests.workers.reports import doubtful_row, field, forms, get_field, report, result
from workers.scoring.intervals import wilson_interval
from workers.service.reviewing.applying import review_result
from workers.service.reviewing.decisions import (
    SETTLED,
    DecisionStore,
    NothingToUndoError,
    StaleFieldError,
    Step,
    standing_decisions,
)
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.queue import FieldKey, Place, ReviewFilter, ReviewQueue
from workers.service.reviewing.tally import count_audit, count_open, tally_review
from workers.service.store.records import NoSuchJobError

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_GRANTED, _TOTAL = "requests.granted.natural_person", "requests.granted.total"
_FEES = "disclosure.fees.amount"
_PLAN = ReviewPlan(forms(), 0.0)


@pytest.fixture
def decisions(database) -> DecisionStore:
    return DecisionStore(database)


@pytest.fixture
def queue(database) -> ReviewQueue:
    return ReviewQueue(database)


def _number(value: float) -> Given:
    return Given(Kind.NUMBER, value, f"{value:g}")


def _step(job: str, name: str = _GRANTED, version: int = 0, **more) -> Step:
    return Step(FieldKey(job, 0, name), "anna", version, 1.5, **more)


def _decide(decisions, step, given, made):
    return decisions.decide([(step, given)], made, recover_evidence(made, forms()))


def test_a_decision_settles_its_neighbours_and_says_which(complete, decisions, queue):
    made = doubtful_row()
    job = complete(result(made))
    before = queue.count(ReviewFilter())
    settled = _decide(decisions, _step(job), _number(3), made)
    assert [item.field for item in settled] == [_TOTAL]
    assert queue.count(ReviewFilter()) == before - 2
    first, second = decisions.history(job)
    assert (first.act, first.who, first.seconds, first.changed) == ("decide", "anna", 1.5, False)
    assert first.seen["candidates"][1]["raw"] == "8"
    assert (second.act, second.who, second.cause, second.value) == ("settle", SETTLED, first.id, 3.0)


def test_a_neighbour_before_somebody_elses_eyes_is_left_to_them(complete, decisions, queue):
    made = doubtful_row()
    job = complete(result(made))
    taken = queue.claim_next("bert", ReviewFilter(doubt="confidence"))
    other = _GRANTED if taken.key.field == _TOTAL else _TOTAL
    assert _decide(decisions, _step(job, other, holder="anna"), _number(3), made) == ()


def test_undoing_takes_back_what_was_settled_with_it(complete, decisions, queue):
    made = doubtful_row()
    job = complete(result(made))
    _decide(decisions, _step(job), _number(3), made)
    assert decisions.undo(_step(job, version=1, holder="anna tab"), made) == (_TOTAL,)
    assert standing_decisions(decisions.history(job, 0)) == {}
    assert [step.act for step in decisions.history(job)] == ["decide", "settle", "undo", "undo"]
    # Who took it back has it before them again.
    held = FieldKey(job, 0, _TOTAL)
    assert queue.claim_next("anna tab", ReviewFilter(), [held]).key.field == _GRANTED
    assert queue.get(held).claimed_until > queue.get(FieldKey(job, 0, "requests.total.total")).claimed_until
    with pytest.raises(NothingToUndoError):
        decisions.undo(_step(job, version=2), made)


def test_a_second_decision_stands_until_it_is_taken_back(complete, decisions):
    made = report(disclosure__fees__amount=field("1", 0.5))
    job = complete(result(made))
    _decide(decisions, _step(job, _FEES), _number(2), made)
    _decide(decisions, _step(job, _FEES, 1), _number(3), made)
    assert standing_decisions(decisions.history(job, 0))[_FEES].value == 3
    decisions.undo(_step(job, _FEES, 2), made)
    assert standing_decisions(decisions.history(job, 0, _FEES))[_FEES].value == 2


def test_the_last_decision_of_a_person_is_theirs_and_stands(complete, decisions):
    made = doubtful_row()
    first, second = complete(result(made)), complete(result(made))
    assert decisions.last_of("anna") is None
    _decide(decisions, _step(first), _number(3), made)
    _decide(decisions, _step(second), _number(3), made)
    bert = Step(FieldKey(second, 0, _FEES), "bert", 0)
    _decide(decisions, bert, _number(1), made)
    last = decisions.last_of("anna")
    assert (last.key, last.version, last.decision.value) == (FieldKey(second, 0, _GRANTED), 1, 3)
    # Somebody else's comes on top of it: then it is not what stands there.
    _decide(decisions, Step(last.key, "bert", 1), _number(8), made)
    assert decisions.last_of("anna").key.job == first
    decisions.undo(_step(first, version=1), made)
    assert decisions.last_of("anna") is None
    decisions.undo(Step(last.key, "bert", 2), made)
    assert decisions.last_of("anna").key == last.key


def test_a_decision_about_a_field_that_changed_is_refused(complete, decisions):
    made = doubtful_row()
    job = complete(result(made))
    _decide(decisions, _step(job), _number(3), made)
    with pytest.raises(StaleFieldError) as caught:
        _decide(decisions, _step(job), _number(8), made)
    assert caught.value.version == 1
    assert len(decisions.history(job)) == 2


def test_of_two_decisions_at_once_one_is_refused(complete, decisions):
    made = doubtful_row()
    job = complete(result(made))
    outcomes = []

    def decide(value: float) -> None:
        try:
            _decide(decisions, _step(job), _number(value), made)
            outcomes.append(value)
        except StaleFieldError:
            outcomes.append(None)

    threads = [threading.Thread(target=decide, args=(value,)) for value in (3, 8, 3, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str)[1:] == [None, None, None]


def test_an_accepted_field_can_be_changed_and_changed_back(complete, decisions, queue):
    made = report()
    job = complete(result(made))
    _decide(decisions, _step(job, _FEES), _number(7), made)
    assert queue.count(ReviewFilter()) == 0
    decisions.undo(_step(job, _FEES, 1), made)
    assert queue.count(ReviewFilter()) == 0
    assert queue.places(job)[0, _FEES] == Place(version=2, is_open=False, doubt="edit", readers="")


def test_a_job_that_is_gone_takes_no_decision(decisions):
    with pytest.raises(NoSuchJobError):
        _decide(decisions, _step("0" * 32, _FEES), _number(1), report())


def test_the_reviewed_result_tells_where_every_value_comes_from(complete, decisions):
    made = doubtful_row()
    job = complete(result(made))
    [before] = review_result(result(made), [], _PLAN).reports
    assert before.reviewed is False
    assert {item.origin for item in before.fields} == {Origin.MACHINE}
    _decide(decisions, _step(job), _number(3), made)
    for key in ("requests.total.natural_person", "requests.total.total"):
        _decide(decisions, _step(job, key), _number(5), made)
    [told] = review_result(result(made), decisions.history(job), _PLAN).reports
    assert told.reviewed
    origins = [get_field(told, key).origin for key in (_GRANTED, _TOTAL, _FEES)]
    assert origins == [Origin.PERSON, Origin.SETTLED, Origin.MACHINE]
    total = get_field(told, "requests.total.total")
    assert (total.value, total.machine.kind) == (5, Kind.UNREADABLE)
    # 3 granted is not 5 in all, neither in the column nor in balance: sums are judged anew, other findings stay.
    assert {"closed.total", "prose"} <= {finding.rule for finding in told.findings}


def test_the_audit_sample_measures_silent_errors(complete, decisions, database):
    made = report()
    job = complete(result(made), share=0.2)
    sampled = sorted(key for _, key in ReviewQueue(database).places(job))
    assert count_audit(database).open == len(sampled) > 10
    for position, key in enumerate(sampled[:10]):
        _decide(decisions, _step(job, key), _number(0 if position else 5), made)
    audit = count_audit(database)
    assert (audit.right, audit.wrong, audit.open) == (9, 1, len(sampled) - 10)
    assert audit.rate == 0.1
    low, high = audit.interval
    assert low < 0.1 < high
    # Taken back, it is open again.
    decisions.undo(_step(job, sampled[0], 1), made)
    assert count_audit(database).wrong == 0


def test_review_is_counted(complete, decisions, database):
    made = doubtful_row()
    job = complete(result(made))
    _decide(decisions, _step(job), _number(3), made)
    tally = tally_review(database)
    assert (tally.decided, tally.settled, tally.corrected) == (1, 1, 0)
    assert (tally.today, tally.pace, tally.reviewers, tally.documents) == (1, 1.5, 1, 1)
    assert tally.findings == {"prose": 1}
    assert tally.waiting == {
        "format": 2, "marks": 0, "sum": 0, "row": 0, "column": 0, "confidence": 0, "missing": 0, "audit": 0,
        "title": 0,
    }  # fmt: skip
    assert count_open(database, [job, "another"]) == {job: 2}
    assert count_open(database, []) == {}


def test_only_what_stands_is_counted_as_reviewed_today(complete, decisions, database):
    made = doubtful_row()
    job = complete(result(made))
    _decide(decisions, _step(job), _number(3), made)
    _decide(decisions, _step(job, version=1), _number(8), made)
    _decide(decisions, _step(job, _FEES), _number(4), made)
    tally = tally_review(database)
    assert (tally.today, tally.reviewers) == (2, 1)
    decisions.undo(_step(job, version=2), made)
    decisions.undo(_step(job, _FEES, 1), made)
    assert tally_review(database).today == 1
    decisions.undo(_step(job, version=3), made)
    tally = tally_review(database)
    assert (tally.today, tally.pace, tally.reviewers) == (0, None, 0)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # Values of Newcombe (1998), and the ends.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval(count, total, low, high):
    assert wilson_interval(count, total) == pytest.approx((low, high), abs=1e-4)


def test_nothing_seen_is_nothing_known():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(5, 5)[1] == 1.0
