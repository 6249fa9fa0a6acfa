"""Results on disk: whole or not there, and recognised again by what they were made from."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from extractor.output.result_json import result_from_json, result_to_json
from extractor.seams.errors import StorageError
from extractor.values.result import Result
from extractor.wording.said import say, tell_os_error


class OutputError(StorageError):
    """The output folder cannot be written; every further document would fail the same way."""

    code = "output"


#: What is written to see whether a folder can be: more than fits beside an inode, so that a full disk is noticed.
_PROBE = bytes(65_536)
#: Bytes that hold the name of a result's document, and what stands before it as `write_result` writes it.
_BEGINNING, _OWNER = 8192, '"source":{"name":'
#: Names of files that are being written; nobody else's begin so, and what is left of a killed writer is removed.
_PREFIX, _SUFFIX = ".writing-", ".tmp"
_BEING_WRITTEN = re.compile(r"\.writing-\w{8}\.tmp")


def prepare_folder(folder: Path) -> None:
    """Makes the folder and proves that files can be written there.

    Raises:
        OutputError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe, stream = _open_beside(folder)
        with stream:
            try:
                stream.write(_PROBE)
                stream.flush()
            finally:
                probe.unlink()
    except OSError as error:
        raise OutputError(say("system.cannot_write_to", path=folder, why=tell_os_error(error))) from error


def remove_unfinished(folder: Path) -> None:
    """Removes what writers that were killed left anywhere under the folder; what is being written now stays.

    Where the file system knows no locks nothing is removed.
    """
    for parent, subfolders, files in os.walk(folder):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in filter(_BEING_WRITTEN.fullmatch, files):
            with suppress(OSError):
                _remove_unlocked(Path(parent) / name)


def _remove_unlocked(path: Path) -> None:
    """Raises OSError where it is locked, or gone."""
    with path.open("rb+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def write_result(path: Path, result: Result) -> None:
    """Writes a result as JSON: beside its place, to the disk, then renamed over what was there.

    Raises:
        OutputError: it cannot be written.
    """
    told = result_to_json(result)
    content = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    write_bytes(path, content.encode())


def kept_name(document: str, job: str, suffix: str = ".json") -> str:
    """Name of the file in which a job's result outlives the job; documents of one name have a file each."""
    return f"{Path(document).stem[:100] or 'document'}-{job[:8]}{suffix}"


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file: beside its place, to the disk, then renamed over what was there.

    Raises:
        OutputError: it cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, stream = _open_beside(path.parent)
        with stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            temporary.chmod(0o666 & ~_umask())
            # Before it is closed, which lets go of the lock.
            temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(say("system.cannot_write", path=path, why=tell_os_error(error))) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to be written by whoever knows how; it becomes `path` when all went well.

    Where they take it away there is to be none, and none is left of earlier.

    Raises:
        OutputError: it cannot be made or put in its place.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, stream = _open_beside(path.parent)
        with stream:
            yield temporary
            if not temporary.exists():
                path.unlink(missing_ok=True)
                return
            # What it was made with is on the disk by now, and older.
            os.utime(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
    except OSError as error:
        raise OutputError(say("system.cannot_write", path=path, why=tell_os_error(error))) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _open_beside(folder: Path) -> tuple[Path, IO[bytes]]:
    """A new file and its path, locked while it is open; the kernel lets go of the lock however the process ends.

    A name of its own: two writers of one result must not take each other's file away.
    """
    while True:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=_PREFIX, suffix=_SUFFIX)
        # Some network file systems know no locks; there nothing is ever taken for unfinished.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return Path(name), os.fdopen(descriptor, "wb")
        # Somebody who clears up came between its making and its lock.
        os.close(descriptor)


def _umask() -> int:
    """The permissions this process withholds; there is no way to ask but to set."""
    current = os.umask(0o077)
    os.umask(current)
    return current


def read_result(path: Path) -> Result | None:
    """The result whose JSON is at `path`; None when there is none, or it is not one."""
    try:
        return result_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None


def find_owner(path: Path) -> str:
    """Name of the document whose result is at `path`; empty where there is none.

    Of a result that this program wrote only the beginning is read: an archive has a hundred thousand of them.
    """
    try:
        with path.open("rb") as stream:
            beginning = stream.read(_BEGINNING).decode("utf-8", "ignore")
    except OSError:
        return ""
    _, found, rest = beginning.partition(_OWNER)
    if found:
        try:
            name, _ = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            name = None
        if isinstance(name, str):
            return name
    result = read_result(path)
    return result.source.name if result is not None else ""
