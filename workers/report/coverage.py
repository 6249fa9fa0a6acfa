"""What a report says of whose figures it holds: those of its body alone, or of all bodies of its area."""

from __future__ import annotations

import re

from extractor.values.result import Fact, FieldStatus, Report

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


def told_area(report: Report) -> str:
    """The sentence by which the report's tables are of its whole area; empty where none says so.

    Either the report says so of itself, or its prose counts the requests of all bodies of the area and comes to what
    its table has.
    """
    for fact in report.facts:
        if _is_of_area(fact) and fact.value in _received(report):
            return fact.text.strip()[:_MOST]
    for section in report.sections:
        for found in _SENTENCE.finditer(section.text):
            if _SAYS.search(found[0]) and not _NOT.search(found[0]):
                return found[0].strip()[:_MOST]
    return ""


def _is_of_area(fact: Fact) -> bool:
    return fact.id == "requests.received" and fact.scope == "area" and not fact.approximate


def _received(report: Report) -> set[float]:
    """All that the table may call received, from accepted numbers."""
    accepted = {item.id: item.value for item in report.fields if item.status is FieldStatus.ACCEPTED}
    sums = set()
    for keys in _RECEIVED:
        values = [accepted.get(key) for key in keys]
        numbers = [value for value in values if value is not None]
        if len(numbers) == len(keys):
            sums.add(sum(numbers))
    return sums
