"""EXTRACTOR_FORMS: which form files of the user's own are read beside the built-in ones."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from extractor.forms.definition import form_paths, list_families
from extractor.seams.errors import UsageError
from extractor.wording.said import say

#: How like a name another is that may have been meant: `department-settlment` .97, `settlement` .65, `budget` .22.
_NEAR = 0.6


def split_form_paths(text: str) -> list[str]:
    """The paths in the text of EXTRACTOR_FORMS: with colons between, as in PATH, or a JSON list.

    Raises:
        UsageError: it begins as a list and is none of paths.
    """
    if not text.lstrip().startswith("["):
        return [part for part in text.split(os.pathsep) if part]
    try:
        listed = json.loads(text)
    except ValueError as error:
        raise UsageError(say("messages.options.list_of_files")) from error
    if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
        raise UsageError(say("messages.options.list_of_files"))
    return listed


def own_form_files(text: str) -> tuple[Path, ...]:
    """The form files that EXTRACTOR_FORMS names one by one or by their folders.

    Raises:
        UsageError: one is not there, or a folder has none.
    """
    return find_form_files([Path(part) for part in split_form_paths(text)])


def find_form_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Form files, given one by one, by their folders, or by the name of one that comes along.

    Raises:
        UsageError: one is not there, or a folder has none.
    """
    found = [find_family(path) for path in paths]
    for path in found:
        if not path.exists():
            if near := near_family(str(path)):
                raise UsageError(say("messages.options.near_form", path=path, near=near))
            raise UsageError(say("messages.options.missing_path", path=path))
    return tuple(form_paths(found))


def find_family(path: Path) -> Path:
    """The file of a form that comes along, where its name is given and is no file; else the path itself."""
    return path if path.exists() else list_families().get(str(path), path)


def near_family(name: str) -> str:
    """The form that comes along and is called nearly so, where there is no such file; empty for none."""
    return "" if not name or Path(name).exists() else near_name(name, list_families())


def near_name(name: str, known: Iterable[str]) -> str:
    """The known name that is most like a name; empty where none is, for one of another year is another form."""
    of_that_year = [other for other in known if _digits(other) == _digits(name)]
    return next(iter(difflib.get_close_matches(name, of_that_year, n=1, cutoff=_NEAR)), "")


def _digits(name: str) -> str:
    return "".join(sign for sign in name if sign.isdecimal())
