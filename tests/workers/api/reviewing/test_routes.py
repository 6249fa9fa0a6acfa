from __future__ import annotations

import pytest

from extractor.values.result import Kind
from tests.workers.reports import doubtful_row, field, report, result, unread
from workers.service.store.tokens import Role, TokenStore

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_GRANTED, _TOTAL = "requests.granted.natural_person", "requests.granted.total"
_FEES = "disclosure.fees.amount"


def _next(client, **wanted) -> dict:
    answer = client.post("/v1/review/next", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _at(job: str, name: str = _GRANTED) -> str:
    return f"/v1/jobs/{job}/fields/0/{name}"


def _decide(client, job: str, name: str = _GRANTED, version: int = 0, **body):
    told = {"kind": "number", "raw": "3"} | body
    return client.patch(_at(job, name), json=told, headers={"If-Match": f'"{version}"'})


@pytest.fixture
def job(review) -> str:
    return review(result(doubtful_row()))


def test_a_card_has_all_that_is_needed(client, review):
    made = report(requests__granted__business=field("5", 0.9, ("6", 0.05), ("x", 0.01)))
    job = review(result(made))
    card = _next(client)["field"]
    assert (card["job"], card["field"], card["version"], card["doubt"]) == (
        job,
        "requests.granted.business",
        0,
        "sum",
    )
    assert card["row"] == ["三、本年度办理结果", "（一）予以公开"]
    assert card["column"] == ["申请人情况", "法人或其他组织", "商业企业"]
    assert (card["organ"], card["year"], card["unit"], card["name"]) == (
        "某市公安局",
        "2024",
        "件",
        "年报.pdf",
    )
    assert [c["kind"] for c in card["candidates"]] == ["number", "number", None]
    sums = {item["id"]: item for item in card["sums"]}
    assert sums["applicants.granted"]["difference"] == 5
    assert [part["field"] for part in sums["applicants.granted"]["right"]] == [_TOTAL]
    assert card["place"]["bbox"] == [100.0, 100.0, 160.0, 118.0]
    assert card["neighbours"]["up"] == "requests.carried_over.business"
    assert card["neighbours"]["right"] == "requests.granted.research"
    assert card["waiting"] == 1


def test_a_field_that_was_not_found_has_no_place_but_likely_pages(client, review):
    review(result(report(disclosure__fees__amount=unread(Kind.MISSING))))
    card = _next(client)["field"]
    assert card["place"] is None
    assert card["pages"] == [1]
    assert client.get(_at(card["job"], _FEES) + "/crop.png").status_code == 404


def test_the_queue_gives_every_field_once_and_then_nothing(client, job):
    held, seen = [], set()
    while (answer := _next(client, session="one", held=held))["field"] is not None:
        card = answer["field"]
        seen.add(card["field"])
        held.append({name: card[name] for name in ("job", "report", "field")})
    assert len(seen) == 4
    assert answer["waiting"] == 4
    assert _next(client, session="two")["field"] is None
    assert client.delete("/v1/review/claims", params={"session": "one", **held[0]}).json() == {"released": 1}
    assert _next(client, session="two")["field"]["field"] == held[0]["field"]
    assert client.delete("/v1/review/claims", params={"session": "one"}).json() == {"released": 3}


def test_the_queue_is_filtered(client, job):
    assert _next(client, form="gio-2019")["field"] is None
    assert _next(client, not_job=job)["field"] is None
    card = _next(client, form="gio-2021", year="2024", organ="公安", job=job, reason="confidence")["field"]
    assert card["field"] in {_GRANTED, _TOTAL}
    assert client.post("/v1/review/next", json={"reason": "odd"}).status_code == 422


def test_a_decision_needs_the_version_that_was_seen(client, job):
    body = {"kind": "number", "raw": "3"}
    answer = client.patch(_at(job), json=body)
    assert (answer.status_code, answer.json()["type"]) == (
        428,
        "urn:gio-extractor:problem:precondition-required",
    )
    seen = client.get(_at(job)).headers["etag"]
    assert seen == '"0"'
    answer = client.patch(_at(job), json=body, headers={"If-Match": seen})
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"' == client.get(_at(job)).headers["etag"]
    again = client.patch(_at(job), json=body, headers={"If-Match": seen})
    assert (again.status_code, again.json()["type"]) == (412, "urn:gio-extractor:problem:stale")
    assert client.patch(_at(job), json=body, headers={"If-Match": "*"}).status_code == 200


def test_a_decision_says_what_it_settled(client, job):
    told = _decide(client, job, seconds=2.5).json()
    assert told["field"]["origin"] == "person"
    assert told["field"]["machine"]["confidence"] < 0.985
    assert [(item["field"], item["origin"]) for item in told["settled"]] == [(_TOTAL, "settled")]
    assert not told["reviewed"]


def test_a_person_may_be_wrong_and_take_it_back(client, job):
    _decide(client, job)
    answer = client.post(_at(job) + "/undo", json={}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.json()["field"]["status"] == "review"
    assert [item["field"] for item in answer.json()["reopened"]] == [_TOTAL]
    none = client.post(_at(job) + "/undo", json={}, headers={"If-Match": '"2"'})
    assert none.status_code == 409
    steps = client.get(_at(job) + "/history").json()["steps"]
    assert [step["act"] for step in steps] == ["decide", "undo"]
    assert steps[1]["undoes"] == steps[0]["id"]
    assert len(client.get(f"/v1/jobs/{job}/history").json()["steps"]) == 4


def test_what_was_decided_is_taken_back_from_anywhere_many_times(client, job):
    _decide(client, job, session="here")
    _decide(client, job, _FEES, raw="7", session="here")
    told = client.post("/v1/review/undo", json={"session": "elsewhere"}).json()
    assert (told["field"]["field"], told["field"]["open"], told["reopened"]) == (_FEES, False, [])
    assert (told["taken"]["reading"]["raw"], told["taken"]["act"]) == ("7", "decide")
    told = client.post("/v1/review/undo", json={}).json()
    assert (told["field"]["field"], told["field"]["open"]) == (_GRANTED, True)
    assert told["field"]["label"] == "（一）予以公开 · 自然人"
    assert [(item["field"], item["open"]) for item in told["reopened"]] == [(_TOTAL, True)]
    none = client.post("/v1/review/undo", json={})
    assert (none.status_code, none.json()["type"]) == (409, "urn:gio-extractor:problem:nothing-to-undo")


def test_nobody_takes_back_what_others_decided(guarded, bearer, review, service):
    job = review(result(doubtful_row()))
    anna = bearer(Role.REVIEW)
    _, token = TokenStore(service.database).create("bert", Role.REVIEW)
    path, match = _at(job), {"If-Match": '"0"'}
    guarded.patch(path, json={"kind": "number", "raw": "3"}, headers=anna | match)
    answer = guarded.post("/v1/review/undo", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 409
    assert guarded.post("/v1/review/undo", json={}, headers=anna).status_code == 200


def test_of_what_nobody_can_read_no_text_is_kept(client, job):
    told = _decide(client, job, kind="unreadable", raw="0?").json()["field"]
    assert (told["kind"], told["raw"]) == ("unreadable", "")


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        ({"kind": "number", "raw": "1,234"}, "number", 1234),
        ({"kind": "number", "raw": "22（其中修订16件）"}, "number", 22),
        ({"kind": "dash"}, "dash", None),
        ({"kind": "dash", "raw": "—"}, "dash", None),
        ({"kind": "blank"}, "blank", None),
        ({"kind": "unreadable", "raw": "0?"}, "unreadable", None),
        ({"kind": "missing"}, "missing", None),
    ],
)
def test_everything_a_cell_can_say_can_be_said(client, job, body, kind, value):
    told = _decide(client, job, **({"raw": ""} | body)).json()["field"]
    assert (told["kind"], told["value"], told["status"]) == (kind, value, "accepted")


def test_what_no_cell_can_say_is_refused(client, job, subtests):
    for body in [
        {"kind": "number", "raw": "twelve"},
        {"kind": "number", "raw": ""},
        {"kind": "number", "raw": "12.5"},
        {"kind": "dash", "raw": "1"},
        {"kind": "blank", "raw": "1"},
        {"kind": "odd"},
        {"kind": "blank", "seconds": -1},
        {"kind": "unreadable", "raw": "\x00"},
    ]:
        with subtests.test(body=body):
            assert _decide(client, job, **body).status_code == 422


def test_what_is_not_there_cannot_be_decided(client, job, submit):
    assert _decide(client, job, "no.such.field").status_code == 404
    assert client.get(f"/v1/jobs/{job}/fields/7/{_GRANTED}").status_code == 404
    assert _decide(client, submit("waiting.pdf")).status_code == 409
    assert client.get(f"/v1/jobs/{'0' * 32}/reviewed").status_code == 404


def test_the_reviewed_result_is_the_machines_with_decisions(client, job):
    before = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]
    assert not before["reviewed"]
    _decide(client, job)
    for name in ("requests.total.natural_person", "requests.total.total"):
        told = _decide(client, job, name, raw="3").json()
    assert told["reviewed"]
    after = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]
    assert after["reviewed"]
    assert after["fields"][_GRANTED]["value"] == 3
    assert after["fields"][_TOTAL]["origin"] == "settled"
    machine = client.get(f"/v1/jobs/{job}/result").json()["reports"][0]
    assert machine["fields"][_GRANTED]["status"] == "review"
    assert "origin" not in machine["fields"][_GRANTED]


def test_the_queue_and_the_audit_sample_are_told(client, review):
    review(result(report(disclosure__fees__amount=field("1", 0.5))), share=1.0)
    told = client.get("/v1/review").json()
    assert told["waiting"]["confidence"] == 1
    assert told["audit"] == {"right": 0, "wrong": 0, "open": 199, "rate": None, "low": 0.0, "high": 1.0}
    card = _next(client, reason="audit")["field"]
    _decide(client, card["job"], card["field"], raw="9")
    text = client.get("/metrics").text
    assert 'extractor_audit_fields{outcome="wrong"} 1.0' in text
    assert 'extractor_review_waiting{doubt="audit"} 198.0' in text


def test_review_needs_its_role(guarded, bearer, review):
    job = review(result(doubtful_row()))
    submitter, reviewer = bearer(Role.SUBMIT), bearer(Role.REVIEW)
    assert guarded.post("/v1/review/next", json={}).status_code == 401
    assert guarded.post("/v1/review/next", json={}, headers=submitter).status_code == 403
    assert guarded.get("/review", headers=submitter).status_code == 403
    assert guarded.get(f"/v1/jobs/{job}/reviewed", headers=submitter).status_code == 200
    match = {"If-Match": '"0"'}
    body = {"kind": "number", "raw": "3"}
    assert guarded.patch(_at(job), json=body, headers=submitter | match).status_code == 403
    assert guarded.patch(_at(job), json=body, headers=reviewer | match).status_code == 200
    steps = guarded.get(_at(job) + "/history", headers=reviewer).json()["steps"]
    assert steps[0]["who"] not in {"", "local"}
