"""`extractor serve` as a real process, for tests that kill it or ask it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import httpx

from tests.workers.service.processes import ROOT, wait_until

COMMAND = [sys.executable, "-c", "from workers.cli.start import main; main()"]
FAST = {
    "EXTRACTOR_ENGINE": "null",
    "EXTRACTOR_SECOND_ENGINE": "none",
    "EXTRACTOR_READER_MODULE": "tests.workers.reading.faulty_child",
    "EXTRACTOR_LEASE": "3",
    "EXTRACTOR_HEARTBEAT": "0.5",
    "EXTRACTOR_RECONCILE": "0.3",
}


class Serve:
    """`extractor serve` on a port of its own choice.

    settings: environment besides. root: folder of the code, which may be another version's.
    """

    def __init__(
        self,
        data: Path,
        database_url: str = "",
        jobs: int = 2,
        settings: Mapping[str, str] = MappingProxyType({}),
        root: Path = ROOT,
    ) -> None:
        self.data = data
        self.log = data.parent / f"serve-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--data", str(data), "--port", "0", "--jobs", str(jobs)],
                cwd=root,
                env=os.environ
                | FAST
                | {"EXTRACTOR_DATABASE_URL": database_url, "PYTHONPATH": str(root)}
                | settings,
                stderr=log,
                start_new_session=True,
            )
        self.http = httpx.Client(timeout=20)
        try:
            wait_until(lambda: self.process.poll() is not None or self.address, what="the address")
            assert self.process.poll() is None, self.log.read_text()
            self.http.base_url = self.address
            wait_until(self.is_ready, what="readiness")
        except BaseException:
            # Nobody would end it: a service that fails to start goes on trying.
            self.close()
            raise

    @property
    def address(self) -> str:
        found = re.search(r"serving on (http://\S+)", self.log.read_text())
        return found[1] if found else ""

    def is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def child(self, word: str) -> int:
        """Process id of the child whose command holds a word."""
        for pid in descendants(self.process.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
            if word in command:
                return pid
        raise AssertionError(f"no child with {word}")

    def submit(self, pdf: Path, name: str) -> str:
        response = self.http.post("/v1/jobs", files={"file": (name, pdf.read_bytes())})
        assert response.status_code in {200, 202}, response.text
        return str(response.json()["id"])

    def job(self, identifier: str) -> dict[str, object]:
        found: dict[str, object] = self.http.get(f"/v1/jobs/{identifier}").json()
        return found

    def wait_for_end(self, identifier: str) -> dict[str, object]:
        def has_ended() -> bool:
            try:
                return self.job(identifier).get("state") in {"done", "failed"}
            except httpx.TransportError:
                return False

        wait_until(has_ended, what="the end of a job")
        return self.job(identifier)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def close(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def descendants(pid: int) -> list[int]:
    found = []
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    for child in map(int, children):
        found += [child, *descendants(child)]
    return found


def runs(pid: int) -> bool:
    try:
        return (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) != "Z"
    except OSError:
        return False
