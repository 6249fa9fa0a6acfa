"""What a note on a cell says about its field, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.output.result_json import field_from_json
from extractor.output.sentences import Language, tell_reason
from extractor.values.result import FieldStatus


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


def _doubts(field: Mapping[str, Any]) -> list[str]:
    reasons = field_from_json("", field).reasons
    lines = ["待复核：" + "；".join(tell_reason(reason, Language.CHINESE) for reason in reasons)]
    if field["candidates"]:
        shown = (f"{item['raw'] or '空白'} {item['probability']:.1%}" for item in field["candidates"][:5])
        lines.append("候选：" + "，".join(shown))
    if field["page"] is not None:
        lines.append(f"第 {field['page']} 页")
    return lines
