"""Statements of the prose against fields and the report's year."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.output.sentences import tell_finding
from extractor.prose.facts import contradict_fields, contradict_year, find_statements, support_fields
from extractor.prose.heading import PlacedLine
from extractor.prose.sections import Paragraph, Passage
from extractor.seams.statements import Statement
from extractor.values.geometry import Box
from extractor.values.page import TextLine
from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import Field, FieldStatus, Kind

_BOX = Box(0.0, 0.0, 10.0, 10.0)


def passage(*texts, page_no=1, score=0.99):
    paragraphs = []
    for text in texts:
        half = len(text) // 2
        lines = [
            (start, PlacedLine(page_no + number, TextLine(_BOX, part, score), _BOX, after_table=False))
            for number, (start, part) in enumerate(((0, text[:half]), (half, text[half:])))
        ]
        paragraphs.append(Paragraph(text, tuple(lines)))
    return Passage(1, "一、总体情况", tuple(paragraphs), (page_no, page_no + 1))


class _Finder:
    """States every digit of a text as the same fact."""

    fingerprint = "test"

    def __init__(self, **told):
        self._told = {"same_as": (("a", "b"), ("c",))} | told

    def find(self, text):
        return [
            Statement("x", float(c), "件", 0, len(text), at, **self._told)
            for at, c in enumerate(text)
            if c.isdigit()
        ]


def field(key, value, status=FieldStatus.ACCEPTED, kind=Kind.NUMBER, confidence=0.999, reasons=()):
    return Field(key, value, str(value), kind, confidence, status, 3, _BOX, reasons=reasons)


def fields(a, b, c, **more):
    return {key: field(key, value, **more) for key, value in zip("abc", (a, b, c), strict=True)}


def judged(text, known, report_year=2024, score=0.99, **told):
    return contradict_fields(
        find_statements([passage(text, score=score)], _Finder(**told)), known, report_year
    )


@pytest.mark.parametrize("values", [(2, 3, 9), (0, 0, 5), (5, 5, 5)])
def test_a_number_that_one_of_its_sums_comes_to_contradicts_nothing(values):
    assert judged("收到5件。", fields(*values)) == []


def test_a_number_that_is_none_of_its_sums_is_told_with_both_places():
    [finding] = judged("收到5件。", fields(2, 2, 9))
    assert (finding.kind, finding.rule, finding.fields) == ("prose", "prose:x", ("a", "b"))
    assert "prose on page 2 says 5" in tell_finding(finding)
    assert "table on page 3 4" in tell_finding(finding)
    assert "收到5件。" in tell_finding(finding)


@pytest.mark.parametrize(
    "told", [{"approximate": True}, {"scope": "area"}, {"year": 2023}, {"same_as": (("unknown",),)}]
)
def test_what_speaks_of_something_else_contradicts_nothing(told):
    assert judged("收到5件。", fields(2, 2, 9), **told) == []
    assert judged("收到5件。", fields(2, 2, 9), report_year=2024)


def test_doubt_on_either_side_contradicts_nothing():
    assert judged("收到5件。", fields(2, 2, 9), score=0.5) == []
    assert judged("收到5件。", fields(2, 2, 9, status=FieldStatus.REVIEW)) == []
    accused = {"status": FieldStatus.REVIEW, "reasons": (Reason(ReasonCode.SUM_BROKEN),)}
    assert judged("收到5件。", fields(2, 2, 9, confidence=0.9, **accused)) == []
    assert len(judged("收到5件。", fields(2, 2, 9, confidence=0.95, **accused))) == 1
    blank = fields(None, None, None, kind=Kind.BLANK)
    assert judged("收到5件。", blank) == []


def test_the_same_contradiction_is_told_once():
    assert len(judged("收到5件，收到5件，收到6件。", fields(2, 2, 9))) == 2


def test_a_fact_has_its_sentence_and_the_place_of_it():
    [stated] = find_statements([passage("甲收到申请5件。")], _Finder())
    fact = stated.fact
    assert (fact.text, fact.value, fact.unit, fact.page_no, fact.box) == ("甲收到申请5件。", 5, "件", 1, _BOX)


@pytest.mark.parametrize(
    ("text", "year", "count"),
    [
        ("2024年，本局认真落实。", 2025, 1),
        ("2025年，本局认真落实。", 2025, 0),
        ("本年度统计期限自2024年1月1日起至2024年12月31日止。", 2025, 1),
        ("数据截至2024年12月31日。", 2025, 1),
        ("根据2019年修订的条例编制。", 2025, 0),
        # Three years off is a digit misread, not a slip of the pen.
        ("2021年，本局认真落实。", 2025, 0),
        ("2024年，本局认真落实。", None, 0),
    ],
)
def test_the_year_the_prose_opens_with_is_held_against_the_title(text, year, count):
    findings = contradict_year([passage(text)], year)
    assert [finding.kind for finding in findings] == ["date"] * count


def doubtful(value=5, confidence=0.9, **more):
    return Field(
        "c",
        value,
        str(value),
        more.pop("kind", Kind.NUMBER),
        confidence,
        FieldStatus.REVIEW,
        reasons=(Reason(ReasonCode.LOW_CONFIDENCE),),
    )


def supported(text, known, score=0.99, **told):
    stated = find_statements([passage(text, score=score)], _Finder(**({"same_as": (("c",),)} | told)))
    [found] = support_fields(stated, [known], 0.985)
    return found


@pytest.mark.issue(26)
def test_what_a_damaged_picture_shows_is_not_accepted_though_prose_says_the_same():
    known = replace(doubtful(), reasons=(Reason(ReasonCode.PICTURE_DAMAGED),))
    assert supported("收到5件。", known) == known


def test_a_doubt_that_prose_answers_alike_becomes_smaller():
    found = supported("收到5件。", doubtful())
    assert found.confidence == pytest.approx(90 / 91)
    assert (found.value, found.status, found.reasons) == (5, FieldStatus.ACCEPTED, ())
    weak = supported("收到5件。", doubtful(confidence=0.6))
    assert (weak.confidence, weak.status) == (pytest.approx(15 / 16), FieldStatus.REVIEW)


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (doubtful(value=6), {}),
        (doubtful(confidence=0.3), {}),
        (doubtful(value=None, kind=Kind.BLANK), {}),
        (doubtful(), {"approximate": True}),
        (doubtful(), {"same_as": (("b", "c"),)}),
        (doubtful(), {"score": 0.5}),
    ],
)
def test_what_prose_does_not_say_of_a_field_leaves_it_as_it_is(known, told):
    assert supported("收到5件。", known, **told) == known
