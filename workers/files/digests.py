"""Digests of documents, and of this program's own packages, by which results know what made them."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


@cache
def digest_package(package: str) -> str:
    """SHA-256 over the code, forms and tables of a package: an edit gives another."""
    digest = hashlib.sha256()
    pending: list[tuple[str, Traversable]] = [("", files(package))]
    while pending:
        name, entry = pending.pop()
        if entry.is_dir():
            inside = sorted(entry.iterdir(), key=lambda item: item.name)
            pending += [(f"{name}/{item.name}", item) for item in inside]
        elif name.endswith((".py", ".yaml", ".json", ".npz")):
            digest.update(name.encode() + b"\0" + entry.read_bytes())
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
