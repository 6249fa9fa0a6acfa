from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.deciding.decoding import decode
from extractor.deciding.redecide import (
    Given,
    find_settled,
    read_raw,
    recover_evidence,
    report_identities,
    report_specs,
    sum_difference,
)
from extractor.seams.calibrator import ACCEPT
from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import Kind
from tests.workers.reports import doubtful_row, field, forms, get_field, report, unread, with_fields

_GRANTED = "requests.granted.natural_person"
_TOTAL = "requests.granted.total"


def _settle(made, given):
    return find_settled(made, recover_evidence(made, forms()), given)


def _number(value: float, **more: bool) -> Given:
    return Given(Kind.NUMBER, value, f"{value:g}", **more)


def test_a_decision_settles_what_its_sums_now_decide():
    settled = _settle(doubtful_row(), {_GRANTED: _number(3)})
    assert [item.field for item in settled] == [_TOTAL]
    assert ACCEPT <= settled[0].confidence < 1.0


def test_evidence_leads_to_the_posteriors_it_came_from():
    made = doubtful_row()
    evidence = recover_evidence(made, forms())
    beliefs = decode(evidence.options, evidence.identities, evidence.tables)
    told = [candidate.probability for candidate in get_field(made, _TOTAL).candidates]
    assert beliefs[_TOTAL] == pytest.approx(told, abs=5e-3)
    # The two cells vouched for each other; by itself each is less sure.
    assert evidence.options[_TOTAL][0].probability == pytest.approx(0.8, abs=0.03)


def test_what_is_asked_for_alone_is_believed_as_if_all_were_asked_for():
    unsure = {
        "requests.granted.business": field("0", 0.7, ("6", 0.2)),
        "requests.new_received.business": field("0", 0.6, ("8", 0.3)),
        "disclosure.fees.amount": field("1", 0.6, ("7", 0.3)),
    }
    evidence = recover_evidence(with_fields(doubtful_row(), unsure), forms())
    told = (evidence.options, evidence.identities, evidence.tables)
    beliefs = decode(*told)
    for key in (_TOTAL, *unsure):
        assert decode(*told, [key]) == {key: beliefs[key]}


def test_what_the_sums_now_speak_against_stays_open():
    assert _settle(doubtful_row(), {_GRANTED: _number(8)}) == []


def test_a_reading_that_is_no_candidate_is_never_chosen():
    made = with_fields(doubtful_row(), {_TOTAL: field("4", 0.5, ("5", 0.4))})
    assert _settle(made, {_GRANTED: _number(3)}) == []


def test_another_candidate_than_the_machines_value_is_left_to_people():
    made = with_fields(doubtful_row(), {_TOTAL: field("8", 0.8, ("3", 0.19))})
    assert _settle(made, {_GRANTED: _number(3)}) == []


def test_without_a_decision_nothing_is_settled_and_nothing_counted_twice():
    assert _settle(doubtful_row(), {}) == []
    # A decision about a field no sum takes in says nothing about the others.
    assert _settle(doubtful_row(), {"disclosure.fees.amount": _number(1)}) == []


def test_a_field_people_cannot_read_either_is_no_evidence():
    assert _settle(doubtful_row(), {_GRANTED: Given(Kind.UNREADABLE, None, "")}) == []


def test_a_sum_that_is_printed_wrong_is_no_evidence():
    given = {"requests.granted.business": _number(5, printed_so=True), _GRANTED: _number(3)}
    assert _TOTAL not in [item.field for item in _settle(doubtful_row(), given)]


def test_what_lowers_confidence_beside_the_reading_goes_on_lowering_it():
    made = doubtful_row()
    made = with_fields(made, {_TOTAL: replace(get_field(made, _TOTAL), confidence=0.4)})
    assert _settle(made, {_GRANTED: _number(3)}) == []


@pytest.mark.issue(24)
def test_a_field_of_another_column_is_not_settled_by_sums_that_hold_however_it_is_called():
    made = doubtful_row()
    other = replace(get_field(made, _TOTAL), reasons=(Reason(ReasonCode.HEADER_OTHER),))
    assert _settle(with_fields(made, {_TOTAL: other}), {_GRANTED: _number(3)}) == []


def test_sums_are_those_whose_fields_the_report_has():
    made = report()
    names = {identity.id for identity in report_identities(made, forms())}
    assert {"balance.natural_person", "applicants.granted"} <= names
    less = replace(made, fields=tuple(i for i in made.fields if i.id != "requests.granted.business"))
    assert "applicants.granted" not in {identity.id for identity in report_identities(less, forms())}
    assert report_specs(made, forms())["disclosure.fees.amount"].decimals


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("3", "3", 0.0), ("3", "5", -2.0), ("3", "", None), ("0", "", 0.0), ("/", "0", 0.0)],
)
def test_a_sum_is_judged_as_findings_judge_it(left, right, expected):
    made = report(**{_GRANTED.replace(".", "__"): field(left), _TOTAL.replace(".", "__"): field(right)})
    identity = next(i for i in report_identities(made, forms()) if i.id == "applicants.granted")
    assert sum_difference(identity, {item.id: item for item in made.fields}) == expected


def test_a_sum_with_an_unread_field_is_not_judged():
    made = with_fields(report(), {_GRANTED: unread()})
    identity = next(i for i in report_identities(made, forms()) if i.id == "applicants.granted")
    assert sum_difference(identity, {item.id: item for item in made.fields}) is None


def test_texts_are_read_as_they_are_in_documents():
    assert read_raw("1,234", decimals=False).value == 1234
    assert read_raw("22（其中修订16件）", decimals=False).value == 22
    assert read_raw("—", decimals=False).kind is Kind.DASH
    assert read_raw("", decimals=False).kind is Kind.BLANK
    assert read_raw("twelve", decimals=False) is None
