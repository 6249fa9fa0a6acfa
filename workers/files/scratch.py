"""A folder for what is not done yet, beside its place: gone at the end, and after a kill at the next start."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from extractor.wording.said import say, tell_os_error
from workers.files.storage import OutputError

#: Held as long as the folder is in use; the kernel lets go of it however a process ends.
_LOCK = ".lock"


@contextmanager
def scratch_folder(parent: Path, purpose: str) -> Iterator[Path]:
    """A new folder `.<purpose>-…` in `parent`; those that processes now dead left there are removed first.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(f".{purpose}-*"):
            _remove_abandoned(left)
        folder, held = _make(parent, purpose)
    except OSError as error:
        raise OutputError(say("system.cannot_write_to", path=parent, why=tell_os_error(error))) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _make(parent: Path, purpose: str) -> tuple[Path, int]:
    """A new folder and the descriptor of its lock; made again if somebody who clears up took it for abandoned."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=f".{purpose}-"))
        with suppress(FileNotFoundError):
            held = _hold(folder)
            if os.fstat(held).st_nlink:
                return folder, held
            os.close(held)


def _hold(folder: Path) -> int:
    """Opens and locks the folder's lock file; its descriptor, which is not passed on to other programs."""
    held = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    with suppress(OSError):
        # Some network file systems know no locks: then nothing there is ever taken for abandoned.
        fcntl.flock(held, fcntl.LOCK_EX)
    return held


def _remove_abandoned(folder: Path) -> None:
    """Removes a folder that no process holds."""
    try:
        held = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # Its maker was killed before it could lock it. One that lives notices and makes another.
        with suppress(OSError):
            folder.rmdir()
        return
    except OSError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        # Held by a process that lives, or on a file system without locks.
        return
    finally:
        os.close(held)
