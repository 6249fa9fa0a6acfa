"""Text of a cell → what it says: a number, a dash, nothing, or a number with a note.

Never guesses: a text that is not exactly a printed number is not one.
"""

from __future__ import annotations

import re
import unicodedata

from extractor.values.option import Content
from extractor.values.result import Kind

#: Strokes that offices print for "nothing": all count as a dash.
_DASHES = "-—–―/－／─_~"
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
_SWAPPED_SEPARATOR = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+", re.ASCII)
#: Digits of a number at most: more are not told exactly by a float, and 310 are infinite. Amounts in yuan have 12.
_MOST_DIGITS = 15
#: A number followed by a unit or by a note that starts with a bracket, a speck before it perhaps, or that starts as
#: most notes do and ends with a bracket.
_ANNOTATED = re.compile(
    r"([+-]?[\d,]*\d(?:\.\d+)?)(万元|亿元|元|件|项|条|人次|次|个|万|%)?(\.?[(（].*|(?:其中|含)[^(（]*[)）])?"
)


def parse_number(text: str, *, decimals: bool) -> float | None:
    """Value of a printed number, None where the text is not one.

    Without `decimals` a point before exactly three digits is a thousands separator misread.
    """
    if sum(map(str.isdecimal, text)) > _MOST_DIGITS:
        return None
    if not decimals and _SWAPPED_SEPARATOR.fullmatch(text):
        return float(re.sub(r"[.,]", "", text))
    if not _NUMBER.fullmatch(text):
        return None
    if not decimals and "." in text:
        return None
    digits = text.lstrip("+-").replace(",", "").split(".")[0]
    if len(digits) > 1 and digits.startswith("0"):
        return None
    value = float(text.replace(",", ""))
    # Nobody prints a signed zero; the sign is a speck.
    return None if value == 0 and text[0] in "+-" else value


def parse_content(text: str, *, decimals: bool) -> Content | None:
    """What a numeric reading says; None where it is neither number, dash nor blank."""
    folded = unicodedata.normalize("NFKC", text).replace(" ", "").replace("，", ",")
    if not folded:
        return Content(Kind.BLANK, None)
    if all(c in _DASHES for c in folded):
        return Content(Kind.DASH, None)
    value = parse_number(folded, decimals=decimals)
    return None if value is None else Content(Kind.NUMBER, value)


def parse_annotated(text: str, *, decimals: bool) -> Content | None:
    """A number with a unit or a note, such as 22（其中修订16件） or 251000元; None for anything else."""
    folded = unicodedata.normalize("NFKC", text).replace(" ", "")
    match = _ANNOTATED.fullmatch(folded)
    if match is None or not (match[2] or match[3]):
        return None
    if match[3] and match[3][0] not in ".(（" and match[1][-2:-1].isdigit() and match[1].endswith("1"):
        # The bracket that the note lacks may be what was read as a 1.
        return None
    value = parse_number(match[1], decimals=decimals or match[2] in ("万元", "亿元", "元", "%", "万"))
    return None if value is None else Content(Kind.NUMBER, value, match[2] or "")
