from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.matching.rows import (
    count_among_words,
    drop_spare,
    find_halves,
    is_label,
    list_halves,
    list_rows,
    split_rows,
)
from extractor.seams.engine import Reading
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import ReadCell, Table, TextLine
from extractor.values.shape import Shape
from tests.extractor.printed import lay_out, make_cell, merge_cells, numeric_reading

_PLACE = GridCell(0, 1, 0, 1, Box(0, 0, 100, 30))


@pytest.mark.parametrize("text", ["行政许可", "1.属于国家秘密", "（七）总计", "2025年度", "件数"])
def test_words_are_a_label(text):
    assert is_label(make_cell(_PLACE, text))


@pytest.mark.issue(24)
@pytest.mark.parametrize("text", ["GDP", "R&D", "PM2.5", "5G base stations", "CPI"])
def test_latin_words_are_a_label(text):
    assert is_label(make_cell(_PLACE, text))


def test_latin_letters_that_scraps_of_ink_are_read_as_are_none():
    scraps = make_cell(_PLACE, "hracc")
    lines = tuple(replace(line, score=0.4) for line in scraps.lines)
    assert is_label(scraps) and not is_label(replace(scraps, lines=lines))


@pytest.mark.parametrize("text", ["OO", "lO", "IlS", "Z2", "B8", "1l0", "oo"])
def test_letters_that_figures_are_read_as_are_none(text):
    assert not is_label(make_cell(_PLACE, text))


@pytest.mark.parametrize("text", ["", "0", "12", "/", "—", "22（其中修订16件）", "251000元", "11一"])
def test_number_dash_or_nothing_is_no_label(text):
    assert not is_label(make_cell(_PLACE, text))


@pytest.mark.parametrize(("text", "printed"), [("一", "—"), ("〇", "0"), ("丨", "1"), ("日", "0")])
def test_stroke_read_as_a_han_numeral_is_no_label(text, printed):
    reading = Reading(text, 0.8, numeric_reading(printed).numeric)
    cell = ReadCell(_PLACE, _PLACE.box, (TextLine(_PLACE.box, text, 0.8),), reading, 1.0, Shape())
    assert not is_label(cell)


def test_rows_come_from_top_to_bottom_with_label_and_values_apart():
    first, second = split_rows(lay_out([["行政许可", "3", ""], ["行政处罚", "/", "12"]]), 4)
    assert (first.label, [v.text for v in first.values]) == ("行政许可", ["3", ""])
    assert (second.label, [v.text for v in second.values]) == ("行政处罚", ["/", "12"])
    assert first.box.bottom == second.box.top
    assert {first.table_index, second.table_index} == {4}


def test_bracket_beside_many_rows_belongs_to_none():
    cells = [GridCell(0, 3, 0, 1, Box(0, 0, 40, 90))]
    cells += [GridCell(r, r + 1, 1, 2, Box(40, 30 * r, 80, 30 * r + 30)) for r in range(3)]
    texts = ["三、本年度办理结果", "1", "2", "3"]
    read = tuple(make_cell(cell, text) for cell, text in zip(cells, texts, strict=True))
    rows = split_rows(Table(1, Grid((0, 30, 60, 90), (0, 40, 80), tuple(cells)), read), 0)
    assert [row.label for row in rows] == ["", "", ""]
    assert [row.values[0].text for row in rows] == ["1", "2", "3"]


def test_a_short_word_behind_figures_is_what_a_seal_made_of_a_value():
    (row,) = split_rows(lay_out([["3", "5", "公", "1", "9"]]), 0)
    assert (row.label, [v.text for v in row.values]) == ("", ["3", "5", "公", "1", "9"])
    (row,) = split_rows(lay_out([["行政许可", "3", "件", "5"]]), 0)
    assert row.label == "行政许可3件"


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["", "4", "", "0", "7", ""], ["4", "0", "7"]),
        (["4", "", "7"], ["4", "", "7"]),
        (["4", "", "7", ""], ["4", "", "7", ""]),
        (["行政许可", "4", "", "0", "7"], ["4", "", "0", "7"]),
    ],
)
def test_empty_cells_of_a_bare_row_go_where_as_many_figures_as_columns_are_left(texts, kept):
    rows = drop_spare(split_rows(lay_out([texts]), 0), {3})
    assert [value.text for value in rows[0].values] == kept


_ITEMS = ["教育支出", "科学支出", "农林支出", "交通支出", "住房支出"]


def side_by_side(amounts, *, items=_ITEMS, header=("项目", "行次", "金额"), page_no=1):
    rows = [[*header, *header]] if header else []
    for i, (item, amount) in enumerate(zip(items, amounts, strict=True)):
        left = item.replace("支出", "收入")
        rows.append([left, str(i + 1), amount, item, str(i + 11), amount])
    return lay_out(rows, page_no=page_no)


@pytest.mark.parametrize("amounts", [["1.50", "2", "3", "4", "5"], [""] * 5, ["7", "", "", "", "0.00"]])
def test_halves_side_by_side_are_read_one_after_the_other(amounts):
    table = side_by_side(amounts)
    assert find_halves(table) == [(0, 3), (3, 6)]
    rows = split_rows(table, 0)
    assert [row.label for row in rows] == [
        "项目行次金额", *(item.replace("支出", "收入") for item in _ITEMS), "项目行次金额", *_ITEMS
    ]  # fmt: skip
    assert [[v.text for v in row.values] for row in rows[1:6]] == [
        [str(i + 1), a] for i, a in enumerate(amounts)
    ]
    assert rows[1].box.right == rows[7].box.left == table.grid.columns[3]


def test_figures_that_run_into_the_words_after_them_make_no_other_halves():
    items = [
        f"{name}支出"
        for name in ("教育", "科学", "农林", "交通", "住房", "文化", "卫生", "国防", "金融", "外交")
    ]
    table = side_by_side(["0.00"] * 10, items=items)
    for row in (4, 5, 6):
        table = merge_cells(table, row=row, column=2)
    assert find_halves(table) == [(0, 3), (3, 6)]


def test_labels_in_two_columns_are_no_halves():
    rows = [["三、办理结果", "（一）予以公开", str(i), str(i)] for i in range(6)]
    assert find_halves(lay_out(rows)) == [(0, 4)]


def test_empty_cells_between_labels_are_no_halves():
    rows = [["三、办理结果", "", "（一）予以公开", str(i), str(i)] for i in range(6)]
    assert find_halves(lay_out(rows)) == [(0, 5)]


@pytest.mark.issue(24)
@pytest.mark.parametrize("header", [("年初数", "年末数"), ("金额",)])
def test_halves_of_an_empty_form_are_told_by_the_header_that_comes_again(header):
    blank = [""] * len(header)
    rows = [["资产", *header, "负债", *header]]
    rows += [[item.replace("支出", "收入"), *blank, item, *blank] for item in _ITEMS]
    width = len(header) + 1
    assert find_halves(lay_out(rows)) == [(0, width), (width, 2 * width)]


def test_empty_cells_between_labels_are_no_halves_of_an_empty_form():
    rows = [["项目", "", "内容", "本年", "上年"], *[["办理结果", "", item, "", ""] for item in _ITEMS]]
    assert find_halves(lay_out(rows)) == [(0, 5)]


@pytest.mark.parametrize("header", [(), ("项目", "行次", "金额")])
def test_halves_that_go_on_overleaf_are_read_through_one_by_one(header):
    more = ["文化支出", "卫生支出", "国防支出", "金融支出", "外交支出"]
    tables = [side_by_side(["1"] * 5), side_by_side(["2"] * 5, items=more, header=header, page_no=2)]
    labels = [row.label for row in list_rows(tables) if row.values]
    income = [item.replace("支出", "收入") for item in _ITEMS + more]
    assert labels == income + _ITEMS + more


def test_another_table_of_halves_is_not_the_first_going_on():
    tables = [side_by_side(["1"] * 5), side_by_side(["2"] * 5, header=("名称", "序号", "数额"), page_no=2)]
    assert list_rows(tables) == split_rows(tables[0], 0) + split_rows(tables[1], 1)


def test_halves_that_begin_with_codes_are_read_one_after_the_other():
    rows = [["科目编码", "科目名称", "决算数", "科目编码", "科目名称", "决算数"]]
    rows += [[f"3010{i}", "工资福利支出", "5", f"3020{i}", "商品服务支出", "7"] for i in range(4)]
    found = [row.label for row in list_rows([lay_out(rows)]) if row.values]
    assert found == [*(f"3010{i}工资福利支出" for i in range(4)), *(f"3020{i}商品服务支出" for i in range(4))]


def test_a_half_that_is_nearly_empty_is_told_by_words_that_come_twice_and_goes_on_overleaf():
    rows = [["项目", "决算数", "项目", "决算数"]]
    rows += [["一般预算收入", "5", "公共服务支出", ""], ["基金预算收入", "", "外交事务支出", "5"]]
    rows += [["国有资本收入", "", "国防事务支出", ""]]
    overleaf = [["", "", "教育事业支出", "7"], ["本年收入合计", "5", "本年支出合计", "12"]]
    found = [row.label for row in list_rows([lay_out(rows), lay_out(overleaf, page_no=2)]) if row.label]
    assert found.index("本年收入合计") < found.index("外交事务支出") < found.index("教育事业支出")


@pytest.mark.issue(24)
def test_halves_of_few_rows_at_the_end_of_a_page_are_told_by_the_rest_of_the_table():
    head = ["科目编码", "科目名称", "决算数"] * 2
    rows = [[f"3010{i}", "工资福利支出", "5", f"3020{i}", "商品服务支出", "7"] for i in range(6)]
    tables = [lay_out([head, *rows[:2]]), lay_out(rows[2:], page_no=2)]
    assert list_halves(tables) == [[(0, 3), (3, 6)]] * 2
    assert list_halves(tables[:1]) == [[(0, 6)]]


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("cells", "count"),
    [
        (["五、事业收入", "3.00", "五、节能环保支出", "92.43"], 1),
        (["五、事业收入3.00五、节能环保支出", "92.43"], 1),
        (["208", "社会保障支出", "92.43"], 0),
        (["行政许可", "3", "件", "92"], 0),
        (["五、事业收入", "3.00", "92.43"], 0),
        (["三、办理结果", "1.属于国家秘密", "92"], 0),
    ],
)
def test_figures_among_the_words_of_a_row_are_counted(cells, count):
    (row,) = split_rows(lay_out([cells]), 0, [(0, len(cells))])
    assert count_among_words(row) == count
