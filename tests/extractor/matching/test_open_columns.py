"""Columns that a form leaves open are named by the words above them, sure only where these fill the header."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import parse_form
from extractor.forms.opening import open_form
from extractor.matching.align import match_tables
from extractor.matching.columns import fill_slots
from extractor.matching.open_columns import find_open_columns
from extractor.matching.rows import list_rows
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import Table, TextLine
from extractor.values.slot import Header
from tests.extractor.printed import make_cell

_FORM = """
id: f
title: 统计
tables:
- id: t
  title: 分部门支出
  blocks:
  - field: 't.{row}.{column}'
    label_columns: [项目]
    columns: open
    total_columns: [合计, 小计]
    unit: 万元
    rows:
    - {id: pay, label: 工资福利支出}
    - {id: goods, label: 商品和服务支出}
    - {id: all, label: 支出总计}
"""
_ROWS = ("工资福利支出", "商品和服务支出", "支出总计")
_WIDTH, _HEIGHT = 120.0, 30.0


def form_of(text=_FORM):
    return parse_form(text, "f.yaml")


def table(*header, rows=_ROWS, page_no=1, score=1.0):
    """A ruled table: cells of its header as (row, first column, end, text[, rows]), and as many figures a row."""
    columns = max(end for _, _, end, *_ in header)
    depth = max(row + (rest[1] if len(rest) > 1 else 1) for row, _, _, *rest in header)
    lefts = [0.0, 3 * _WIDTH, *(3 * _WIDTH + _WIDTH * i for i in range(1, columns))]
    cells = [
        (row, row + (rest[1] if len(rest) > 1 else 1), first, end, rest[0])
        for row, first, end, *rest in header
    ]
    for r, label in enumerate(rows, start=depth):
        cells += [
            (r, r + 1, 0, 1, label),
            *((r, r + 1, c, c + 1, str(10 * r + c)) for c in range(1, columns)),
        ]
    made = []
    for top, bottom, first, end, text in cells:
        box = Box(lefts[first], top * _HEIGHT, lefts[end], bottom * _HEIGHT)
        cell = make_cell(GridCell(top, bottom, first, end, box), text)
        middle, top_of_line = box.center_x, box.top + 5
        line = Box(middle - 7 * len(text), top_of_line, middle + 7 * len(text), top_of_line + 14)
        made.append(replace(cell, lines=(TextLine(line, text, score),) if text else ()))
    levels = tuple(i * _HEIGHT for i in range(depth + len(rows) + 1))
    return Table(page_no, Grid(levels, tuple(lefts), tuple(cell.cell for cell in made)), tuple(made))


def found(*tables, form=None, titles=None):
    headed = find_open_columns(form or form_of(), tables, list_rows(tables), titles or {})
    return [(one.column.id, one.column.is_sure) for one in headed]


_FLAT = [(0, 0, 1, "项目"), (0, 1, 2, "合计"), (0, 2, 3, "财政局"), (0, 3, 4, "教育局")]
_DEEP = [
    (0, 0, 1, "项目", 2), (0, 1, 2, "合计", 2), (0, 2, 4, "财政局"), (0, 4, 6, "教育局"),
    (1, 2, 3, "小计"), (1, 3, 4, "基本支出"), (1, 4, 5, "小计"), (1, 5, 6, "基本支出"),
]  # fmt: skip


def test_columns_are_named_by_their_words_and_a_sum_by_its_name():
    assert found(table(*_FLAT)) == [("total", True), ("财政局", True), ("教育局", True)]


def test_words_that_span_columns_stand_before_their_own():
    assert found(table(*_DEEP)) == [
        ("total", True), ("财政局_total", True), ("财政局_基本支出", True),
        ("教育局_total", True), ("教育局_基本支出", True),
    ]  # fmt: skip


def without(header, *words):
    return [cell for cell in header if cell[3] not in words]


@pytest.mark.parametrize(
    ("header", "doubted"),
    [
        # Two columns under one cell, which a ruling parted.
        ([*without(_FLAT, "财政局", "教育局"), (0, 2, 4, "财政局教育局")], {"total", "column-2", "column-3"}),
        # Words come twice: those that span them are lost, and may span the others too.
        ([*without(_FLAT, "教育局"), (0, 3, 4, "财政局")], {"total", "财政局", "财政局-2"}),
        # Of the words above the labels a part is left: so may be of the header.
        ([*without(_FLAT, "项目"), (0, 0, 1, "76")], {"total", "财政局", "教育局"}),
        # The words above one group are lost: so may be those of all.
        (without(_DEEP, "教育局"), {"total", "财政局_total", "财政局_基本支出", "total-2", "基本支出"}),
        # Nothing stands above a column.
        ([*without(_FLAT, "财政局"), (0, 2, 3, "")], {"total", "column-2", "教育局"}),
    ],
)
def test_where_the_header_is_not_whole_no_name_is_sure(header, doubted):
    assert {name for name, is_sure in found(table(*header)) if not is_sure} == doubted


@pytest.mark.parametrize(
    ("above", "is_sure"),
    [
        ("表2 分部门支出\n单位：万元", True),
        ("分部门支出\n编制单位：青山县财政局\n（2023年）", True),
        ("分部门支出\n单位：万元\n财政局教育局", False),
        ("财政局教育局", False),
    ],
)
def test_words_between_the_title_and_the_table_may_be_of_its_header(above, is_sure):
    """Those that span columns stood there, and 基本支出 was nobody's."""
    assert {sure for _, sure in found(table(*_FLAT), titles={0: above})} == {is_sure}


def with_lines(printed, text, *lines):
    """The table with the lines of one cell where they are told: text, left, top."""
    cells = tuple(
        replace(
            cell,
            lines=tuple(
                TextLine(Box(left, top, left + 15 * len(words), top + 12), words, 1.0)
                for words, left, top in lines
            ),
        )
        if cell.text == text
        else cell
        for cell in printed.cells
    )
    return replace(printed, cells=cells)


def test_lines_of_one_cell_that_are_out_of_line_are_two_headers():
    left = 3 * _WIDTH + _WIDTH
    straight = with_lines(table(*_FLAT), "财政局", ("财政", left + 45, 2), ("局", left + 52, 15))
    assert found(straight)[1] == ("财政局", True)
    askew = with_lines(table(*_FLAT), "财政局", ("财政", left + 80, 2), ("局", left + 20, 15))
    assert {is_sure for _, is_sure in found(askew)} == {False}
    beside = with_lines(table(*_DEEP), "财政局", ("财政", left + 5, 2), ("局", left + 150, 2))
    assert {is_sure for _, is_sure in found(beside)} == {False}


def test_lines_above_one_column_that_the_others_have_not_may_span_them():
    left, text = 3 * _WIDTH + _WIDTH, "财政局"
    wrapped = with_lines(table(*_FLAT), text, ("财政", left + 45, 1), ("局", left + 52, 16))
    assert {is_sure for _, is_sure in found(wrapped)} == {True}
    # The others stand as low as its second line.
    low = wrapped
    for place, other in ((3 * _WIDTH, "合计"), (left + _WIDTH, "教育局")):
        low = with_lines(low, other, (other, place + 45, 16))
    assert {is_sure for _, is_sure in found(low)} == {False}


def test_a_figure_that_a_scan_may_misread_names_a_column_only_in_a_series():
    def months(*names, score):
        head = [(0, 0, 1, "项目"), *((0, i, i + 1, name) for i, name in enumerate(names, start=1))]
        return {name for name, is_sure in found(table(*head, score=score)) if not is_sure}

    assert months("4月", "5月", "6月", score=0.999) == set()
    assert months("4月", "8月", "6月", score=0.999) == {"4月", "8月", "6月"}
    assert months("4月", "月", "6月", score=0.999) == {"4月", "月", "6月"}
    assert months("4月", "8月", score=1.0) == set()


def test_of_two_names_one_letter_apart_a_scan_may_have_misread_either():
    head = [(0, 0, 1, "项目"), (0, 1, 2, "项目支出"), (0, 2, 3, "项自支出")]
    assert {is_sure for _, is_sure in found(table(*head, score=0.999))} == {False}
    assert {is_sure for _, is_sure in found(table(*head))} == {True}


def test_gaps_between_rulings_numbers_of_rows_and_of_columns_are_no_columns():
    head = [
        (0, 0, 1, "项目"), (0, 1, 2, "行次"), (0, 2, 3, "财政局"),
        (1, 0, 1, "栏次"), (1, 1, 2, ""), (1, 2, 3, "1"),
    ]  # fmt: skip
    assert found(table(*head)) == [("财政局", True)]


def test_the_table_is_known_by_its_rows_and_never_under_another_title():
    other = _FORM.replace("label: 工资福利支出", "label: 房屋").replace(
        "label: 商品和服务支出", "label: 车辆"
    )
    assert found(table(*_FLAT), form=form_of(other)) == []
    titled = form_of(_FORM.replace("分部门支出", "部门支出决算表"))
    assert found(table(*_FLAT), titles={0: "部门支出决算表"}, form=titled) != []
    assert found(table(*_FLAT), titles={0: "国有资本经营预算表"}, form=titled) == []


def test_rows_that_are_open_too_are_found_under_the_title():
    text = _FORM[: _FORM.index("    rows:")] + "    rows: open\n    key: name\n"
    assert [name for name, _ in found(table(*_FLAT), titles={0: "分部门支出"}, form=form_of(text))] == [
        "total", "财政局", "教育局",
    ]  # fmt: skip
    assert found(table(*_FLAT), form=form_of(text)) == []


def test_a_column_in_doubt_is_read_and_kept_in_review():
    printed = table(*without(_FLAT, "教育局"), (0, 3, 4, "财政局"))
    rows = list_rows([printed])
    columns = [one.column for one in find_open_columns(form_of(), [printed], rows, {})]
    (match,) = match_tables(rows, [open_form(form_of(), [], columns)])
    slots = {slot.spec.id: slot for slot in fill_slots(match, rows, [match])}
    assert slots["t.pay.财政局"].cell.text == "12"
    assert {key: slot.header for key, slot in slots.items() if ".pay." in key} == {
        "t.pay.total": Header.KEY, "t.pay.财政局": Header.KEY, "t.pay.财政局-2": Header.KEY,
    }  # fmt: skip
