"""Which of a form's tables a printed one is: its title says, or labels that no other table has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import parse_form
from extractor.matching.align import match_tables
from extractor.matching.rows import list_rows
from extractor.matching.titles import find_title, is_other_title, name_tables
from tests.extractor.printed import lay_out

_SHARED = ("教育支出", "卫生支出", "农林支出", "住房支出", "总计")
_OWN = {"t0": ("事业收入", "经营收入", "投资收入"), "t1": ("拨款结转", "拨款结余", "拨款调剂")}
_TITLES = ("收入支出决算总表", "财政拨款收入支出决算总表")


def form_of():
    """Two tables that share five rows, and have others of their own."""
    text = "id: f\ntitle: 决算\ntables:\n"
    for (table, labels), title in zip(_OWN.items(), _TITLES, strict=True):
        text += f"- id: {table}\n  title: {title}\n  blocks:\n  - field: '{table}.{{row}}'\n"
        text += "    label_columns: [项目]\n    columns: [{id: amount, label: 决算数}]\n    rows:\n"
        text += "".join(
            f"    - {{id: r{i}, label: {label}}}\n" for i, label in enumerate((*labels, *_SHARED))
        )
    text += "- id: t2\n  title: 一般公共预算支出决算表\n  blocks:\n  - field: 't2.{row}'\n    label_columns: [科目]\n"
    text += "    columns: [{id: amount, label: 决算数}]\n    rows: [{id: r0, label: 基本支出}]\n"
    return parse_form(text, "f.yaml")


def printed(table, *, start=0, page_no=1, left_out=()):
    """A table of the form with figures from `start` on."""
    rows = [[label, str(start + i)] for i, label in enumerate((*_OWN[table], *_SHARED))]
    return lay_out([["项目", "决算数"], *(row for row in rows if row[0] not in left_out)], page_no=page_no)


def figures(tables, titles):
    """By table and row of the form the figures that were found for it."""
    form, rows = form_of(), list_rows(tables)
    matches = match_tables(rows, [form], {"f": name_tables(form, rows, titles)})
    return {
        (match.table.id, row.target.row.label): row.printed.values[0].text
        for match in matches
        for row in match.matches
        if row.target.is_data
    }


@pytest.mark.parametrize(
    ("words", "table"),
    [
        ("收入支出决算总表", "t0"),
        ("清河县财政局2023年度收入支出决算总表", "t0"),
        ("清河县财政局\n2023年度部门决算\n财政拨款收入支出决算总表\n公开04表 金额单位：万元", "t1"),
        ("财政拨款\n收入支出决算总表", "t1"),
        ("表二 收入支出决算总表（续）", "t0"),
        ("收入支出决算总表\n财政拨欵收入支出决算总表", "t1"),
        # Of no table of the form, however it ends.
        ("政府性基金收入支出决算总表", None),
        ("收入支出预算总表", None),
        ("般公共预算支出决算表", "t2"),
        # With letters more or less it is another.
        ("2023年度部门决算\n财政拨款支出决算总表", None),
        ("", None),
    ],
)
def test_a_title_is_a_whole_line_and_the_longest_that_fits(words, table):
    found = find_title(words, form_of().tables)
    assert (found.id if found else None) == table


@pytest.mark.parametrize("titles", [{0: _TITLES[1], 1: _TITLES[0]}, {}])
def test_tables_in_another_order_than_the_forms_are_read_each_as_itself(titles):
    found = figures([printed("t1", start=10), printed("t0", start=50, page_no=2)], titles)
    assert found["t1", "总计"] == "17"
    assert found["t0", "总计"] == "57"
    assert len(found) == 16


def test_a_row_that_one_table_lacks_is_not_taken_from_the_other():
    tables = [printed("t0", left_out=("总计", "住房支出")), printed("t1", start=50, page_no=2)]
    found = figures(tables, {0: _TITLES[0], 1: _TITLES[1]})
    assert ("t0", "总计") not in found
    assert ("t0", "住房支出") not in found
    assert found["t1", "总计"] == "57"


def test_a_table_goes_on_overleaf_without_a_title():
    first = printed("t1", left_out=_SHARED)
    rest = lay_out([[label, str(90 + i)] for i, label in enumerate(_SHARED)], page_no=2)
    found = figures([first, rest, printed("t0", start=50, page_no=3)], {0: _TITLES[1], 2: _TITLES[0]})
    assert found["t1", "总计"] == "94"
    assert found["t0", "总计"] == "57"


def test_a_title_above_another_tables_labels_is_not_believed():
    rows = list_rows([printed("t0")])
    assert name_tables(form_of(), rows, {0: _TITLES[1]}) == {}
    assert name_tables(form_of(), rows, {0: _TITLES[0]}) == {0: "t0"}


def test_labels_of_two_tables_in_one_grid_name_neither():
    both = printed("t0"), printed("t1", page_no=1)
    rows = [replace(row, table_index=0) for row in list_rows(both)]
    assert name_tables(form_of(), rows, {}) == {}


@pytest.mark.parametrize(
    ("words", "other"),
    [
        ("支出决算表文出决算表\n公开03表", False),
        ("支出\n决算表", False),
        ("支出预算表", True),
        ("支出决算表\n收入决算表", True),
        ("收入决算表\n支出决算表", False),
        ("支出决算表\n单位：万元\n收入\n决算表", True),
        ("支出决算表 收入决算表", True),
        ("支出决算表 支出预算表", True),
    ],
)
def test_the_title_of_another_table_is_told_from_one_that_is_read_twice(words, other):
    table = replace(form_of().tables[0], title="支出决算表")
    assert is_other_title(words, table) is other
