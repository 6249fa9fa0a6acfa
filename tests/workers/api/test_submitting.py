from __future__ import annotations

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.workers.api.conftest import PDF
from tests.workers.office import RTF, search_path, write_program
from workers.api.queue.uploads import clean_name
from workers.service.store.blobs import digest_file
from workers.service.store.schema import jobs, tokens
from workers.service.store.tokens import Role

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _files(*contents: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", pair) for pair in contents]


def test_a_document_is_queued_and_its_blob_kept(client, service):
    answer = client.post("/v1/jobs", files={"file": ("2024年度 报告.pdf", PDF)})
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["state"], job["attempts"], job["error"], job["name"]) == (
        "queued",
        0,
        None,
        "2024年度 报告.pdf",
    )
    with service.blobs.local(job["document"]) as path:
        assert path.read_bytes() == PDF
        assert digest_file(path) == job["document"]
    assert service.jobs.outbox.is_any_rung()


def test_the_same_document_again_is_200_and_the_same_job(client):
    first = client.post("/v1/jobs", files={"file": ("a.pdf", PDF)})
    again = client.post("/v1/jobs", files={"file": ("b.pdf", PDF)})
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"]


def test_several_files_are_answered_for_one_by_one(client):
    files = _files(("a.pdf", PDF + b"1"), ("notes.txt", b"hello"), ("b.pdf", PDF + b"2"), ("c.pdf", b""))
    answer = client.post("/v1/jobs", files=files)
    assert answer.status_code == 202
    told = answer.json()["jobs"]
    assert [item["name"] for item in told] == ["a.pdf", "notes.txt", "b.pdf", "c.pdf"]
    assert [item["job"] is not None for item in told] == [True, False, True, False]
    assert [item["problem"] and item["problem"]["status"] for item in told] == [None, 415, None, 422]
    again = client.post("/v1/jobs", files=_files(("a.pdf", PDF + b"1"), ("b.pdf", PDF + b"2")))
    assert again.status_code == 200


def test_when_no_file_can_be_taken_each_is_told_why(client):
    answer = client.post("/v1/jobs", files=_files(("a.txt", b"hello"), ("b.pdf", b"")))
    assert answer.status_code == 422
    assert [item["problem"]["status"] for item in answer.json()["jobs"]] == [415, 422]


@pytest.mark.parametrize(
    ("content", "status", "kind"), [(b"", 422, "empty-file"), (b"\x89PNG\r\n", 415, "not-a-pdf")]
)
def test_one_file_that_is_no_pdf_is_a_problem(client, content, status, kind):
    answer = client.post("/v1/jobs", files={"file": ("a.pdf", content)})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:gio-extractor:problem:{kind}"


def test_an_archive_of_pdfs_is_refused_with_what_to_do(client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("one.pdf", PDF + b"1")
        archive.writestr("two.pdf", PDF + b"2")
    answer = client.post("/v1/jobs", files={"file": ("two.zip", packed.getvalue())})
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:gio-extractor:problem:not-a-pdf")
    assert "two.zip is an archive (zip)" in answer.json()["detail"]
    assert "submit" in answer.json()["detail"]


def test_a_pdf_mark_within_the_first_kilobyte_is_enough(client):
    assert client.post("/v1/jobs", files={"file": ("a.pdf", b"\n" * 1000 + PDF)}).status_code == 202
    assert client.post("/v1/jobs", files={"file": ("a.pdf", b"\n" * 1024 + PDF)}).status_code == 415


def test_a_form_without_files_is_refused(client):
    assert client.post("/v1/jobs", data={"file": "text"}, files={"other": b"x"}).status_code == 422
    assert client.post("/v1/jobs", json={"file": "x"}).status_code == 415


def test_a_document_may_be_the_body_itself(client, service):
    for number, kind in enumerate(("application/pdf", "image/tiff", "application/octet-stream; x=y")):
        content = PDF + str(number).encode()
        answer = client.post(
            "/v1/jobs?name=年报.pdf",
            content=content,
            headers={"Content-Type": kind, "Idempotency-Key": str(number)},
        )
        assert answer.status_code == 202
        assert answer.json()["name"] == "年报.pdf"
        with service.blobs.local(answer.json()["document"]) as path:
            assert path.read_bytes() == content
    unnamed = client.post("/v1/jobs", content=PDF, headers={"Content-Type": "application/pdf"})
    assert unnamed.json()["name"] == "document.pdf"
    empty = client.post("/v1/jobs", content=b"", headers={"Content-Type": "application/pdf"})
    assert (empty.status_code, empty.json()["type"]) == (422, "urn:gio-extractor:problem:empty-file")
    large = client.post(
        "/v1/jobs", content=PDF + bytes(2_100_000), headers={"Content-Type": "application/pdf"}
    )
    assert large.status_code == 413


def test_an_answer_is_kept_back_until_the_job_has_ended(client, service, claim):
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(client.post, "/v1/jobs?wait=20", files={"file": ("a.pdf", PDF)})
        while not (jobs := client.get("/v1/jobs").json()["jobs"]):
            time.sleep(0.05)
        job = jobs[0]["id"]
        asked = threads.submit(client.get, f"/v1/jobs/{job}?wait=20")
        time.sleep(0.3)
        assert not answer.done() and not asked.done()
        assert client.get(f"/v1/jobs/{job}?wait=0.1").json()["state"] == "queued"
        service.jobs.fail(claim(job), "encrypted", "a password is needed", final=True)
        assert (answer.result(5).status_code, answer.result().json()["state"]) == (200, "failed")
        assert asked.result(5).json()["state"] == "failed"
    assert client.get(f"/v1/jobs/{job}?wait=61").status_code == 422
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/v1/jobs", content=b"--y\r\n", headers=broken).status_code in {400, 422}
    assert (
        client.post("/v1/jobs", content=b"", headers={"content-type": "multipart/form-data"}).status_code
        == 400
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\报告\\年报.pdf", "年报.pdf"),
        ("a\r\nb\x00\x1b[31m.pdf", "ab[31m.pdf"),
        ("fdp.\u202etxt", "fdp.txt"),
        ("", "document.pdf"),
        ("..", "document.pdf"),
        ("报" * 300 + ".pdf", "报" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("<script>alert(1)</script>.pdf", "script>.pdf"),
        ("  a b .pdf ", "a b .pdf"),
    ],
)
def test_file_names_are_cleaned_and_keep_their_script(given, kept):
    assert clean_name(given) == kept


def test_the_same_key_and_documents_get_the_same_answer(client, service):
    key = {"Idempotency-Key": "abc"}
    first = client.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers=key)
    service.jobs.cancel(first.json()["id"])
    again = client.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    # It was answered from memory: what was cancelled since is not queued again.
    assert service.jobs.get(first.json()["id"]).code == "cancelled"


def test_a_key_used_for_something_else_is_refused(client):
    key = {"Idempotency-Key": "abc"}
    assert client.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers=key).status_code == 202
    for other in (("a.pdf", PDF + b"1"), ("b.pdf", PDF)):
        answer = client.post("/v1/jobs", files={"file": other}, headers=key)
        assert answer.status_code == 422
        assert answer.json()["type"].endswith("idempotency-key-reused")


def test_a_refused_request_leaves_its_key_free(client):
    key = {"Idempotency-Key": "abc"}
    assert client.post("/v1/jobs", files={"file": ("a.pdf", b"no")}, headers=key).status_code == 415
    assert client.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers=key).status_code == 202


def test_a_key_that_is_none_is_refused(client, subtests):
    for key in ["", "x" * 256, "a b"]:
        with subtests.test(key=key):
            answer = client.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers={"Idempotency-Key": key})
            assert answer.status_code == 422


def test_who_sent_a_document_is_known_by_the_token(guarded, bearer, service):
    for path, status in (("/v1/jobs", 202), ("/upload", 303)):
        sent = guarded.post(
            path,
            files={"file": ("a.pdf", PDF + path.encode())},
            headers=bearer(Role.SUBMIT),
            follow_redirects=False,
        )
        assert sent.status_code == status
    with service.database.read() as connection:
        senders = set(connection.execute(sa.select(jobs.c.sender)).scalars())
        assert senders == set(connection.execute(sa.select(tokens.c.id)).scalars())
        assert len(senders) == 2


def test_what_a_person_uploads_is_urgent_and_what_a_program_sends_is_as_it_says(client, service):
    answer = client.post("/upload", files={"file": ("a.pdf", b"%PDF-1.4 page")}, follow_redirects=False)
    assert answer.status_code == 303
    for told, expected in ({}, "bulk"), ({"urgency": "interactive"}, "interactive"):
        sent = client.post("/v1/jobs", params=told, files={"file": ("b.pdf", f"%PDF-1.4 {told}".encode())})
        assert (sent.status_code, sent.json()["urgency"]) == (202, expected)
    listed = client.get("/v1/jobs").json()["jobs"]
    assert {job["name"]: job["urgency"] for job in listed if job["name"] == "a.pdf"} == {
        "a.pdf": "interactive"
    }
    assert (
        client.post("/v1/jobs", params={"urgency": "now"}, files={"file": ("c.pdf", b"%PDF")}).status_code
        == 422
    )


@pytest.mark.issue(27)
def test_a_document_of_an_office_is_taken_where_libreoffice_is(client, tmp_path, monkeypatch):
    files = {"file": ("report.pdf", RTF)}
    monkeypatch.setenv("PATH", search_path())
    refused = client.post("/v1/jobs", files=files)
    assert (refused.status_code, refused.json()["type"]) == (415, "urn:gio-extractor:problem:no-libreoffice")
    assert "apt-get install libreoffice" in refused.json()["detail"]
    assert ".docx" not in client.get("/").text
    monkeypatch.setenv("PATH", search_path(write_program(tmp_path / "bin")))
    assert client.post("/v1/jobs", files=files).status_code == 202
    assert ".docx" in client.get("/").text
    bare = client.post("/v1/jobs?name=a.htm", content=b"<html>", headers={"Content-Type": "text/html"})
    assert bare.status_code == 202
    # Under our name a browser runs nothing of it.
    document = client.get(f"{bare.headers['location']}/document")
    assert (document.content, document.headers["content-type"]) == (b"<html>", "application/octet-stream")
    assert document.headers["content-disposition"].startswith("attachment")
