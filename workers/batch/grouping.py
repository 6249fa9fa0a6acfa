"""Pictures that are one document together: those of a folder, or those numbered in a row, as scanners write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from extractor.scan.pictures import PICTURE_ENDINGS

_DIGITS = re.compile(r"(\d+)")
#: A number at the end of a stem, and what parts it from the rest.
_NUMBERED = re.compile(r"(?P<name>.*?)[ _.\-（(]*(?P<number>\d+)[)）]?")


class GroupBy(StrEnum):
    """What makes a document.

    FILE: each file. FOLDER: all pictures of a folder. NUMBER: `doc_001.jpg`, `doc_002.jpg` …
    """

    FILE = "file"
    FOLDER = "folder"
    NUMBER = "number"


def group_files(names: Sequence[str], by: GroupBy) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Documents among the files of a folder, in natural order: a name for each, and its files.

    A file by itself has its own name; pictures of a folder have the empty one, those numbered in a row have what is
    before the number. One numbered picture alone is a file by itself.
    """
    ordered = sorted(names, key=natural_key)
    groups: dict[str, list[str]] = {}
    for name in ordered:
        group = _group_of(name, by)
        if group is not None:
            groups.setdefault(group, []).append(name)
    if by is GroupBy.NUMBER:
        groups = {group: files for group, files in groups.items() if len(files) > 1}
    taken = {name for files in groups.values() for name in files}
    alone = [(name, (name,)) for name in ordered if name not in taken]
    together = [(group, tuple(files)) for group, files in groups.items()]
    yield from sorted((*alone, *together), key=lambda item: natural_key(item[1][0]))


def _group_of(name: str, by: GroupBy) -> str | None:
    if by is GroupBy.FILE or not name.lower().endswith(PICTURE_ENDINGS):
        return None
    if by is GroupBy.FOLDER:
        return ""
    numbered = _NUMBERED.fullmatch(name.rpartition(".")[0])
    # What is all number, as cameras and scanners write it, belongs to its folder.
    return numbered["name"] if numbered else None


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Orders names as people do: `2.jpg` before `10.jpg`."""
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)
