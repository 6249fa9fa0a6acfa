"""Accepted fields that look like one that was corrected, found by their pictures."""

from __future__ import annotations

import pytest

from tests.workers.reports import IN_A_ROW as _ROW

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _correct(client, job: str, raw: str, name: str = _ROW[0], kind: str = "number") -> dict:
    address = f"/v1/jobs/{job}/fields/0/{name}"
    told = client.patch(address, json={"kind": kind, "raw": raw}, headers={"If-Match": "*"})
    assert told.status_code == 200, told.text
    return client.get(f"{address}/twins").json()


def test_a_field_misread_alike_is_offered_and_one_read_rightly_is_not(client, print_row):
    there = print_row(("3", "8", 0.999), ("8", "8", 0.999), batch="first")
    elsewhere = print_row(("3", "8", 0.999), batch="second")
    job = print_row(("3", "8", 0.6), ("3", "8", 0.999), ("8", "8", 0.999), ("3", "3", 0.999), batch="first")
    told = _correct(client, job, "3")
    found = sorted((item["job"], item["field"]) for item in told["fields"])
    assert found == sorted([(job, _ROW[1]), (there, _ROW[0])])
    assert elsewhere not in {item["job"] for item in told["fields"]}
    assert told["compared"] == 4
    assert {(item["raw"], item["open"], item["origin"]) for item in told["fields"]} == {
        ("8", False, "machine")
    }


def test_what_somebody_decided_is_not_offered(client, print_row):
    job = print_row(("3", "8", 0.6), ("3", "8", 0.999))
    assert _correct(client, job, "8", _ROW[1])["fields"] == []
    assert _correct(client, job, "3")["fields"] == []


def test_of_a_figure_that_nothing_doubted_no_other_is_offered(client, print_row):
    job = print_row(("6", "0", 0.999), *[("6", "0", 0.999)] * 3)
    assert _correct(client, job, "6") == {"fields": [], "compared": 0}


@pytest.mark.parametrize(("kind", "raw"), [("number", "8"), ("number", "712"), ("unreadable", "")])
def test_what_is_confirmed_far_from_what_was_read_or_not_to_be_read_says_nothing_of_others(
    client, print_row, kind, raw
):
    job = print_row(("8", "8", 0.6), ("8", "8", 0.999))
    assert _correct(client, job, raw, kind=kind) == {"fields": [], "compared": 0}
