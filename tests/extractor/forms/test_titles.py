"""Titles are data: a form says how those of its documents read, with examples that are checked."""

from __future__ import annotations

import pytest

from extractor.forms.check import check_form_text
from extractor.forms.definition import parse_form
from extractor.forms.titles import ReadTitle, read_title

pytestmark = pytest.mark.issue(24)
_FORM = """\
id: mine
title: 我的表
titles:
- pattern: "{organ}{year}年{any}台账"
  examples: [{text: 青山县水务局 2023年度设备台账, organ: 青山县水务局, year: 2023}]
tables:
- id: t
  blocks:
  - field: "a.{row}"
    columns: [{id: x, label: 数}]
    rows: [{id: one, label: 一}]
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("青山县水务局2023年度设备台账", ReadTitle("青山县水务局", 2023)),
        ("青山县水务局二〇二三年台账", ReadTitle("青山县水务局", 2023)),
        ("青山县水务局2023年度设备台账说明", None),
        ("2023年台账", None),
    ],
)
def test_a_title_is_whole(text, told):
    assert read_title(text, parse_form(_FORM, "mine.yaml").titles) == told


def test_without_an_organ_or_a_year_the_rest_is_told():
    assert read_title("2023年机动车保有量月报", ["{year}年机动车保有量月报"]) == ReadTitle("", 2023)
    assert read_title("青山县台账(续)", ["{organ}台账（续）"]) == ReadTitle("青山县", None)


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("{any}台账", "{body}台账", 4, "{body} is nothing that differs in titles"),
        ("{any}台账", "{year}台账", 4, "{year} stands twice"),
        ("设备台账,", "设备清单,", 5, "is not of this pattern"),
        ("year: 2023", "year: 2024", 5, "the 'year' of this example is 2023"),
        ("organ: 青山县水务局", "organ: 青山县", 5, "'organ' of this example is 青山县水务局"),
        ("year: 2023", "year: 23", 5, "must be a year from 2000 to 2099"),
        ("pattern", "patern", 4, "did you mean 'pattern'"),
    ],
)
def test_what_is_wrong_with_titles_is_told_where_it_stands(old, new, line, told):
    assert old in _FORM
    problems = check_form_text(_FORM.replace(old, new, 1))[1]
    assert any(problem.line == line and told in problem.message for problem in problems)
