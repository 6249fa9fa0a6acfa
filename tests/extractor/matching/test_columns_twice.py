"""Columns that come twice, and figures that a ruling too many may have cut."""

from __future__ import annotations

from extractor.forms.definition import parse_form
from extractor.values.reason import Trouble
from extractor.values.slot import Header
from tests.extractor.printed import lay_out, merge_cells, read

_THREE = """
id: o
title: 支出表
tables:
- id: o
  blocks:
  - field: 'o.{row}.{column}'
    columns: [{id: all, label: 合计}, {id: basic, label: 基本支出}, {id: projects, label: 项目支出}]
    rows:
    - {id: a, label: 教育支出项目}
    - {id: b, label: 科学支出项目}
    - {id: c, label: 卫生支出项目}
"""


def test_of_columns_that_come_under_two_years_none_is_the_forms_beyond_doubt():
    names = ("教育支出项目", "科学支出项目", "卫生支出项目")
    heads = ["合计", "基本支出", "项目支出"]
    rows = [["", "2022年决算数", "", "", "2023年决算数", "", ""], ["项目", *heads, *heads]]
    rows += [[name, "3", "1", "2", "30", "10", "20"] for name in names]
    table = lay_out(rows)
    for place in (1, 4):
        table = merge_cells(merge_cells(table, row=0, column=place + 1), row=0, column=place)
    slots = read([table], {"o": parse_form(_THREE, "o.yaml")})
    assert {slot.header for slot in slots.values()} == {Header.OTHER}


def test_a_figure_beside_one_that_no_column_claims_may_be_cut():
    names = ("教育支出项目", "科学支出项目", "卫生支出项目")
    # Below, a ruling too many parts the last figure from its decimals.
    rows = [["项目", "合计", "基本支出", "项目支出", "项目支出"]]
    rows += [[name, "516", "0", "516", "74"] for name in names]
    slots = read([lay_out(rows)], {"o": parse_form(_THREE, "o.yaml")})
    assert {key.rpartition(".")[2] for key, slot in slots.items() if slot.trouble is Trouble.DIVIDED} == {
        "projects"
    }
