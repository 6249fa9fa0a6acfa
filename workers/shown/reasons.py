"""Why a field is in review, in Chinese: results say it in English (`reasons.yaml` has both)."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


def chinese_reasons() -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Patterns of whole reasons with their Chinese, {} for what the group found; and words within that."""
    found = _catalogue()
    return [(pattern, sentence) for pattern, sentence in found["reasons"]], dict(found["words"])


def tell_reason(reason: str) -> str:
    """A reason in Chinese; as it is where none is known."""
    patterns, words = chinese_reasons()
    for pattern, sentence in patterns:
        found = re.fullmatch(pattern, reason)
        if found:
            told = "".join(found.groups())
            for word, chinese in words.items():
                told = told.replace(word, chinese)
            return sentence.replace("{}", told)
    return reason


@cache
def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((files("workers.shown") / "reasons.yaml").read_text("utf-8"))
    return found
