"""A correction that another year's report contradicts."""

from __future__ import annotations

import pytest

from tests.workers.reports import field, report, result

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FORWARD, _OVER = "requests.carried_forward.total", "requests.carried_over.total"


@pytest.mark.parametrize(
    ("organ", "year", "elsewhere", "is_told"),
    [
        ("某市公安局", 2025, field("8"), True),
        ("某市公安局", 2025, field("3"), False),
        ("某市公安局", 2025, field("8", 0.6), False),
        ("某市公安局", 2026, field("8"), False),
        ("某县公安局", 2025, field("8"), False),
    ],
)
def test_what_was_accepted_of_the_next_year_is_offered_where_it_is_another_number(
    client, review, organ, year, elsewhere, is_told
):
    job = review(result(report(requests__carried_forward__total=field("8", 0.6, ("3", 0.3)))))
    other = review(result(report(organ, year, requests__carried_over__total=elsewhere)))
    address = f"/v1/jobs/{job}/fields/0/{_FORWARD}"
    told = client.patch(address, json={"kind": "number", "raw": "3"}, headers={"If-Match": "*"}).json()
    found = [(item["job"], item["field"], item["value"]) for item in told["contradicted"]]
    assert found == ([(other, _OVER, 8)] if is_told else [])


def test_what_is_confirmed_contradicts_nothing(client, review):
    job = review(result(report(requests__carried_forward__total=field("8", 0.6, ("3", 0.3)))))
    review(result(report("某市公安局", 2025, requests__carried_over__total=field("3"))))
    body = {"report": 0, "decisions": [{"field": _FORWARD, "version": 0, "kind": "number", "raw": "8"}]}
    assert client.post(f"/v1/jobs/{job}/decisions", json=body).json()["contradicted"] == []
