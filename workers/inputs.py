"""From paths to documents: files as given, folders recursively, never the same output name twice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Input:
    """One document to read.

    name: relative to the folder it was found in, with its extension. output: path of its result JSON,
    relative to the output folder. problem: why it cannot even be opened; empty when nothing is known.
    """

    path: Path
    name: str
    output: str
    problem: str = ""


def find_inputs(paths: Iterable[Path]) -> Iterator[Input]:
    """Every document under `paths`, found while it is asked for.

    A folder is searched for `*.pdf` in any case, sub-folders kept in the name, in sorted order; a file is
    taken whatever it is called. A path that does not exist is an input with a problem.
    """
    taken: set[str] = set()
    for path in paths:
        for found, name in _find(path):
            yield Input(found, name, _free_name(name, taken), _problem(found))


def _find(path: Path) -> Iterator[tuple[Path, str]]:
    if not path.is_dir():
        yield path, path.name
        return
    for folder, subfolders, files in os.walk(path):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files):
            found = Path(folder) / name
            if name.lower().endswith(".pdf") and not name.startswith("."):
                yield found, found.relative_to(path).as_posix()


def _problem(path: Path) -> str:
    if not path.exists():
        return f"{path} does not exist"
    if not path.is_file():
        return f"{path} is neither a file nor a folder"
    return "" if os.access(path, os.R_OK) else f"no permission to read {path}"


def _free_name(name: str, taken: set[str]) -> str:
    """The JSON's name for a document; `x.pdf` beside `x.PDF` becomes `x-2.json`, on every file system."""
    pure = PurePosixPath(name)
    stem = pure.with_suffix("") if pure.suffix.lower() == ".pdf" else pure
    candidate, number = f"{stem}.json", 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}.json"
    taken.add(candidate.casefold())
    return candidate
