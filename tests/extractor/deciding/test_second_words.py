"""Labels and headers that are not the form's are read by the second reader as well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor import reread
from extractor.deciding.second_words import bear_out_columns, bear_out_rows
from extractor.forms.definition import load_forms, parse_form
from extractor.forms.opening import OpenColumn, OpenRow
from extractor.matching.open_columns import HeadedColumn
from extractor.matching.opening import Opened
from extractor.matching.rows import list_rows as rows_of
from extractor.seams.engine import NullEngine, Reading
from extractor.seams.readers import Readers
from extractor.values.page import Page, PageKind
from extractor.values.slot import Header
from models.pages import load_labeller
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out, list_rows, numeric_reading

_OPEN_ROWS = """
id: f
title: 统计
tables:
- id: t
  title: 产量
  blocks:
  - field: 't.{row}.{column}'
    columns: [{id: made, label: 产量}]
    rows: open
"""
_FORMS = {"gio-2021": load_forms(())["gio-2021"]}


class Second:
    """Reads every crop of words as this; figures as nothing."""

    name = fingerprint = lineage = "second"

    def __init__(self, text, score=0.99):
        self._reading = Reading(text, score)
        self.asked = 0

    def read(self, crops, *, width_scale=1.0):
        self.asked += len(crops) if width_scale == 1.0 else 0
        return [self._reading if width_scale == 1.0 else Reading("", 0.0)] * len(crops)


def print_as(printed, read, score=0.95):
    """A page of table two on which these words were read as those."""
    laid = lay_out(list_rows(_FORMS["gio-2021"].table("disclosure"), iter(lambda: "0", "")), page_no=1)
    cells = [
        cell
        if cell.text != printed
        else replace(cell, lines=(replace(cell.lines[0], text=read, score=score),))
        for cell in laid.cells
    ]
    assert any(cell.text == read for cell in cells)
    sure = [
        cell if cell.reading is None else replace(cell, reading=numeric_reading(cell.text, sure=0.999))
        for cell in cells
    ]
    table = replace(laid, cells=tuple(sure))
    return Page(1, PageKind.SCAN, 595.0, 842.0, blank_image(), (table,), ())


def read(page, second):
    _, found = reread.read_report([page], _FORMS, Readers(NullEngine(), second, load_labeller()))
    assert found is not None
    return found.decoded.slots


def of_row(slots, row):
    return [slot for slot in slots if f".{row}." in slot.spec.id]


@pytest.mark.parametrize(("said", "is_other"), [("行政强制", False), ("行政弹制", True), ("行政通知", True)])
def test_a_row_is_anothers_only_if_both_looks_say_so(said, is_other):
    second = Second(said)
    found = of_row(read(print_as("行政强制", "行政弹制"), second), "coercion")
    assert found and all(slot.row_name.other is is_other for slot in found)
    assert second.asked == 1


def test_a_column_is_anothers_only_if_both_looks_say_so():
    slots = read(print_as("本年制发件数", "上年制发件数"), Second("本年制发件数"))
    assert all(slot.header is Header.FITS for slot in slots)
    slots = read(print_as("本年制发件数", "上年制发件数"), Second("上年制发件数"))
    assert any(slot.header is Header.OTHER for slot in slots)


@pytest.mark.parametrize("read_as", ["行政强制", "行政强剃"])
def test_what_the_file_says_itself_and_what_is_the_forms_is_not_read_again(read_as):
    second = Second("行政强制")
    read(print_as("行政强制", read_as, score=1.0), second)
    assert second.asked == 0


@pytest.mark.parametrize(
    ("score", "second", "is_sure"),
    [
        (0.95, Second("行政强制"), True),
        (0.95, Second("行政强剃"), False),
        (0.95, Second("行政强制", 0.89), False),
        (0.95, Second("行政强制", 0.98), False),
        (0.95, None, False),
        (1.0, None, True),
    ],
)
def test_words_that_name_an_open_column_are_read_twice_unless_a_file_says_them(score, second, is_sure):
    page = print_as("行政强制", "行政强制", score)
    cell = next(cell for cell in page.tables[0].cells if cell.text == "行政强制")
    column = OpenColumn("t", "t.{row}.{column}", "行政强制", "行政强制")
    told = bear_out_columns([page], [HeadedColumn(column, 1, (cell,))], second)
    assert told == [replace(column, is_sure=is_sure)]


@pytest.mark.parametrize("key", ["name", "code"])
@pytest.mark.parametrize(
    ("second", "is_sure"), [(Second("行政强制"), True), (Second("行政强剃"), False), (None, False)]
)
def test_words_that_name_an_open_row_are_read_twice_and_codes_are_not(key, second, is_sure):
    """中成药 that lost its middle was accepted as 中药: one reader was sure."""
    page = print_as("行政强制", "行政强制", 0.98)
    (printed,) = [row for row in rows_of(page.tables) if row.label == "行政强制"]
    form = parse_form(_OPEN_ROWS + f"    key: {key}\n", "f.yaml")
    row = OpenRow("t", "t.{row}.{column}", "行政强制", "行政强制", is_sure=True)
    (told,) = bear_out_rows([page], Opened((row,), {}, (printed,)), form, second)
    assert told.is_sure is (is_sure or key == "code")
