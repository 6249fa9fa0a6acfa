from __future__ import annotations

import errno
import threading
from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from extractor.seams.errors import ServiceError, StorageError
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.api.web.errors import to_problem
from workers.service.service import Service

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _is_problem(answer, status: int) -> dict:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(told)
    assert told["status"] == status
    return told


def _with_settings(service: Service, **changes: object) -> FastAPI:
    changed = replace(service, settings=service.settings.model_copy(update=changes))
    return create_app(changed, access=AccessPolicy(required=False))


def test_unknown_paths_and_methods_are_problems(client):
    assert _is_problem(client.get("/v1/nowhere"), 404)["instance"] == "/v1/nowhere"
    answer = client.put("/v1/jobs/x/cancel")
    _is_problem(answer, 405)
    assert answer.headers["allow"] == "POST"
    assert set(client.put("/v1/jobs").headers["allow"].split(", ")) == {"GET", "POST"}
    assert set(client.put(f"/v1/jobs/{'0' * 32}").headers["allow"].split(", ")) == {"DELETE", "GET"}


def test_what_nobody_expected_tells_nothing_of_the_inside(app, service, caplog):
    @app.get("/v1/broken")
    def break_down() -> None:
        raise RuntimeError("secret inside")

    with TestClient(app, base_url="http://localhost") as client:
        told = _is_problem(client.get("/v1/broken"), 500)
    assert "secret inside" not in str(told)
    assert "RuntimeError: secret inside" in caplog.text
    assert "break_down" in caplog.text


def test_a_store_that_does_not_answer_is_503(client, service, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(service.database, "engine", _Away())
        answer = client.get("/v1/jobs")
    _is_problem(answer, 503)
    assert answer.headers["retry-after"] == "5"


class _Away:
    """The engine of a store whose machine is gone."""

    def connect(self) -> None:
        raise ServiceError("the store postgresql://user:***@host/name does not answer")

    begin = connect


def test_a_full_disk_is_507():
    error = StorageError("/data: No space left on device")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert to_problem(error).status == 507
    assert to_problem(StorageError("the store x cannot be written: database or disk is full")).status == 507
    denied = to_problem(StorageError("/data/blobs: Permission denied"))
    assert denied.status == 500
    assert "/data" not in denied.detail


def test_validation_names_the_place_and_does_not_repeat_the_input(client):
    told = _is_problem(client.post("/v1/webhooks", json={"url": 1, "x": "<secret>"}), 422)
    assert {item["location"] for item in told["errors"]} == {"body.url", "body.x"}
    assert "<secret>" not in str(told)
    broken = client.post("/v1/webhooks", content=b"{", headers={"Content-Type": "application/json"})
    _is_problem(broken, 422)


def test_a_request_larger_than_allowed_is_413(client):
    told = _is_problem(client.post("/v1/jobs", files={"file": ("a.pdf", b"%PDF-" + bytes(4_000_000))}), 413)
    assert "3.0 MB" in told["detail"]
    _is_problem(client.post("/v1/webhooks", content=bytes(70_000)), 413)


def test_a_request_without_a_length_is_counted_while_it_comes(client):
    sent = 0

    def endless():
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        while True:
            sent += 65_536
            yield bytes(65_536)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    _is_problem(client.post("/v1/jobs", content=_limited(endless(), 200), headers=headers), 413)


def _limited(chunks, count):
    for _, chunk in zip(range(count), chunks, strict=False):
        yield chunk


def test_one_file_larger_than_allowed_is_413(client):
    # The request as a whole may be larger by its frame, a document may not.
    _is_problem(client.post("/v1/jobs", files={"file": ("a.pdf", b"%PDF-" + bytes(2_100_000))}), 413)


def test_a_request_that_takes_too_long_is_broken_off(service):
    app = _with_settings(service, request_timeout=0.5)
    answered = threading.Event()
    waited = []

    @app.get("/v1/slow")
    def be_slow() -> None:
        waited.append(answered.wait(30))

    with TestClient(app, base_url="http://localhost") as client:
        answer = client.get("/v1/slow")
        # It was still under way: whatever the machine is busy with, the answer did not wait for its end.
        assert waited == []
        answered.set()
    _is_problem(answer, 503)
    assert "retry-after" in answer.headers


def test_every_answer_is_guarded(client, subtests):
    for path in ["/", "/v1/jobs", "/livez", "/v1/nowhere"]:
        with subtests.test(path=path):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'self'")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"


def test_the_documentation_loads_nothing_from_elsewhere(client):
    assert "://" not in client.get("/docs").text
    assert client.get("/redoc").status_code == 404
    assert client.get("/openapi.json").json()["info"]["title"]
