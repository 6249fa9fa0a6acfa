from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def _members(session: int) -> list[int]:
    """Processes of a session that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(folder.name))
    return found


class Session:
    """A command in a process session of its own, so that whatever it leaves behind can be found."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "tests.workers.faulty_cli", *map(str, arguments)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=_ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)

    def survivors(self) -> list[int]:
        return _members(self.process.pid)

    def finish(self) -> tuple[int, str, str]:
        """Exit code, stdout and stderr once the command has ended."""
        stdout, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stdout, stderr

    def kill(self) -> None:
        for pid in self.survivors():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Session]]:
    """Starts the command line with the faulty pipeline; nothing of it outlives the test."""
    sessions: list[Session] = []

    def start_session(*arguments: str | Path) -> Session:
        sessions.append(Session(*arguments))
        return sessions[-1]

    yield start_session
    for session in sessions:
        session.kill()


@pytest.fixture
def documents(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of files with the given names; the faulty pipeline does what their names say."""

    def make(*names: str) -> Path:
        folder = tmp_path / "documents"
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"%PDF-1.4 " + name.encode())
        return folder

    return make
