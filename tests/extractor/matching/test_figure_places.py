"""Pieces of a table without a header know their columns by where the figures of the piece with one stand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from extractor.forms.definition import table_specs
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import Table
from tests.extractor.printed import lay_out, list_rows, make_cell, read, texts_of


def _lay_piece(rows, edges, shown):
    """The first piece of a table over a second without rulings, its cells cut at these edges.

    shown: left and right ends of the ink in each cell of its one row; None for an empty cell.
    """
    label, *texts = rows[-1]
    first = lay_out(rows[:-1])
    cells = []
    for i, (left, right) in enumerate(pairwise([first.grid.columns[0], *edges])):
        box = Box(left, 100.0, right, 130.0)
        cells.append(make_cell(GridCell(0, 1, i, i + 1, box), [label, *texts][i]))
        if cells[-1].ink is not None:
            low, high = shown[i - 1] if i else (left + 4, left + 200)
            cells[-1] = replace(cells[-1], ink=Box(low, 104.0, high, 126.0))
    grid = Grid((100.0, 130.0), (first.grid.columns[0], *edges), tuple(c.cell for c in cells))
    return [first, Table(2, grid, tuple(cells))]


def test_row_overleaf_that_lacks_a_blank_column_has_its_figures_where_they_stand(printed, forms):
    rows, expected = printed
    tables = lay_out(rows)
    row = max(tables.cells, key=lambda c: c.cell.row).cell.row
    own = sorted((c for c in tables.cells if c.cell.row == row), key=lambda c: c.cell.column)
    inks = [(c.ink.left, c.ink.right) for c in own[2:]]
    middles = [(a[1] + b[0]) / 2 for a, b in pairwise(inks)]
    last = [rows[-1][0], *rows[-1][2:]]
    # Cut close to its figures, the columns of the row are others than the table's.
    pieces = _lay_piece([*rows[:-1], last], [inks[0][0] - 6, *middles, inks[-1][1] + 6], inks)
    texts = texts_of(read(pieces, forms))
    gone = next(key for key, text in expected.items() if text == rows[-1][1])
    assert texts == expected | {gone: ""}


@pytest.mark.parametrize(("ink", "is_told"), [((860.0, 880.0), True), ((700.0, 720.0), False)])
def test_lone_figure_of_two_columns_is_given_to_the_one_under_whose_header_it_stands(forms, ink, is_told):
    """The header stands on the page before; the piece shows one figure, and a blank beside it."""
    table = forms["gio-2019"].table("disclosure")
    expected = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    rows = list_rows(table, expected.values())
    assert len(rows[-1]) == 3
    pieces = _lay_piece(
        [*rows[:-1], [rows[-1][0], "83", ""]], [ink[0] - 10, ink[1] + 10, 1000.0], [ink, None]
    )
    first = pieces[0]
    header = [c for c in first.cells if c.cell.row == len(rows) - 2]
    wide = [
        replace(
            make_cell(replace(c.cell, box=replace(c.cell.box, left=left, right=right)), c.text),
            ink=replace(c.cell.box.shrink(4), left=left + 80, right=right - 80),
        )
        for c, (left, right) in zip(header[1:], ((420.0, 710.0), (710.0, 1000.0)), strict=True)
    ]
    kept = [c for c in first.cells if c not in header[1:]]
    slots = read([replace(first, cells=(*kept, *wide)), pieces[1]], forms)
    items, amount = (slots[key] for key in list(expected)[-2:])
    if is_told:
        assert (items.cell.text, amount.cell.text, amount.trouble) == ("", "83", None)
    else:
        assert items.trouble and amount.trouble


def test_columns_in_which_neither_piece_shows_a_figure_are_blank(table, forms):
    """Two columns show figures; overleaf one cell stands for all the columns between them."""
    shown = (".natural_person", ".total")
    expected = {spec.id: "7" if spec.id.endswith(shown) else "" for spec in table_specs(table)}
    rows = list_rows(table, expected.values())
    whole = lay_out(rows)
    last = max(c.cell.row for c in whole.cells)
    inks = [(c.ink.left, c.ink.right) for c in whole.cells if c.cell.row == last and c.text == "7"]
    edges = [inks[0][0] - 9, inks[0][1] + 9, inks[1][0] - 9, whole.grid.columns[-1]]
    pieces = _lay_piece([*rows[:-1], [rows[-1][0], "7", "", "7"]], edges, [inks[0], None, inks[1]])
    slots = read(pieces, forms)
    assert texts_of(slots) == expected
    assert {slot.trouble for slot in slots.values()} == {None}


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.0, -0.6), (1.0, 0.6), (0.75, 0.0), (1.25, 0.0)])
def test_a_row_overleaf_keeps_its_columns_however_its_page_was_scanned(forms, scale, shift):
    """The second page lies off the first by more than half a column, or is of another resolution."""
    table = forms["gio-2021"].table("requests")
    texts = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    own, values = list(texts)[-7:], ["", "5", "", "6", "", "", ""]
    rows = list_rows(table, (texts | dict(zip(own, values, strict=True))).values())
    first, second = lay_out(rows[:-1]), lay_out(rows[-1:], page_no=2)
    pitch = second.grid.columns[-1] - second.grid.columns[-2]
    slots = read([first, _scanned(second, scale, shift * pitch)], forms)
    assert [slots[key].cell.text for key in own] == values


def _scanned(laid, scale, shift):
    def place(box):
        return replace(box, left=box.left * scale + shift, right=box.right * scale + shift)

    cells = tuple(
        replace(c, cell=replace(c.cell, box=place(c.cell.box)), ink=None if c.ink is None else place(c.ink))
        for c in laid.cells
    )
    columns = tuple(x * scale + shift for x in laid.grid.columns)
    return replace(
        laid, grid=replace(laid.grid, columns=columns, cells=tuple(c.cell for c in cells)), cells=cells
    )
