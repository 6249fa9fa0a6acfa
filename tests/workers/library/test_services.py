"""Programs that ask a real service, waiting for it or not."""

from __future__ import annotations

import asyncio
import doctest
import os
import threading
import time

import pytest

import extractor
from extractor.values.result import ResultStatus
from tests.paths import ROOT
from tests.workers.pdfs import write_blank

#: Servers and processes of its own.
pytestmark = pytest.mark.slow

_SCAN = ROOT / "fixtures" / "scans" / "dongfeng-2025.pdf"


@pytest.fixture
def client(service):
    with extractor.Client(service.address, patience=1) as opened:
        yield opened


def _blank(folder, pages=1):
    path = folder / "空白.pdf"
    write_blank(path, pages=pages)
    path.write_bytes(path.read_bytes() + b"\n% " + os.urandom(8).hex().encode())
    return path


@pytest.mark.model
def test_the_examples_of_the_documentation_hold_of_a_real_service(service, tmp_path):
    given = {"SCAN": str(_SCAN), "SERVICE": service.address}
    document = ROOT / "docs" / "python-service.md"
    told = doctest.testfile(str(document), module_relative=False, globs=given, encoding="utf-8")
    assert told.attempted > 5
    assert told.failed == 0


def test_a_document_is_sent_followed_and_read(client, tmp_path):
    seen = []
    document = client.read(_blank(tmp_path, pages=2), timeout=60, progress=seen.append)
    assert (document.name, document.status) == ("空白", ResultStatus.NO_FORM_FOUND)
    assert len(document.result.pages) == 2
    assert seen[-1].state == "done" and seen[-1].pages.total == 2
    job = client.job(seen[-1].id)
    assert job == seen[-1] and job.has_ended and job.finished >= job.created
    assert client.result(job) == client.result(job.id, reviewed=True) == document
    assert next(iter(client.jobs(state="done"))) == job


def test_what_cannot_be_read_is_an_error_with_its_code(client, tmp_path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 " + os.urandom(8).hex().encode())
    with pytest.raises(extractor.DocumentError) as failed:
        client.read(broken, timeout=60)
    (job,) = client.jobs(state="failed", name="broken")
    assert failed.value.code == job.error.code
    assert client.retry(job).state in {"queued", "running"}
    client.delete(client.wait(job, timeout=60))
    with pytest.raises(extractor.UsageError):
        client.job(job)
    (tmp_path / "notes.pdf").write_text("no document")
    with pytest.raises(extractor.DocumentError, match=r"notes\.pdf"):
        client.submit(tmp_path / "notes.pdf")


def test_the_service_keeps_its_answer_back_until_a_job_has_ended(service, client, tmp_path):
    job = client.submit(_blank(tmp_path, pages=3), urgent=True, batch="一季度")
    told = service.http.get(f"/v1/jobs/{job.id}", params={"wait": 20}).json()
    assert (told["state"], told["batch"]) == ("done", "一季度")
    # One that has ended is told at once.
    started = time.monotonic()
    assert client.wait(job).state == "done"
    assert time.monotonic() - started < 2


def test_who_is_not_ready_in_time_is_told_so(client, tmp_path):
    job = client.submit(_blank(tmp_path, pages=40))
    with pytest.raises(TimeoutError, match=job.id):
        client.wait(job, timeout=0)
    client.cancel(job)
    assert client.wait(job, timeout=30).error.code == "cancelled"


def test_many_documents_are_read_at_a_time_without_threads(service, tmp_path):
    paths = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        paths.append(_blank(tmp_path / str(number)))

    async def read_all():
        async with extractor.AsyncClient(service.address) as client:
            documents = await asyncio.gather(*(client.read(path, timeout=60) for path in paths))
            jobs = [job async for job in client.jobs(state="done", limit="2")]
            again = await client.result(jobs[0], reviewed=True)
            with pytest.raises(extractor.UsageError):
                await client.retry(jobs[0])
            with pytest.raises(TimeoutError):
                await client.wait(await client.submit(_blank(tmp_path, pages=40)), timeout=0)
            waiting = [job async for job in client.jobs(name="空白") if not job.has_ended]
            cancelled = await client.cancel(waiting[0])
            await client.delete(await client.wait(cancelled, timeout=30))
            return documents, jobs, again

    before = threading.active_count()
    documents, jobs, again = asyncio.run(read_all())
    assert threading.active_count() == before
    assert [document.status for document in documents] == [ResultStatus.NO_FORM_FOUND] * 3
    assert len(jobs) >= 3 and again.status is ResultStatus.NO_FORM_FOUND


def test_a_service_that_is_away_is_no_fault_of_the_document(tmp_path):
    async def ask():
        async with extractor.AsyncClient("http://127.0.0.1:1", patience=0.1) as client:
            await client.job("0" * 32)

    with pytest.raises(extractor.ServiceError), extractor.Client("http://127.0.0.1:1", patience=0.1) as gone:
        gone.job("0" * 32)
    with pytest.raises(extractor.ServiceError):
        asyncio.run(ask())
    with pytest.raises(extractor.UsageError, match="address"):
        extractor.Client("queue:8800")
