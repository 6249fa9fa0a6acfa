from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.paths import ROOT
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.bell import Bell
from workers.service.store.leadership import Leadership
from workers.service.store.machines import MachineStore
from workers.service.store.records import PageRead
from workers.service.store.schema import documents, jobs, leadership
from workers.service.store.tokens import Role

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _rules() -> list[dict[str, str]]:
    """The alerts that are shipped."""
    (group,) = yaml.safe_load((ROOT / "docs" / "deploy" / "alerts.yaml").read_text("utf-8"))["groups"]
    rules: list[dict[str, str]] = group["rules"]
    return rules


def _samples(client) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def deaf(service):
    """The same service when its broker is gone."""
    bell = Bell("redis+socket:///nowhere/valkey.sock", service.jobs.pipeline)
    app = create_app(replace(service, bell=bell), access=AccessPolicy(required=False))
    with TestClient(app, base_url="http://localhost") as opened:
        yield opened
    bell.close()


def test_metrics_count_what_is_in_the_store(client, submit, claim, finish, fail, service):
    done, running = submit(), submit()
    submit()
    finish(done)
    fail(submit())
    service.jobs.page_done(claim(running), PageRead(1, 3, 0.5))
    told = _samples(client)
    states = {state: told["extractor_jobs", (state,)] for state in ("queued", "running", "done", "failed")}
    assert set(states.values()) == {1.0}
    assert told["extractor_fields", ("accepted",)] == 185
    assert told["extractor_fields", ("review",)] == 5
    assert told["extractor_pages", ("done",)] == 1
    assert told["extractor_jobs_failed", ("encrypted",)] == 1
    assert 0 < told["extractor_queue_age_seconds", ()] < 60
    assert told["extractor_broker_up", ()] == 1
    assert told["extractor_broker_messages", ()] >= 4
    assert any(name == "extractor_build_info" for name, _ in told)


def test_an_empty_store_has_its_series_too(client):
    told = _samples(client)
    assert told["extractor_jobs", ("queued",)] == 0
    assert told["extractor_queue_age_seconds", ()] == 0
    (rule,) = [rule for rule in _rules() if rule["alert"] == "ExtractorFailing"]
    alerted = re.findall(r'code=~"([a-z_|]+)"', rule["expr"])[0].split("|")
    assert {code: told["extractor_jobs_failed", (code,)] for code in alerted} == dict.fromkeys(alerted, 0)


def test_requests_are_measured_by_route_and_not_by_id(client, submit):
    client.get(f"/v1/jobs/{submit()}")
    client.get("/v1/jobs/nope")
    client.get("/some/where")
    client.get("/static/style.css")
    told = _samples(client)
    name = "extractor_http_request_seconds_count"
    routes = {labels[1] for found, labels in told if found == name}
    assert routes <= {"/v1/jobs", "/v1/jobs/{job_id}", "other", "/static", "/metrics"}
    assert told[name, ("GET", "/v1/jobs/{job_id}", "200")] == 1
    assert told[name, ("GET", "/v1/jobs/{job_id}", "404")] == 1
    assert told[name, ("GET", "other", "404")] == 1


def test_health(client):
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_rounds_that_nobody_does_any_more_are_missing(client, service):
    """Two workers stood idle for eleven minutes, and all was said to be well."""
    leader = Leadership(service.database, service.jobs.pipeline, lease=1.0)
    assert leader.hold()
    leader.tell_done()
    assert 0 <= client.get("/readyz").json()["round_age"] < 30
    with service.database.write() as connection:
        connection.execute(sa.update(leadership).values(acted=leadership.c.acted - 90))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["rounds"])
    assert 90 <= _samples(client)["extractor_round_age_seconds", ()] < 120
    # All workers were ended in order: that is no fault.
    leader.release()
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes/api.yaml"])
def test_who_starts_workers_after_the_api_does_not_wait_for_them(client, service, name):
    """After a power cut the lead is held by a worker that is no more, and so it stayed: nobody else was started."""
    [probe] = re.findall(r"/readyz[\w?=&]*", (ROOT / "docs" / "deploy" / name).read_text(encoding="utf-8"))
    leader = Leadership(service.database, service.jobs.pipeline, lease=1.0)
    assert leader.hold()
    leader.tell_done()
    with service.database.write() as connection:
        connection.execute(sa.update(leadership).values(acted=leadership.c.acted - 90))
    assert client.get("/readyz").status_code == 503
    assert client.get(probe).status_code == 200


def test_machines_are_shown_to_people_and_to_monitoring(client, service, submit, claim):
    machines = MachineStore(service.database, service.settings.heartbeat)
    told = {"version": "0.1", "slots": 2}
    machines.tell("worker-1", pipeline=service.pipeline, store="", **told)
    machines.tell("worker-2", pipeline=service.pipeline, store="the share is away", **told)
    claim(submit("在读.pdf"))
    submit("等待.pdf")
    with service.database.write() as connection:
        connection.execute(sa.insert(documents).values(sha256="d" * 64, bytes=9, created=0.0))
        row = {
            "id": "e" * 32,
            "document": "d" * 64,
            "name": "old.pdf",
            "pipeline": "older",
            "state": "queued",
        }
        connection.execute(sa.insert(jobs).values(**row, created=0.0, updated=0.0))
    found = _samples(client)
    assert [found["extractor_workers", (state,)] for state in ("working", "paused", "gone")] == [1, 1, 0]
    assert found["extractor_workers_of", (service.pipeline, "0.1")] == 2
    assert found["extractor_jobs_waiting", (service.pipeline,)] == 1
    assert client.get("/readyz").json()["paused"] == 1
    for language, words in {
        "zh": ("在读.pdf", "暂停", "1 份文件等待流水线 older"),
        "en": ("idle", "Paused"),
    }.items():
        page = client.get("/machines", params={"lang": language}).text
        assert all(word in page for word in (*words, "worker-1", "the share is away")), page
    assert client.post("/v1/adopt").json() == {"adopted": 1}
    assert "older" not in client.get("/machines").text


def test_alerts_ask_for_what_is_told(client, service, submit, fail):
    """An alert on a metric that was renamed never comes."""
    fail(submit())
    submit()
    machines = MachineStore(service.database, service.settings.heartbeat)
    machines.tell("worker-1", pipeline=service.pipeline, store="", version="0.1", slots=2)
    leader = Leadership(service.database, service.jobs.pipeline, 20.0)
    assert leader.hold()
    leader.tell_done()
    samples = list(_labels(client))
    names = {name for name, *_ in samples}
    told = {(name, label) for name, *labels in samples for label in labels}
    for rule in _rules():
        asked = re.findall(r"(extractor_\w+)(?:\{([^}]*)\})?", rule["expr"])
        assert asked
        for name, matchers in asked:
            assert name in names, rule["alert"]
            for label in re.findall(r"(\w+)[=!]", matchers):
                assert (name, label) in told, rule["alert"]


def _labels(client):
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            yield sample.name, *sample.labels


def test_names_of_workers_and_what_is_wrong_with_a_store_are_told_to_admins_only(
    guarded, bearer, service, submit, claim
):
    machines = MachineStore(service.database, service.settings.heartbeat)
    machines.tell("worker-1", pipeline=service.pipeline, store="/mnt/share is away", version="0.1", slots=2)
    job = submit()
    claim(job)
    guarded.cookies.set("extractor_lang", "en")
    for role, is_told in ((Role.REVIEW, False), (Role.ADMIN, True)):
        header = bearer(role)
        page, of_job = (guarded.get(path, headers=header).text for path in ("/machines", f"/jobs/{job}"))
        assert "Paused" in page
        assert ("/mnt/share" in page, "worker-1" in page, "worker-1" in of_job) == (is_told,) * 3
        (attempt,) = guarded.get(f"/v1/jobs/{job}", headers=header).json()["history"]
        assert attempt["worker"] == ("worker-1" if is_told else "")
    assert "worker-1" not in guarded.get("/readyz").text


def test_what_does_not_answer_is_named(deaf):
    assert deaf.get("/livez").status_code == 200
    answer = deaf.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["missing"] == ["broker"]
    assert _samples(deaf)["extractor_broker_up", ()] == 0
    assert deaf.get("/readyz?exclude=rounds&exclude=broker").status_code == 200
    assert deaf.get("/readyz?exclude=everything").status_code == 422


def test_documents_are_taken_while_the_broker_is_away(deaf, service):
    answer = deaf.post("/v1/jobs", files={"file": ("a.pdf", b"%PDF-1.4")})
    assert answer.status_code == 202
    assert service.jobs.outbox.to_ring(10) == [answer.json()["id"]]
