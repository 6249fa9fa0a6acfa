"""A row of few figures alone overleaf: the header at the foot of the page before tells its blank columns."""

from __future__ import annotations

import pytest

from extractor.matching.lone_rows import complete_lone
from extractor.matching.rows import list_rows
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import Table
from tests.extractor.printed import lay_out, make_cell

_COUNT, _STEP = 15, 60.0


def draw(figures, *, page_no=2, label=""):
    """Rows of a header of fifteen words, and of a table overleaf with cells for these figures only."""
    header = lay_out([["结果维持"] * _COUNT], labelled=False)
    cells = []
    for i, (x, _) in enumerate(figures):
        middle = 100.0 + x * _STEP
        cells.append(GridCell(0, 1, i, i + 1, Box(middle - 25, 50.0, middle + 25, 90.0)))
    read = [make_cell(cell, text) for cell, (_, text) in zip(cells, figures, strict=True)]
    if label:
        read[0] = make_cell(cells[0], label)
    edges = (*(cell.box.left for cell in cells), cells[-1].box.right)
    overleaf = Table(page_no, Grid((50.0, 90.0), edges, tuple(cells)), tuple(read))
    return list_rows([header, overleaf])


def test_blank_columns_are_those_whose_words_no_figure_stands_under():
    row = complete_lone(draw([(3.5, "2"), (4.5, "7")]), {_COUNT})[-1]
    assert [cell.text for cell in row.values] == ["", "", "", "2", "7", *[""] * 10]
    assert [cell.cell.column for cell in row.values if cell.ink is None] == [0, 1, 2, *range(5, 15)]


@pytest.mark.parametrize(
    ("figures", "page_no", "label"),
    [
        ([(3.5, "2"), (5.0, "7")], 2, ""),
        ([(3.4, "2"), (3.6, "7")], 2, ""),
        ([(3.5, "2")], 2, ""),
        ([(3.5, "2"), (4.5, "7")], 3, ""),
        ([(3.5, "2"), (4.5, "7")], 2, "行政许可"),
    ],
    ids=["astray", "two-under-one", "one-figure", "a-page-between", "with-a-label"],
)
def test_a_row_stays_as_it_is_where_the_header_does_not_tell(figures, page_no, label):
    rows = draw(figures, page_no=page_no, label=label)
    assert complete_lone(rows, {_COUNT}) == rows


def test_rows_that_others_follow_stay_as_they_are():
    rows = draw([(3.5, "2"), (4.5, "7")])
    assert complete_lone([*rows, rows[-1]], {_COUNT}) == [*rows, rows[-1]]


@pytest.mark.parametrize(("written", "is_read"), [((1,), True), ((1, 6, 10), True), (range(7), False)])
def test_words_written_over_a_row_without_a_label_make_none_of_it_a_label(written, is_read):
    figures = ["同上年" if i in written else str(i) for i in range(_COUNT)]
    rows = list_rows([lay_out([["结果维持"] * _COUNT, figures], labelled=False)])
    row = complete_lone(rows, {_COUNT})[-1]
    assert (len(row.values) == _COUNT and not row.label) is is_read


def test_rows_of_other_tables_keep_their_labels():
    rows = list_rows([lay_out([["信息内容", "本年", "上年"], ["行政许可", "2", "3"]])])
    assert complete_lone(rows, {_COUNT}) == rows
    figures = ["同上年" if i == 1 else str(i) for i in range(_COUNT)]
    rows = list_rows([lay_out([["1"] * _COUNT, figures], labelled=False)])
    assert complete_lone(rows, {_COUNT}) == rows
