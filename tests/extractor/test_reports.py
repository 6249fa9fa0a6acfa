"""Which pages of a file are one report."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from extractor.forms.definition import Block, Column, Form, FormTable, Row, load_forms, parse_form
from extractor.page_order import put_in_order
from extractor.reports import decode_report, find_reports, make_report, read_titles
from extractor.seams.calibrator import Judge
from extractor.values.geometry import Box
from extractor.values.page import Page, PageKind, TextLine
from extractor.values.result import FieldStatus
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out, list_rows
from tests.extractor.repeated import BALANCE


def page(number, *tables, title=""):
    lines = (TextLine(Box(80.0, 30.0, 400.0, 50.0), title, 1.0),) if title else ()
    return Page(number, PageKind.TEXT, 595.0, 842.0, blank_image(dpi=72.0), tuple(tables), lines)


def test_tables_whose_rows_are_called_alike_are_one_report():
    labels = ("教育支出", "科学技术支出", "农林水支出", "住房保障支出", "卫生健康支出", "城乡社区支出")
    rows = tuple(Row(f"r{place}", label) for place, label in enumerate(labels))
    columns = tuple(
        Column(f"c{place}", label) for place, label in enumerate(("合计", "基本支出", "项目支出"))
    )
    tables = tuple(
        FormTable(name, "", (Block(f"{name}.{{row}}.{{column}}", columns, rows),)) for name in ("one", "two")
    )
    form = Form("own", "支出表", (), tables, ())
    pages = [page(n + 1, lay_out(list_rows(table, map(str, count(7))))) for n, table in enumerate(tables)]
    assert len(find_reports(pages, {"own": form})) == 1


def test_rows_of_one_table_that_come_twice_are_two_reports():
    forms = load_forms(())
    table = forms["gio-2021"].tables[1]
    pages = [
        page(n + 1, lay_out(list_rows(table, map(str, count(start))))) for n, start in enumerate((7, 900))
    ]
    assert len(find_reports(pages, forms)) == 2
    # Of a form that says that its tables may come again they are one.
    repeating = {
        key: replace(form, tables=tuple(replace(own, repeats=True) for own in form.tables))
        for key, form in forms.items()
    }
    assert len(find_reports(pages, repeating)) == 1
    assert put_in_order(pages[::-1], repeating) == pages[::-1]


def test_words_taken_for_a_table_are_the_title_of_the_one_below_it():
    title = lay_out([["支出决算表", ""], ["公开03表", "金额单"]], top=100.0)
    table = lay_out([["科目名称", "合计", "基本支出"], ["教育支出", "7.00", "7.00"]], top=200.0)
    other = lay_out([["科目名称", "合计", "基本支出"], ["教育支出", "7.00", "7.00"]], top=400.0)
    told = read_titles([page(1, title, table, other)])
    assert told[1].split("\n") == ["支出决算表", "公开03表金额单"]
    assert told[2] == ""
    # A stroke of a character is no figure; the dashes of a table's last rows are.
    title = lay_out([["支出决算表", "", ""], ["公开03表", "金额单", "—"]], top=100.0)
    assert read_titles([page(1, title, table)])[1].split("\n") == ["支出决算表", "公开03表金额单—"]
    last = lay_out([["合计", "—", "—"]], top=100.0)
    assert read_titles([page(1, last, table)])[1] == ""
    # A header at the end of a page is no title of its own.
    head = lay_out([["科目名称", "合计", "基本支出"]], top=200.0)
    assert read_titles([page(1, head, title="支出决算表")])[0] == "支出决算表"


def test_a_title_by_a_form_begins_a_report_where_it_names_another_body_or_year():
    columns = (Column("a", "年初数"), Column("b", "年末数"))
    rows = tuple(Row(f"r{place}", label) for place, label in enumerate(("货币资金", "存货", "在建工程")))
    table = FormTable("t", "", (Block("t.{row}.{column}", columns, rows),))
    form = Form("own", "台账", (), (table,), (), titles=("{organ}{year}年设备台账", "{organ}设备台账"))
    printed = lay_out(list_rows(table, map(str, count(7))))

    def reports(*titles):
        pages = [page(n + 1, printed, title=title) for n, title in enumerate(titles)]
        return [len(part) for part in find_reports(pages, {"own": form})]

    # A title that comes again on every page begins nothing, read well or not.
    assert reports("青山县水务局2023年设备台账", "青山县水务局2023年设备台账", "") == [3]
    assert reports("青山县水务局2023年设备台账", "青山县水务局2024年设备台账", "") == [1, 2]
    assert reports("青山县水务局2023年设备台账", "", "白水县教育局2023年设备台账") == [2, 1]
    # One that leaves the year out, or names the annex, names nothing else.
    assert reports("青山县水务局2023年设备台账", "青山县水务局设备台账", "附件2青山县水务局设备台账") == [3]


_SEVERAL = (
    """
id: several
title: 预算执行
titles: [{pattern: '{year}年预算执行情况'}]
tables:
"""
    + BALANCE
)


def print_several(*bodies):
    """A page of a table for each of some bodies, each under its title and whose it is."""
    tables, lines = [], [TextLine(Box(200, 5, 700, 25), "2023年预算执行情况", 1.0)]
    for place, body in enumerate(bodies):
        top = 150.0 + 300 * place
        rows = [["财政拨款收入", "7"], ["事业收入", "2"], ["收入合计", "9"]]
        tables.append(lay_out([["项目", "决算数"], *rows], top=top))
        lines += [
            TextLine(Box(200, top - 60, 500, top - 40), "收支情况表", 1.0),
            TextLine(Box(200, top - 30, 500, top - 10), f"编制单位：{body}", 1.0),
        ]
    return Page(1, PageKind.TEXT, 595.0, 842.0, blank_image(), tuple(tables), tuple(lines))


def test_a_body_that_one_of_several_tables_is_of_is_not_the_one_that_reports():
    def read(*bodies):
        printed = decode_report([print_several(*bodies)], {"several": parse_form(_SEVERAL, "several.yaml")})
        return make_report(printed, Judge())

    alone, several = read("青山县水务局"), read("青山县水务局", "青山县教育局")
    assert (alone.organ.value, alone.organ.status) == ("青山县水务局", FieldStatus.ACCEPTED)
    assert (several.organ.value, several.organ.status) == ("青山县水务局", FieldStatus.REVIEW)
    assert [one.name for one in several.repeated_tables] == ["青山县水务局", "青山县教育局"]
    assert {"balance.all", "balance-2.all"} <= {field.id for field in several.fields}
