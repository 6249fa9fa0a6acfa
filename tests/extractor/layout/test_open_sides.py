"""Tables whose sides nobody printed are found with all their rows, those without a vertical as well."""

from __future__ import annotations

from itertools import pairwise

import cv2
import pytest

from tests.extractor.drawn import paper, read_grids

_DPI = 200.0
_LEFT, _RIGHT = 80, 900
#: Sides lie no further out than this.
_REACH = 30
_ROWS = list(range(100, 100 + 50 * 10, 50))


def open_table(page, rows, verticals):
    """Rulings from side to side at these heights, and in every row the verticals it has; no sides."""
    for y in rows:
        cv2.line(page, (_LEFT, y), (_RIGHT, y), 0, 2)
    for (top, bottom), places in zip(pairwise(rows), verticals, strict=True):
        for x in places:
            cv2.line(page, (x, top), (x, bottom), 0, 2)
    return page


def assert_near(found, wanted):
    assert len(found) == len(wanted)
    assert all(abs(a - b) <= 9 for a, b in zip(found, wanted, strict=True))


def test_rows_with_one_vertical_and_with_none_belong_to_the_table():
    verticals = [[], [300, 500, 700], [300, 500, 700], [], [300], [300], [], [300], [300]]
    (grid,) = read_grids(open_table(paper(), _ROWS, verticals), _DPI)
    assert_near(grid.rows, _ROWS)
    assert_near(grid.columns[1:-1], [300, 500, 700])
    # What stands at the end of a ruling belongs to the table, sides and all.
    assert _LEFT - _REACH < grid.columns[0] < _LEFT and _RIGHT < grid.columns[-1] < _RIGHT + _REACH


@pytest.mark.parametrize("is_whole", [True, False])
def test_gap_between_two_such_tables_is_no_row(is_whole):
    rows = [*_ROWS[:5], *(y + 10 for y in _ROWS[5:])]
    verticals = [[300, 500]] * 4 + [[]] + [[300, 600]] * 4
    page = open_table(paper(), rows, verticals)
    if not is_whole:
        # The first ruling of the second begins at a vertical, beside a corner that is open above.
        page[rows[5] - 3 : rows[5] + 4, :298] = 255
    first, second = read_grids(page, _DPI)
    assert_near(first.rows, rows[:5])
    assert_near(second.rows, rows[5:])


@pytest.mark.parametrize("verticals", [[[]] * 9, [[500]] + [[]] * 8])
def test_rulings_alone_are_no_such_table(verticals):
    assert not read_grids(open_table(paper(), _ROWS, verticals), _DPI)


@pytest.mark.parametrize(
    ("cut", "last"), [((300, 500, 700), [400, 500]), ((400, 500), [400, 500]), ((400,), [400])]
)
def test_last_row_that_the_page_cuts_open_belongs_to_it(cut, last):
    page = open_table(paper(), _ROWS, [[300, 500, 700]] * 7 + [last] * 2)
    for x in cut:
        cv2.line(page, (x, _ROWS[-1]), (x, _ROWS[-1] + 50), 0, 2)
    (grid,) = read_grids(page, _DPI)
    assert_near(grid.rows, [*_ROWS, _ROWS[-1] + 50])


def test_where_rulings_between_rows_are_lost_as_well_there_is_no_such_table():
    rows = [100, 150, 200, 250, 550, 600, 650]
    assert not read_grids(open_table(paper(), rows, [[500]] * 6), _DPI)


def test_a_side_nobody_printed_lies_beyond_the_ends_of_its_rulings():
    """A figure that ends where the rulings do is cut by none of the cell's sides."""
    (grid,) = read_grids(open_table(paper(), _ROWS, [[300, 500, 700]] * 9), _DPI)
    assert grid.columns[-1] >= _RIGHT + 4
    assert grid.columns[0] <= _LEFT + 4
