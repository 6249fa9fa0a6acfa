"""Figures far from the words above them stand in their columns all the same, where a centred header tells these."""

from __future__ import annotations

import pytest

from extractor.ink.glyphs import separate_ink
from extractor.layout.borderless import find_text_grids
from extractor.layout.headed_columns import find_headed
from extractor.values.geometry import Box
from extractor.values.level import Level
from tests.extractor.drawn import label, paper, write_han, write_number

_DPI = 200.0
_LEFT, _RIGHT = 80.0, 920.0
_HEIGHT = 20.0


def words_at(*middles, width=100.0):
    return [Box(x - width / 2, 0.0, x + width / 2, _HEIGHT) for x in middles]


def figures_at(*rights):
    return [Box(x - 10.0, 0.0, x, _HEIGHT) for x in rights]


def test_figures_at_the_right_end_of_their_columns_stand_in_them():
    page = paper(900, 1000)
    write_han(page, 7, 425, 120)
    for x in (185, 395, 605, 815):
        write_han(page, 4, x - 46, 170)
    for y in (220, 270, 320):
        write_han(page, 5, 100, y)
    shown = [(500, 220), (905, 220), (695, 270), (905, 320)]
    for x, y in shown:
        write_number(page, "7", (x - 8, y))
    write_han(page, 7, 425, 370)
    levels = [Level(float(y), ((_LEFT, _RIGHT),)) for y in range(95, 400, 50)]
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [], levels)
    rows = [[c for c in grid.cells if c.box.top < y < c.box.bottom] for y in (170, 220, 270, 320)]
    assert [len(row) for row in rows] == [4] * 4
    for x, y in shown:
        (cell,) = (c for row in rows for c in row if c.box.contains(x - 8, y))
        assert cell.box.contains(x - 60, y)


def test_columns_go_from_heading_to_heading():
    sides = (_LEFT, _RIGHT)
    region = [
        words_at(500), words_at(185, 395, 605, 815), words_at(160), [*words_at(160), *figures_at(910)],
        words_at(500), words_at(290, 710), [*words_at(160), *figures_at(910)],
    ]  # fmt: skip
    found = find_headed(region, sides, _HEIGHT)
    assert [columns and len(columns) for columns in found] == [None, 4, 4, 4, None, 2, 2]


@pytest.mark.parametrize(
    "region",
    [
        # Words at the left end of their columns; words too narrow for a header; a word under two of them.
        [words_at(140, 350, 560, 770)],
        [words_at(185, 395, 605, 815, width=12)],
        [words_at(185, 395, 605, 815), words_at(500, 815)],
    ],
)
def test_a_header_that_is_not_centred_or_fits_no_figures_tells_nothing(region):
    assert find_headed(region, (_LEFT, _RIGHT), _HEIGHT) == [None] * len(region)


def test_without_rulings_nothing_is_told():
    assert find_headed([words_at(185, 395, 605, 815)], None, _HEIGHT) == [None]


@pytest.mark.parametrize(("right", "count"), [(935.0, 8), (850.0, 7)])
def test_rulings_that_go_on_for_a_column_tell_one_in_which_nothing_is_printed(right, count):
    page = paper(500, 1050)
    for y in (150, 200, 250):
        write_han(page, 8, 90, y)
        for x in range(350, 850, 90):
            write_number(page, "7", (x, y))
    levels = [Level(float(y), ((_LEFT, right),)) for y in (125, 175, 225, 275)]
    (grid,) = find_text_grids(separate_ink(page, label(page, _DPI), []), [], levels)
    assert len(grid.columns) - 1 == count
