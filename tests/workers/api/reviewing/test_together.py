"""Fields that one question settles: which they are, given out together, decided and taken back together."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from extractor.forms.definition import list_families, load_forms
from extractor.output.result_json import result_to_json
from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import Field, FieldStatus, Kind, Report
from tests.workers.reports import field, forms, report, result, unread, with_fields
from tests.workers.shown.test_open_rows import printed
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.queue import open_review
from workers.service.running.work import summarise_result
from workers.service.store.tokens import Role

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FEES = "disclosure.fees.amount"
_NAMES = ("job", "report", "field")
_PEOPLE = ("natural_person", "business", "research")


def _doubted(code: ReasonCode, raw: str = "0") -> Field:
    return replace(field(raw, 0.9), reasons=(Reason(code),))


def _row_in_doubt(*, total: Field | None = None) -> Report:
    cells = {f"requests.granted.{name}": _doubted(ReasonCode.LABEL_UNLIKE) for name in _PEOPLE}
    cells["requests.granted.total"] = total or _doubted(ReasonCode.LABEL_UNLIKE)
    # Of another row, and for another reason.
    cells["requests.partly_granted.business"] = _doubted(ReasonCode.LABEL_UNLIKE)
    cells["requests.granted.other_organization"] = field("0", 0.6)
    return with_fields(report(), cells)


def _next(client, session: str = "a", **wanted) -> dict:
    answer = client.post("/v1/review/next", json={"session": session} | wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["field"]


def _ids(card: dict) -> list[str]:
    return [item["field"].removeprefix("requests.") for item in card["together"]]


def test_a_row_that_was_guessed_is_one_question(client, review):
    review(result(_row_in_doubt()))
    card = _next(client, reason="row")
    while "granted" not in card["field"].split(".")[1] or "partly" in card["field"]:
        card = _next(client, reason="row", held=[{name: card[name] for name in _NAMES}])
    assert card["bond"] == "row"
    assert _ids(card) == ["granted.natural_person", "granted.business", "granted.research", "granted.total"]
    # Each has what a card has.
    assert all(item["place"] and item["candidates"] and item["sums"] for item in card["together"])


def test_a_field_that_was_not_read_is_asked_by_itself(client, review):
    review(result(_row_in_doubt(total=replace(unread(), reasons=(Reason(ReasonCode.LABEL_UNLIKE),)))))
    card = _next(client, reason="format")
    assert (card["field"], card["bond"], card["together"]) == ("requests.granted.total", None, [])


def test_the_fields_of_a_row_that_was_not_found_are_one_question(client, review):
    lost = {f"requests.granted.{name}": unread(Kind.MISSING) for name in ("research", "total")}
    review(
        result(
            with_fields(
                report(),
                lost | {"requests.granted.other_organization": unread(), _FEES: unread(Kind.MISSING)},
            )
        )
    )
    found = {}
    held: list[dict] = []
    while card := _next(client, held=held):
        found[card["field"]] = (card["bond"], len(card["together"]))
        held += [{name: item[name] for name in _NAMES} for item in [card, *card["together"]]]
    assert sorted(found.values(), key=str) == [("lost", 2), (None, 0), (None, 0)]


def test_a_table_of_which_nothing_was_found_is_one_question(client, review):
    names = [key for key in forms()["gio-2021"].specs() if key.startswith("requests.")]
    job = review(result(with_fields(report(), {name: unread(Kind.MISSING) for name in names})))
    card = _next(client)
    assert (card["bond"], len(card["together"])) == ("lost_table", len(names))
    said = [{"field": name, "version": 0, "kind": "missing"} for name in names]
    told = client.post(f"/v1/jobs/{job}/decisions", json={"report": 0, "decisions": said})
    assert (told.status_code, told.json()["reviewed"]) == (200, True)
    assert _next(client) is None
    # What somebody took back and typed shows that it is there: the rest is asked row by row.
    client.post("/v1/review/undo", json={"session": "a"})
    path = f"/v1/jobs/{job}/fields/0/{names[0]}"
    client.patch(path, json={"kind": "number", "raw": "3"}, headers={"If-Match": "*"})
    assert _next(client)["bond"] == "lost"


def test_a_row_whose_code_may_be_misread_is_shown_and_decided(service):
    family = list_families()["department-settlement"]
    settings = service.settings.model_copy(update={"forms": (family,)})
    asked = replace(service, settings=settings)
    made = printed()
    unsure = Reason(ReasonCode.ROW_KEY_UNSURE)
    keys = ("general.20805.basic", "general.20805.projects")
    fields = tuple(
        replace(item, status=FieldStatus.REVIEW, reasons=(unsure,)) if item.id in keys else item
        for item in made.reports[0].fields
    )
    read = replace(made, reports=(replace(made.reports[0], fields=fields),))
    job, _ = service.submit(io.BytesIO(b"%PDF-1.4 settlement"), "a.pdf")
    blob = service.blobs.put(io.BytesIO(json.dumps(result_to_json(read)).encode()))
    plan = ReviewPlan(load_forms([family]), 0.0)
    claimed = service.jobs.claim(job.id, "worker")
    done = summarise_result(read, blob.sha256)
    assert service.jobs.complete(claimed, done, lambda opened: open_review(opened, job.id, read, plan))
    with TestClient(
        create_app(asked, access=AccessPolicy(required=False)), base_url="http://localhost"
    ) as client:
        card = _next(client, reason="row")
        assert (card["bond"], _ids(card)) == ("row", list(keys))
        assert (card["row"], card["doubt"]) == (["20805行政事业单位养老支出"], "row")
        assert client.post(f"/v1/jobs/{job.id}/decisions", json=_tell(client, card)).status_code == 200
        assert _next(client) is None


def test_a_column_that_was_guessed_is_one_question(client, review):
    rows = ("granted", "partly_granted", "carried_over")
    cells = {f"requests.{row}.business": _doubted(ReasonCode.COLUMNS_UNNAMED) for row in rows}
    cells["requests.granted.research"] = _doubted(ReasonCode.COLUMNS_UNNAMED)
    review(result(with_fields(report(), cells)))
    found = {}
    held: list[dict] = []
    while card := _next(client, held=held):
        found[card["field"]] = card["bond"]
        held += [{name: item[name] for name in _NAMES} for item in [card, *card["together"]]]
    assert sorted(found.values(), key=str) == [None, "column"]


def test_the_open_fields_of_a_broken_sum_are_one_question(client, review):
    cells = {f"requests.granted.{name}": field("1", 0.9) for name in ("business", "research")}
    review(result(with_fields(report(), cells)))
    card = _next(client)
    assert (card["doubt"], card["bond"]) == ("sum", "sum")
    assert _ids(card) == ["granted.business", "granted.research"]


@pytest.mark.parametrize(("whole", "count"), [("row", 5), ("column", 2), ("table", 6)])
def test_all_that_is_open_in_a_row_a_column_or_a_table_is_given_out(client, review, whole, count):
    job = review(result(with_fields(_row_in_doubt(), {_FEES: field("1", 0.6)})))
    wanted = {"job": job, "report": 0, "field": "requests.granted.business", "session": "a", "whole": whole}
    card = client.post("/v1/review/whole", json=wanted).json()
    assert (card["bond"], len(card["together"])) == (f"whole_{whole}", count)
    # It is one person's, and no other field is.
    assert client.post("/v1/review/whole", json=wanted | {"session": "b"}).json()["together"] == []
    taken = {item["field"] for item in card["together"]}
    held: list[dict] = []
    while other := _next(client, "b", held=held):
        found = [other, *other["together"]]
        assert not taken & {item["field"] for item in found}
        held += [{name: item[name] for name in _NAMES} for item in found]
    assert client.post("/v1/review/whole", json=wanted | {"whole": "page"}).status_code == 422


def test_what_somebody_else_has_is_not_asked_of_two(client, review):
    review(result(_row_in_doubt()))
    first = _next(client, "a", reason="row")
    second = _next(client, "b", reason="row")
    named = [{item["field"] for item in [card, *card["together"]]} for card in (first, second)]
    assert not named[0] & named[1]
    assert _next(client, "c", reason="row") is None


def _tell(client, card: dict, raw: str = "0", **more) -> dict:
    decisions = [
        {"field": item["field"], "version": item["version"], "kind": "number", "raw": raw, **more}
        for item in card["together"]
    ]
    return {"report": card["report"], "decisions": decisions, "seconds": 6.0, "session": "a"}


@pytest.fixture
def card(client, review) -> dict:
    cells = {f"requests.granted.{name}": field("1", 0.9) for name in ("business", "research")}
    review(result(with_fields(report(), cells)))
    return _next(client)


def test_they_are_decided_at_once_and_taken_back_at_once(client, card):
    address = f"/v1/jobs/{card['job']}/decisions"
    answer = client.post(address, json=_tell(client, card, printed_so=True))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [(item["raw"], item["printed_so"], item["open"]) for item in told["fields"]] == [
        ("0", True, False)
    ] * 2
    assert told["reviewed"]
    steps = client.get(f"/v1/jobs/{card['job']}/history").json()["steps"]
    assert [(step["cause"], step["seconds"]) for step in steps] == [(None, 3.0), (steps[0]["id"], 3.0)]
    undone = client.post("/v1/review/undo", json={"session": "a"}).json()
    assert undone["field"]["field"] == card["together"][0]["field"]
    assert [(item["field"], item["open"]) for item in undone["reopened"]] == [
        (card["together"][1]["field"], True)
    ]
    assert client.post("/v1/review/undo", json={}).status_code == 409
    # They come again to who took them back, as one question, and to nobody else.
    assert _next(client, "b") is None
    assert _ids(_next(client, "a")) == _ids(card)


def test_of_those_taken_together_one_can_be_decided_anew(client, card):
    job, other = card["job"], card["together"][1]["field"]
    client.post(f"/v1/jobs/{job}/decisions", json=_tell(client, card))
    path = f"/v1/jobs/{job}/fields/0/{other}"
    client.patch(path, json={"kind": "number", "raw": "4"}, headers={"If-Match": '"1"'})
    for taken, value in ((other, 0), (card["together"][0]["field"], 1)):
        assert client.post("/v1/review/undo", json={}).json()["field"]["field"] == taken
        assert client.get(path).json()["value"] == value


def test_all_are_written_or_none(client, card):
    address = f"/v1/jobs/{card['job']}/decisions"
    path = f"/v1/jobs/{card['job']}/fields/0/{card['together'][1]['field']}"
    client.patch(path, json={"kind": "number", "raw": "4"}, headers={"If-Match": '"0"'})
    stale = client.post(address, json=_tell(client, card))
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:gio-extractor:problem:stale")
    assert len(client.get(f"/v1/jobs/{card['job']}/history").json()["steps"]) == 1


def test_what_no_cell_can_say_is_refused(client, card, subtests):
    for change in [
        {"raw": "x"},
        {"version": -1},
        {"field": "no.such.field"},
        {"kind": Kind.MISSING.value + "x"},
    ]:
        with subtests.test(change=change):
            told = _tell(client, card)
            told["decisions"][1] |= change
            answer = client.post(f"/v1/jobs/{card['job']}/decisions", json=told)
            assert answer.status_code == (404 if "field" in change else 422)
            told["decisions"] = [told["decisions"][0]] * 2
            assert client.post(f"/v1/jobs/{card['job']}/decisions", json=told).status_code == 422


def test_deciding_together_needs_the_role_of_a_reviewer(guarded, bearer, review):
    job = review(result(report(disclosure__fees__amount=field("1", 0.6))))
    told = {"report": 0, "decisions": [{"field": "disclosure.fees.amount", "version": 0, "kind": "blank"}]}
    address = f"/v1/jobs/{job}/decisions"
    assert guarded.post(address, json=told, headers=bearer(Role.SUBMIT)).status_code == 403
    assert guarded.post(address, json=told, headers=bearer(Role.REVIEW)).status_code == 200


_DAMAGED = ReasonCode.PICTURE_DAMAGED
_ACCUSED = Reason(ReasonCode.SUM_BROKEN, {"left": "3", "right": "0", "difference": "3"})


def test_figures_of_a_damaged_picture_are_looked_through_in_as_many_as_fit(client, review):
    names = [key for key in forms()["gio-2021"].specs() if key.startswith("requests.")][:60]
    cells = {key: _doubted(_DAMAGED) for key in names}
    # Something else is odd about one, and another is of another table.
    odd = (Reason(_DAMAGED), Reason(ReasonCode.FOREIGN_INK))
    cells |= {names[5]: replace(field("0", 0.9), reasons=odd), _FEES: _doubted(_DAMAGED)}
    review(result(with_fields(report(), cells)))
    found, alone = [], []
    while card := _next(client):
        told = card["together"] or [card]
        (found if card["bond"] == "damaged" else alone).append([item["field"] for item in told])
        decisions = [_as_read(item) for item in told]
        body = {"report": 0, "session": "a", "decisions": decisions}
        assert client.post(f"/v1/jobs/{card['job']}/decisions", json=body).status_code == 200
    assert sorted(key for keys in found for key in keys) == sorted(set(names) - {names[5]})
    assert sorted(map(len, found)) == [11, 24, 24]
    assert sorted(key for [key] in alone) == sorted([names[5], _FEES])


def test_what_only_sums_accused_is_looked_through_once_they_hold(client, review):
    names = ("granted.business", "granted.research", "granted.total", "partly_granted.natural_person")

    def accused(raw: str) -> Field:
        # Its reading is sure, the field is not.
        return replace(field(raw), confidence=0.9, status=FieldStatus.REVIEW, reasons=(_ACCUSED,))

    row = {f"requests.{name}": accused("0") for name in names}
    # Its row and its column are off by three.
    row["requests.granted.natural_person"] = accused("3")
    job = review(result(with_fields(report(), row)))
    address = f"/v1/jobs/{job}/fields/0/requests.granted.business"
    assert client.get(address).json()["bond"] == "sum"
    wrong = f"/v1/jobs/{job}/fields/0/requests.granted.natural_person"
    told = client.patch(wrong, json={"kind": "number", "raw": "0"}, headers={"If-Match": "*"})
    assert told.status_code == 200
    card = client.get(address).json()
    assert card["bond"] == "mended"
    assert sorted(_ids(card)) == sorted(names)


def _as_read(item: dict) -> dict:
    return {name: item[name] for name in ("field", "version", "kind", "raw")}
