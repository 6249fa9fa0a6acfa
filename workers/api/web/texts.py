"""What the pages say, in Chinese and English, from one catalogue."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = {"zh": "zh-CN", "en": "en"}
DEFAULT = "zh"
_SUM = re.compile(r"(?:sum of|its|items) [^:]*")


def text(language: str, key: str, **values: object) -> str:
    """A sentence, with values put in; the key itself where the catalogue has none."""
    sentence = _catalogue().get(key, {}).get(language)
    return sentence.format(**values) if sentence is not None else key


def has_text(key: str) -> bool:
    """Whether the catalogue has a sentence of that key."""
    return key in _catalogue()


def catalogue_keys(beginnings: tuple[str, ...]) -> list[str]:
    """Keys of the catalogue that begin so."""
    return [key for key in _catalogue() if key.startswith(beginnings)]


def raw_text(language: str, key: str) -> str:
    """A sentence with the names of its values still in it, for scripts."""
    return _catalogue()[key][language]


def tell_sum(language: str, message: str) -> str:
    """What a form says in English about a sum, in that language where the catalogue has it."""

    def told(words: re.Match[str]) -> str:
        key = f"sum_says_{words[0].replace(' ', '_')}"
        return raw_text(language, key) if has_text(key) else words[0]

    return _SUM.sub(told, message, count=1)


def choose_language(accepted: str) -> str:
    """The language a browser would rather have, by its Accept-Language."""
    wanted = []
    for position, part in enumerate(accepted.split(",")):
        name, _, quality = part.strip().partition(";q=")
        wanted.append((-_quality(quality), position, name.partition("-")[0].strip().lower()))
    known = [name for quality, _, name in sorted(wanted) if name in LANGUAGES and quality < 0]
    return known[0] if known else DEFAULT


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(
        (files("workers.api") / "texts.yaml").read_text("utf-8")
    )
    return found


def _quality(told: str) -> float:
    try:
        return float(told) if told else 1.0
    except ValueError:
        return 0.0
