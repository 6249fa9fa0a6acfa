"""Whether a legible label says something else than the form's, however many of its letters agree.

A misread letter is forgiven, another word is not: 其中：男 and 其中：女, 流动资产合计 and 非流动资产合计, 2022年 and
2023年 are nearly alike. What a body adds to a label, and what a scan loses of one, contradicts nothing unless it
negates.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import Levenshtein

#: A label read no worse than this is what is printed (score of its worst line, 0 to 1).
LEGIBLE = 0.9
#: Letters of a label for each that may be another one: long labels have a misread one now and then. Of 1,560 legible
#: labels of 30 generated scans 5 are told to be another than their row's; one is, the others are misread.
_PER_LETTER = 10
#: Letters that scans make of each other, and forms of one letter: some faces draw the older one.
_ALIKE = (
    "己已巳", "人入八", "末未", "土士工", "日曰目", "大太犬天夫", "千干于", "申甲由田中", "刀力", "贝见", "治冶",
    "侍待", "住往", "晴睛", "今令", "兔免", "乌鸟", "毫亳", "戊戌戍", "拆折析", "候侯", "受爱", "代伐", "间问",
    "处外", "比此", "理埋", "复夏", "口囗", "厂广", "木本", "王玉主", "白自", "西酉", "券卷", "科料",
    "强強", "规規", "关關", "学學", "会會", "业業", "务務", "开開", "请請", "数數", "门門", "机機", "构構", "来來",
    "给給", "总總", "计計", "结結", "转轉", "续續", "办辦", "处處", "诉訴", "讼訟", "议議", "维維", "纠糾", "报報",
    "发發", "条條", "项項", "许許", "罚罰", "费費", "类類", "无無", "实實", "书書", "认認", "确確", "图圖", "农農",
    "卫衛", "体體", "环環", "节節", "运運", "与與", "属屬", "国國", "级級", "后後", "并並", "个個", "导導", "员員",
    "动動", "证證", "据據", "决決", "众眾", "复複",
    "管官", "其具", "决诀", "规观", "0oO〇", "1lI丨", "一-—",
)  # fmt: skip
_GROUPS: dict[str, set[int]] = defaultdict(set)
for _place, _letters in enumerate(_ALIKE):
    for _letter in _letters:
        _GROUPS[_letter].add(_place)
#: Words that make another thing of what follows them.
_NEGATIONS = frozenset("非不未无除")
_YEAR = re.compile(r"\d{4}")


def is_other(printed: str, wordings: Iterable[str]) -> bool:
    """Whether a normalised label contradicts every wording of a form's row; False where either has none."""
    wanted = [words for words in wordings if words]
    return bool(printed and wanted) and all(_contradicts(printed, words) for words in wanted)


def differ_in_year(printed: str, wanted: str) -> bool:
    """Whether both name years, and others."""
    years = set(_YEAR.findall(printed)), set(_YEAR.findall(wanted))
    return all(years) and years[0] != years[1]


def _contradicts(printed: str, wanted: str) -> bool:
    if differ_in_year(printed, wanted):
        return True
    others = 0
    for step in Levenshtein.opcodes(printed, wanted):
        old, new = printed[step.src_start : step.src_end], wanted[step.dest_start : step.dest_end]
        if step.tag == "replace":
            others += sum(1 for one, two in zip(old, new, strict=False) if not _are_alike(one, two))
        if step.tag in {"insert", "delete"} and (old or new)[-1] in _NEGATIONS:
            return True
    return others > len(wanted) // _PER_LETTER


def _are_alike(one: str, two: str) -> bool:
    return bool(_GROUPS.get(one, set()) & _GROUPS.get(two, set()))
