"""A table that comes again is told from one that goes on, and named by what its heading says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import parse_form
from extractor.forms.repeating import find_repeated, repeat_form
from extractor.matching.align import match_tables
from extractor.matching.columns import fill_slots
from extractor.matching.repeats import find_repeats
from extractor.matching.rows import list_rows
from tests.extractor.printed import lay_out
from tests.extractor.repeated import BALANCE

_FORM = (
    """
id: f
title: 预算执行
tables:
"""
    + BALANCE
    + """\
- id: items
  title: 支出明细表
  repeats: true
  blocks:
  - field: 'items.{row}.{column}'
    label_columns: [科目编码, 科目名称]
    rows: open
    levels: [3]
    total: 合计
    columns: [{id: amount, label: 决算数}]
identities:
- {id: all, left: [balance.income, balance.own], right: [balance.all]}
- {id: both, left: [balance.all], right: [items.total.amount]}
"""
)
_LABELS = ("财政拨款收入", "事业收入", "收入合计")


def form_of(text=_FORM):
    return parse_form(text, "f.yaml")


def balance(start, labels=_LABELS, page_no=1, top=100.0):
    rows = [[label, str(start + i)] for i, label in enumerate(labels)]
    return lay_out([["项目", "决算数"], *rows], page_no=page_no, top=top)


def items(*codes, total=True, page_no=1):
    rows = [*([["合计", "", "9"]] if total else []), *([code, "教育支出", "9"] for code in codes)]
    return lay_out([["科目编码", "科目名称", "决算数"], *rows], page_no=page_no)


def told(tables, titles, form=None, known=None):
    found = find_repeats(form or form_of(), list_rows(tables), titles, known or {})
    return [(one.table, one.name) for one in found.tables], found


def test_tables_of_the_same_rows_are_each_their_own_and_named_by_the_body_above_them():
    titles = {
        0: "收支情况表\n编制单位：教育局　　单位：万元",
        1: "收支情况表\n编制单位：水务局　　单位：万元",
    }
    names, found = told([balance(1), balance(5)], titles)
    assert names == [("balance", "教育局"), ("balance-2", "水务局")]
    assert found.own == {0: "balance", 1: "balance-2"}


@pytest.mark.parametrize(
    ("above", "names"),
    [
        (("2022年度收支情况表", "2023年度收支情况表"), ["2022年度", "2023年度"]),
        (
            ("（一）教育局\n收支情况表\n单位：万元", "（二）水务局\n收支情况表\n单位：万元"),
            ["教育局", "水务局"],
        ),
        (
            ("收支情况表\n编制单位教育局单位：万元", "收支情况表\n编制单位：水务局单位：万元"),
            ["教育局", "水务局"],
        ),
        (("公开01表\n收支情况表", "公开02表\n收支情况表"), ["", ""]),
    ],
)
def test_the_name_is_what_one_heading_says_and_the_others_do_not(above, names):
    found, _ = told([balance(1), balance(5)], dict(enumerate(above)))
    assert [name for _, name in found] == names


def test_a_table_that_goes_on_overleaf_is_one():
    assert told([balance(1, _LABELS[:2]), balance(5, _LABELS[2:], page_no=2)], {0: "收支情况表"})[0] == []


def test_lists_of_other_codes_are_two_tables_where_a_total_or_another_body_stands():
    known = {0: "items", 1: "items"}
    first, names = items("205"), ["items", "items-2"]
    assert [table for table, _ in told([first, items("208")], {}, known=known)[0]] == names
    assert told([first, items("208", total=False, page_no=2)], {}, known=known)[0] == []
    titles = {0: "支出明细表\n编制单位：教育局", 1: "支出明细表\n编制单位：水务局"}
    assert [table for table, _ in told([first, items("208", total=False)], titles, known=known)[0]] == names


def test_no_figure_of_one_is_taken_for_the_others():
    tables = [balance(1), balance(5)]
    rows, form = list_rows(tables), form_of()
    found = find_repeats(form, rows, {0: "收支情况表", 1: "收支情况表"}, {})
    matches = match_tables(rows, [repeat_form(form, found.tables)], {"f": found.own})
    slots = {slot.spec.id: slot for match in matches for slot in fill_slots(match, rows, matches)}
    figures = {key: slots[key].cell.text for key in slots}
    assert figures == {
        "balance.income": "1", "balance.own": "2", "balance.all": "3",
        "balance-2.income": "5", "balance-2.own": "6", "balance-2.all": "7",
    }  # fmt: skip


def test_of_a_form_that_does_not_say_so_what_comes_again_under_its_title_is_told_and_not_read():
    form = form_of(_FORM.replace("  repeats: true\n", ""))
    tables = [balance(1), balance(5, page_no=2)]
    _, found = told(tables, {0: "收支情况表", 1: "收支情况表"}, form)
    assert (found.tables, found.own, found.left_out) == ((), {1: ""}, (("balance", 2),))
    assert told(tables, {0: "收支情况表"}, form)[1].own == {}


def test_sums_are_those_of_each_table_and_of_several_only_where_they_are_called_alike():
    form = form_of()
    two = told([balance(1), balance(5)], {0: "教育局收支情况表", 1: "水务局收支情况表"})[1].tables
    assert {one.id: one.left for one in repeat_form(form, two).identities} == {
        "all": ("balance.income", "balance.own"), "all-2": ("balance-2.income", "balance-2.own"),
    }  # fmt: skip
    pairs = [replace(one, table=one.table.replace("balance", "items"), of="items") for one in two]
    sums = {one.id: one for one in repeat_form(form, [*two, *pairs]).identities}
    assert sums["both-2"].fields == ("balance-2.all", "items-2.total.amount")
    others = [replace(one, name="") for one in pairs]
    assert "both" not in {one.id for one in repeat_form(form, [*two, *others]).identities}


def test_a_field_is_told_by_its_table_and_a_table_is_shown_with_its_name():
    two = told([balance(1), balance(5)], {0: "教育局收支情况表", 1: "水务局收支情况表"})[1].tables
    own = find_repeated(["balance.all", "balance-2.all", "items.205.amount"], two)
    assert {field: one.name for field, one in own.items()} == {
        "balance.all": "教育局",
        "balance-2.all": "水务局",
    }
    titles = [table.title for table in repeat_form(form_of(), two, are_named=True).tables]
    assert titles == ["收支情况表 教育局", "收支情况表 水务局", "支出明细表"]
    assert repeat_form(form_of(), []) == form_of()
