"""A report's organ and year: asked about where in doubt, decided, taken back, and told by lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.values.result import FieldStatus, Result
from tests.workers.reports import field, forms, report, result
from workers.service.reviewing.doubts import Doubt, ReviewPlan, find_questions
from workers.service.reviewing.learning import read_decided
from workers.service.reviewing.tally import tally_review

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def in_doubt(organ: str = "某市公女局", **fields) -> Result:
    made = report(organ, **fields)
    doubted = {
        name: replace(getattr(made, name), status=FieldStatus.REVIEW, confidence=0.6)
        for name in ("organ", "year")
    }
    return result(replace(made, **doubted))


def _decide(client, job: str, key: str, **told):
    return client.patch(f"/v1/jobs/{job}/fields/0/{key}", json=told, headers={"If-Match": "*"})


def _told(client, job: str, key: str):
    return client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0][key]


def test_a_title_in_doubt_is_asked_about_before_any_figure():
    asked = find_questions(
        "0" * 32, in_doubt(disclosure__fees__amount=field("1", 0.6)), ReviewPlan(forms(), 0.0)
    )
    first, second, *rest = sorted(asked, key=lambda question: -question.priority)
    assert {first.field, second.field} == {"organ", "year"}
    assert {first.doubt, second.doubt} == {Doubt.TITLE}
    assert [question.field for question in rest] == ["disclosure.fees.amount"]


def test_what_is_decided_of_a_title_is_told_everywhere_and_can_be_taken_back(client, review):
    job = review(in_doubt())
    review(result(report("某市公安局", 2023)))
    card = client.get(f"/v1/jobs/{job}/fields/0/organ").json()
    assert (card["kind"], card["raw"], card["open"], card["doubt"]) == ("text", "某市公女局", True, "title")
    # What other documents call a body like this one is worth a key.
    assert [item["raw"] for item in card["candidates"]] == ["某市公女局", "某市公安局"]
    assert not client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["reviewed"]
    assert _decide(client, job, "organ", kind="text", raw=" 某市公安局 ").status_code == 200
    decided = _decide(client, job, "year", kind="number", raw="2022").json()
    assert decided["reviewed"]
    assert (_told(client, job, "organ")["value"], _told(client, job, "year")["value"]) == ("某市公安局", 2022)
    assert client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["reviewed"]
    listed = client.get("/v1/jobs?organ=公安局&year=2022").json()["jobs"]
    assert [item["id"] for item in listed] == [job]
    steps = client.get(f"/v1/jobs/{job}/fields/0/organ/history").json()["steps"]
    assert [step["reading"]["kind"] for step in steps] == ["text"]
    for key in ("year", "organ"):
        assert client.post("/v1/review/undo", json={}).json()["field"]["field"] == key
    assert _told(client, job, "organ")["value"] == "某市公女局"
    assert client.get("/v1/jobs?organ=公女局&year=2024").json()["jobs"][0]["id"] == job


def test_a_title_is_no_figure_and_a_figure_no_title(client, review, subtests):
    for key, told in [
        ("organ", {"kind": "number", "raw": "12"}),
        ("organ", {"kind": "text", "raw": " "}),
        ("organ", {"kind": "blank"}),
        ("year", {"kind": "text", "raw": "2022"}),
        ("year", {"kind": "number", "raw": "202"}),
        ("disclosure.fees.amount", {"kind": "text", "raw": "2"}),
    ]:
        with subtests.test(key=key, told=told):
            job = review(in_doubt())
            assert _decide(client, job, key, **told).status_code == 422


def test_a_title_that_is_confirmed_is_not_changed_and_teaches_nothing_of_figures(client, review, service):
    job = review(in_doubt())
    _decide(client, job, "organ", kind="text", raw="某市公女局")
    _decide(client, job, "year", kind="number", raw="2023")
    tally = tally_review(service.database)
    assert (tally.decided, tally.corrected) == (2, 1)
    pipeline = service.jobs.get(job).pipeline
    assert len(read_decided(service.database, pipeline, audit=False)) == 0
