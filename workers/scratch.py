"""A folder for what is not done yet, beside its place: gone at the end, and after a kill at the next start."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workers.storage import OutputError

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
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=f".{purpose}-"))
        held = _hold(folder)
    except OSError as error:
        raise OutputError(f"cannot write to {parent}: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _hold(folder: Path) -> int:
    """Opens and locks the folder's lock file; its descriptor, which is not passed on to other programs."""
    held = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    with suppress(OSError):
        # Some network file systems know no locks: then nothing there is ever taken for abandoned.
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


def _remove_abandoned(folder: Path) -> None:
    """Removes a folder that no process holds; one that is just being made has no lock file yet, and stays."""
    try:
        held = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
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
