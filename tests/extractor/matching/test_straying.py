"""Figures that stand where their columns are do not stray; columns that were cut wrongly show by their figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.matching.straying import measure_strays, part_shared
from extractor.values.geometry import Box
from extractor.values.page import TextLine
from extractor.values.reason import Trouble
from tests.extractor.trust.test_features import slot


def row(offsets, *, widths=90.0, step=100.0, ink=20.0):
    """Cells side by side, each with a figure so far from its middle; None for a blank one."""
    found = []
    for column, offset in enumerate(offsets):
        made = slot(f"a{column}", "12")
        box = Box(step * column, 0.0, step * column + widths, 36.0)
        middle = box.center_x + (offset or 0.0)
        figure = None if offset is None else Box(middle - ink / 2, 8.0, middle + ink / 2, 28.0)
        cell = replace(made.cell, cell=replace(made.cell.cell, box=box), ink=figure)
        found.append(replace(made, cell=cell))
    return found


@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_figures_in_the_same_place_of_their_columns_do_not_stray(offset):
    told = measure_strays(row([offset, offset, None, offset, offset]))
    assert set(told) == {f"a{i}" for i in range(5)}
    assert max(told.values()) == pytest.approx(0.0)


def test_figures_set_flush_right_do_not_stray_however_wide_they_are():
    cells = row([0.0, 0.0, 0.0])
    for place, (cell, wide) in enumerate(zip(cells, (10.0, 30.0, 60.0), strict=True)):
        right = cell.cell.cell.box.right - 5.0
        cells[place] = replace(cell, cell=replace(cell.cell, ink=Box(right - wide, 8.0, right, 28.0)))
    assert max(measure_strays(cells).values()) == pytest.approx(0.0)


@pytest.mark.parametrize(("others", "strays"), [(30.0, False), (0.0, True)], ids=["flush right", "centred"])
def test_a_lone_figure_stands_where_those_of_the_report_do(others, strays):
    lone = row([None, 30.0, None])
    below = [_lowered(found, f"b{place}") for place, found in enumerate(row([others] * 6))]
    told = measure_strays([*lone, *below])
    assert told["b1"] == pytest.approx(0.0)
    assert (told["a0"] > 0.3) is strays


def _lowered(found, key):
    cell = found.cell
    box = replace(cell.cell.box, top=cell.cell.box.top + 40.0, bottom=cell.cell.box.bottom + 40.0)
    spec = replace(found.spec, id=key)
    return replace(found, spec=spec, cell=replace(cell, cell=replace(cell.cell, box=box)))


def test_a_figure_between_two_columns_strays():
    assert measure_strays(row([0.0, 45.0, None, 0.0]))["a2"] == pytest.approx(0.5)


def test_columns_nearer_to_each_other_than_the_others_stray():
    cells = row([0.0, 0.0, 0.0, 0.0, 0.0])
    moved = [_right(c, 50.0) if place == 3 else c for place, c in enumerate(cells)]
    assert measure_strays(moved)["a0"] == pytest.approx(0.5)


def _right(found, distance):
    cell = found.cell
    box = replace(cell.cell.box, left=cell.cell.box.left + distance, right=cell.cell.box.right + distance)
    ink = replace(cell.ink, left=cell.ink.left + distance, right=cell.ink.right + distance)
    return replace(found, cell=replace(cell, cell=replace(cell.cell, box=box), ink=ink))


def test_a_row_without_figures_tells_nothing_and_a_pair_of_cells_has_no_columns():
    assert measure_strays(row([None, None, None]))["a0"] == 1.0
    assert measure_strays(row([40.0, -40.0]))["a0"] == 0.0
    assert measure_strays([replace(s, cell=None) for s in row([0.0])]) == {}


def test_an_empty_cell_over_several_columns_crowds_none():
    """Where only the totals are printed the cell of the label may cover the other columns."""
    cells = row([None, None, None, None, 0.0])
    wide = Box(0.0, 0.0, 390.0, 36.0)
    shared = [replace(c, cell=replace(c.cell, cell=replace(c.cell.cell, box=wide))) for c in cells[:4]]
    assert measure_strays([*shared, cells[4]])["a0"] == pytest.approx(0.0)


def test_a_row_that_reaches_over_another_and_shows_its_figures_is_run_together():
    """Two tables found over each other: the last row of the one lies over the first of the other."""
    low = row([0.0, 0.0, None])
    tall = [_lowered(found, f"b{place}") for place, found in enumerate(row([0.0, 0.0, None]))]
    tall = [replace(s, cell=replace(s.cell, cell=replace(s.cell.cell, box=_stretched(s)))) for s in tall]
    told = {slot.spec.id: slot.trouble for slot in part_shared([*_told(low), *tall])}
    assert told == {
        **dict.fromkeys(("a0", "a1", "a2")),
        **dict.fromkeys(("b0", "b1", "b2"), Trouble.RUN_TOGETHER),
    }
    assert not any(slot.trouble for slot in part_shared(_told(low)))


def _stretched(found):
    box = found.cell.cell.box
    return replace(box, top=box.top - 50.0, bottom=box.bottom + 50.0)


def _told(slots):
    """With the line of text that each figure is."""
    lines = [() if s.cell.ink is None else (TextLine(s.cell.ink, "12", 1.0),) for s in slots]
    return [replace(s, cell=replace(s.cell, lines=own)) for s, own in zip(slots, lines, strict=True)]


@pytest.mark.issue(23)
@pytest.mark.parametrize(("offset", "stray"), [(0.0, 0.0), (-45.0, 0.5)])
def test_a_figure_beside_one_blank_strays_where_it_may_be_that_column_s(offset, stray):
    """Set flush right it stood in the next column, which was given it, and its own was accepted as blank."""
    assert measure_strays(row([None, offset]))["a0"] == pytest.approx(stray)
