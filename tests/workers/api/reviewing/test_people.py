"""Several people at one desk, each with a token: second readings, disputes, whose is what, comments."""

from __future__ import annotations

import io

import pytest
from starlette.testclient import TestClient

from tests.workers.reports import field, report, result
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.store.tokens import Role, TokenStore

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FEES = "disclosure.fees.amount"


class _Person:
    """Somebody with a token of their own."""

    def __init__(self, app, service, name: str, role: Role = Role.REVIEW) -> None:
        token, secret = TokenStore(service.database).create(name, role)
        self.id = token.id
        self.client = TestClient(
            app, base_url="http://extractor.example", headers={"Authorization": f"Bearer {secret}"}
        )

    def next(self, **wanted):
        return self.client.post("/v1/review/next", json=wanted).json()["field"]

    def decide(self, card, raw: str):
        address = f"/v1/jobs/{card['job']}/fields/{card['report']}/{card['field']}"
        told = {"kind": "number", "raw": raw, "seconds": 2.0}
        return self.client.patch(address, json=told, headers={"If-Match": f'"{card["version"]}"'}).json()


@pytest.fixture
def people(service):
    """Makes people at a service where all that one decides is read again."""
    told = service.settings.model_copy(update={"double_share": 1.0})
    object.__setattr__(service, "settings", told)
    app = create_app(service, access=AccessPolicy(required=True))
    return lambda *names, role=Role.REVIEW: [_Person(app, service, name, role) for name in names]


@pytest.fixture
def job(review) -> str:
    return review(result(report(disclosure__fees__amount=field("1", 0.6, ("7", 0.3)))))


def _value(client, job: str):
    return client.get(f"/v1/jobs/{job}/reviewed").json()["reports"][0]["fields"][_FEES]["value"]


def test_what_two_read_alike_is_settled_and_counts_as_agreement(client, people, job):
    one, other = people("王", "李")
    (lead,) = people("组长", role=Role.ADMIN)
    card = one.next()
    told = one.decide(card, "7")
    # For who decided it nothing is open any more.
    assert (told["field"]["open"], told["field"]["value"], told["reviewed"]) == (False, 7, True)
    assert one.next() is None
    assert _value(client, job) == 7
    pages = [one.client.get(f"/jobs/{job}/review").text for one in (one, other)]
    assert [f'value="7" data-field="{_FEES}"' in page for page in pages] == [True, False]
    histories = [one.client.get(f"/v1/jobs/{job}/fields/0/{_FEES}/history").json() for one in (one, other)]
    assert [len(item["steps"]) for item in histories] == [1, 0]
    again = other.next()
    # Who reads it as well does not see what the first decided.
    assert (again["field"], again["value"], again["origin"]) == (_FEES, 1, "machine")
    assert lead.client.get("/v1/review/people").json()["waiting_again"] == 1
    assert other.decide(again, "7.0")["field"]["open"] is False
    assert other.next() is None
    assert lead.next() is None
    tally = lead.client.get("/v1/review/people").json()
    assert (tally["agreed"], tally["differed"], tally["waiting_again"]) == (1, 0, 0)
    told = {item["name"]: (item["agreed"], item["differed"]) for item in tally["people"]}
    assert told == {"王": (1, 0), "李": (1, 0)}
    assert "组长" not in told


def test_where_two_differ_a_third_decides(client, people, job):
    one, other, third = people("王", "李", "张")
    one.decide(one.next(), "1")
    other.decide(other.next(), "7")
    assert one.next() is None
    assert other.next() is None
    (lead,) = people("组长", role=Role.ADMIN)
    page = lead.client.get("/review/people", headers={"Accept": "text/html"}).text
    assert f"/jobs/{job}/review#0/{_FEES}" in page
    third.decide(third.next(), "7")
    assert _value(client, job) == 7
    tally = lead.client.get("/v1/review/people").json()
    assert (tally["agreed"], tally["differed"]) == (0, 1)
    assert lead.next() is None


def test_a_second_reading_that_is_taken_back_is_wanted_again(people, job):
    one, other = people("王", "李")
    one.decide(one.next(), "7")
    other.decide(other.next(), "1")
    assert other.client.post("/v1/review/undo", json={}).json()["field"]["open"]
    assert other.decide(other.next(), "7")["field"]["open"] is False
    # And the first, which takes the field back for all.
    card = other.client.get(f"/v1/jobs/{job}/fields/0/{_FEES}").json()
    assert card["value"] == 7


def test_one_person_alone_is_never_asked_to_be_read_again(client, people, job):
    (one,) = people("王")
    assert one.decide(one.next(), "1")["reviewed"]
    assert client.get("/v1/review").json()["waiting"]["confidence"] == 0
    (other,) = people("李")
    assert other.next() is None


def test_a_batch_is_somebody_s_and_is_reviewed_alone(client, service, people, review):
    jobs = {}
    for batch in ("spring", "autumn"):
        job, _ = service.submit(io.BytesIO(b"%PDF-1.4 " + batch.encode()), "a.pdf", batch=batch)
        jobs[batch] = review(result(report(disclosure__fees__amount=field("1", 0.6))), job=job.id)
    one, other = people("王", "李")
    (lead,) = people("组长", role=Role.ADMIN)
    made = lead.client.post("/v1/review/assignments", json={"who": other.id, "batch": "spring"}).json()
    assert (made["batch"], made["organ"]) == ("spring", "")
    assert "spring" in lead.client.get("/review/people", headers={"Accept": "text/html"}).text
    assert other.next()["job"] == jobs["spring"]
    assert one.next()["job"] == jobs["autumn"]
    assert one.next(batch="spring") is None
    assert 'value="spring"' in client.get("/review?batch=spring", headers={"Accept": "text/html"}).text
    # A form of the page says the same.
    told = {"who": one.id, "batch": " autumn "}
    assert lead.client.post("/review/people/assign", data=told, follow_redirects=False).status_code == 303
    assert [item["batch"] for item in lead.client.get("/v1/review/assignments").json()] == [
        "spring",
        "autumn",
    ]


def test_what_is_somebody_s_comes_first_for_them_and_never_for_others(people, review):
    doubt = {"disclosure__fees__amount": field("1", 0.6)}
    first = review(result(report("甲局", **doubt)))
    review(result(report("乙局", 2023, **doubt)))
    one, other = people("王", "李")
    (lead,) = people("组长", role=Role.ADMIN)
    told = {"who": other.id, "organ": "甲局"}
    made = lead.client.post("/v1/review/assignments", json=told).json()
    assert (made["name"], made["organ"]) == ("李", "甲局")
    assert one.next()["organ"] == "乙局"
    assert one.next(held=[{"job": first, "report": 0, "field": _FEES}])["organ"] == "乙局"
    assert other.next()["organ"] == "甲局"
    assert "甲局" in lead.client.get("/review/people", headers={"Accept": "text/html"}).text
    for wrong, status in (({"who": "nobody", "organ": "甲局"}, 404), ({"who": other.id}, 409)):
        assert lead.client.post("/v1/review/assignments", json=wrong).status_code == status
    assert one.client.get("/v1/review/people").status_code == 403
    assert lead.client.delete(f"/v1/review/assignments/{made['id']}").status_code == 204
    assert lead.client.delete(f"/v1/review/assignments/{made['id']}").status_code == 404


def test_a_comment_is_told_with_the_card_by_the_name_of_whoever_made_it(people, job):
    one, other = people("王", "李")
    address = f"/v1/jobs/{job}/fields/0/{_FEES}"
    assert one.client.post(f"{address}/comments", json={"text": "笔误？"}).status_code == 201
    comments = other.client.get(address).json()["comments"]
    assert [(item["who"], item["text"]) for item in comments] == [("王", "笔误？")]
    assert one.client.post(f"{address}/comments", json={"text": ""}).status_code == 422
    assert one.client.post(f"/v1/jobs/{job}/fields/0/none/comments", json={"text": "x"}).status_code == 404
