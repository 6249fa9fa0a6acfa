"""What people decided, as calibration takes it: fields in review and the audit sample apart."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.deciding.redecide import Given, recover_evidence
from extractor.values.result import Kind
from tests.workers.reports import field, forms, report, result, with_fields
from workers.service.reviewing.decisions import DecisionStore, Step
from workers.service.reviewing.learning import read_decided
from workers.service.reviewing.queue import FieldKey

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FIRST, _SECOND, _THIRD = (
    f"disclosure.{name}" for name in ("fees.amount", "licences.decisions", "penalties.decisions")
)
_PIPELINE = "pipeline"


def _decide(database, job, made, key, given, version=0):
    step = Step(FieldKey(job, 0, key), "anna", version, 1.0)
    DecisionStore(database).decide([(step, given)], made, recover_evidence(made, forms()))


def test_the_machines_confidence_and_whether_it_was_right(database, complete):
    made = with_fields(report(), {_FIRST: field("3", 0.6), _SECOND: field("8", 0.7), _THIRD: field("5", 0.5)})
    job = complete(result(made))
    _decide(database, job, made, _FIRST, Given(Kind.NUMBER, 3.0, "3"))
    _decide(database, job, made, _SECOND, Given(Kind.NUMBER, 3.0, "3"))
    # Nobody can tell whether the machine was right about what nobody can read.
    _decide(database, job, made, _THIRD, Given(Kind.UNREADABLE, None, ""))
    found = read_decided(database, _PIPELINE, audit=False)
    assert (found.confidence.tolist(), found.right.tolist()) == ([0.6, 0.7], [True, False])
    assert len(read_decided(database, _PIPELINE, audit=True)) == 0


def test_the_audit_sample_is_never_learned_from(database, complete):
    made = report()
    job = complete(result(made), share=1.0)
    _decide(database, job, made, _FIRST, Given(Kind.NUMBER, 1.0, "1"))
    assert len(read_decided(database, _PIPELINE, audit=False)) == 0
    assert read_decided(database, _PIPELINE, audit=True).right.tolist() == [False]


def test_another_pipelines_confidences_are_left_out(database, complete):
    made = report(**{_FIRST.replace(".", "__"): field("3", 0.6)})
    for _ in range(2):
        _decide(database, complete(result(made)), made, _FIRST, Given(Kind.NUMBER, 3.0, "3"))
    assert len(read_decided(database, "another", audit=False)) == 0
    assert np.array_equal(read_decided(database, _PIPELINE, audit=False).document, [0, 1])


def test_only_what_stands_counts(database, complete):
    made = report(**{_FIRST.replace(".", "__"): field("3", 0.6)})
    job = complete(result(made))
    _decide(database, job, made, _FIRST, Given(Kind.NUMBER, 9.0, "9"))
    _decide(database, job, made, _FIRST, Given(Kind.NUMBER, 3.0, "3"), version=1)
    assert read_decided(database, _PIPELINE, audit=False).right.tolist() == [True]
