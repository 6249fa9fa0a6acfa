"""`extractor submit`, `status` and `watch` against a real service."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import tarfile
import time
import zipfile
from contextlib import closing

import pytest
from PIL import Image

from extractor.seams.errors import ExitCode
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import ROOT, wait_until
from tests.workers.service.serving import COMMAND
from workers.batch.archives import Copies, archive_opener
from workers.batch.inputs import find_inputs
from workers.cli.entry import run_cli
from workers.remote.client import ServiceClient
from workers.remote.submitting import Submission
from workers.shown.progress import QuietDisplay

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def run(service):
    def run_command(*arguments, server=None):
        environment = os.environ | {"EXTRACTOR_SERVER": server or service.address}
        command = [*COMMAND, *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run_command


def test_documents_are_sent_followed_and_fetched(run, tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    write_blank(tmp_path / "in" / "a.pdf", pages=1)
    write_blank(tmp_path / "in" / "sub" / "报告.pdf", pages=2)
    found = run("submit", tmp_path / "in", "--output", tmp_path / "out")
    assert found.returncode == 0, found.stderr
    assert [line.split("\t")[1] for line in found.stdout.splitlines()] == ["a.pdf", "sub/报告.pdf"]
    assert "2  documents" in found.stderr
    result = json.loads((tmp_path / "out" / "sub" / "报告.json").read_bytes())
    assert result["source"]["pages"] == 2
    (tmp_path / "out" / "sub" / ".writing-killed00.tmp").write_text("left by a killed one")
    again = run("submit", tmp_path / "in", "--output", tmp_path / "out")
    assert again.stdout == found.stdout
    assert [path.name for path in (tmp_path / "out" / "sub").iterdir()] == ["报告.json"]


def test_one_document_under_two_names_is_one_job_and_two_results(run, tmp_path):
    (tmp_path / "in").mkdir()
    content = write_blank(tmp_path / "in" / "a.pdf", pages=8).read_bytes()
    (tmp_path / "in" / "b.pdf").write_bytes(content)
    found = run("submit", tmp_path / "in", "--output", tmp_path / "out")
    assert found.returncode == 0, found.stderr
    assert "2  documents" in found.stderr
    assert (tmp_path / "out" / "a.json").read_bytes() == (tmp_path / "out" / "b.json").read_bytes()


def test_a_service_that_is_away_is_told_at_once(service, tmp_path):
    command = [
        *COMMAND,
        "submit",
        str(write_blank(tmp_path / "a.pdf", pages=1)),
        "--server",
        "http://127.0.0.1:1",
    ]
    sending = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert sending.stderr.readline() == "counting the documents\n"
        assert "does not answer" in sending.stderr.readline()
        assert sending.poll() is None
    finally:
        sending.kill()
        sending.communicate()


def _blank(tmp_path, pages):
    return write_blank(tmp_path / "made.bin", pages=pages).read_bytes()


def test_archives_are_sent_member_by_member(run, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    content = _blank(tmp_path, 9)
    with zipfile.ZipFile(folder / "2023.zip", "w") as archive:
        archive.writestr("区/x.pdf", content)
        archive.writestr("区/text.pdf", b"no pdf")
        archive.writestr("inner.zip", b"")
        archive.writestr("区/note.xlsx", b"")
        archive.writestr("区/y.pdf", _blank(tmp_path, 10))
    with tarfile.open(folder / "2024.tar.gz", "w:gz") as archive:
        for name in ("z.pdf", "cut.pdf"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    (folder / "cut.tar.gz").write_bytes((folder / "2024.tar.gz").read_bytes()[:-40])
    found = run("submit", folder, "--output", out)
    assert found.returncode == 2, found.stderr
    names = [line.split("\t")[1] for line in found.stdout.splitlines()]
    assert names[:2] == ["2023.zip/区/x.pdf", "2023.zip/区/y.pdf"]
    assert names[2:4] == ["2024.tar.gz/z.pdf", "2024.tar.gz/cut.pdf"]
    for told in (
        "2023.zip/区/text.pdf: the file is no document that is read",
        "inner.zip is an archive within 2023.zip",
        "failed: cut.tar.gz",
        "left out, no documents by their names: 1 .xlsx",
    ):
        assert told in found.stderr
    read = json.loads((out / "2023.zip" / "区" / "x.json").read_bytes())
    assert read == json.loads((out / "2024.tar.gz" / "z.json").read_bytes())
    assert read["source"]["pages"] == 9
    assert not list(out.rglob(".*"))


def test_no_more_than_one_member_is_copied_out_at_a_time(service, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for pages in (12, 13, 14):
            archive.writestr(f"{pages}.pdf", _blank(tmp_path, pages))
    there = []

    def tell(item, job, is_again):
        there.append([path.name for path in (tmp_path / "out").rglob("*.pdf")])

    with ServiceClient(service.address) as client, closing(Copies(tmp_path / "out")) as copies:
        submission = Submission(
            client, QuietDisplay(), tell=tell, release=lambda item: copies.release(item.path)
        )
        found = find_inputs([tmp_path / "a.zip"], archives=archive_opener(copies))
        submission.send(found, lambda: None)
        assert not list((tmp_path / "out").rglob("*.pdf"))
    assert there == [["12.pdf"], ["13.pdf"], ["14.pdf"]]
    assert [outcome.name for outcome in submission.outcomes] == [
        "a.zip/12.pdf",
        "a.zip/13.pdf",
        "a.zip/14.pdf",
    ]


def test_an_archive_that_is_none_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    (tmp_path / "none.zip").write_bytes(b"no archive")
    with zipfile.ZipFile(tmp_path / "good.zip", "w") as archive:
        archive.writestr("x.pdf", _blank(tmp_path, 11))
    found = run("submit", tmp_path / "none.zip", tmp_path / "good.zip")
    assert (found.returncode, found.stdout.count("good.zip/x.pdf")) == (2, 1)
    assert "failed: none.zip is damaged" in found.stderr
    assert "1 document sent" in found.stderr
    assert not list((tmp_path / "scratch").iterdir())


def test_without_waiting_the_ids_are_told(run, tmp_path):
    found = run("submit", write_blank(tmp_path / "b.pdf", pages=4))
    assert found.returncode == 0
    identifier, name = found.stdout.strip().split("\t")
    assert name == "b.pdf"
    status = run("status", identifier, "--follow")
    assert status.returncode == 0
    assert json.loads(status.stdout)["state"] == "done"
    assert "page 4 of 4" in status.stderr or "done" in status.stderr


def test_what_cannot_be_sent_is_told_and_the_rest_goes_on(run, tmp_path):
    (tmp_path / "text.pdf").write_text("no pdf")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    write_blank(tmp_path / "good.pdf", pages=5)
    found = run("submit", tmp_path, tmp_path / "missing.pdf", "--wait")
    assert found.returncode == 2
    assert "failed: text.pdf: " in found.stderr
    assert "failed: broken.pdf: " in found.stderr
    assert "missing.pdf does not exist" in found.stderr
    assert "1  complete" in found.stderr or "1  no form found" in found.stderr
    failed = run("status", "--state", "failed")
    assert "broken.pdf" in failed.stdout


def test_the_newest_jobs_are_listed(run, tmp_path):
    run("submit", write_blank(tmp_path / "newest.pdf", pages=6), "--wait")
    lines = run("status", "--limit", "1").stdout.splitlines()
    assert lines[0].split("\t") == ["job", "state", "pages", "accepted", "review", "name", "reason", "status"]
    assert lines[1].split("\t")[1:3] == ["done", "6/6"]
    assert lines[1].split("\t")[-1] == "no_form_found"
    assert len(lines) == 2
    (line,) = run("status", "--limit", "1", "--json").stdout.splitlines()
    assert json.loads(line)["name"] == "newest.pdf"


def test_a_service_that_is_away_is_told(run, tmp_path):
    found = run("status", server="http://127.0.0.1:1")
    assert found.returncode == 9
    assert "http://127.0.0.1:1 does not answer" in found.stderr


def test_a_job_that_is_not_there_is_told(run):
    found = run("status", "0" * 32)
    assert found.returncode == 1
    assert "no job" in found.stderr


def test_a_folder_is_watched(service, tmp_path):
    inbox, output = tmp_path / "inbox", tmp_path / "out"
    inbox.mkdir()
    command = [*COMMAND, "watch", str(inbox), "--output", str(output), "--settle", "0.5", "--interval", "0.1"]
    watch = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"EXTRACTOR_SERVER": service.address}, stderr=subprocess.PIPE
    )
    try:
        whole = write_blank(tmp_path / "whole.pdf", pages=7).read_bytes()
        with (inbox / "growing.pdf").open("wb") as stream:
            for start in range(0, len(whole), len(whole) // 5 + 1):
                stream.write(whole[start : start + len(whole) // 5 + 1])
                stream.flush()
                time.sleep(0.3)
        (inbox / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
        (inbox / "text.pdf").write_text("no pdf")
        (inbox / "notes.txt").write_text("no document by its name")
        wait_until((output / "growing.json").exists, what="the result")
        wait_until((inbox / "failed" / "broken.pdf.reason.txt").exists, what="the failure's reason")
        wait_until((inbox / "failed" / "text.pdf.reason.txt").exists, what="the refusal's reason")
        wait_until((inbox / "failed" / "notes.txt").exists, what="what is no document")
        assert (inbox / "done" / "growing.pdf").read_bytes() == whole
        assert "broken.pdf" in (inbox / "failed" / "broken.pdf.reason.txt").read_text()
        assert sorted(path.name for path in inbox.iterdir()) == ["done", "failed"]
    finally:
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == 130
        watch.stderr.close()


def test_failures_are_written_as_results_too(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "text.pdf").write_text("no pdf")
    (tmp_path / "in" / "broken.pdf").write_bytes(b"%PDF-1.7 broken beyond")
    with zipfile.ZipFile(tmp_path / "in" / "a.zip", "w") as archive:
        archive.writestr("inner.zip", b"")
        archive.writestr("x.pdf", _blank(tmp_path, 15))
    found = run("submit", tmp_path / "in", tmp_path / "none.pdf", "--output", tmp_path / "out")
    assert found.returncode == 2
    told = {
        path.relative_to(tmp_path / "out").as_posix(): json.loads(path.read_bytes())
        for path in (tmp_path / "out").rglob("*.json")
    }
    assert {name: result["status"] for name, result in told.items()} == {
        "text.json": "failed",
        "broken.json": "failed",
        "a.zip/inner.zip.json": "failed",
        "a.zip/x.json": "no_form_found",
    }
    assert told["broken.json"]["issues"][0]["code"] == "damaged_pdf"
    assert "archive within" in told["a.zip/inner.zip.json"]["issues"][0]["message"]
    assert "damaged_pdf" not in found.stderr
    chinese = run("--lang", "zh", "submit", tmp_path / "in", "--output", tmp_path / "out")
    assert "失败：broken.pdf：PDF 已损坏（" in chinese.stderr


def test_a_folder_is_emptied_once_with_the_exit_code_of_a_run(service, run, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    command = ("watch", inbox, "--output", tmp_path / "out", "--once", "--settle", "0", "--interval", "0.1")
    empty = run(*command)
    assert (empty.returncode, empty.stderr) == (4, "no document was found\n")
    write_blank(inbox / "good.pdf", pages=16)
    assert run(*command).returncode == 0
    assert (tmp_path / "out" / "good.json").exists()
    (inbox / "broken.pdf").write_bytes(b"%PDF-1.7 broken to the end")
    write_blank(inbox / "better.pdf", pages=17)
    assert run(*command).returncode == 2
    assert (inbox / "done" / "better.pdf").exists()
    assert (inbox / "failed" / "broken.pdf.reason.txt").exists()


def test_a_folder_of_an_archive_and_a_text_is_emptied_with_a_word(service, run, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with zipfile.ZipFile(inbox / "h.zip", "w") as archive:
        archive.writestr("区/x.pdf", _blank(tmp_path, 18))
    (inbox / "t.txt").write_text("words")
    command = ("watch", inbox, "--output", tmp_path / "out", "--once", "--settle", "0", "--interval", "0.1")
    found = run(*command)
    assert found.returncode == 2
    assert "failed: t.txt is not read" in found.stderr and "h.zip/区/x.pdf" in found.stderr
    assert json.loads((tmp_path / "out" / "h.zip" / "区" / "x.json").read_bytes())["source"]["pages"] == 18
    assert (inbox / "done" / "h.zip").exists() and (inbox / "failed" / "t.txt.reason.txt").exists()


def test_a_folder_is_not_watched_without_end_when_the_service_stays_away(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("workers.cli.commands.watch.PATIENCE", 0.1)
    write_blank(tmp_path / "a.pdf", pages=1)
    command = ["watch", str(tmp_path), "--once", "--settle", "0", "--server", "http://127.0.0.1:1"]
    assert run_cli(command) == ExitCode.SERVICE
    assert "does not answer" in capsys.readouterr().err
    assert (tmp_path / "a.pdf").exists()


def test_a_folder_of_pictures_is_one_document_of_a_watched_folder(service, run, tmp_path):
    inbox = tmp_path / "inbox"
    for number in (1, 2, 10):
        path = inbox / "2023 年" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (500, 700 + number), 255).save(path, dpi=(150, 150))
    (inbox / "old.ofd").write_bytes(b"PK")
    command = ("watch", inbox, "--output", tmp_path / "out", "--once", "--settle", "0", "--interval", "0.1")
    found = run(*command, "--group-by", "folder")
    assert found.returncode == 2, found.stderr
    told = json.loads((tmp_path / "out" / "2023 年.json").read_bytes())
    heights = [round(page["height"] / 72 * 150) for page in told["pages"]]
    assert heights == [701, 702, 710]
    assert len(list((inbox / "done" / "2023 年").iterdir())) == 3
    assert "print it to PDF" in (inbox / "failed" / "old.ofd.reason.txt").read_text()


def test_grouped_pictures_are_sent_as_one(run, tmp_path):
    for number in (1, 2):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.new("L", (500, 720 + number), 255).save(tmp_path / "in" / f"doc_{number}.png", dpi=(150, 150))
    found = run("submit", tmp_path / "in", "--output", tmp_path / "out", "--group-by", "number")
    assert found.returncode == 0, found.stderr
    assert [line.split("\t")[1] for line in found.stdout.splitlines()] == ["doc"]
    assert json.loads((tmp_path / "out" / "doc.json").read_bytes())["source"]["pages"] == 2
