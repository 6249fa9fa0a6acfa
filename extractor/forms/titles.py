"""How the titles of a form's documents read: patterns in which {organ}, {year} and {any} stand for what differs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

#: What may stand in braces.
PLACEHOLDERS = ("organ", "year", "any")
#: A year in figures or in Chinese numerals, some of which scans take for others.
YEAR = r"20\d{2}|二[〇○零OQ0][〇○零一二三四五六七八九O0]{2}"
_CHINESE_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
    "O": "0",
    "0": "0",
}
_PARTS = {"organ": r"(?P<organ>.{2,40}?)", "year": rf"(?P<year>{YEAR})", "any": r".{0,40}?"}
_BRACED = re.compile(r"\{([^{}]*)\}")
#: What stands before or after a body's name in a title and is none of it, and specks read there.
_NOT_NAME = re.compile(r"^(?:关于|附件[\d一二三四五六七八九十]*[::]?)|(?:关于|的)$")
_STRAY = "·.,、，。:：;；-—_'\"‘’“” "
#: What a line says whose it is: a unit of money is no body, nor is what stands behind it on the line.
_NAMED = re.compile(
    r"(?:(?:编制|填报)单位(?:名称)?:?|(?:编制|填报|主管|公开)?(?:单位|部门)(?:名称)?:)\s*(?!.{0,3}元)"
    r"([^\s:]{3,30}?)(?=\s|20\d\d年|(?:金额)?单位|$)"
)


@dataclass(frozen=True, slots=True)
class ReadTitle:
    """What a title says; organ "" and year None where its pattern has none."""

    organ: str
    year: int | None


def fold_title(text: str) -> str:
    """Text without spaces, full-width signs as ordinary ones."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def read_title(text: str, patterns: Iterable[str]) -> ReadTitle | None:
    """What a title says by the first pattern that it is whole; None where it is of none.

    text: folded, of one line or of several without a break.
    """
    for pattern in patterns:
        found = _compile(pattern).fullmatch(text)
        if found is not None:
            told = found.groupdict()
            return ReadTitle(trim_organ(told.get("organ") or ""), parse_year(told.get("year") or ""))
    return None


def trim_organ(text: str) -> str:
    """A body's name without what a title has around it: 关于, 的, the number of an annex, specks."""
    return _NOT_NAME.sub("", text.strip(_STRAY)).strip(_STRAY)


def find_body(line: str) -> str:
    """The body that a line as 编制单位：青山县水务局 names; "" for none. Spaces one by one are a scan's."""
    found = _NAMED.search(re.sub(r"(?<=\S)\s(?=\S)", "", unicodedata.normalize("NFKC", line)))
    return found[1] if found else ""


def parse_year(text: str) -> int | None:
    """Year from 2024 or 二〇二四; None when it is neither."""
    digits = "".join(c if c.isdigit() and c.isascii() else _CHINESE_DIGITS.get(c, "") for c in text)
    return int(digits) if len(digits) == 4 else None


def list_placeholders(pattern: str) -> list[str]:
    """What stands in braces in a pattern, in its order."""
    return _BRACED.findall(pattern)


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    parts = _BRACED.split(fold_title(pattern))
    return re.compile("".join(_PARTS[part] if i % 2 else re.escape(part) for i, part in enumerate(parts)))
