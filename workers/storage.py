"""Results on disk: whole or not there, and recognised again by what they were made from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from extractor.errors import StorageError


class OutputError(StorageError):
    """The output folder cannot be written; every further document would fail the same way."""

    code = "output"


def prepare_folder(folder: Path) -> None:
    """Makes the folder and proves that files can be written there.

    Raises:
        OutputError: it cannot be made or written.
    """
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
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
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def read_result(path: Path) -> dict[str, Any] | None:
    """The result JSON at `path`; None when there is none, or it is not one."""
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {"schema_version", "source", "status", "reports", "issues", "engine"}
    return payload if isinstance(payload, dict) and wanted <= payload.keys() else None
