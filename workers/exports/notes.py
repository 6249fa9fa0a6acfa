"""What a note on a cell says about its field, in Chinese."""

from __future__ import annotations

from extractor.output.sentences import tell_reason
from extractor.values.result import Field, FieldStatus, Origin
from extractor.wording.catalogue import Language


def tell_field(field: Field) -> str:
    """Why the field is in review, or what a person changed; "" where there is nothing to tell."""
    if field.status is FieldStatus.REVIEW:
        return "\n".join(_doubts(field))
    machine = field.machine
    if machine is None:
        return ""
    how = "由合计关系确定" if field.origin is Origin.SETTLED else "人工确定"
    odd = "\n原件如此印刷，合计不符" if field.printed_so else ""
    return f"{how}：{field.raw or field.kind}\n机器读作：{machine.raw or machine.kind}{odd}"


def _doubts(field: Field) -> list[str]:
    lines = ["待复核：" + "；".join(tell_reason(reason, Language.CHINESE) for reason in field.reasons)]
    if field.candidates:
        shown = (f"{item.raw or '空白'} {item.probability:.1%}" for item in field.candidates[:5])
        lines.append("候选：" + "，".join(shown))
    if field.page_no is not None:
        lines.append(f"第 {field.page_no} 页")
    return lines
