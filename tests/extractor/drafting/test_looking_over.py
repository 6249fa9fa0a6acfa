"""What is odd in a form is told: what has no words, what comes twice, what its specimen shows besides."""

from __future__ import annotations

import pytest

from extractor.drafting.looking_over import compare, look_over
from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import built_in_forms, list_families, load_forms, parse_form
from extractor.values.page import Page, PageKind
from extractor.wording.catalogue import Language
from extractor.wording.said import word
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out

pytestmark = pytest.mark.issue(24)
_ROWS = [
    ["项目", "年初数", "年末数"],
    ["货币资金", "1043", "2077"],
    ["应收账款", "3021", "4056"],
    ["存货", "512", "613"],
    ["资产总计", "4576", "6746"],
]


def draft():
    page = Page(1, PageKind.SCAN, 600, 800, blank_image(), (lay_out(_ROWS),), ())
    tables = draft_tables([page])
    return write_draft("mine", "specimen.pdf", tables), tables


def said(text, tables=None):
    form = parse_form(text, "mine.yaml")
    return [word(str(told), Language.ENGLISH) for told in (*look_over(form), *compare(form, tables or ()))]


def test_a_draft_lacks_nothing_of_its_specimen_and_forms_that_come_along_have_nothing_odd():
    assert said(*draft()) == []
    for form in (*built_in_forms().values(), *load_forms(tuple(list_families().values())).values()):
        assert look_over(form) == []


def test_rows_and_columns_without_words_and_columns_called_alike_are_told():
    text, _ = draft()
    (told,) = said(text.replace("label: 存货", 'label: ""'))
    assert "1 row has no label (r3)" in told
    (told,) = said(text.replace("label: 年末数", 'label: ""'))
    assert "no words above it (c2)" in told
    (told,) = said(text.replace("label: 年末数", "label: 年初数"))
    assert "more than one column is called 年初数" in told
    doubled = text.replace("label: 存货", "label: 货币资金")
    assert said(doubled) == []
    (told,) = said(doubled.replace("label: 货币资金", "label: 货币资金, optional: true"))
    assert "more than one row is called 货币资金" in told


def test_rows_of_a_half_that_was_lost_are_told_from_the_specimen():
    text, tables = draft()
    lost = text.replace("货币资金", "短期借款").replace("应收账款", "应付账款").replace("存货", "长期借款")
    assert any("3 rows" in told and "“货币资金”" in told for told in said(lost, tables))


def test_a_column_and_a_sum_that_the_form_lacks_are_told():
    text, tables = draft()
    without = text.partition("identities:")[0]
    (told,) = said(without, tables)
    assert "资产总计 = 货币资金 + 应收账款 + 存货" in told
    assert any("年末数" in told for told in said(text.replace("label: 年末数", "label: 上年数"), tables))
