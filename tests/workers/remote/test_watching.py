"""One round of a watch after the other, against a service that says what the test wants it to."""

from __future__ import annotations

import json
import logging
import os
import time
import zipfile
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from extractor.seams.errors import ExitCode, ServiceError
from tests.workers.office import search_path
from workers.remote.calls import BusyError
from workers.remote.client import ServiceClient
from workers.remote.watching import Watch
from workers.shown.outcomes import exit_code

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


class _Answers(BaseHTTPRequestHandler):
    state: ClassVar[str] = "running"
    sent: ClassVar[list[bytes]] = []
    #: Seconds after which to come again, of answers yet to be given to those who send too much.
    too_many: ClassVar[list[int]] = []
    #: Of documents that hold these bytes nothing is wanted.
    refused: ClassVar[bytes] = b"no document"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.too_many:
            self._answer(429, {"title": "Too Many Requests"}, retry=self.too_many.pop())
            return
        if self.refused in body:
            self._answer(415, {"title": "Unsupported Media Type", "detail": "it is no document"})
            return
        self.sent.append(body)
        self._answer(202, {"id": f"{len(self.sent)}", "state": "queued", "created": "1", "updated": "1"})

    def do_GET(self) -> None:
        if self.path.endswith("/result"):
            self._answer(200, {"of": self.path.split("/")[3]})
        elif self.state == "gone":
            self._answer(404, {"title": "Not Found", "detail": "there is no such job"})
        else:
            job = {
                "id": self.path.split("/")[3],
                "state": self.state,
                "result": {"status": "complete", "review": 0, "accepted": 1, "findings": 0},
                "pages": {"done": 1, "total": 1},
            }
            self._answer(200, job)

    def _answer(self, status: int, payload: dict[str, Any], retry: int | None = None) -> None:
        content = json.dumps(payload).encode()
        self.send_response(status)
        if retry is not None:
            self.send_header("Retry-After", str(retry))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def answers(monkeypatch):
    monkeypatch.setattr(_Answers, "state", "running")
    monkeypatch.setattr(_Answers, "sent", [])
    monkeypatch.setattr(_Answers, "too_many", [])
    return _Answers


@pytest.fixture
def server(answers):
    opened = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    Thread(target=opened.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{opened.server_port}"
    opened.shutdown()
    opened.server_close()


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def watch(server, tmp_path, clock):
    (tmp_path / "in").mkdir()
    with ServiceClient(server, patience=0.1) as client:
        yield Watch(client, tmp_path / "in", tmp_path / "out", settle=3.0, clock=lambda: clock[0])


def _settle(watch, clock):
    watch.round()
    clock[0] += 4.0
    watch.round()


def test_a_file_replaced_while_it_is_read_is_read_too(watch, clock, answers, tmp_path):
    scan = tmp_path / "in" / "a.pdf"
    scan.write_bytes(b"%PDF-1.4 first")
    _settle(watch, clock)
    scan.write_bytes(b"%PDF-1.4 and second")
    answers.state = "done"
    watch.round()
    assert scan.read_bytes() == b"%PDF-1.4 and second"
    assert not (tmp_path / "out" / "a.json").exists()
    _settle(watch, clock)
    watch.round()
    assert [b"second" in body for body in answers.sent] == [False, True]
    assert (tmp_path / "in" / "done" / "a.pdf").read_bytes() == b"%PDF-1.4 and second"


def test_a_later_file_of_the_same_name_does_not_replace_the_earlier_result(watch, clock, answers, tmp_path):
    answers.state = "done"
    for name in ("a.pdf", "a.pdf", "a.PDF"):
        (tmp_path / "in" / name).write_bytes(b"%PDF-1.4 " + os.urandom(4))
        _settle(watch, clock)
        watch.round()
    assert sorted(path.name for path in (tmp_path / "in" / "done").iterdir()) == [
        "a-2.pdf",
        "a-3.PDF",
        "a.pdf",
    ]
    results = {path.name: json.loads(path.read_bytes())["of"] for path in (tmp_path / "out").iterdir()}
    assert results == {"a.json": "1", "a-2.json": "2", "a-3.json": "3"}


def test_a_job_somebody_deleted_ends_nothing_but_its_file(watch, clock, answers, tmp_path):
    (tmp_path / "in" / "a.pdf").write_bytes(b"%PDF-1.4")
    _settle(watch, clock)
    answers.state = "gone"
    watch.round()
    assert "somebody deleted the job" in (tmp_path / "in" / "failed" / "a.pdf.reason.txt").read_text()
    assert watch.is_idle


def test_a_file_that_stays_empty_is_taken_in_the_end(watch, clock, answers, tmp_path):
    (tmp_path / "in" / "a.pdf").write_bytes(b"")
    _settle(watch, clock)
    assert not answers.sent
    clock[0] += 60.0
    watch.round()
    assert len(answers.sent) == 1


def test_a_service_that_is_away_is_told_once(tmp_path, clock, caplog):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a\x1b[31m.pdf").write_bytes(b"%PDF-1.4")
    with (
        ServiceClient("http://127.0.0.1:1", patience=0.05) as client,
        caplog.at_level(logging.WARNING, "workers.remote.watching"),
    ):
        watch = Watch(client, tmp_path / "in", settle=0.0, clock=lambda: clock[0])
        for _ in range(4):
            watch.round()
    told = [record.getMessage() for record in caplog.records if record.name == "workers.remote.watching"]
    assert len(told) == 1
    assert "a\\x1b[31m.pdf: http://127.0.0.1:1 does not answer" in told[0]


def test_a_service_that_wants_less_is_waited_for_beyond_patience(server, answers, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    answers.too_many[:] = [1, 1]
    with ServiceClient(server, patience=1.0) as client:
        started = time.monotonic()
        assert client.submit(tmp_path / "a.pdf", "a.pdf")[0]["id"] == "1"
        assert time.monotonic() - started >= 2


def test_nobody_waits_longer_than_patience_for_one_answer(server, answers, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    answers.too_many[:] = [60] * 100
    with ServiceClient(server, patience=0.2) as client, pytest.raises(BusyError, match="Too Many"):
        client.submit(tmp_path / "a.pdf", "a.pdf")


@pytest.mark.issue(27)
def test_documents_of_an_office_are_sent_and_workbooks_put_aside(watch, clock, answers, monkeypatch):
    monkeypatch.setenv("PATH", search_path())
    (watch.folder / "a.docx").write_bytes(b"PK a document")
    (watch.folder / "b.xlsx").write_bytes(b"PK a workbook")
    watch.round()
    clock[0] += 4
    watch.round()
    assert len(answers.sent) == 1 and b"PK a document" in answers.sent[0]
    assert "print the sheets" in (watch.folder / "failed" / "b.xlsx.reason.txt").read_text()


def _zip(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name.replace('_', '.')}", content)


def test_an_archive_is_read_through_and_its_results_are_its_own(watch, clock, answers, tmp_path, caplog):
    answers.state = "done"
    for content in (b"%PDF-1.4 first", b"%PDF-1.4 second"):
        _zip(watch.folder / "h.zip", a_pdf=content, b_png=b"\x89PNG", c_txt=b"words")
        _settle(watch, clock)
    assert watch.is_idle
    assert sorted(path.name for path in (watch.folder / "done").iterdir()) == ["h-2.zip", "h.zip"]
    assert not (watch.folder / "failed").exists()
    told = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json")}
    assert told == {"h.zip/a.json", "h.zip/b.json", "h-2.zip/a.json", "h-2.zip/b.json"}
    assert caplog.text.count("h.zip: left out, no documents by their names: 1 .txt") == 2
    assert not list((tmp_path / "out").glob(".*/*"))


def test_an_archive_of_which_not_all_is_read_is_put_aside_with_the_reasons(watch, clock, answers, tmp_path):
    answers.state = "done"
    outcomes = []
    watch.tell = outcomes.append
    _zip(watch.folder / "h.zip", a_pdf=b"%PDF-1.4", b_pdf=b"no document", c_zip=b"", d_txt=b"")
    (watch.folder / "none.zip").write_bytes(b"no archive")
    _zip(watch.folder / "words.zip", d_txt=b"")
    _settle(watch, clock)
    told = (watch.folder / "failed" / "h.zip.reason.txt").read_text()
    assert "b.pdf" in told and "c.zip is an archive within h.zip" in told and "1 .txt" in told
    assert "none.zip is damaged" in (watch.folder / "failed" / "none.zip.reason.txt").read_text()
    told = (watch.folder / "failed" / "words.zip.reason.txt").read_text()
    assert "words.zip holds no document" in told and "1 .txt" in told
    assert (tmp_path / "out" / "h.zip" / "a.json").exists()
    assert exit_code(outcomes) == ExitCode.SOME_FAILED
    assert len(outcomes) == 5


def test_an_archive_goes_on_where_it_was_when_the_service_comes_back(watch, clock, answers, tmp_path):
    _zip(watch.folder / "h.zip", a_pdf=b"%PDF-1.4 a", b_pdf=b"%PDF-1.4 b")
    answers.too_many[:] = [60] * 2
    _settle(watch, clock)
    for _ in range(2):
        watch.round()
    assert answers.too_many == []
    answers.state = "done"
    for _ in range(3):
        watch.round()
    assert [b"%PDF-1.4 a" in body for body in answers.sent] == [True, False]
    assert (watch.folder / "done" / "h.zip").exists()


def test_an_archive_that_is_still_written_is_read_again_and_not_put_aside(watch, clock, answers, tmp_path):
    _zip(tmp_path / "whole.zip", a_pdf=b"%PDF-1.4 a", b_pdf=b"%PDF-1.4 b")
    whole, answers.state = (tmp_path / "whole.zip").read_bytes(), "running"
    outcomes = []
    watch.tell = outcomes.append
    (watch.folder / "h.zip").write_bytes(whole)
    _settle(watch, clock)
    with (watch.folder / "h.zip").open("ab") as stream:
        stream.write(b"more")
    answers.state = "done"
    watch.round()
    assert (watch.folder / "h.zip").exists() and outcomes == []
    _settle(watch, clock)
    assert (watch.folder / "done" / "h.zip").exists() and len(outcomes) == 2


def test_whatever_is_not_read_is_put_aside_with_the_reason_once_it_is_quiet(watch, clock, answers):
    for name in ("t.txt", "x.exe", "noend"):
        (watch.folder / name).write_bytes(b"words")
    (watch.folder / "a.pdf.part").write_bytes(b"%PDF-1.4 half")
    for name in (".hidden", "~lock", "Thumbs.db"):
        (watch.folder / name).write_bytes(b"not a scanner's")
    watch.round()
    (watch.folder / "t.txt").write_bytes(b"words and more")
    clock[0] += 4
    watch.round()
    assert (watch.folder / "t.txt").exists() and (watch.folder / "a.pdf.part").exists()
    clock[0] += 4
    watch.round()
    for name in ("t.txt", "x.exe", "noend"):
        assert f"{name} is not read" in (watch.folder / "failed" / f"{name}.reason.txt").read_text()
    clock[0] += 60
    watch.round()
    assert (watch.folder / "failed" / "a.pdf.part").exists()
    assert sorted(path.name for path in watch.folder.iterdir()) == [".hidden", "Thumbs.db", "failed", "~lock"]
    assert not answers.sent and watch.is_idle


def test_a_folder_of_which_nothing_is_taken_is_told_once(watch, clock, caplog):
    (watch.folder / "sub").mkdir()
    for _ in range(3):
        watch.round()
    assert caplog.text.count("sub is a folder, of which nothing is taken") == 1
    assert watch.is_idle


@pytest.mark.parametrize("name", ["a.pdf", "a.zip"])
def test_a_watch_for_once_ends_when_the_service_stays_away(name, tmp_path):
    _zip(tmp_path / "a.zip", a_pdf=b"%PDF-1.4")
    (tmp_path / "in").mkdir()
    (tmp_path / "a.zip").rename(tmp_path / "in" / name)
    with ServiceClient("http://127.0.0.1:1", patience=0.05) as client:
        watch = Watch(client, tmp_path / "in", settle=0.0, is_once=True)
        with closing(watch), pytest.raises(ServiceError, match="does not answer"):
            watch.round()
    assert (tmp_path / "in" / name).exists()


def test_results_of_pictures_and_documents_of_one_name_are_both_kept(watch, clock, answers, tmp_path):
    answers.state = "done"
    for name in ("a.png", "a.jpg"):
        (watch.folder / name).write_bytes(name.encode())
        _settle(watch, clock)
        watch.round()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-2.json", "a.json"]
