"""Keys with parameters → sentences in a language; the texts stand in files of YAML, all languages side by side.

A key is `file.name` or `file.group.name`: `extractor/wording/texts/documents.yaml` holds `documents.empty_file`. What
stands above `extractor` brings files of its own, named differently. In a text `{name}` is a parameter, formatted as
Python does; `{count:page|pages}` is one of two words, by whether the count is 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml


class Language(StrEnum):
    """Languages people are told things in."""

    ENGLISH = "en"
    CHINESE = "zh"


#: Packages whose folder `texts` holds files of the catalogue.
_PACKAGES = ["extractor.wording"]


def add_texts(package: str) -> None:
    """Lets the catalogue find the texts of another package as well."""
    if package not in _PACKAGES:
        _PACKAGES.append(package)


def find_text(key: str, language: Language) -> str | None:
    """The text of a key with its parameters still in it; None where there is none."""
    name, _, inside = key.partition(".")
    return _texts(name, language).get(inside)


def list_keys(name: str) -> list[str]:
    """Keys of one file of the catalogue, in its order; none where there is no such file."""
    return [f"{name}.{inside}" for inside in _texts(name, Language.ENGLISH)]


def fill(text: str, parameters: Mapping[str, object]) -> str:
    """A text with its parameters put in.

    Raises:
        KeyError, ValueError: they are not those of the text.
    """
    return text.format_map(
        {name: _Count(value) if type(value) is int else value for name, value in parameters.items()}
    )


class _Count(int):
    """A whole number that chooses between two words as well."""

    def __format__(self, how: str) -> str:
        one, bar, many = how.partition("|")
        return (one if self == 1 else many) if bar else format(int(self), how)


def _texts(name: str, language: Language) -> dict[str, str]:
    # By how many packages there are: one that comes later may bring the file.
    return _read(name, language, len(_PACKAGES))


@cache
def _read(name: str, language: Language, packages: int) -> dict[str, str]:
    for package in _PACKAGES[:packages]:
        file = files(package) / "texts" / f"{name}.yaml"
        if file.is_file():
            return dict(_flatten(_load(file), "", language))
    return {}


def _flatten(told: Mapping[str, Any], above: str, language: Language) -> Iterator[tuple[str, str]]:
    for key, value in told.items():
        if set(value) == set(Language):
            yield f"{above}{key}", value[language]
        else:
            yield from _flatten(value, f"{above}{key}.", language)


def _load(file: Traversable) -> Mapping[str, Any]:
    # libyaml's is seven times as fast where it was built in, and a command waits for it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), loader)
    return found
