"""The first and the last ruling of a table with three lines are broader than any ridge."""

from __future__ import annotations

import pytest

from extractor.rulings.broad import add_broad
from extractor.scan.straighten import Wear, find_table_rulings
from tests.extractor.drawn import draw_table, paper, write_han

_DPI = 200.0


def find_levels(page):
    _, found, _ = find_table_rulings(page, _DPI, Wear.NONE)
    return sorted(float(ruling.at(500.0)) for ruling in found if ruling.length > 700)


@pytest.mark.parametrize("thickness", [2, 6, 9, 12, 16])
def test_rulings_are_found_however_broad(thickness):
    page = paper()
    for y in (200, 500):
        page[y : y + thickness, 100:901] = 0
    page[300:302, 100:901] = 0
    write_han(page, 20, 120, 250)
    middle = (thickness - 1) / 2
    assert find_levels(page) == pytest.approx([200 + middle, 300.5, 500 + middle], abs=1)


def test_a_broad_ruling_is_found_between_lines_that_touch_it():
    page = paper()
    page[300:310, 100:901] = 0
    write_han(page, 30, 110, 288)
    write_han(page, 30, 110, 321)
    assert find_levels(page) == pytest.approx([304.5], abs=1)


def test_type_and_shaded_rows_are_no_broad_rulings():
    page = draw_table(paper(), [100, 200, 300], [100, 500, 900])
    page[100:200, 100:901] = 90
    write_han(page, 20, 120, 250)
    assert add_broad(page, [], _DPI) == []
