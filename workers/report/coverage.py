"""What a report says of whose figures it holds: those of its body alone, or of all bodies of its area."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extractor.values.result import FieldStatus
from workers.report.kept import finite

_ALL = (
    r"(?:全[省市县区旗州盟镇乡]|各(?:部门|单位|地区|乡镇|镇街|镇乡|街道|区县|县区|县市区|级行政机关|级政府))"
)
_SAYS = re.compile(
    r"(?:本报告|本年报|年度报告|统计|数据)[^。；;\n]{0,25}?"
    rf"(?:(?:涵盖|包括|包含|覆盖|汇总|来源于|来自)[^。；;\n]{{0,20}}?{_ALL}|{_ALL}[^。；;\n]{{0,15}}?汇总)"
)
_NOT = re.compile(r"[不未](?:包括|包含|含|涵盖|覆盖|汇总)|除外")
_SENTENCE = re.compile(r"[^。；;\n]+")
#: Where a table has what the prose states of all requests received: sums of these ids.
_RECEIVED = (
    ("requests.new_received.total",),
    ("requests.new_received.total", "requests.carried_over.total"),
    ("requests.received",),
)
#: Characters kept of a sentence.
_MOST = 120


def told_area(report: Mapping[str, Any]) -> str:
    """The sentence by which the report's tables are of its whole area; empty where none says so.

    Either the report says so of itself, or its prose counts the requests of all bodies of the area and comes to what
    its table has.

    Raises:
        KeyError, TypeError, AttributeError: the report lacks what every one has.
    """
    for fact in report["facts"]:
        if _is_of_area(fact) and finite(fact["value"]) in _received(report["fields"]):
            return str(fact["text"]).strip()[:_MOST]
    for section in report["sections"]:
        for found in _SENTENCE.finditer(str(section["text"])):
            if _SAYS.search(found[0]) and not _NOT.search(found[0]):
                return found[0].strip()[:_MOST]
    return ""


def _is_of_area(fact: Mapping[str, Any]) -> bool:
    return (
        fact["id"] == "requests.received"
        and fact.get("scope") == "area"
        and not fact.get("approximate", False)
    )


def _received(fields: Mapping[str, Any]) -> set[float]:
    """All that the table may call received, from accepted numbers."""
    sums = set()
    for keys in _RECEIVED:
        items = [fields.get(key) for key in keys]
        values = [
            finite(item["value"]) for item in items if item and item["status"] == FieldStatus.ACCEPTED.value
        ]
        numbers = [value for value in values if value is not None]
        if len(numbers) == len(keys):
            sums.add(sum(numbers))
    return sums
