"""Rows without codes nest by how far their labels are indented."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.drafting.several import join_specimens
from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import parse_form
from extractor.forms.opening import open_form
from extractor.matching.indents import read_indents
from extractor.matching.opening import find_open_rows
from extractor.matching.rows import list_rows
from extractor.output.opening_json import open_row_from_json, opening_to_json
from extractor.values.page import Page, PageKind
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out

pytestmark = pytest.mark.issue(24)
_FORM = """
id: f
title: 情况表
tables:
- id: t
  blocks:
  - field: "t.{row}.{column}"
    label_columns: [项目]
    rows: open
    key: name
    levels: indent
    total: 合计
    columns: [{id: a, label: 年初数}, {id: b, label: 年末数}]
"""
_HEAD = ["项目", "年初数", "年末数"]
#: Of each row how many characters it is indented, its label and its figures.
_ROWS = [
    (3, "合计", "24", "42"),
    (0, "农业产值", "13", "22"),
    (1, "粮食作物", "10", "20"),
    (1, "经济作物", "3", "2"),
    (0, "工业产值", "11", "20"),
    (1, "采矿行业", "4", "9"),
    (2, "煤炭开采", "1", "5"),
    (2, "石油开采", "3", "4"),
    (1, "制造行业", "7", "11"),
]


def printed(rows, jitter=0.0):
    """A table whose labels begin so many characters of 22 pixels from the left."""
    made = lay_out([_HEAD, *[list(row[1:]) for row in rows]])
    cells = []
    for cell in made.cells:
        if cell.ink is not None and cell.cell.column == 0 and cell.cell.row:
            left = cell.ink.left + 22 * rows[cell.cell.row - 1][0] + jitter * (-1) ** cell.cell.row
            ink = replace(cell.ink, left=left, right=left + 100)
            cell = replace(cell, ink=ink, lines=(replace(cell.lines[0], box=ink, score=1.0),))
        cells.append(cell)
    return replace(made, cells=tuple(cells))


@pytest.mark.parametrize("jitter", [0.0, 2.0])
def test_a_row_is_the_sum_of_those_below_it_that_are_indented_further(jitter):
    form = parse_form(_FORM, "f.yaml")
    found = find_open_rows(form, list_rows([printed(_ROWS, jitter)]), {}).rows
    assert [row.level for row in found] == [None, 0, 1, 1, 0, 1, 2, 2, 1]
    sums = {
        one.right[0]: [part.split(".")[1] for part in one.left] for one in open_form(form, found).identities
    }
    assert sums["t.total.a"] == ["农业产值", "工业产值"]
    assert sums["t.农业产值.a"] == ["粮食作物", "经济作物"]
    assert sums["t.工业产值.a"] == ["采矿行业", "制造行业"]
    assert sums["t.采矿行业.b"] == ["煤炭开采", "石油开采"]
    told = opening_to_json(found, (), ())["open_rows"]
    assert tuple(map(open_row_from_json, told)) == found and "level" not in told[0]
    with pytest.raises(TypeError):
        open_row_from_json(told[1] | {"level": "1"})


def test_of_labels_in_the_middle_of_their_cells_nothing_is_told():
    rows = list_rows([printed([(3, "甲", "1", "2"), (0, "乙", "1", "2"), (5, "丙", "1", "2")])])
    assert read_indents([row for row in rows if row.values]) == [None, None, None]
    form = parse_form(_FORM, "f.yaml")
    found = find_open_rows(form, rows, {}).rows
    assert open_form(form, found).identities == ()


def test_a_draft_of_specimens_that_differ_says_that_their_rows_nest_by_indent():
    other = [(0, "林业产值", "5", "7"), (1, "木材采运", "2", "3"), (1, "竹材采运", "3", "4")]
    pages = [Page(1, PageKind.SCAN, 600, 800, blank_image(), (printed(rows),), ()) for rows in (_ROWS, other)]
    text = write_draft("f", "a, b", join_specimens([draft_tables([page]) for page in pages]))
    assert "levels: indent" in text
    assert parse_form(text, "f.yaml").tables[0].blocks[0].open_rows.by_indent
    # A list whose first rows are no sums of those below does not nest.
    flat = [(level, label, "1", "2") for level, label, *_ in _ROWS]
    pages[0] = Page(1, PageKind.SCAN, 600, 800, blank_image(), (printed(flat),), ())
    assert "levels: indent" not in write_draft(
        "f", "a, b", join_specimens([draft_tables([page]) for page in pages])
    )
