"""A file system that is full."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def fill(folder: Path) -> Path:
    """Takes all the room that is left; the file that does can be removed."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(b"x" * 4096):
            pass
    return filler
