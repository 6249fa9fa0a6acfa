"""Which look at a page is kept; the looks themselves are tested where pages and reports are.

Pages are the tables of a form laid out by hand and really decoded; only the second look at one is given.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extractor import reread
from extractor.forms.definition import load_forms
from extractor.seams.engine import NullEngine
from extractor.seams.readers import Readers
from extractor.values.geometry import Box
from extractor.values.matched import NamedBy, RowName, TableMatch
from extractor.values.option import Content, Option
from extractor.values.page import Page, PageKind, TextLine
from extractor.values.result import Kind
from extractor.values.slot import Header
from models.pages import load_labeller
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out, list_rows, numeric_reading
from tests.extractor.trust.test_features import decoded

_FORMS = {"gio-2021": load_forms(())["gio-2021"]}
_TITLE = TextLine(Box(100.0, 40.0, 500.0, 60.0), "某局2024年政府信息公开工作年度报告", 0.99)


def printed(number, name, *, sure, top=100.0):
    """The table of this name, 0 in every cell (so that all sums hold), as sure as said."""
    laid = lay_out(list_rows(_FORMS["gio-2021"].table(name), iter(lambda: "0", "")), page_no=number, top=top)
    cells = tuple(
        cell if cell.reading is None else replace(cell, reading=numeric_reading(cell.text, sure=sure))
        for cell in laid.cells
    )
    return replace(laid, cells=cells)


def page_of(number, tables, *, ruled=True, lines=()):
    image = replace(blank_image(), grids=tuple(table.grid for table in tables) if ruled else ())
    return Page(number, PageKind.SCAN, 595.0, 842.0, image, tuple(tables), tuple(lines))


def page(number, table, *, sure, ruled=True, lines=()):
    """A page that prints the table of this name, as sure as said."""
    return page_of(number, [printed(number, table, sure=sure)], ruled=ruled, lines=lines)


def unread(number, *, lines=()):
    """A page on which a grid was found and nothing of a form."""
    made = page(number, "requests", sure=0.99, lines=lines)
    return replace(made, tables=())


@pytest.fixture
def looks(monkeypatch):
    """Second looks by page number, to be filled in by the test; with the pages asked for in `asked`.

    Of a page of several tables the look at one of them alone is that by the page's number and the table's place.
    """
    given: dict[int | tuple[int, int], Page] = {}
    asked: list[int] = []

    def read_page(page_no, image, size, engine, *, without):
        assert size == (595.0, 842.0)
        asked.append(page_no)
        is_one = len(without) < len(image.grids)
        return given[(page_no, image.grids.index(without[0])) if is_one else page_no]

    monkeypatch.setattr(reread, "read_page", read_page)
    return given, asked


def kept(pages, looks):
    """Numbers of the pages of which the second look was kept."""
    best, _ = reread.read_report(pages, _FORMS, Readers(NullEngine(), None, load_labeller()))
    return [own.page_no for own in best if any(own is other for other in looks[0].values())]


def test_clear_pages_are_read_once(looks):
    pages = [
        page(1, "disclosure", sure=0.999),
        page(2, "requests", sure=0.999),
        page(3, "disputes", sure=0.999),
    ]
    assert kept(pages, looks) == []
    assert looks[1] == []


def test_the_clearer_look_is_kept_page_by_page(looks):
    doubtful = {1: ("disclosure", 0.3, 0.4), 2: ("requests", 0.4, 0.3), 3: ("disputes", 0.3, 0.4)}
    pages = [page(number, table, sure=first) for number, (table, first, _) in doubtful.items()]
    looks[0].update({number: page(number, table, sure=then) for number, (table, _, then) in doubtful.items()})
    assert kept(pages, looks) == [1, 3]
    assert looks[1] == [1, 2, 3]


@pytest.mark.issue(22)
def test_of_a_page_of_two_tables_the_clearer_look_is_kept_table_by_table(looks):
    """The rulings of one may mislead, those of the other help: neither look at the whole page is the best one."""

    def two(requests, disputes):
        return page_of(
            1, [printed(1, "requests", sure=requests), printed(1, "disputes", sure=disputes, top=1500.0)]
        )

    looks[0].update({1: two(0.3, 0.3), (1, 0): two(0.9, 0.5), (1, 1): two(0.2, 0.6)})
    (best,), _ = reread.read_report([two(0.5, 0.5)], _FORMS, Readers(NullEngine(), None, load_labeller()))
    figures = [next(cell for cell in table.cells if cell.reading is not None) for table in best.tables]
    likeliest = [float(np.exp(cell.reading.numeric).max(axis=0)[1:].max()) for cell in figures]
    assert likeliest == pytest.approx([0.9, 0.6], abs=0.02)


def test_a_page_of_very_many_tables_is_looked_at_once_more_and_not_for_each_of_them(looks):
    """A hundred small ones took 26 s."""
    tables = [printed(1, "requests", sure=0.3, top=100.0 + 2000.0 * place) for place in range(9)]
    looks[0][1] = page_of(1, tables)
    assert kept([page_of(1, tables)], looks) == []
    assert looks[1] == [1]


def test_nothing_more_is_looked_at_once_all_is_clear(looks):
    tables = {1: "disclosure", 2: "requests", 3: "disputes"}
    pages = [page(number, table, sure=0.3 if number == 2 else 0.999) for number, table in tables.items()]
    looks[0].update({number: page(number, table, sure=0.999) for number, table in tables.items()})
    assert kept(pages, looks)[-1] == 2
    assert looks[1] == [1, 2]


def test_pages_without_ruled_tables_and_pages_of_the_files_own_text_are_left(looks):
    plain = page(1, "requests", sure=0.3, ruled=False)
    own_text = replace(page(1, "requests", sure=0.3), kind=PageKind.TEXT)
    assert kept([plain], looks) == []
    assert kept([own_text], looks) == []
    assert looks[1] == []


def test_a_titled_report_that_was_not_found_is_looked_for_again(looks):
    looks[0][1] = page(1, "requests", sure=0.99)
    assert kept([unread(1, lines=[_TITLE])], looks) == [1]


_OPEN = """
id: own
title: 支出
tables:
- id: spending
  title: 支出表
  blocks:
  - field: 'spending.{row}.{column}'
    columns: open
    rows:
    - {id: staff, label: 工资福利支出}
    - {id: goods, label: 商品和服务支出}
    - {id: other, label: 其他各项支出}
"""


def test_a_report_whose_open_columns_are_not_found_has_no_field_and_is_looked_at_again(looks, tmp_path):
    """It was a division by the number of its fields, and the document failed."""
    (tmp_path / "own.yaml").write_text(_OPEN, encoding="utf-8")
    forms = {"own": load_forms((tmp_path / "own.yaml",))["own"]}
    rows = [["工资福利支出", "1", "2"], ["商品和服务支出", "3", "4"], ["其他各项支出", "5", "6"]]
    title = TextLine(Box(100.0, 40.0, 300.0, 60.0), "支出表", 0.99)
    own = page_of(1, [lay_out(rows, page_no=1)], lines=[title])
    looks[0][1] = own
    _, report = reread.read_report([own], forms, Readers(NullEngine(), None, load_labeller()))
    assert report is not None
    assert len(report.decoded.slots) == 0
    assert looks[1] == [1]


def test_other_documents_are_not_looked_at_again(looks):
    assert kept([unread(1)], looks) == []
    assert looks[1] == []


def test_a_look_that_sees_only_blanks_yields_less_than_one_that_sees_figures():
    figures = decoded({"a": 1, "b": 2}, clear=0.9)
    blank = Option("", Content(Kind.BLANK, None), 0.99)
    blanks = replace(figures, options={"a": (blank,), "b": (blank,)}, beliefs={"a": [0.99], "b": [0.99]})
    seen = [reread._yield(reread.PrintedReport((), (), found)) for found in (figures, blanks)]
    assert seen[0] > seen[1]


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    "change", [{"header": Header.OTHER}, {"row_name": RowName(NamedBy.LABEL, 0.95, other=True)}]
)
def test_a_look_that_sees_other_words_yields_less(change):
    """It read a word of the header, or a label, as another: of two looks it has misread more."""
    own = decoded({"a": 1, "b": 2}, clear=0.999)
    other = replace(own, slots=(replace(own.slots[0], **change), *own.slots[1:]))
    seen = [reread._yield(reread.PrintedReport((), (), found)) for found in (own, other)]
    assert seen[0] > seen[1]


@pytest.mark.issue(26)
@pytest.mark.parametrize(("form", "is_better"), [("gio-2021", True), ("gio-2019", False)])
def test_of_two_forms_the_one_is_better_that_is_more_like_what_is_printed(form, is_better):
    """Their fields are others, so that what they leave in doubt does not compare."""
    forms = load_forms(())

    def look(name, score, clear):
        match = TableMatch(forms[name], forms[name].table("disclosure"), (), score, 1.0)
        return reread.PrintedReport((), (match,), decoded({"a": 1, "b": 2}, clear=clear))

    assert reread._is_better(look(form, 16.8, 0.99), look("gio-2021", 25.9, 0.7)) is is_better
