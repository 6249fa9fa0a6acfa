"""A service on each kind of store with a real broker, and programs that ask it."""

from __future__ import annotations

import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image, ImageDraw, ImageFont
from starlette.testclient import TestClient

from extractor.output.result_json import result_to_json
from extractor.values.geometry import Box
from extractor.values.result import Result
from tests.workers.api.browsing import forget, open_browser
from tests.workers.reports import IN_A_ROW, field, forms, report, with_fields
from tests.workers.reports import result as result_of
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.queue import open_review
from workers.service.running.work import summarise_result
from workers.service.service import Service, open_service
from workers.service.settings import read_settings
from workers.service.store.records import Claim, Finished, Job
from workers.service.store.tokens import Role, TokenStore

PDF = b"%PDF-1.4\n% a document\n"


@pytest.fixture
def service(database_url: str, broker: str, tmp_path: Path) -> Iterator[Service]:
    """A service with an empty store, whose broker holds no more messages than it is given."""
    settings = read_settings(
        data=tmp_path / "data",
        database_url=database_url,
        broker_url=broker,
        engine="null",
        max_upload_mb=2.0,
        secret_key="the key of the tests, 32 letters or more",
        webhook_private=True,
    )
    opened = open_service(settings)
    # The broker is one for all tests: behind what others left, nobody would be told of what this one sends.
    with opened.bell.celery.connection_for_write() as connection:
        for queue in opened.bell.heard:
            connection.default_channel.queue_purge(queue)
    yield opened
    opened.close()


@pytest.fixture
def app(service: Service) -> FastAPI:
    return create_app(service, access=AccessPolicy(required=False))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Somebody on the same machine."""
    with TestClient(app, base_url="http://localhost") as opened:
        yield opened


@pytest.fixture
def guarded(service: Service) -> Iterator[TestClient]:
    """Somebody without a token, at a service that wants one."""
    made = create_app(service, access=AccessPolicy(required=True))
    with TestClient(made, base_url="http://extractor.example") as opened:
        yield opened


@pytest.fixture
def bearer(service: Service) -> Callable[[Role], dict[str, str]]:
    """Makes a token of a role; the header that shows it."""
    store = TokenStore(service.database)

    def make(role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {store.create(role.value, role)[1]}"}

    return make


@pytest.fixture
def submit(client: TestClient) -> Callable[..., str]:
    """Submits a document of its own; its job's id."""
    count = 0

    def send(name: str = "年报.pdf") -> str:
        nonlocal count
        count += 1
        answer = client.post("/v1/jobs", files={"file": (name, PDF + str(count).encode())})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    return send


@pytest.fixture
def claim(service: Service) -> Callable[[str], Claim]:
    """Takes a job as a worker does."""

    def take(identifier: str) -> Claim:
        claimed = service.jobs.claim(identifier, "worker-1")
        assert claimed is not None
        return claimed

    return take


@pytest.fixture
def finish(service: Service, claim: Callable[[str], Claim], tmp_path: Path) -> Callable[..., Job]:
    """Has a job done, with a result."""

    def end(identifier: str, **summary: object) -> Job:
        path = tmp_path / f"{identifier}.json"
        path.write_text('{"schema_version": "1", "source": {"name": "年报.pdf"}}', encoding="utf-8")
        with path.open("rb") as stream:
            sha256 = service.blobs.put(stream).sha256
        told: dict[str, object] = {"status": "complete", "pages": 3, "accepted": 185, "review": 5} | summary
        assert service.jobs.complete(claim(identifier), Finished(result=sha256, **told))  # type: ignore[arg-type]
        return service.jobs.get(identifier)

    return end


@pytest.fixture
def review(service: Service, submit: Callable[..., str], claim: Callable[[str], Claim]) -> Callable[..., str]:
    """Has a job done with a result whose doubts are in the queue; its id."""

    def end(result: Result, share: float = 0.0, job: str = "") -> str:
        identifier = job or submit()
        stream = io.BytesIO(json.dumps(result_to_json(result)).encode())
        finished = summarise_result(result, service.blobs.put(stream).sha256)
        plan = ReviewPlan(forms(), share)
        assert service.jobs.complete(
            claim(identifier), finished, lambda connection: open_review(connection, identifier, result, plan)
        )
        return identifier

    return end


@pytest.fixture(scope="session")
def one_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser of all tests: to start one takes longer than most of them."""
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def browser(one_browser: Any) -> Any:
    """A browser that knows nothing of earlier tests."""
    forget(one_browser)
    return one_browser


@pytest.fixture
def fail(service: Service, claim: Callable[[str], Claim]) -> Callable[..., Job]:
    """Has a job fail for good."""

    def end(identifier: str, code: str = "encrypted", reason: str = "a password is needed") -> Job:
        service.jobs.fail(claim(identifier), code, reason, final=True)
        return service.jobs.get(identifier)

    return end


@pytest.fixture
def address(app) -> Iterator[str]:
    """The service on a real port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def _page(mark: Callable[[ImageDraw.ImageDraw], object]) -> bytes:
    """A page of which one cell says 3, and what else is drawn on it."""
    image = Image.new("RGB", (595, 842), "white")
    pen = ImageDraw.Draw(image)
    pen.text((120, 102), "3", fill="black")
    mark(pen)
    out = io.BytesIO()
    image.save(out, "PDF", resolution=72.0)
    return out.getvalue()


@pytest.fixture
def load(client, review):
    """Has a document done that has a page to look at."""

    def submit(made: Result, mark: Callable[[ImageDraw.ImageDraw], object] = lambda pen: None) -> str:
        count = os.urandom(4).hex().encode()
        answer = client.post("/v1/jobs", files={"file": ("page.pdf", _page(mark) + b"\n%" + count)})
        return review(made, job=answer.json()["id"])

    return submit


@pytest.fixture
def print_row(client, review):
    """Has a document done whose cells print texts; each with what it was read as, and how surely; its job."""

    def submit(*cells: tuple[str, str, float], batch: str = "") -> str:
        image = Image.new("RGB", (595, 842), "white")
        pen, font = ImageDraw.Draw(image), ImageFont.load_default(14)
        fields = {}
        for number, (name, (printed, raw, confidence)) in enumerate(zip(IN_A_ROW, cells, strict=False)):
            left = 100 + 80 * number
            pen.rectangle((left, 100, left + 60, 122), outline="black")
            pen.text((left + 20, 103), printed, fill="black", font=font)
            others = [] if printed == raw else [(printed, 1.0 - confidence)]
            fields[name] = replace(field(raw, confidence, *others), box=Box(left, 100.0, left + 60.0, 122.0))
        out = io.BytesIO()
        image.save(out, "PDF", resolution=72.0)
        sent = out.getvalue() + b"\n%" + os.urandom(4).hex().encode()
        answer = client.post("/v1/jobs", files={"file": ("page.pdf", sent)}, data={"batch": batch})
        return str(review(result_of(with_fields(report(), fields)), job=answer.json()["id"]))

    return submit
