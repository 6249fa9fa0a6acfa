"""Pages in reading order, none of them twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from extractor.forms.definition import load_forms
from extractor.page_order import find_repeated, put_in_order
from extractor.values.geometry import Box
from extractor.values.page import Page, PageKind, TextLine
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out, list_rows

_FORMS = load_forms(())
_TABLE = _FORMS["gio-2021"].tables[1]


def line(text, top, left=200.0):
    return TextLine(Box(left, top, left + 14 * len(text), top + 14), text, 0.98)


def page(number, *lines, tables=()):
    return Page(number, PageKind.TEXT, 595.0, 842.0, blank_image(dpi=72.0), tuple(tables), tuple(lines))


def make_report(*, printed_numbers=True):
    """Three pages: a title with prose, a table's first half, and its second half."""
    rows = list_rows(_TABLE, map(str, count(11)))
    half = len(rows) // 2
    foot = [[line(f"- {n} -", 800)] if printed_numbers else [] for n in (1, 2, 3)]
    prose = [
        line(text, 200 + 30 * place) for place, text in enumerate(("根据条例编制本报告", "现将情况报告如下"))
    ]
    return [
        page(1, line("清河省水利厅2024年政府信息公开工作年度报告", 60, 100), *prose, *foot[0]),
        page(2, *foot[1], tables=[lay_out(rows[:half])]),
        page(3, *foot[2], tables=[lay_out(rows[half:])]),
    ]


def scanned(pages):
    """The pages as they come out of a scanner, numbered in that order."""
    return [replace(found, page_no=place + 1) for place, found in enumerate(pages)]


def numbers(pages):
    return [found.page_no for found in pages]


def test_pages_in_order_stay_as_they_are():
    assert numbers(put_in_order(make_report(), _FORMS)) == [1, 2, 3]


@pytest.mark.parametrize("printed_numbers", [True, False])
def test_pages_in_reverse_are_turned_round(printed_numbers):
    found = put_in_order(scanned(make_report(printed_numbers=printed_numbers)[::-1]), _FORMS)
    assert numbers(found) == [3, 2, 1]


def test_fronts_then_backs_are_interleaved():
    first, second, third = make_report()
    assert numbers(put_in_order(scanned([first, third, second]), _FORMS)) == [1, 3, 2]


def test_a_misread_page_number_alone_moves_nothing():
    pages = make_report()
    pages[0] = replace(pages[0], lines=(*pages[0].lines[:-1], line("- 8 -", 800)))
    assert numbers(put_in_order(pages, _FORMS)) == [1, 2, 3]


def test_two_reports_in_a_file_are_not_out_of_order():
    pages = scanned([*make_report(), *make_report()])
    assert numbers(put_in_order(pages, _FORMS)) == [1, 2, 3, 4, 5, 6]


def test_a_page_scanned_again_is_found():
    first, second, third = make_report()
    pages = scanned([first, second, second, third])
    assert numbers(find_repeated(pages)) == [3]


def test_like_pages_with_other_figures_are_two():
    rows = [list_rows(_TABLE, map(str, count(start))) for start in (11, 500)]
    assert find_repeated([page(n + 1, tables=[lay_out(found)]) for n, found in enumerate(rows)]) == []


def test_two_tables_with_the_same_figures_under_other_headers_are_two_pages():
    def told(number, title, *columns):
        body = [[f"20{i}", f"其{i}项目支出", "1520.36", "1480.11", "40.25"] for i in range(1, 9)]
        return page(number, line(title, 40), tables=[lay_out([["科目编码", "科目名称", *columns], *body])])

    income = told(1, "收入决算表", "本年收入合计", "财政拨款收入", "事业收入")
    spending = told(2, "支出决算表", "本年支出合计", "基本支出", "项目支出")
    assert find_repeated([income, spending]) == []
    assert numbers(find_repeated([income, replace(income, page_no=2)])) == [2]


def test_titles_of_two_years_are_two_pages():
    def bare(number, year):
        texts = (
            f"清河省水利厅{year}年政府信息公开工作年度报告",
            f"统计期限自{year}年1月1日起",
            f"至{year}年12月31日止",
        )
        filler = [
            line(text, 300 + 30 * i) for i, text in enumerate(("本报告", "由办公室", "编制", "欢迎查阅"))
        ]
        return page(number, *[line(text, 60 + 40 * i, 60) for i, text in enumerate(texts)], *filler)

    assert find_repeated([bare(1, 2023), bare(2, 2024)]) == []
