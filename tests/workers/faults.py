"""A process that reads and fails on request: the file's name says how. It stands in where the runner is tested."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from extractor.seams.errors import DocumentError, EncryptedError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.shelf import PageShelf
from extractor.values.result import PageFacts, Result, ResultStatus, Source
from workers.reading.child import run_child

#: Seconds that `hang` sleeps: longer than any test waits.
_FOREVER = 600.0


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _exit() -> None:
    os._exit(3)


def _hang() -> None:
    time.sleep(_FOREVER)


def _slow() -> None:
    time.sleep(0.3)


def _pollute() -> None:
    sys.stdout.write("noise from python\n")
    sys.stdout.flush()
    os.write(1, b"noise from native code\n")


def _bug() -> None:
    raise ZeroDivisionError("a bug")


def _memory() -> None:
    raise MemoryError


def _damaged() -> None:
    raise DocumentError("the file is damaged: scan it again", code="damaged")


def _locked() -> None:
    raise EncryptedError("the file is encrypted: give its password with --password")


_FAULTS: dict[str, Callable[[], None]] = {
    "crash": _crash,
    "segfault": _segfault,
    "exit": _exit,
    "hang": _hang,
    "slow": _slow,
    "noisy": _pollute,
    "bug": _bug,
    "memory": _memory,
    "damaged": _damaged,
    "locked": _locked,
}


def extract(
    path: Path,
    *,
    name: str,
    readers: Readers,
    options: Options,
    progress: Callable[[int, int], None] | None = None,
    shelf: PageShelf | None = None,
) -> Result:
    """A one-page result, after the fault that the file's name up to the first `-` asks for."""
    if progress is not None:
        progress(0, 1)
    _FAULTS.get(path.stem.split("-")[0], lambda: None)()
    content = path.read_bytes()
    return Result(
        source=Source(name, hashlib.sha256(content).hexdigest(), len(content), 1),
        status=ResultStatus.NO_FORM_FOUND,
        pages=(PageFacts(1, 595.0, 842.0, "blank"),),
        engine={"name": readers.engine.name},
    )


if __name__ == "__main__":
    run_child(int(sys.argv[1]), extract)
