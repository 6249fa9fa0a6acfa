"""How alike labels are, and whether a legible one says something else than the form's, however many letters agree.

A misread letter is forgiven, another word is not: 其中：男 and 其中：女, 流动资产合计 and 非流动资产合计, 2022年 and
2023年 are nearly alike. What a body adds before or behind a row's label, and what a scan loses of one, contradicts
nothing unless it negates; a column's few letters bear less.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from extractor.forms.letters import simplify
from extractor.values.matched import SURE_LABEL
from extractor.values.printed import PrintedRow

#: Characters of the shorter text from which on being a part of the longer one counts, and of a form's label from
#: which on being its beginning or its end does.
#: ±20 %: confidence by 0.014 at most.
_MIN_PART, _MIN_END = 4, 2
#: What being a part counts, and what is added by its length as a share of the whole's.
#: ±20 %: 15 statuses.
_PART, _PART_LENGTH = 0.72, 0.24
#: A label read no worse than this is what is printed (score of its worst line, 0 to 1).
LEGIBLE = 0.9
#: Score of what a file says itself.
CERTAIN = 1.0
#: Letters of a label for each that may be another one: long labels have a misread one now and then. Of 1,560 legible
#: labels of 30 generated scans 5 are told to be another than their row's; one is, the others are misread.
PER_LETTER = 10
#: Letters that scans make of each other.
_ALIKE = (
    "己已巳", "人入八", "末未", "土士工", "日曰目", "大太犬天夫", "千干于", "申甲由田中", "刀力", "贝见", "治冶",
    "侍待", "住往", "晴睛", "今令", "兔免", "乌鸟", "毫亳", "戊戌戍", "拆折析", "候侯", "受爱", "代伐", "间问",
    "处外", "比此", "理埋", "复夏", "口囗", "厂广", "木本", "王玉主", "白自", "西酉", "券卷", "科料", "后後",
    "件作", "行亍", "开丹", "管官", "其具", "决诀", "规观", "0oO〇", "1lI丨", "一-—",
)  # fmt: skip
_GROUPS: dict[str, set[int]] = defaultdict(set)
for _place, _letters in enumerate(_ALIKE):
    for _letter in _letters:
        _GROUPS[_letter].add(_place)
#: Letters that a scan may put beside or between those of a label: of the 929 columns with words of 35 documents, half
#: of them under damage, 3 are contradicted by what is above them with 1 or 2, 8 with none.
_STRAY = 1
_NUMERALS = frozenset("一二三四五六七八九十")
#: Words that make another thing of what follows them.
_NEGATIONS = frozenset("非不未无除")
_YEAR = re.compile(r"\d{4}")
_DATE = re.compile(r"(?:19|20)\d\d(?=年)")
_YEAR_WORDS = re.compile(r"\d{4}年?度?")
#: Words of a time that is not the report's own; what stands between their two letters does not matter. That they, and
#: what stands before a column's words in a file's own text, are other words changes none of 6,302 fields of 32
#: documents.
_TIMES = re.compile(
    r"(上)一?(年|期|季|月)|(去|前|次|明)(年)|(下)一?(年|期)|(本)(季|月)|(同)(期)|(年|期|月)(初|末|底)"
)
#: What is the same time by another word.
_SAME_TIMES = {"去年": "上年", "次年": "下年", "明年": "下年", "年底": "年末", "月底": "月末"}
#: A letter of Chinese words.
HAN = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(maxsize=65_536)
def label_similarity(printed: str, wanted: str) -> float:
    """How alike two normalised labels are, 0 to 1; a bracket's text caught with the label is forgiven.

    So is what a body adds to a short one: 规章（含修改） and 地方政府规章 are 规章. The end of a longer
    label, as 申请 of 重复申请, names nothing.
    """
    printed, wanted = simplify(printed), simplify(wanted)
    if not printed or not wanted:
        return 0.0
    whole = fuzz.ratio(printed, wanted) / 100
    part = _PART + _PART_LENGTH * min(len(printed), len(wanted)) / max(len(printed), len(wanted))
    if min(len(printed), len(wanted)) >= _MIN_PART:
        return max(whole, fuzz.partial_ratio(printed, wanted) / 100 * part)
    return max(whole, part) if _is_extended(printed, wanted) else whole


def _is_extended(printed: str, wanted: str) -> bool:
    """Whether a text is a form's short label with words before or behind it."""
    return _is_extensible(wanted) and (printed.startswith(wanted) or printed.endswith(wanted))


def _is_extensible(wanted: str) -> bool:
    return _MIN_END <= len(wanted) < _MIN_PART


def label_similarities(texts: Sequence[str], words: Sequence[str]) -> NDArray[np.float64]:
    """What `label_similarity` says of every text and every wording, shape (texts, words)."""
    texts, words = [simplify(text) for text in texts], [simplify(word) for word in words]
    lengths = np.array([len(t) for t in texts]), np.array([len(w) for w in words])
    least = np.minimum.outer(*lengths)
    most = np.maximum(np.maximum.outer(*lengths), 1)
    alike = process.cdist(texts, words, scorer=fuzz.ratio, dtype=np.float64) / 100
    part = process.cdist(texts, words, scorer=fuzz.partial_ratio, dtype=np.float64) / 100
    extended = np.zeros(alike.shape, dtype=bool)
    for j, word in enumerate(words):
        if _is_extensible(word):
            extended[:, j] = [_is_extended(text, word) for text in texts]
    part = np.where(least >= _MIN_PART, part, extended)
    alike = np.maximum(alike, part * (_PART + _PART_LENGTH * least / most))
    alike[least == 0] = 0.0
    return np.asarray(alike, dtype=np.float64)


def is_other(
    printed: str,
    wordings: Iterable[str],
    legibility: float = 1.0,
    around: Collection[str] | None = None,
    before: Collection[str] | None = None,
) -> bool:
    """Whether a normalised label contradicts every wording of a form's; False where either has none.

    legibility: its score, 0 to 1, the mean of what its letters were read with: so much of it is not misread. Without
    that 4 of 929 columns are contradicted, all by misread letters; with it 3.
    around: of a column's words, letters that the form and others print beside them; what is added to these is another
    word, and so is a number that is lost. None of a row's, behind which a body adds what it likes.
    before: of a row's label, letters that the form prints before labels; what else stands before the words makes
    another row of them, as 专项 of 财政拨款. None where that is not asked.
    """
    printed = unify(printed)
    wanted = [unify(words) for words in wordings if words]
    return bool(printed and wanted) and all(
        _contradicts(printed, words, legibility, around)
        or (before is not None and _is_qualified(printed, words, before))
        or not _find_times(printed) <= _find_times(words)
        for words in wanted
    )


def are_same(one: str, other: str) -> bool:
    """Whether two normalised labels are the same words; letters that a scan misread are forgiven."""
    return one == other or (
        label_similarity(one, other) >= SURE_LABEL and not is_other(one, [other], before=())
    )


def says_other(
    printed: Sequence[str],
    legibility: float,
    wordings: Sequence[str],
    around: Collection[str] | None = None,
    before: Collection[str] | None = None,
) -> bool:
    """Whether words can be read well and, however they are cut, contradict every wording of a form's row or column.

    printed: what they may be taken for, normalised. legibility: score of their worst line, 0 to 1. around, before:
    as of `is_other`.
    """
    return legibility >= LEGIBLE and all(
        is_other(words, wordings, legibility, around, before) for words in printed
    )


def may_be_misread(likeness: float, legibility: float) -> bool:
    """Whether words that contradict a form's may still be them, misread; those of a file's own text are not."""
    return likeness >= SURE_LABEL and legibility < CERTAIN


def differ_in_year(printed: str, wanted: str) -> bool:
    """Whether both name years, and others."""
    years = find_years(printed), find_years(wanted)
    return all(years) and years[0] != years[1]


def find_years(text: str) -> set[str]:
    """The years that a text names."""
    return set(_YEAR.findall(text))


def find_latest_year(rows: Iterable[PrintedRow]) -> int | None:
    """The latest year that headers of printed tables name, of several tables the usual one; None where none does."""
    latest: dict[int, str] = {}
    for row in rows:
        if not row.values and (years := _DATE.findall(row.text)):
            latest[row.table_index] = max(latest.get(row.table_index, ""), *years)
    counts = Counter(latest.values())
    return int(max(counts, key=lambda year: (counts[year], year))) if counts else None


def unify(text: str) -> str:
    """Text in simplified letters, with 去年 and 上一年 as 上年, and 一般 without its stroke.

    That is no number, and passes for a ruling.
    """
    return _TIMES.sub(_name_time, simplify(text).replace("一般", "般"))


def _find_times(text: str) -> set[str]:
    return {_name_time(match) for match in _TIMES.finditer(text)}


def _name_time(match: re.Match[str]) -> str:
    time = "".join(filter(None, match.groups()))
    return _SAME_TIMES.get(time, time)


def _contradicts(printed: str, wanted: str, legibility: float, around: Collection[str] | None) -> bool:
    if differ_in_year(printed, wanted):
        return True
    if not find_years(wanted):
        # 本年(2023)制发件数: the year of the report, which the form leaves open.
        printed = _YEAR_WORDS.sub("", printed) or printed
    misread = round(min(len(printed), len(wanted)) * (1.0 - legibility))
    others = added = before = 0
    for step in Levenshtein.opcodes(printed, wanted):
        old, new = printed[step.src_start : step.src_end], wanted[step.dest_start : step.dest_end]
        if step.tag == "replace":
            others += sum(1 for one, two in zip(old, new, strict=False) if not _are_alike(one, two))
        if step.tag in {"insert", "delete"} and (old or new)[-1] in _NEGATIONS:
            return True
        if step.tag == "insert" and around is not None and not _NUMERALS.isdisjoint(new):
            return True
        if step.tag == "delete":
            is_inside = step.src_start > 0 and step.src_end < len(printed) and wanted not in printed
            others += len(old) if is_inside and len(old) > _STRAY else 0
            count = sum(1 for c in old if around is not None and c not in around and HAN.match(c))
            added += count
            before += count if step.src_end < len(printed) else 0
    # A file's own text has no letter that a scan put there; one behind its words may be 额, 数 or 量.
    is_added = added > max(misread, _STRAY) or (legibility >= CERTAIN and before > 0)
    return is_added or others > max(misread, len(wanted) // PER_LETTER)


def _is_qualified(printed: str, wanted: str, before: Collection[str]) -> bool:
    """Whether other words stand before a label: 其中 and numerals are none."""
    at = printed.find(wanted)
    if at <= 0:
        return False
    letters = HAN.findall(printed[:at].removeprefix("其中"))
    return any(letter not in before and letter not in _NUMERALS for letter in letters)


def _are_alike(one: str, two: str) -> bool:
    return bool(_GROUPS.get(one, set()) & _GROUPS.get(two, set()))
