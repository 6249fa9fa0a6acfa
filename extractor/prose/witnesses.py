"""What the rest of a report says of its title: the same name again, nearly the same, or another year.

A title is read once, and a name has no sum. Where the prose or the signature names a body that differs by a letter or
two, one of the readings is wrong, and which is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Levenshtein

from extractor.forms.definition import normalise

#: What the names of bodies end in; what ends otherwise has something of its surroundings in it.
_ENDINGS = (
    "政府", "办公室", "办", "局", "厅", "委", "委员会", "部", "院", "署", "社", "会", "处", "所", "站", "中心", "队",
    "馆", "校", "学", "公司", "集团", "行", "街道", "镇", "乡", "县", "区", "市", "省", "场", "台", "团", "司", "室",
    "库", "关",
)  # fmt: skip
#: Of 239 names of generated reports that were read right these put one in review, of four read wrong three.
#: Letters of a name that may differ for it to be the same one misread, as a share of them.
_MISREAD = 0.25
#: Letters of the shortest name of a body, as 水务局.
_SHORTEST = 3
#: Most confidence in what is contradicted, or ends as no body does.
DOUBT = 0.6
#: Signs that no name has within.
_MARK = re.compile(r"[^\w()·、-]")
#: What the place of a body is called.
_PLACE = re.compile("[省市县区州盟旗镇乡]")
_PERIOD = re.compile(r"(?:自|从)?(20\d\d)年1月1日")


def weigh_organ(organ: str, score: float, texts: Iterable[str], first: str = "") -> float:
    """How sure a body's name is, 0 to 1: by how well it reads (`score`), and by the rest of the report's texts.

    first: the first line of its title. What stands there before a line that is a body's name itself, as 内部资料,
    may be none of the name.
    """
    name = normalise(organ)
    if not name.endswith(_ENDINGS) or _MARK.search(organ):
        return min(score, DOUBT)
    rest = [normalise(text) for text in texts]
    if any(name in text for text in rest):
        return score
    is_doubtful = _is_before_a_name(first, organ) or any(_is_nearly_in(name, text) for text in rest)
    return min(score, DOUBT) if is_doubtful else score


def _is_before_a_name(line: str, organ: str) -> bool:
    is_part = bool(line) and organ.startswith(line) and len(organ) - len(line) >= _SHORTEST
    # A name that is broken anywhere began with the place.
    return is_part and not line.endswith(_ENDINGS) and not _PLACE.search(line)


def _is_nearly_in(name: str, text: str) -> bool:
    """Whether a stretch of a text is the name but for a few letters, its last one being the same.

    A stretch one letter longer or shorter begins as the name does: else it is a part of it.
    """
    allowed = int(_MISREAD * len(name))
    ends = [place + 1 for place, letter in enumerate(text) if letter == name[-1]]
    for longer in (0, 1, -1):
        starts = (end - len(name) - longer for end in ends)
        stretches = (text[start : start + len(name) + longer] for start in starts if start >= 0)
        if any(
            0 < Levenshtein.distance(name, found) <= allowed and (not longer or found[0] == name[0])
            for found in stretches
        ):
            return True
    return False


def weigh_year(year: int, score: float, texts: Sequence[str]) -> float:
    """How sure a year is, 0 to 1: the period that the report says it covers begins in it, where it says one."""
    told = {int(found) for text in texts for found in _PERIOD.findall(text)}
    return min(score, DOUBT) if told and year not in told else score
