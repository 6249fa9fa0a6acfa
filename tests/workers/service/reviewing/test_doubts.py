from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import FieldStatus, Kind, TextField
from tests.workers.reports import doubtful_row, field, forms, report, result, unread
from workers.service.reviewing.doubts import Doubt, ReviewPlan, find_questions, is_sampled

_PLAN = ReviewPlan(forms(), 0.0)


def _ask(made, plan=_PLAN, job="a" * 32):
    asked = find_questions(job, result(made), plan)
    return {question.field: question for question in asked}


def test_only_fields_in_review_are_asked_about():
    asked = _ask(doubtful_row())
    expected = {"requests.granted.natural_person", "requests.granted.total"}
    assert expected | {"requests.total.natural_person", "requests.total.total"} == set(asked)


@pytest.mark.parametrize(
    ("found", "doubt"),
    [
        (field("/", 0.6, ("1", 0.3)), Doubt.FORMAT),
        (field("1", 0.6, ("/", 0.3)), Doubt.FORMAT),
        (field("", 0.8), Doubt.FORMAT),
        (unread(), Doubt.FORMAT),
        (unread(Kind.MISSING), Doubt.MISSING),
        (field("5", 0.9), Doubt.SUM),
        (field("0", 0.9, ("8", 0.05)), Doubt.CONFIDENCE),
        (replace(field("0", 0.9), reasons=(Reason(ReasonCode.STRUCK_OUT),)), Doubt.MARKS),
        (replace(field("5", 0.9), reasons=(Reason(ReasonCode.STRUCK_OUT),)), Doubt.SUM),
        (replace(field("0", 0.9), reasons=(Reason(ReasonCode.OTHER_TYPE),)), Doubt.CONFIDENCE),
        (replace(field("0", 0.9), reasons=(Reason(ReasonCode.LABEL_OTHER),)), Doubt.ROW),
        (replace(field("0", 0.9), reasons=(Reason(ReasonCode.HEADER_OTHER),)), Doubt.COLUMN),
    ],
)
def test_doubts_are_told_apart(found, doubt):
    asked = _ask(report(requests__granted__business=found))
    assert asked["requests.granted.business"].doubt is doubt


def test_formats_come_first_then_sums_then_low_confidence_then_what_is_missing():
    asked = _ask(
        report(
            disclosure__fees__amount=field("1", 0.5),
            disclosure__licensing__decisions=unread(Kind.MISSING),
            disclosure__penalties__decisions=field("/", 0.97),
            requests__granted__business=field("5", 0.98),
        )
    )
    order = sorted(asked.values(), key=lambda question: -question.priority)
    assert [q.doubt for q in order] == [Doubt.FORMAT, Doubt.SUM, Doubt.CONFIDENCE, Doubt.MISSING]


def test_a_field_that_settles_others_comes_before_one_as_doubtful_that_settles_none():
    asked = _ask(
        report(
            disclosure__fees__amount=field("0", 0.5),
            requests__granted__business=field("0", 0.5),
            requests__granted__research=field("0", 0.5),
        )
    )
    assert asked["requests.granted.business"].priority > asked["disclosure.fees.amount"].priority


def test_the_audit_sample_is_random_and_always_the_same():
    plan = ReviewPlan(forms(), 0.1)
    first, again, other = _ask(report(), plan), _ask(report(), plan), _ask(report(), plan, "b" * 32)
    assert first == again
    assert set(first) != set(other)
    assert all(question.doubt is Doubt.AUDIT for question in first.values())
    share = sum(is_sampled(f"{n:032x}", 0, "x", 0.01) for n in range(20_000)) / 20_000
    assert share == pytest.approx(0.01, abs=0.003)


def test_what_was_not_found_is_told_as_nothing():
    made = report(disclosure__fees__amount=field("1", 0.5))
    nowhere = TextField(None, 0.0, FieldStatus.REVIEW)
    question = _ask(replace(made, organ=nowhere, year=nowhere))["disclosure.fees.amount"]
    assert (question.organ, question.year) == ("", "")
