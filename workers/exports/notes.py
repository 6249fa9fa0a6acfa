"""What a note on a cell says about its field, in Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extractor.result import FieldStatus

_WHOLE = {
    "the row's label is illegible; the row is named by its neighbours": "行名看不清，按上下行推定",
    "much of this table could not be read": "这张表有许多格未能读出",
    "low confidence": "把握不足",
    "the row or cell was not found": "没有找到这一行或这一格",
    "the cell holds no readable number": "格中没有可读的数",
    "a second reader reads something else": "第二识别器读作别的数",
}
_PATTERNS = (
    (re.compile(r"reads (.*), but unclearly"), "像是 {}，但不清楚"),
    (re.compile(r"reads (.*)"), "可能是 {}"),
    (re.compile(r"does not add up: (.*)"), "合计不符：{}"),
)


def tell_field(field: Mapping[str, Any]) -> str:
    """Why the field is in review, or what a person changed; "" where there is nothing to tell."""
    if field["status"] == FieldStatus.REVIEW:
        return "\n".join(_doubts(field))
    machine = field.get("machine")
    if machine is None:
        return ""
    how = "由合计关系确定" if field.get("origin") == "settled" else "人工确定"
    odd = "\n原件如此印刷，合计不符" if field.get("printed_so") else ""
    return f"{how}：{field['raw'] or field['kind']}\n机器读作：{machine['raw'] or machine['kind']}{odd}"


def tell_reason(reason: str) -> str:
    """A reason of a field in Chinese; as it is where there is none."""
    if reason in _WHOLE:
        return _WHOLE[reason]
    for pattern, sentence in _PATTERNS:
        found = pattern.fullmatch(reason)
        if found:
            told = found.group(1).replace(" or ", " 或 ").replace("blank", "空白")
            return sentence.format(told)
    return reason


def _doubts(field: Mapping[str, Any]) -> list[str]:
    lines = ["待复核：" + "；".join(map(tell_reason, field["reasons"]))]
    if field["candidates"]:
        shown = (f"{item['raw'] or '空白'} {item['probability']:.1%}" for item in field["candidates"][:5])
        lines.append("候选：" + "，".join(shown))
    if field["page"] is not None:
        lines.append(f"第 {field['page']} 页")
    return lines
