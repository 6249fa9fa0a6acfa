"""From paths to documents: files as given, folders recursively, never the same output name twice."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from extractor.errors import NoInputError, StorageError
from workers.terminal import printable

_LOG = logging.getLogger(__name__)
#: Bytes of a result's name without its extension: file systems allow 255 for the whole.
_STEM_BYTES = 200


@dataclass(frozen=True, slots=True)
class Input:
    """One document to read.

    name: relative to the folder it was found in, with its extension. output: path of its result JSON,
    relative to the output folder. problem: why it cannot even be opened; empty when nothing is known.
    problem_code: stable name of the kind of problem.
    """

    path: Path
    name: str
    output: str
    problem: str = ""
    problem_code: str = NoInputError.code


def find_inputs(
    paths: Iterable[Path], repeated: Callable[[Path, int], None] = lambda path, count: None
) -> Iterator[Input]:
    """Every document under `paths`, found while it is asked for.

    A folder is searched for `*.pdf` in any case, sub-folders kept in the name, in sorted order; a file is
    taken whatever it is called. A path that does not exist is an input with a problem. A file that was found
    before under the same path is left out; `repeated` is told, for each of `paths`, how many such it held.
    """
    taken: set[str] = set()
    seen: set[str] = set()
    for path in paths:
        unreadable: list[OSError] = []
        again = 0
        for found, raw in _find(path, unreadable):
            place = os.path.abspath(found)  # noqa: PTH100 - a link is a document of its own, so nothing is resolved
            if place in seen:
                again += 1
                continue
            seen.add(place)
            name = _text(raw)
            problem, code = _problem(found)
            yield Input(found, name, _free_name(name, taken), problem, code)
        if again:
            repeated(path, again)
        for error in unreadable:
            name = _text(str(error.filename))
            problem = f"{name} cannot be read: {error.strerror or error}"
            yield Input(Path(error.filename), name, _free_name(name, taken), problem, StorageError.code)


def tell_repeated(path: Path, count: int) -> None:
    """Logs that files under a path were given more than once."""
    told = "it was" if path.is_file() else f"{count} of its documents were"
    _LOG.warning("%s: %s given before; read once", printable(_text(str(path))), told)


def _text(name: str) -> str:
    """The name as text: bytes that are no UTF-8, which results could not hold, become replacement characters."""
    return os.fsencode(name).decode("utf-8", "replace")


def _find(path: Path, unreadable: list[OSError]) -> Iterator[tuple[Path, str]]:
    if not path.is_dir():
        yield path, path.name
        return
    for folder, subfolders, files in os.walk(path, onerror=unreadable.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files):
            found = Path(folder) / name
            if name.lower().endswith(".pdf") and not name.startswith("."):
                yield found, found.relative_to(path).as_posix()


def _problem(path: Path) -> tuple[str, str]:
    """Why the path cannot be opened, empty when it can, and the stable name of that."""
    name = _text(str(path))
    if not path.exists():
        return f"{name} does not exist", NoInputError.code
    if not path.is_file():
        return f"{name} is neither a file nor a folder", NoInputError.code
    if not os.access(path, os.R_OK):
        return f"{name} cannot be read: no permission", StorageError.code
    return "", NoInputError.code


def _shorten(stem: str) -> str:
    """A stem that leaves room for an extension in a file name; a long one keeps its beginning and gets a hash."""
    content = stem.encode()
    if len(content) <= _STEM_BYTES:
        return stem
    digest = hashlib.sha256(content).hexdigest()[:8]
    return f"{content[: _STEM_BYTES - 9].decode(errors='ignore')}-{digest}"


def _free_name(name: str, taken: set[str]) -> str:
    """The JSON's name for a document; `x.pdf` beside `x.PDF` becomes `x-2.json`, on every file system."""
    pure = PurePosixPath(name)
    stem = pure.with_suffix("") if pure.suffix.lower() == ".pdf" else pure
    stem = stem.with_name(_shorten(stem.name))
    candidate, number = f"{stem}.json", 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}.json"
    taken.add(candidate.casefold())
    return candidate
