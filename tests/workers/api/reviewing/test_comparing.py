"""Two runs of one document: what differs, and what is taken over."""

from __future__ import annotations

import pytest

from tests.workers.api.again import read_again
from tests.workers.reports import field, report, result

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FEES, _ISSUED = "disclosure.fees.amount", "disclosure.regulations.issued"


@pytest.fixture
def runs(client, review, service) -> tuple[str, str]:
    """The document as it was read then, with a decision of a person, and as it is read now."""
    doubts = {"disclosure__fees__amount": field("1", 0.6), "disclosure__regulations__issued": field("3", 0.6)}
    then = review(result(report(**doubts)))
    told = {"kind": "number", "raw": "7"}
    client.patch(f"/v1/jobs/{then}/fields/0/{_FEES}", json=told, headers={"If-Match": "*"})
    doubts["disclosure__regulations__issued"] = field("8")
    return then, read_again(service, then, result(report(**doubts)))


def test_what_two_runs_tell_differently_is_told_with_whose_value_it_is(client, runs):
    then, now = runs
    found = client.get(f"/v1/jobs/{now}/differences?other={then}").json()
    told = {
        item["here"]["field"]: (item["here"]["value"], item["there"]["value"])
        for item in found["differences"]
    }
    assert told == {_FEES: (1, 7), _ISSUED: (8, 3)}
    assert [item["there"]["origin"] for item in found["differences"]] == ["machine", "person"]
    assert found["unmatched"] == 0
    assert found["fields"] > 100


def test_a_person_s_decision_is_marked_to_be_taken_over_and_the_page_leads_there(client, runs):
    then, now = runs
    assert f"/jobs/{now}/compare?other={then}" in client.get(f"/jobs/{now}/review?lang=en").text
    page = client.get(f"/jobs/{now}/compare?other={then}&lang=en").text
    assert page.count(" checked>") == 1
    assert f'data-field="{_FEES}"' in page.partition(" checked>")[0].rpartition("<input")[2]
    decisions = [{"field": _FEES, "version": 0, "kind": "number", "raw": "7"}]
    assert (
        client.post(f"/v1/jobs/{now}/decisions", json={"report": 0, "decisions": decisions}).status_code
        == 200
    )
    left = client.get(f"/v1/jobs/{now}/differences?other={then}").json()["differences"]
    assert [item["here"]["field"] for item in left] == [_ISSUED]


def test_runs_of_two_documents_are_not_compared(client, runs, review):
    other = review(result(report()))
    assert client.get(f"/v1/jobs/{runs[0]}/differences?other={other}").status_code == 409
    assert client.get(f"/v1/jobs/{runs[0]}/differences?other=x").status_code == 422
