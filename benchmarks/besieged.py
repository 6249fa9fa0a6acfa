"""A service that strangers lean on, and how fast it answers a client meanwhile.

`python benchmarks/besieged.py --seconds 20`: starts `extractor serve` on a folder of its own and asks it for its
jobs, fifty times a second: undisturbed, and beside heads of requests that never end, bodies that arrive drop by
drop, uploads far over the limit, and pictures asked for and not waited for, all from two other addresses. Tells the
median and the 99th percentile of the answers of each, and what became of the others' connections; 1 where a client
had no answer.
"""

from __future__ import annotations

import argparse
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.service import Asker, say, serve

_SCAN = Path(__file__).parents[1] / "fixtures" / "scans" / "dept-2023-bilevel.pdf"
#: Seconds between two questions of the client, and threads of each way to lean on the service.
_EVERY, _THREADS = 0.02, 8
#: Addresses from which it is leant on: not the client's, whose share they would use up.
_FROM = ("127.0.0.2", "127.0.0.3")
_UPLOAD = (
    "POST /v1/jobs HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    "Content-Length: {length}\r\n\r\n"
)
_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4\n'


class Besieger:
    """Does one thing to the service in several threads until told to stop, and counts how it ended each time."""

    def __init__(self, address: str, job: str) -> None:
        parts = urlsplit(address)
        self.place, self.host, self.job = (parts.hostname, parts.port), parts.netloc, job
        self.ends: Counter[str] = Counter()
        self.stop = threading.Event()

    def lean(self, way: Callable[[socket.socket], None], held: int, address: str) -> None:
        """Opens `held` connections at a time from an address, and has `way` do something with each, over and over."""
        while not self.stop.is_set():
            opened = []
            for _ in range(held):
                try:
                    connection = socket.create_connection(self.place, 2, (address, 0))
                    opened.append(connection)
                    way(connection)
                    self.ends["went through"] += 1
                except OSError as error:
                    self.ends[type(error).__name__] += 1
                if self.stop.is_set():
                    break
            self.stop.wait(0.5)
            for connection in opened:
                connection.close()

    def half_head(self, connection: socket.socket) -> None:
        """Begins a request and does not end it."""
        connection.sendall(b"GET /v1/jobs HTTP/1.1\r\nHost: local")

    def slow_body(self, connection: socket.socket) -> None:
        """Sends an upload byte by byte, for a second."""
        connection.sendall(_UPLOAD.format(host=self.host, length=100_000).encode())
        for byte in _PART[:50]:
            connection.sendall(bytes([byte]))
            self.stop.wait(0.02)

    def too_much(self, connection: socket.socket) -> None:
        """Sends 300 MB, or as much of them as is taken."""
        connection.sendall(_UPLOAD.format(host=self.host, length=300 << 20).encode() + _PART)
        for _ in range(300):
            connection.sendall(bytes(1 << 20))

    def picture(self, connection: socket.socket) -> None:
        """Asks for a picture nobody drew yet, and hangs up."""
        dpi = 36 + (time.monotonic_ns() // 1000) % 264
        line = f"GET /v1/jobs/{self.job}/pages/1.png?dpi={dpi} HTTP/1.1\r\nHost: {self.host}\r\n\r\n"
        connection.sendall(line.encode())


def measure(address: str, seconds: float) -> list[float]:
    """Seconds each answer to the client took, during so many."""
    asker = Asker(address, _EVERY)
    asker.start()
    time.sleep(seconds)
    asker.done.set()
    asker.join(60)
    return asker.seconds


def tell(name: str, seconds: list[float], ends: Counter[str]) -> None:
    """One row of the table."""
    median, last = statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.99)]
    said = ", ".join(f"{end} {count}" for end, count in ends.most_common())
    say(
        f"| {name} | {len(seconds)} | {median * 1e3:.0f} | {last * 1e3:.0f} | {max(seconds) * 1e3:.0f} | {said} |"
    )


def besiege(address: str, job: str, seconds: float) -> None:
    """All ways, one after the other; raises when the client has no answer."""
    say("| beside | answers | median ms | 99th percentile | slowest | the others' connections |")
    say("|---|---|---|---|---|---|")
    tell("nobody", measure(address, seconds), Counter())
    besieger = Besieger(address, job)
    for way, held in (
        (besieger.half_head, 140),
        (besieger.slow_body, 4),
        (besieger.too_much, 1),
        (besieger.picture, 8),
    ):
        besieger.stop.clear()
        besieger.ends.clear()
        threads = [
            threading.Thread(target=besieger.lean, args=(way, held, _FROM[number % 2]), daemon=True)
            for number in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(1)
        tell(f"{_THREADS} × {way.__name__}", measure(address, seconds), besieger.ends)
        besieger.stop.set()
        for thread in threads:
            thread.join(10)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, address = serve(Path(folder) / "data", "null", 1)
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                sent = client.post("/v1/jobs", files={"file": (_SCAN.name, _SCAN.read_bytes())})
            besiege(address, str(sent.json()["id"]), arguments.seconds)
        except httpx.HTTPError as error:
            say(f"a client had no answer: {error!r}")
            return 1
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
