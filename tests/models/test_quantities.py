"""Numbers with their units, in figures and in words."""

from __future__ import annotations

from itertools import pairwise

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.quantities import find_quantities, flatten, parse_number


@pytest.mark.parametrize(
    ("text", "value", "unit", "approximate"),
    [
        ("收到9件", 9, "件", False),
        ("共1,234条", 1234, "条", False),
        ("共１，２３４条", 1234, "条", False),
        ("培训４０人次", 40, "人次", False),
        ("收取2450.50元", 2450.5, "元", False),
        ("三百二十一件", 321, "件", False),
        ("两件", 2, "件", False),
        ("一千零五条", 1005, "条", False),
        ("1.2万件", 12000, "件", False),
        ("20.3万人次", 203000, "人次", False),
        ("3.6万元", 3.6, "万元", False),
        ("400余条", 400, "条", True),
        ("约30件", 30, "件", True),
        ("近800条", 800, "条", True),
        ("20件以上", 20, "件", True),
        ("158 件", 158, "件", False),
    ],
)
def test_a_number_has_its_value_and_unit(text, value, unit, approximate):
    [found] = find_quantities(flatten(text))
    assert (found.value, found.unit, found.approximate) == (value, unit, approximate)


@pytest.mark.parametrize(
    "text",
    [
        "2024年",
        "第三次会议",
        "第20条",
        "12月31日",
        "1 286条",
        "一是",
        "二〇二四年",
        "20个工作日",
        "A12件",
        "3.5.2条",
    ],
)
def test_years_ordinals_and_broken_figures_are_none(text):
    assert list(find_quantities(text)) == []


@given(st.integers(0, 99_999_999))
def test_chinese_numerals_are_read_back(number):
    assert parse_number(cn2an.an2cn(number, "low")) == number


@given(st.integers(0, 10**9), st.sampled_from(["件", "条", "人次", "万元"]))
def test_figures_are_read_with_or_without_separators(number, unit):
    for text in (f"共{number}{unit}", f"共{number:,}{unit}"):
        [found] = find_quantities(text)
        assert (found.value, found.unit, text[found.start : found.end]) == (number, unit, text[1:])


@given(st.text(alphabet="全年收到申请，。0123456789件条零一二三百万余约第 .%", max_size=40))
def test_places_lie_in_the_text_and_follow_each_other(text):
    found = list(find_quantities(flatten(text)))
    assert all(0 <= q.start < q.end <= len(text) and q.value >= 0 for q in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
