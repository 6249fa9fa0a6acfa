from __future__ import annotations

import json
import threading
import time
from datetime import datetime
from itertools import product

import pytest

from workers.service.store.records import PageRead

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()["jobs"]]


def test_a_job_tells_its_state_pages_result_and_history(client, submit, claim, service, finish):
    identifier = submit("a.pdf")
    first = claim(identifier)
    service.jobs.page_done(first, PageRead(1, 3, 0.5))
    running = client.get(f"/v1/jobs/{identifier}").json()
    assert (running["state"], running["pages"]) == ("running", {"done": 1, "total": 3})
    assert running["history"][0]["ended"] is None
    service.jobs.fail(first, "crashed", "it crashed", final=False)
    finish(identifier, form="gio-2021", organ="某局", year="2024")
    done = client.get(f"/v1/jobs/{identifier}").json()
    assert (done["state"], done["attempts"], done["error"]) == ("done", 2, None)
    assert done["result"]["organ"] == "某局"
    assert [attempt["outcome"] for attempt in done["history"]] == ["failed", "done"]
    assert done["history"][0]["error"] == {"code": "crashed", "message": "it crashed"}
    assert done["created"].endswith("Z")
    assert datetime.fromisoformat(done["created"]) <= datetime.fromisoformat(done["finished"])


def test_a_failed_job_tells_why(client, submit, fail):
    identifier = submit()
    fail(identifier)
    job = client.get(f"/v1/jobs/{identifier}").json()
    assert (job["state"], job["error"]) == (
        "failed",
        {"code": "encrypted", "message": "a password is needed"},
    )


def test_what_is_not_there_is_404(client, subtests):
    for identifier, part in product(
        ["0" * 32, "nope", "%00", "a" * 5000, "A" * 32], ["", "/result", "/document", "/events"]
    ):
        with subtests.test(identifier=identifier, part=part):
            answer = client.get(f"/v1/jobs/{identifier}{part}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_result_is_streamed_and_known_by_its_hash(client, submit, finish):
    identifier = submit()
    assert client.get(f"/v1/jobs/{identifier}/result").status_code == 409
    job = finish(identifier)
    answer = client.get(f"/v1/jobs/{identifier}/result")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["etag"] == f'"{job.result}"'
    assert answer.json()["source"]["name"] == "年报.pdf"
    for known in (f'"{job.result}"', f'W/"{job.result}", "x"', "*"):
        again = client.get(f"/v1/jobs/{identifier}/result", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")


def test_there_is_no_result_of_a_failed_job_but_its_reason(client, submit, fail):
    identifier = submit()
    fail(identifier)
    answer = client.get(f"/v1/jobs/{identifier}/result")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "encrypted"


def test_a_lost_blob_is_an_error_that_tells_nothing_of_the_inside(client, submit, finish, service, caplog):
    identifier = submit()
    service.blobs.delete(finish(identifier).result)
    answer = client.get(f"/v1/jobs/{identifier}/result")
    assert answer.status_code == 500
    assert "fsck" in caplog.text
    assert "fsck" not in answer.text


def test_a_document_comes_back_as_an_attachment(client, submit):
    answer = client.get(f"/v1/jobs/{submit('某局 年报.pdf')}/document")
    assert answer.content.startswith(b"%PDF-")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment")
    assert "UTF-8''%E6%9F%90%E5%B1%80%20%E5%B9%B4%E6%8A%A5.pdf" in disposition
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unchanged_job_is_304(client, submit, claim):
    identifier = submit()
    tag = client.get(f"/v1/jobs/{identifier}").headers["etag"]
    assert client.get(f"/v1/jobs/{identifier}", headers={"If-None-Match": tag}).status_code == 304
    claim(identifier)
    assert client.get(f"/v1/jobs/{identifier}", headers={"If-None-Match": tag}).status_code == 200


def test_pages_hold_while_new_jobs_come(client, submit):
    old = [submit() for _ in range(5)]
    first = client.get("/v1/jobs", params={"limit": 2})
    newer = [submit() for _ in range(3)]
    second = client.get("/v1/jobs", params={"limit": 2, "cursor": first.json()["next"]})
    last = client.get("/v1/jobs", params={"limit": 2, "cursor": second.json()["next"]})
    assert _ids(first) + _ids(second) + _ids(last) == old[::-1]
    assert last.json()["next"] is None
    assert _ids(client.get("/v1/jobs")) == [*newer[::-1], *old[::-1]]


def test_pages_hold_when_the_job_they_ended_with_is_deleted(client, submit):
    old = [submit() for _ in range(4)]
    first = client.get("/v1/jobs", params={"limit": 2}).json()
    client.delete(f"/v1/jobs/{old[2]}")
    assert _ids(client.get("/v1/jobs", params={"cursor": first["next"]})) == [old[1], old[0]]


def test_jobs_are_found_by_what_they_are(client, submit, finish, fail):
    one, two, three = submit("甲局年报.pdf"), submit("100%_B.PDF"), submit("c.pdf")
    finish(one, form="gio-2021, gio-2025", year="2024, 2025", organ="甲市公安局")
    fail(two)
    document = client.get(f"/v1/jobs/{one}").json()["document"]
    wanted = {
        "state=done": [one],
        "state=queued": [three],
        "status=complete": [one],
        "form=gio-2025": [one],
        "form=gio": [],
        "year=2024": [one],
        "year=202": [],
        "organ=公安": [one],
        "name=年报": [one],
        "name=%25_b": [two],
        "name=_": [two],
        f"document={document}": [one],
        "state=failed&name=甲": [],
        "created_after=2100-01-01T00:00:00Z": [],
        "created_after=2020-01-01T00:00:00%2B08:00": [three, two, one],
    }
    for query, found in wanted.items():
        assert _ids(client.get(f"/v1/jobs?{query}")) == found, query


def test_a_wrong_filter_is_named(client, subtests):
    for query in [
        "limit=0",
        "limit=501",
        "state=lost",
        "cursor=x",
        "name=%00",
        "created_after=2020-01-01T00:00:00",
    ]:
        with subtests.test(query=query):
            answer = client.get(f"/v1/jobs?{query}")
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["location"] == f"query.{query.partition('=')[0]}"


def test_a_queued_job_is_cancelled_at_once_and_tried_again(client, submit, service):
    identifier = submit()
    cancelled = client.post(f"/v1/jobs/{identifier}/cancel").json()
    assert (cancelled["state"], cancelled["error"]["code"]) == ("failed", "cancelled")
    assert client.post(f"/v1/jobs/{identifier}/cancel").status_code == 409
    assert client.post(f"/v1/jobs/{identifier}/retry").json()["state"] == "queued"
    assert client.post(f"/v1/jobs/{identifier}/retry").status_code == 409
    # The broker was told again.
    assert service.jobs.get(identifier).bell is not None


def test_a_running_job_says_whether_pages_are_read_or_understood(client, submit, claim, service):
    identifier = submit()
    assert client.get(f"/v1/jobs/{identifier}").json()["step"] is None
    claimed = claim(identifier)
    assert client.get(f"/v1/jobs/{identifier}").json()["step"] == "reading"
    service.jobs.page_done(claimed, PageRead(3, 3, 0.1))
    assert client.get(f"/v1/jobs/{identifier}").json()["step"] == "understanding"
    page = client.get(f"/jobs/{identifier}?lang=en", headers={"Accept": "text/html"}).text
    assert "All pages are read" in page


def test_a_running_job_is_asked_to_stop_and_not_deleted(client, submit, claim):
    identifier = submit()
    claim(identifier)
    assert client.delete(f"/v1/jobs/{identifier}").status_code == 409
    answer = client.post(f"/v1/jobs/{identifier}/cancel").json()
    assert (answer["state"], answer["cancelling"]) == ("running", True)


def test_a_deleted_job_is_gone(client, submit, finish):
    identifier = submit()
    finish(identifier)
    assert client.delete(f"/v1/jobs/{identifier}").status_code == 204
    assert client.get(f"/v1/jobs/{identifier}").status_code == 404
    assert client.delete(f"/v1/jobs/{identifier}").status_code == 404


def _events(lines) -> list[tuple[str, dict]]:
    found, name = [], ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
    return found


def test_progress_is_told_page_by_page_until_the_end(client, submit, claim, service):
    identifier = submit()

    def work() -> None:
        claimed = claim(identifier)
        for number in (1, 2):
            time.sleep(0.8)
            service.jobs.page_done(claimed, PageRead(number, 2, 0.1))
        time.sleep(0.8)
        service.jobs.fail(claimed, "crashed", "it crashed", final=True)

    worker = threading.Thread(target=work)
    worker.start()
    with client.stream("GET", f"/v1/jobs/{identifier}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = _events(answer.iter_lines())
    worker.join()
    assert {name for name, _ in told[:-1]} == {"progress"}
    pages = [job["pages"]["done"] for name, job in told if name == "progress"]
    assert pages == sorted(pages)
    assert {1, 2} <= set(pages)
    assert told[-1][0] == "failed"
    assert told[-1][1]["error"]["code"] == "crashed"


def test_the_events_of_an_ended_job_are_its_end(client, submit, finish):
    identifier = submit()
    finish(identifier)
    with client.stream("GET", f"/v1/jobs/{identifier}/events") as answer:
        assert [name for name, _ in _events(answer.iter_lines())] == ["done"]


@pytest.mark.issue(27)
@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/v1/jobs?bacth=spring&state=queued", "batch"),
        ("/v1/dataset.zip?oragn=x", "organ"),
        ("/v1/searchable.zip?limits=2", "limit"),
        ("/v1/webhooks?state=done", "none"),
        ("/v1/review?organ=x", "none"),
        ("/v1/review/people?who=x", "none"),
        ("/v1/review/assignments?who=x", "none"),
    ],
)
def test_a_list_answers_to_no_parameter_that_it_does_not_know(client, path, known):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:gio-extractor:problem:unknown-parameter")
    unknown = path.partition("?")[2].partition("=")[0]
    assert f"no such parameter: {unknown};" in answer.json()["detail"]
    assert known in answer.json()["detail"].partition("there are: ")[2]
    plain = client.get(path.partition("?")[0])
    assert plain.status_code in {200, 404}
