"""Copies of documents with their text over HTTP, one or many of a batch, where the service keeps them."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from extractor.output.result_json import result_to_json
from tests.workers.reports import report, result
from workers.service.running.fsck import _needed
from workers.service.running.work import summarise_result

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_COPY = b"%PDF-1.7 with its text"


@pytest.fixture
def done(client, service, claim):
    """Has a document of a batch read; a copy of it is kept, or not. Its job's id."""

    def end(name: str, batch: str, copy: bytes | None) -> str:
        files = {"file": (name, b"%PDF-1.4 " + name.encode())}
        job = client.post("/v1/jobs", files=files, params={"batch": batch}).json()
        made = result(report())
        read = service.blobs.put(io.BytesIO(json.dumps(result_to_json(made)).encode())).sha256
        kept = service.blobs.put(io.BytesIO(copy)).sha256 if copy is not None else None
        finished = replace(summarise_result(made, read), copy=kept)
        assert service.jobs.complete(claim(job["id"]), finished)
        return str(job["id"])

    return end


def test_a_copy_is_fetched_and_a_batch_of_them_in_one_zip(client, service, done):
    first = done("甲.tif", "spring", _COPY)
    done("乙.pdf", "spring", _COPY + b"2")
    other = done("丙.pdf", "autumn", None)
    answer = client.get(f"/v1/jobs/{first}/searchable.pdf")
    assert (answer.status_code, answer.content) == (200, _COPY)
    assert answer.headers["content-type"] == "application/pdf"
    # The name of the copy ends as a copy does, whatever the document was.
    assert "%E7%94%B2.pdf" in answer.headers["content-disposition"]
    none = client.get(f"/v1/jobs/{other}/searchable.pdf")
    assert (none.status_code, "EXTRACTOR_SEARCHABLE" in none.json()["detail"]) == (409, True)
    told = client.get("/v1/jobs?batch=spring").json()["jobs"]
    assert [(job["batch"], job["searchable"]) for job in told] == [("spring", True)] * 2
    packed = client.get("/v1/searchable.zip?batch=spring")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as opened:
        assert sorted(opened.read(name) for name in opened.namelist()) == [_COPY, _COPY + b"2"]
        assert all(name.endswith(".pdf") for name in opened.namelist())
    assert client.get("/v1/searchable.zip?batch=autumn").status_code == 404
    # It is needed as long as its job is: nothing sweeps it away.
    digits = service.jobs.get(first).copy[:2]
    assert service.jobs.get(first).copy in _needed(service, digits)


def test_a_batch_stays_as_it_was_told_first_and_may_come_in_the_form(client):
    files = {"file": ("a.pdf", b"%PDF-1.4 a")}
    made = client.post("/v1/jobs", files=files, data={"batch": " 2026年一季度 "}).json()
    assert made["batch"] == "2026年一季度"
    assert client.post("/v1/jobs", files=files, params={"batch": "b"}).json()["batch"] == "2026年一季度"
    for wrong in ("x" * 201, "two\nlines"):
        assert client.post("/v1/jobs", files=files, data={"batch": wrong}).status_code == 422
    assert client.post("/v1/jobs", files=files, params={"batch": "two\nlines"}).status_code == 422


def test_why_there_is_no_copy_is_said(client):
    job = client.post("/v1/jobs", files={"file": ("a.pdf", b"%PDF-1.4 a")}).json()["id"]
    waiting = client.get(f"/v1/jobs/{job}/searchable.pdf")
    assert waiting.status_code == 409
    assert "comes when it is done" in waiting.json()["detail"]
    nobody = client.get("/v1/searchable.zip?batch=nobody")
    assert (nobody.status_code, nobody.json()["detail"]) == (404, "no job fits these conditions")
