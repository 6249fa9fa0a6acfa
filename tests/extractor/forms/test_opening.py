"""A form with open rows is whole once a document's rows are in it."""

from __future__ import annotations

import pytest

from extractor.forms.definition import parse_form
from extractor.forms.opening import OpenRow, date_form, find_rows, is_open, is_unfilled, open_form
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
