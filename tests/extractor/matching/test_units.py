"""A figure in another unit of money than the form's is not accepted."""

from __future__ import annotations

import pytest

from extractor.forms.definition import parse_form
from extractor.matching.align import match_tables
from extractor.matching.columns import fill_slots
from extractor.matching.rows import list_rows
from extractor.matching.units import doubt_units, find_unit, is_other_unit
from extractor.values.slot import Header
from tests.extractor.printed import lay_out


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("公开02表 金额单位：万元", "万元"),
        ("单位: 元", "元"),
        ("本年收费金额（单位：亿元）", "亿元"),
        ("金额（元）", "元"),
        # What is misread says nothing, and neither do words with the letter alone.
        ("单位：方元", ""),
        ("元旦前后 单位：人", ""),
    ],
)
def test_the_unit_is_what_is_stated(text, unit):
    assert find_unit(text) == unit


def test_only_another_unit_of_money_is_other():
    assert is_other_unit("金额（亿元）", ["金额（万元）"])
    assert not is_other_unit("金额", ["金额（万元）"])
    assert is_other_unit("金额（亿元）", ["金额", "金额（万元）"])
    assert not is_other_unit("金额（亿元）", ["金额", "金额（人）"])


_FORM = """
id: f
title: 表
tables:
- id: t
  blocks:
  - field: 't.{row}.{column}'
    unit: 万元
    columns:
    - {id: amount, label: 金额（万元）, aliases: [金额]}
    - {id: people, label: 人数, unit: 人}
    rows:
    - {id: a, label: 基本支出项目}
    - {id: b, label: 其他支出项目}
    - {id: c, label: 教育支出项目}
"""


def headers(title, head="金额"):
    """What the header of each column says of it."""
    labels = ("基本支出项目", "其他支出项目", "教育支出项目")
    rows = list_rows([lay_out([["项目", head, "人数"], *[[label, "1", "2"] for label in labels]])])
    (match,) = match_tables(rows, [parse_form(_FORM, "f.yaml")])
    slots = doubt_units(fill_slots(match, rows, [match]), match, {0: title})
    return {slot.spec.id.rpartition(".")[2]: slot.header for slot in slots}


def test_amounts_of_a_table_in_another_unit_are_in_doubt_and_people_are_not():
    assert headers("单位：元") == {"amount": Header.UNIT, "people": Header.FITS}
    assert headers("单位：万元") == headers("") == {"amount": Header.FITS, "people": Header.FITS}


def test_a_column_in_another_unit_is_in_doubt():
    assert headers("", head="金额（亿元）")["amount"] is not Header.FITS
    assert headers("", head="金额（万元）")["amount"] is Header.FITS
