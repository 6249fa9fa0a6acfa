"""Results on disk: whole or not there, and recognised again by what they were made from."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from extractor.errors import StorageError


class OutputError(StorageError):
    """The output folder cannot be written; every further document would fail the same way."""

    code = "output"


#: What is written to see whether a folder can be: more than fits beside an inode, so that a full disk is noticed.
_PROBE = bytes(65_536)


def prepare_folder(folder: Path) -> None:
    """Makes the folder and proves that files can be written there.

    Raises:
        OutputError: it cannot be made or written.
    """
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(_PROBE)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error


def write_result(path: Path, payload: dict[str, Any]) -> None:
    """Writes a result JSON: beside its place, to the disk, then renamed over what was there.

    Raises:
        OutputError: it cannot be written.
    """
    content = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    write_bytes(path, content.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file: beside its place, to the disk, then renamed over what was there.

    Raises:
        OutputError: it cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own: two writers of one result must not take each other's file away.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    """The permissions this process withholds; there is no way to ask but to set."""
    current = os.umask(0o077)
    os.umask(current)
    return current


def read_result(path: Path) -> dict[str, Any] | None:
    """The result JSON at `path`; None when there is none, or it is not one."""
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    wanted = {"schema_version", "source", "status", "reports", "issues", "engine"}
    return payload if isinstance(payload, dict) and wanted <= payload.keys() else None
