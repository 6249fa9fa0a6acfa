"""A form with open rows is whole once a document's rows are in it."""

from __future__ import annotations

import pytest

from extractor.forms.definition import parse_form
from extractor.forms.opening import (
    OpenColumn,
    OpenRow,
    date_form,
    find_columns,
    find_rows,
    is_open,
    is_unfilled,
    open_form,
)
from extractor.seams.errors import UsageError

_FORM = """
id: subjects
title: 决算
tables:
- id: income
  title: 收入决算表
  blocks:
  - field: 'income.{row}.{column}'
    label_columns: [科目编码, 科目名称]
    rows: open
    levels: [3, 5, 7]
    total: 合计
    columns:
    - {id: all, label: 本年收入合计}
    - {id: fiscal, label: 财政拨款收入}
identities:
- {id: 'income.{row}', rows: income, left: ['income.{row}.fiscal'], right: ['income.{row}.all']}
"""


def opened(*ids, text=_FORM):
    form = parse_form(text, "subjects.yaml")
    return open_form(form, [OpenRow("income", "income.{row}.{column}", id_, id_) for id_ in ids])


def sums(form):
    return {(i.left, i.right) for i in form.identities}


def test_rows_of_a_document_are_fields_of_the_form_and_in_its_sums():
    form = opened("total", "208", "20805", "2080501")
    assert list(form.specs()) == [
        f"income.{row}.{column}"
        for row in ("total", "208", "20805", "2080501")
        for column in ("all", "fiscal")
    ]
    assert (("income.208.fiscal",), ("income.208.all",)) in sums(form)


def test_a_code_s_row_is_the_sum_of_those_one_level_below_and_the_total_of_the_highest():
    found = sums(opened("total", "208", "20805", "2080501", "2080502", "20808", "210", "2101101"))
    for column in ("all", "fiscal"):
        parts = {"total": ("208", "210"), "208": ("20805", "20808"), "20805": ("2080501", "2080502")}
        # A level that is not printed is passed over.
        parts["210"] = ("2101101",)
        for whole, rows in parts.items():
            assert (tuple(f"income.{row}.{column}" for row in rows), (f"income.{whole}.{column}",)) in found


def test_parts_of_a_row_above_are_none_of_the_total():
    named = _FORM.replace("    levels: [3, 5, 7]\n", "    key: name\n")
    form = opened("工资", "其中奖金", "total", text=named)
    assert (("income.工资.all",), ("income.total.all",)) in sums(form)


def test_where_nothing_is_printed_the_table_has_no_field():
    form = opened()
    assert is_open(form)
    assert is_unfilled(form.tables[0])
    assert not form.specs()
    # The total stays where rows are printed without it.
    assert "income.total.all" in opened("208").specs()


def test_a_field_is_told_by_its_row():
    rows = [OpenRow("income", "income.{row}.{column}", id_, id_) for id_ in ("208", "20805")]
    found = find_rows(["income.208.all", "income.20805.all", "spending.208.all"], rows)
    assert {field: row.id for field, row in found.items()} == {
        "income.208.all": "208",
        "income.20805.all": "20805",
    }


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rows: open", "rows: closed", "must be a list of rows, or open"),
        ("levels: [3, 5, 7]", "levels: [5, 3]", "must rise"),
        ("levels: [3, 5, 7]", "key: number", "must be code or name"),
        ("levels: [3, 5, 7]", "key: name\n    levels: [3]", "have none"),
        ("rows: open", "rows: [{id: a, label: 甲}]", "only for a block that says"),
        ("field: 'income.{row}.{column}'", "field: 'income.{column}'", "must have {row}"),
        ("income.{row}.fiscal'], right", "income.{row}.other'], right", "unknown fields"),
    ],
)
def test_what_is_wrong_with_open_rows_is_told(old, new, told):
    assert old in _FORM
    with pytest.raises(UsageError) as error:
        parse_form(_FORM.replace(old, new, 1), "subjects.yaml")
    assert told in str(error.value)


def test_columns_that_are_years_are_those_of_the_document():
    form = parse_form(
        _FORM.replace("本年收入合计", "'{year}年'").replace("财政拨款收入", "'{year-1}年'"), "f.yaml"
    )
    (block,) = date_form(form, 2024).tables[0].blocks
    assert [column.label for column in block.columns] == ["2024年", "2023年"]
    assert date_form(form, None) is form
    plain = parse_form(_FORM, "f.yaml")
    assert date_form(plain, 2024) is plain


_ACROSS = """
id: across
title: 支出
tables:
- id: spent
  title: 分部门支出
  blocks:
  - field: 'spent.{row}.{column}'
    label_columns: [项目]
    columns: open
    total_columns: [合计, 小计]
    decimals: true
    rows:
    - {id: pay, label: 工资}
    - {id: all, label: 总计}
identities:
- {id: 'all.{column}', columns: spent, left: ['spent.pay.{column}'], right: ['spent.all.{column}']}
- {id: whole, left: [spent.pay.total], right: [spent.all.total]}
"""
_PRINTED = (
    ("total", "合计", ()), ("财政局_total", "小计", ("财政局",)), ("财政局_基本", "基本", ("财政局",)),
    ("财政局_项目", "项目", ("财政局",)), ("教育局", "教育局", ()),
)  # fmt: skip


def opened_across(printed=_PRINTED, **how):
    columns = [OpenColumn("spent", "spent.{row}.{column}", *told, **how) for told in printed]
    return open_form(parse_form(_ACROSS, "across.yaml"), [], columns), columns


def test_columns_of_a_document_are_fields_of_the_form_and_in_its_sums():
    form, columns = opened_across()
    assert len(form.specs()) == 10
    assert form.specs()["spent.pay.财政局_基本"].column_label == "财政局/基本"
    assert all(spec.decimals for spec in form.specs().values())
    assert (("spent.pay.教育局",), ("spent.all.教育局",)) in sums(form)
    assert (("spent.pay.total",), ("spent.all.total",)) in sums(form)
    found = find_columns(["spent.pay.教育局", "spent.all.财政局_基本", "other.pay.教育局"], columns)
    assert {field: one.label for field, one in found.items()} == {
        "spent.pay.教育局": "教育局",
        "spent.all.财政局_基本": "基本",
    }


def test_a_column_of_a_sum_is_that_of_those_under_its_words_and_the_first_that_of_all():
    for row in ("pay", "all"):
        within = tuple(f"spent.{row}.财政局_{name}" for name in ("基本", "项目"))
        assert (within, (f"spent.{row}.财政局_total",)) in sums(opened_across()[0])
        of_all = (f"spent.{row}.财政局_total", f"spent.{row}.教育局")
        assert (of_all, (f"spent.{row}.total",)) in sums(opened_across()[0])
    # Without one of its own each of a group is a part of the whole.
    form, _ = opened_across([told for told in _PRINTED if told[0] != "财政局_total"])
    parts = ("spent.pay.财政局_基本", "spent.pay.财政局_项目", "spent.pay.教育局")
    assert (parts, ("spent.pay.total",)) in sums(form)


def test_columns_of_which_none_is_sure_sum_up_to_nothing():
    form, _ = opened_across(is_sure=False)
    assert {len(left) for left, _ in sums(form)} == {1}


def test_a_table_without_a_column_is_unfilled():
    form = open_form(parse_form(_ACROSS, "across.yaml"), [])
    assert is_unfilled(form.tables[0]) and not form.specs()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("columns: open", "columns: closed", "must be a list of columns, or open"),
        ("columns: open", "columns: [{id: a, label: 甲}]", "only for a block that says 'columns: open'"),
        ("field: 'spent.{row}.{column}'", "field: 'spent.{row}'", "must have {column}"),
        ("title: 分部门支出", "title: ''", ""),
        ("  title: 分部门支出\n", "", ""),
        ("total_columns: [合计, 小计]", "total_columns: []", "at least one"),
        (
            "columns: spent, left: ['spent.pay.{column}']",
            "columns: spent, left: ['spent.x.{column}']",
            "unknown fields",
        ),
    ],
)
def test_what_is_wrong_with_open_columns_is_told(old, new, told):
    assert old in _ACROSS
    text = _ACROSS.replace(old, new, 1)
    if not told:
        # The labels of its rows tell it; where there are none nothing does.
        assert parse_form(text, "across.yaml")
        text, told = text.replace("工资", '""').replace("总计", '""'), "needs a title"
    with pytest.raises(UsageError) as error:
        parse_form(text, "across.yaml")
    assert told in str(error.value)
