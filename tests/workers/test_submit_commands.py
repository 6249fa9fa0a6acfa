"""`extractor submit`, `status` and `watch` against a real service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import ROOT, wait_until
from tests.workers.service.serving import COMMAND, Serve


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    started = Serve(tmp_path_factory.mktemp("service") / "data")
    yield started
    started.close()


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
    again = run("submit", tmp_path / "in", "--output", tmp_path / "out")
    assert again.stdout == found.stdout


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
        assert "does not answer" in sending.stderr.readline()
        assert sending.poll() is None
    finally:
        sending.kill()
        sending.communicate()


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
    assert len(lines) == 1
    assert lines[0].split("\t")[1:3] == ["done", "6/6"]
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
        (inbox / "notes.txt").write_text("left alone")
        wait_until((output / "growing.json").exists, what="the result")
        wait_until((inbox / "failed" / "broken.pdf.reason.txt").exists, what="the failure's reason")
        wait_until((inbox / "failed" / "text.pdf.reason.txt").exists, what="the refusal's reason")
        assert (inbox / "done" / "growing.pdf").read_bytes() == whole
        assert "broken.pdf" in (inbox / "failed" / "broken.pdf.reason.txt").read_text()
        assert sorted(path.name for path in inbox.iterdir()) == ["done", "failed", "notes.txt"]
    finally:
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == 130
        watch.stderr.close()
