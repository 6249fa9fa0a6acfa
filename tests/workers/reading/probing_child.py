"""A process that reads, and tries what no document may bring about; its result tells what came of each attempt.

The name of the document says what it says to its supervisor instead: `endless.pdf` a line without an end,
`garbage.pdf` what is no event, `elsewhere.pdf` a checkpoint in a folder not its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from extractor.values.result import Issue, PageFacts, Result, ResultStatus, Source
from workers.reading.child import run_child


def _told(attempt: Callable[[], object]) -> str:
    try:
        return f"done: {attempt()}"
    except (OSError, MemoryError, RuntimeError) as error:
        return type(error).__name__


def _write_at(path: Path, offset: int) -> None:
    with path.open("wb") as stream:
        stream.seek(offset)
        stream.write(b"x")


def _start_thread() -> str:
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append("ran"))
    thread.start()
    thread.join()
    return said[0]


def _open_many(path: Path) -> int:
    with ExitStack() as opened:
        return len([opened.enter_context(path.open("rb")) for _ in range(300)])


def _ptrace() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    return 0


def extract_and_probe(path: Path, *, name: str, progress: Any = None, **_: object) -> Result:
    if progress is not None:
        progress(0, 2)
    faults: dict[str, bytes] = {
        "endless.pdf": b"x" * (1 << 20),
        "garbage.pdf": b'{"event": "page", "number": "1"}\n',
        "elsewhere.pdf": b'{"event":"page","number":1,"total":2,"seconds":1,"checkpoint":"/etc/passwd"}\n',
    }
    if name in faults:
        # Where the events go: the first descriptor that was made after 0, 1 and 2 and leads to the same pipe.
        os.write(_events(), faults[name])
        threading.Event().wait()
    attempts: dict[str, Callable[[], object]] = {
        "internet": lambda: socket.socket(socket.AF_INET),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "program": lambda: subprocess.run(["/bin/true"], check=False),
        "fork": os.fork,
        "ptrace": _ptrace,
        "file": lambda: _write_at(path.with_suffix(".large"), 3 << 30),
        "files": lambda: _open_many(path),
        "memory": lambda: len(bytearray(5 << 30)),
        "thread": _start_thread,
        "environment": lambda: json.dumps(sorted(os.environ)),
        "interfaces": lambda: Path("/proc/self/net/dev").read_text().count(":"),
    }
    if name == "greedy.pdf":
        _told(lambda: len(bytearray(5 << 30)))
        raise MemoryError
    issues = tuple(Issue(what, _told(attempt)) for what, attempt in attempts.items())
    source = Source(name, "", 1, 1)
    return Result(source, ResultStatus.NO_FORM_FOUND, (), (PageFacts(1, 1.0, 1.0, "blank"),), issues)


def _events() -> int:
    for descriptor in range(3, 64):
        try:
            if str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("pipe:"):
                return descriptor
        except OSError:
            continue
    raise AssertionError("no pipe")


if __name__ == "__main__":
    run_child(int(sys.argv[1]), extract_and_probe)
