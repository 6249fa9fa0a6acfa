"""Numbers with their units in Chinese prose: 1,234件, １２条, 三百二十一件, 1.2万人次, 400余条, 约5元."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

#: Longest first where one begins another.
UNITS = (
    "万人次", "亿元", "万元", "万条", "万件", "万次", "人次", "件次", "件", "条", "篇", "次", "场", "个", "处", "份",
    "期", "人", "名", "元", "例", "宗", "起", "册", "部", "项", "家", "则", "页", "天", "日", "月", "年", "%",
)  # fmt: skip
_SCALES = {"万": 10_000.0, "亿": 100_000_000.0}
_FIGURES = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_CHINESE = "零〇一二两三四五六七八九十百千"
_QUANTITY = re.compile(
    rf"(?P<before>约|近|超过|超|逾|不少于|至少|大约|共约)?\s*"
    rf"(?P<number>{_FIGURES}|[{_CHINESE}]+)\s*(?P<scale>[万亿](?!人次|元|条|件|次))?\s*(?P<after>余|多|来)?\s*"
    rf"(?P<unit>{'|'.join(map(re.escape, UNITS))})(?!工作日|自然日|百分点)(?P<beyond>以上|左右|上下)?"
)
#: Characters with which a figure cannot begin in the middle of something else: 第三次, A12件.
_WITHIN = re.compile(r"(?:[第之A-Za-z0-9.．-]|\d\s)$")
#: A full stop that a scan shows as a dot; names have one between their words (阿不都·热西提).
_COUNTED = "[件条次份宗起篇则例元]"
_STOP = re.compile(rf"(?<=[0-9]{_COUNTED})[·•.](?=[\u3400-\u9fff])")
#: A nought that reads as a letter, and a speck between a number and what it counts.
_NOUGHT, _SPECK = (
    re.compile(rf"(?<![A-Za-z0-9])[oO](?={_COUNTED})"),
    re.compile(rf"(?<=[0-9])[-—·.,'](?={_COUNTED})"),
)
_FULL = {ord(c): ord(c) - 0xFEE0 for c in "０１２３４５６７８９％．"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit. start, end: its characters. approximate: said so."""

    start: int
    end: int
    value: float
    unit: str
    approximate: bool


def flatten(text: str) -> str:
    """Full-width figures as plain ones, and what scans make of a count mended; as long as before."""
    return _STOP.sub("。", _SPECK.sub(" ", _NOUGHT.sub("0", text.translate(_FULL))))


def find_quantities(text: str) -> Iterator[Quantity]:
    """Quantities of a text that is flat, in printed order. Years and ordinals (第三次) are none."""
    for found in _QUANTITY.finditer(text):
        start = found.start("number")
        if _WITHIN.search(text[max(0, start - 2) : start]):
            continue
        if (
            found["unit"] in {"年", "月", "日"}
            or not (value := parse_number(found["number"], found["scale"])) >= 0
        ):
            continue
        unit, factor = _split_unit(found["unit"])
        yield Quantity(
            start,
            found.end(),
            value * factor,
            unit,
            approximate=any(found[name] for name in ("before", "after", "beyond")),
        )


def parse_number(text: str, scale: str | None = None) -> float:
    """The value of figures or Chinese numerals, times 万 or 亿; nan when it is neither."""
    factor = _SCALES.get(scale or "", 1.0)
    plain = re.sub("[,，]", "", text)
    if re.fullmatch(r"\d+(?:\.\d+)?", plain):
        return round(float(plain) * factor, 6)
    return _parse_chinese(plain) * factor


@cache
def _parse_chinese(text: str) -> float:
    import cn2an

    try:
        return float(cn2an.cn2an(text, "smart"))
    except ValueError:
        return float("nan")


def _split_unit(unit: str) -> tuple[str, float]:
    """万件 counts 件; 万元 is a unit of its own."""
    if unit[0] in _SCALES and unit not in {"万元", "亿元"}:
        return unit[1:], _SCALES[unit[0]]
    return unit, 1.0
