"""Columns that number the rows of a table."""

from __future__ import annotations

from extractor.matching.line_numbers import find_line_numbers
from extractor.matching.rows import split_rows
from tests.extractor.printed import lay_out


def numbered(texts):
    """How many cells number the rows of a table with these texts in its first column of values."""
    rows = [["项目", "行次", "金额"], *[[f"项目之{place}", text, "7"] for place, text in enumerate(texts)]]
    return len(find_line_numbers(split_rows(lay_out(rows), 0)))


def test_a_column_of_running_numbers_is_found():
    assert numbered(["1", "2", "3", "4", "5"]) == 5
    assert numbered(["31", "32", "33", "34"]) == 4


def test_one_of_many_may_be_misread():
    assert numbered([*"1234567", "3", "9", "10", "11", "12", "13"]) == 13


def test_figures_are_no_numbering():
    assert numbered(["4", "2", "9", "0"]) == 0
    assert numbered(["7", "7", "7", "7"]) == 0


def test_few_numbers_tell_nothing():
    assert numbered(["1", "2", "3"]) == 0


def test_a_circled_digit_is_no_number():
    assert numbered(["①", "②", "③", "④"]) == 0
