"""What the pages say, in the language of whoever looks."""

from __future__ import annotations

from extractor.wording.catalogue import Language, fill, find_text, list_keys
from workers.shown.speech import PAGES

LANGUAGES = {"zh": "zh-CN", "en": "en"}
DEFAULT = "zh"


def text(language: str, key: str, **values: object) -> str:
    """A sentence, with values put in; the key itself where the catalogue has none."""
    sentence = find_text(f"{PAGES}.{key}", Language(language))
    return fill(sentence, values) if sentence is not None else key


def has_text(key: str) -> bool:
    """Whether the catalogue has a sentence of that key."""
    return find_text(f"{PAGES}.{key}", Language.ENGLISH) is not None


def catalogue_keys(beginnings: tuple[str, ...]) -> list[str]:
    """Keys of the catalogue that begin so."""
    keys = (key.removeprefix(f"{PAGES}.") for key in list_keys(PAGES))
    return [key for key in keys if key.startswith(beginnings)]


def raw_text(language: str, key: str) -> str:
    """A sentence with the names of its values still in it, for scripts."""
    sentence = find_text(f"{PAGES}.{key}", Language(language))
    if sentence is None:
        raise KeyError(key)
    return sentence


def choose_language(accepted: str) -> str:
    """The language a browser would rather have, by its Accept-Language."""
    wanted = []
    for position, part in enumerate(accepted.split(",")):
        name, _, quality = part.strip().partition(";q=")
        wanted.append((-_quality(quality), position, name.partition("-")[0].strip().lower()))
    known = [name for quality, _, name in sorted(wanted) if name in LANGUAGES and quality < 0]
    return known[0] if known else DEFAULT


def _quality(told: str) -> float:
    try:
        return float(told) if told else 1.0
    except ValueError:
        return 0.0
