"""Rows that a form leaves open are found under its header, and named by codes or names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import parse_form
from extractor.forms.opening import open_form
from extractor.matching.opening import Opened, find_open_rows
from extractor.matching.rows import list_rows
from tests.extractor.printed import lay_out, numeric_reading, read, texts_of

_HEAD = ["科目编码", "科目名称", "本年收入合计", "财政拨款收入"]
_TABLE = """
- id: {id}
  title: {title}
  blocks:
  - field: '{id}.{{row}}.{{column}}'
    label_columns: [科目编码, 科目名称]
    rows: open
    {key}
    total: 合计
    columns:
    - {{id: all, label: 本年收入合计}}
    - {{id: fiscal, label: 财政拨款收入}}
"""


def form_of(*titles, key="levels: [3, 5]"):
    text = "id: f\ntitle: 决算\ntables:"
    text += "".join(_TABLE.format(id=f"t{i}", title=title, key=key) for i, title in enumerate(titles))
    return parse_form(text, "f.yaml")


def found(tables, form=None, titles=None):
    rows = find_open_rows(form or form_of("收入决算表"), list_rows(tables), titles or {}).rows
    return [(row.table, row.id, row.is_sure) for row in rows]


def table(*rows, head=_HEAD, **how):
    """Of clean print: a recogniser is surer of its digits than `printed` makes it."""
    made = lay_out([*([head] if head else []), *rows], **how)
    cells = [
        replace(cell, reading=numeric_reading(cell.text, sure=0.99999)) if cell.reading else cell
        for cell in made.cells
    ]
    return replace(made, cells=tuple(cells))


_ROWS = (["合计", "", "9", "9"], ["208", "社会保障支出", "5", "5"], ["20805", "养老支出", "5", "5"])


def test_rows_under_the_header_are_named_by_their_codes():
    assert found([table(*_ROWS)]) == [("t0", "total", True), ("t0", "208", True), ("t0", "20805", True)]


def test_rows_go_on_overleaf_beyond_a_blank_back_and_under_a_header_that_stood_on_the_page_before():
    more = table(["210", "卫生支出", "4", "4"], head=None, page_no=3)
    assert ("t0", "210", True) in found([table(*_ROWS), more])
    head = lay_out([_HEAD], page_no=1)
    assert ("t0", "210", True) in found([head, replace(more, page_no=2)])


def test_rows_under_other_columns_are_none():
    assert found([table(*_ROWS, head=["科目编码", "科目名称", "预算数", "决算数"])]) == []


def test_a_header_that_comes_again_overleaf_is_of_the_table_before_it():
    form = form_of("政府性基金收入表", "国有资本经营收入表")
    pieces = [table(*_ROWS), table(["210", "卫生支出", "4", "4"], page_no=2)]
    assert {place for place, *_ in found(pieces, form, {0: "国有资本经营收入表"})} == {"t1"}


def test_of_two_tables_with_the_same_columns_the_title_tells():
    form = form_of("政府性基金收入表", "国有资本经营收入表")
    (first, *_) = found([table(*_ROWS)], form, {0: "国有资本经营收入表"})
    assert first[0] == "t1"


@pytest.mark.parametrize(
    ("codes", "doubted"),
    [
        # 20305 is no part of 203, which is not printed, and does not rise.
        (["208", "20805", "20305", "20806", "210"], {"20305"}),
        (["208", "20805", "20805", "210"], {"20805", "20805-2"}),
        (["208", "2080", "20806", "210"], {"2080"}),
        (["208", "20805", "20806", "210"], set()),
    ],
)
def test_a_code_that_does_not_rise_or_nest_is_in_doubt(codes, doubted):
    told = found([table(*([code, "某项支出", "5", "5"] for code in codes))])
    assert {id_ for _, id_, is_sure in told if not is_sure} == doubted


def test_a_code_that_is_read_badly_is_in_doubt():
    printed = table(*_ROWS)
    cells = [
        replace(cell, lines=tuple(replace(line, score=0.8) for line in cell.lines))
        if cell.text == "208"
        else cell
        for cell in printed.cells
    ]
    assert ("t0", "208", False) in found([replace(printed, cells=tuple(cells))])


def test_a_number_before_the_code_is_none_of_it():
    rows = [[str(i), f"20{i}", "某项支出", "5", "5"] for i in range(1, 6)]
    told = found([table(*rows, head=["序号", *_HEAD])], form_of("收入决算表", key="key: code"))
    assert [id_ for _, id_, _ in told] == ["201", "202", "203", "204", "205"]


def test_a_code_in_three_columns_is_one():
    rows = [["204", "", "", "公共安全支出", "9", "9"], ["204", "06", "", "司法", "9", "9"]]
    rows += [["204", "06", "01", "行政运行", "9", "9"]]
    form = form_of("收入决算表", key="levels: [3, 5, 7]")
    told = found([table(*rows, head=["类", "款", "项", *_HEAD[1:]])], form)
    assert told == [("t0", "204", True), ("t0", "20406", True), ("t0", "2040601", True)]


@pytest.mark.parametrize("title", ["部门收入预算表", "国有资本经营支出决算表"])
def test_a_table_under_another_title_is_another(title):
    form = form_of("收入决算表")
    rows = list_rows([table(*_ROWS)])
    assert find_open_rows(form, rows, {0: title}) == Opened((), {0: ""})
    assert find_open_rows(form, rows, {0: "2023年度部门收入决算表"}).tables == {0: "t0"}


def test_a_table_of_the_form_under_its_own_title_is_barred_by_no_columns_of_another():
    form = form_of("收入决算表", "国有资本经营明细表")
    closed = replace(form.tables[1].blocks[0], open_rows=None)
    form = replace(form, tables=(form.tables[0], replace(form.tables[1], blocks=(closed,))))
    assert find_open_rows(form, list_rows([table(*_ROWS)]), {0: "国有资本经营明细表"}) == Opened()


def test_rows_of_a_block_that_has_two_totals_are_in_doubt():
    pieces = [table(*_ROWS), table(["合计", "", "4", "4"], ["213", "农林水支出", "4", "4"], page_no=2)]
    assert {is_sure for *_, is_sure in found(pieces)} == {False}


def test_names_name_rows_where_the_form_says_so():
    form = form_of("登记表", key="key: name")
    printed = table(["", "办公费", "5", "5"], ["", "差旅费", "4", "4"], ["合计", "", "9", "9"])
    assert [id_ for _, id_, _ in found([printed], form)] == ["办公费", "差旅费", "total"]
    # A name is what is printed, letter by letter: of two forms of one letter neither is the other.
    names = ["鮀浦街道办", "浦街道办", "昇平镇", "升平镇", "龑龢"]
    printed = table(*(["", name, "5", "5"] for name in names))
    assert [id_ for _, id_, _ in found([printed], form)] == names


def test_what_a_row_shows_is_in_its_fields():
    form = form_of("收入决算表")
    printed = table(
        ["208", "社会保障支出", "5", "4"], ["210", "卫生健康支出", "3", "2"], ["221", "住房支出", "7", "6"]
    )
    whole = open_form(form, find_open_rows(form, list_rows([printed]), {}).rows)
    texts = texts_of(read([printed], {"f": whole}))
    assert texts["t0.208.all"] == "5"
    assert texts["t0.210.fiscal"] == "2"


@pytest.mark.issue(24)
def test_a_table_that_is_not_open_goes_on_overleaf_under_its_header_and_is_no_open_one():
    form = form_of("收入决算表", "基本支出决算表", key="key: name")
    closed = replace(form.tables[1].blocks[0], open_rows=None)
    form = replace(form, tables=(form.tables[0], replace(form.tables[1], blocks=(closed,))))
    pieces = [table(*_ROWS), table(["", "卫生支出", "4", "4"], page_no=2)]
    assert find_open_rows(form, list_rows(pieces), {0: "基本支出决算表"}) == Opened()


def test_a_piece_that_names_no_row_is_not_said_to_be_the_open_table():
    told = find_open_rows(form_of("收入决算表"), list_rows([table(["", "卫生支出", "4", "4"])]), {})
    assert told == Opened()


@pytest.mark.issue(24)
def test_below_its_title_a_table_is_known_by_half_of_its_columns():
    printed = table(*_ROWS, head=[*_HEAD[:3], "某某某某"])
    assert found([printed], titles={0: "支出决算表"}) == []
    assert found([printed], titles={0: "收入决算表"})[0] == ("t0", "total", True)


@pytest.mark.issue(24)
def test_a_name_that_lost_its_first_stroke_is_whole():
    printed = table(["", "般公共预算支出", "5", "5"])
    assert [id_ for _, id_, _ in found([printed], form_of("登记表", key="key: name"))] == ["一般公共预算支出"]
