"""`extractor serve` as a user runs it: a real command, its processes killed one by one and all at once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import ROOT, wait_until
from tests.workers.service.serving import COMMAND, FAST, Serve, descendants, runs

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def serve(tmp_path, database_url):
    started = []

    def start() -> Serve:
        started.append(Serve(tmp_path / "data", database_url))
        return started[-1]

    yield start
    for one in started:
        one.close()


# One after another in one service: what starts a worker again after its broker came back is as good as new, too.
def test_a_process_that_is_killed_is_started_again_and_nothing_is_lost(serve, tmp_path, subtests):
    service = serve()
    for number, victim in enumerate(("process web", "process worker", "valkey")):
        with subtests.test(victim=victim):
            pdf = write_blank(tmp_path / f"{victim}.pdf", pages=8 + number)
            slow = service.submit(pdf, f"slow-{victim}.pdf")
            wait_until(lambda job=slow: service.job(job)["pages"]["done"] > 0, what="the first page")
            old = service.child(victim)
            os.kill(old, signal.SIGKILL)
            wait_until(
                lambda pid=old: not Path(f"/proc/{pid}").exists() and service.is_ready(), what="recovery"
            )
            job = service.wait_for_end(slow)
            assert job["state"] == "done"
            assert job["attempts"] == (2 if victim == "process worker" else 1)
            pdf = write_blank(tmp_path / "later.pdf", pages=1 + number)
            later = service.submit(pdf, f"later-{victim}.pdf")
            assert service.wait_for_end(later)["state"] == "done"
            told = service.log.read_text()
            assert "serving on" in told.splitlines()[0], "what the broker says is for its own log"
            assert (str(tmp_path / "data" / "broker" / "valkey.log") in told) == (victim == "valkey")


def test_everything_is_killed_at_once_and_goes_on_at_the_next_start(serve, tmp_path):
    service = serve()
    identifiers = [
        service.submit(write_blank(tmp_path / f"{n}.pdf", pages=5 + n), f"slow-{n}.pdf") for n in range(4)
    ]
    wait_until(lambda: service.job(identifiers[0])["pages"]["done"] > 0, what="the first page")
    children = descendants(service.process.pid)
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not any(runs(pid) for pid in children), seconds=10, what="the end of every child")
    again = serve()
    for identifier in identifiers:
        assert again.wait_for_end(identifier)["state"] == "done"


def test_ctrl_c_hands_back_what_is_in_hand_and_leaves_nothing_running(serve, tmp_path):
    service = serve()
    slow = service.submit(write_blank(tmp_path / "slow.pdf", pages=15), "slow.pdf")
    wait_until(lambda: service.job(slow)["pages"]["done"] > 0, what="the first page")
    children = descendants(service.process.pid)
    assert service.stop() == 0
    assert not any(runs(pid) for pid in children)
    again = serve()
    job = again.wait_for_end(slow)
    assert (job["state"], job["attempts"]) == ("done", 1)
    assert [attempt["outcome"] for attempt in job["history"]] == ["handed back", "done"]


def test_a_second_ctrl_c_ends_it_at_once(serve, tmp_path):
    service = serve()
    slow = service.submit(write_blank(tmp_path / "slow.pdf", pages=40), "slow.pdf")
    wait_until(lambda: service.job(slow)["pages"]["done"] > 0, what="the first page")
    children = descendants(service.process.pid)
    service.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    service.process.send_signal(signal.SIGINT)
    service.process.wait(5)
    wait_until(lambda: not any(runs(pid) for pid in children), seconds=5, what="the end of every child")


def test_a_second_service_on_the_same_folder_is_refused(serve, tmp_path):
    service = serve()
    command = [*COMMAND, "serve", "--data", str(tmp_path / "data"), "--port", "0"]
    second = subprocess.run(
        command, cwd=ROOT, env=os.environ | FAST, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 9
    assert f"already served by process {service.process.pid}" in second.stderr


def test_a_port_in_use_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [
            *COMMAND,
            "serve",
            "--data",
            str(tmp_path / "d"),
            "--port",
            port,
        ]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in found.stderr


def test_nobody_serves_others_without_a_token(tmp_path):
    base = COMMAND
    data = ["--data", str(tmp_path / "d")]
    command = [*base, "serve", *data, "--host", "0.0.0.0", "--port", "0"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    assert "token create" in found.stderr


def test_an_upload_that_breaks_off_leaves_nothing_behind(serve, tmp_path):
    service = serve()
    host, port = service.address.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port))) as half:
        head = "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
        head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        head += 'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7'
        half.sendall(head.encode() + b"0" * 5000)
    pdf = write_blank(tmp_path / "whole.pdf", pages=1)
    assert service.wait_for_end(service.submit(pdf, "whole.pdf"))["state"] == "done"
    assert len(service.http.get("/v1/jobs").json()["jobs"]) == 1
    assert list((tmp_path / "data" / "blobs" / "incoming").iterdir()) == []
    assert "Traceback" not in service.log.read_text()


def test_the_result_comes_back_over_http(serve, tmp_path):
    service = serve()
    identifier = service.submit(write_blank(tmp_path / "a.pdf", pages=2), "报告.pdf")
    service.wait_for_end(identifier)
    result = json.loads(service.http.get(f"/v1/jobs/{identifier}/result").content)
    assert result["source"]["name"] == "报告.pdf"
