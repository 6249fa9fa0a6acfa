"""Printed rows that are none of the form's."""

from __future__ import annotations

from itertools import count

from extractor.forms.definition import load_forms
from extractor.matching.align import match_tables
from extractor.matching.rows import split_rows
from extractor.matching.unknown import find_unknown
from tests.extractor.printed import lay_out, list_rows

_FORMS = load_forms(())
_TABLE = _FORMS["gio-2021"].tables[1]


def unknown(change):
    """Labels of the rows that are told of the table with its rows changed."""
    rows = list_rows(_TABLE, map(str, count(11)))
    change(rows)
    printed = split_rows(lay_out(rows), 0)
    return [row.label for row in find_unknown(printed, match_tables(printed, list(_FORMS.values())))]


def test_the_forms_own_rows_are_known():
    assert unknown(lambda rows: None) == []


def test_a_row_more_is_told():
    added = ["其中涉及自然资源的", *map(str, range(7))]
    assert unknown(lambda rows: rows.insert(6, added)) == ["其中涉及自然资源的"]


def test_a_row_more_without_figures_is_not():
    assert unknown(lambda rows: rows.insert(6, ["其中涉及自然资源的", *[""] * 7])) == []
