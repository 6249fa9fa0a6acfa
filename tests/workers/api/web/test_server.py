"""The web process as it is started in earnest: what only a real socket can show."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.workers.service.processes import wait_until
from workers.api.web.server import serve_socket

pytestmark = pytest.mark.slow

_HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4\n'
_TAIL = b"\r\n--x--\r\n"
_FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def test_what_is_there_when_it_begins_is_not_looked_through_again(service, monkeypatch):
    seen: list[int] = []

    def run(_server, sockets) -> None:
        seen.append(gc.get_freeze_count())
        sockets[0].close()

    monkeypatch.setattr("uvicorn.Server.run", run)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            serve_socket(service, os.dup(listener.fileno()), "127.0.0.1")
        finally:
            gc.unfreeze()
    # The modules alone are some hundred thousand objects.
    assert seen[0] > 100_000


class _Server:
    def __init__(self, environment: dict[str, str]) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        command = [sys.executable, "-m", "workers.cli.service_process", "web", str(os.getpid())]
        self.process = subprocess.Popen(
            [*command, str(listener.fileno()), "127.0.0.1"],
            env={**os.environ, **environment},
            pass_fds=(listener.fileno(),),
        )
        listener.close()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def peak(self) -> float:
        """Largest memory of the process, in MB."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(told.split("VmHWM:")[1].split()[0]) / 1000

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def serve(broker: str, tmp_path: Path) -> Iterator[Callable[..., _Server]]:
    """Starts the web process on an empty store, with settings."""
    started: list[_Server] = []

    def start(**settings: object) -> _Server:
        given = {"data": tmp_path / "data", "broker_url": broker, "engine": "null"} | settings
        server = _Server({f"EXTRACTOR_{name.upper()}": str(value) for name, value in given.items()})
        started.append(server)
        wait_until(lambda: server.client.get("/readyz").status_code == 200, what="readiness")
        return server

    yield start
    for server in started:
        server.close()


def _chunks(count: int) -> Iterator[bytes]:
    yield _HEAD
    for _ in range(count):
        yield bytes(1 << 20)
    yield _TAIL


def test_a_large_document_is_streamed_to_disk_in_both_directions(serve):
    server = serve()
    before = server.peak()
    answer = server.client.post("/v1/jobs", content=_chunks(150), headers=_FORM)
    assert answer.status_code == 202
    size = 0
    with server.client.stream("GET", f"/v1/jobs/{answer.json()['id']}/document") as document:
        for chunk in document.iter_bytes():
            size += len(chunk)
    assert size == 150 * (1 << 20) + 9
    assert server.peak() - before < 60


def test_a_request_without_end_is_cut_off_at_the_limit(serve):
    server = serve(max_upload_mb=5)
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for chunk in _chunks(10_000):
            sent += len(chunk)
            yield chunk

    answer = server.client.post("/v1/jobs", content=endless(), headers=_FORM)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert sent < 100e6
    assert list((server_data(server) / "blobs" / "incoming").iterdir()) == []


def server_data(server: _Server) -> Path:
    environment = Path(f"/proc/{server.process.pid}/environ").read_bytes().decode()
    return Path(environment.split("EXTRACTOR_DATA=")[1].split("\0")[0])


def test_who_sends_drop_by_drop_is_cut_off(serve):
    server = serve(request_timeout=1)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {_FORM['Content-Type']}\r\n"
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode())
        started = time.monotonic()
        connection.settimeout(0.2)
        drops = iter(_HEAD + bytes(900))
        answer = b""
        while not answer and time.monotonic() - started < 10:
            connection.sendall(bytes([next(drops)]))
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                continue
        assert 0.8 < time.monotonic() - started < 4
        assert answer.startswith(b"HTTP/1.1 408")


def test_a_slow_transfer_that_moves_is_not_cut_off(serve):
    server = serve(request_timeout=1)

    def slow() -> Iterator[bytes]:
        yield _HEAD
        for _ in range(8):
            time.sleep(0.3)
            yield bytes(100_000)
        yield _TAIL

    assert server.client.post("/v1/jobs", content=slow(), headers=_FORM).status_code == 202


def test_followers_do_not_keep_the_server_from_ending(serve):
    server = serve(request_timeout=1)
    job = server.client.post("/v1/jobs", content=_chunks(0), headers=_FORM).json()["id"]
    with server.client.stream("GET", f"/v1/jobs/{job}/events") as events:
        lines = events.iter_lines()
        assert next(lines) == "event: progress"
        # Longer than any other request may take.
        time.sleep(1.5)
        server.client.get("/livez").raise_for_status()
        server.process.terminate()
        for _ in lines:
            pass
    assert server.process.wait(8) in {0, -15}


def test_what_is_refused_anyway_is_not_read(serve):
    server = serve()
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for chunk in _chunks(150):
            sent += len(chunk)
            yield chunk

    headers = _FORM | {"Origin": "https://evil.example"}
    assert server.client.post("/v1/jobs", content=endless(), headers=headers).status_code == 403
    assert sent < 20e6
