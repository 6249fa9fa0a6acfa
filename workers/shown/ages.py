"""Ages as people write them: 90d, 12h."""

from __future__ import annotations

import re

from extractor.seams.errors import UsageError
from extractor.wording.said import say

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def parse_age(text: str) -> float:
    """Seconds of an age: a number and s, m, h, d or w.

    Raises:
        UsageError: it is none.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(say("messages.options.no_age", text=text))
    return float(found[1]) * _UNITS[found[2]]
