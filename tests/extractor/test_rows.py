from __future__ import annotations

import pytest

from extractor.engine import Reading
from extractor.geometry import Box
from extractor.grids import Grid, GridCell
from extractor.pages import ReadCell, Table, TextLine
from extractor.rows import is_label, split_rows
from extractor.shapes import Shape
from tests.extractor.printed import lay_out, make_cell, numeric_reading

_PLACE = GridCell(0, 1, 0, 1, Box(0, 0, 100, 30))


@pytest.mark.parametrize("text", ["行政许可", "1.属于国家秘密", "（七）总计", "2025年度", "件数"])
def test_words_are_a_label(text):
    assert is_label(make_cell(_PLACE, text))


@pytest.mark.parametrize("text", ["", "0", "12", "/", "—", "22（其中修订16件）", "251000元"])
def test_number_dash_or_nothing_is_no_label(text):
    assert not is_label(make_cell(_PLACE, text))


@pytest.mark.parametrize(("text", "printed"), [("一", "—"), ("〇", "0"), ("丨", "1")])
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
