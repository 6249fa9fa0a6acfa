from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.layout.grids import _decide_verticals as decide_verticals
from tests.extractor.drawn import bend, draw_table, paper, read_grids, spans_of, wanted_spans, write_number

_DPI = 200.0
_ROWS = [100, 160, 220, 280, 340, 400]
_COLUMNS = [80, 300, 440, 580, 720, 900]


def only_grid(page, dpi=_DPI):
    (grid,) = read_grids(page, dpi)
    return grid


def assert_covers_every_slot_once(grid):
    slots = [
        (r, c)
        for cell in grid.cells
        for r in range(cell.row, cell.row_end)
        for c in range(cell.column, cell.column_end)
    ]
    assert sorted(slots) == [(r, c) for r in range(len(grid.rows) - 1) for c in range(len(grid.columns) - 1)]


def assert_near(found, wanted, within=2.0):
    assert len(found) == len(wanted)
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= within


@pytest.mark.parametrize("thickness", [1, 2, 4])
def test_full_lattice_is_found_cell_by_cell(thickness):
    grid = only_grid(draw_table(paper(), _ROWS, _COLUMNS, thickness=thickness))
    assert_near(grid.rows, _ROWS)
    assert_near(grid.columns, _COLUMNS)
    assert spans_of(grid) == wanted_spans(5, 5)


@pytest.mark.parametrize(
    "merged",
    [
        [(0, 1, 0, 5)],  # a heading across
        [(0, 2, 0, 1)],  # a corner over two header rows
        [(0, 1, 1, 4)],  # a header over three columns
        [(1, 5, 0, 1)],  # a bracket beside all data rows
        [(0, 2, 0, 1), (0, 1, 1, 4), (2, 4, 0, 1)],
        [(1, 3, 1, 3)],  # a block in the middle
        [(4, 5, 1, 5)],  # the last row's value across
    ],
    ids=str,
)
def test_merged_cells_are_found_exactly(merged):
    grid = only_grid(draw_table(paper(), _ROWS, _COLUMNS, merged=merged))
    assert spans_of(grid) == wanted_spans(5, 5, merged)
    assert_covers_every_slot_once(grid)


@st.composite
def layouts(draw):
    """Boundaries of a table and merged cells in it that leave half an inch of every boundary printed."""
    heights = draw(st.lists(st.integers(34, 80), min_size=2, max_size=7))
    widths = draw(st.lists(st.integers(100, 180), min_size=2, max_size=5))
    rows = np.cumsum([90, *heights]).tolist()
    columns = np.cumsum([70, *widths]).tolist()
    merged = []
    taken = np.zeros((len(heights), len(widths)), dtype=bool)
    # The last column and the last row stay whole, so that every boundary is printed somewhere.
    for _ in range(draw(st.integers(0, 3))):
        row, column = draw(st.integers(0, len(heights) - 1)), draw(st.integers(0, len(widths) - 1))
        row_end = draw(st.integers(row + 1, len(heights)))
        column_end = draw(st.integers(column + 1, len(widths)))
        small = (row_end - row) * (column_end - column) > 1
        inside = row_end < len(heights) and column_end < len(widths)
        if small and inside and not taken[row:row_end, column:column_end].any():
            taken[row:row_end, column:column_end] = True
            merged.append((row, row_end, column, column_end))
    return rows, columns, merged


@settings(max_examples=40, deadline=None)
@given(layouts())
def test_any_layout_has_every_slot_covered_once_and_exact(layout):
    rows, columns, merged = layout
    grid = only_grid(draw_table(paper(800, 1000), rows, columns, merged=merged))
    assert_covers_every_slot_once(grid)
    assert_near(grid.rows, rows)
    assert_near(grid.columns, columns)
    assert spans_of(grid) == wanted_spans(len(rows) - 1, len(columns) - 1, merged)


def fill(page, rows, columns):
    for r, (top, bottom) in enumerate(pairwise(rows)):
        for c, (left, right) in enumerate(pairwise(columns)):
            write_number(page, str(r * c), ((left + right) // 2, (top + bottom) // 2))
    return page


def test_figures_in_the_cells_are_no_rulings():
    grid = only_grid(fill(draw_table(paper(), _ROWS, _COLUMNS), _ROWS, _COLUMNS))
    assert spans_of(grid) == wanted_spans(5, 5)


@pytest.mark.parametrize("ink", [90, 150, 190])
def test_faint_rulings_are_found(ink):
    page = fill(draw_table(paper(), _ROWS, _COLUMNS, ink=ink), _ROWS, _COLUMNS)
    noise = np.random.default_rng(1).normal(0, 4, page.shape)
    grid = only_grid(np.clip(page + noise, 0, 255).astype(np.uint8))
    assert spans_of(grid) == wanted_spans(5, 5)


@pytest.mark.parametrize("gap", [4, 6, 8])
def test_broken_rulings_are_found(gap):
    page = draw_table(paper(), _ROWS, _COLUMNS)
    rng = np.random.default_rng(3)
    for _ in range(60):
        y, x = rng.integers(90, 410), rng.integers(70, 910)
        page[y : y + gap, x : x + gap] = 255
    assert spans_of(only_grid(page)) == wanted_spans(5, 5)


@pytest.mark.parametrize("dpi", [150.0, 300.0])
def test_sizes_follow_the_resolution(dpi):
    scale = dpi / _DPI
    rows, columns = [round(y * scale) for y in _ROWS], [round(x * scale) for x in _COLUMNS]
    page = paper(round(900 * scale), round(1000 * scale))
    grid = only_grid(draw_table(page, rows, columns, thickness=max(1, round(2 * scale))), dpi)
    assert spans_of(grid) == wanted_spans(5, 5)


def test_two_tables_on_a_page_are_two_grids():
    page = draw_table(paper(), _ROWS, _COLUMNS)
    draw_table(page, [500, 550, 600], [80, 350, 620])
    first, second = read_grids(page, _DPI)
    assert spans_of(first) == wanted_spans(5, 5)
    assert spans_of(second) == wanted_spans(2, 2)


@pytest.mark.parametrize("height", [34, 90])
def test_last_row_of_a_table_alone_on_a_page_is_a_table(height):
    grid = only_grid(draw_table(paper(400), [100, 100 + height], _COLUMNS))
    assert spans_of(grid) == wanted_spans(1, 5)


def test_low_strip_of_a_page_with_one_row_is_a_table():
    grid = only_grid(draw_table(paper(90), [20, 65], _COLUMNS))
    assert spans_of(grid) == wanted_spans(1, 5)


def test_page_without_a_table_has_no_grid():
    page = paper()
    cv2.line(page, (80, 120), (900, 120), 0, 2)  # a rule under a title
    for y in range(200, 800, 40):
        write_number(page, "111 444 777 000 1234567", (480, y))
    assert read_grids(page, _DPI) == []
    assert read_grids(paper(), _DPI) == []


def test_ruling_bent_by_less_than_a_pixel_stays_one_ruling():
    page = draw_table(paper(), _ROWS, _COLUMNS)
    xs = np.tile(np.arange(page.shape[1]), (page.shape[0], 1))
    assert spans_of(only_grid(bend(page, 0.8 * np.sin(xs / 150)))) == wanted_spans(5, 5)


@pytest.mark.parametrize(("ink", "step", "count"), [(190, 20, 1), (190, 60, 2)])
def test_strokes_of_a_line_of_text_are_no_table(ink, step, count):
    """Lower than any type: text. As high as rows: a table."""
    page = draw_table(paper(), [100, 160, 220, 280, 340], [100, 300, 500, 700])
    draw_table(page, [600, 600 + step], [100, 250, 400, 550, 700], ink=ink)
    assert len(read_grids(page, _DPI)) == count


def test_worn_vertical_is_expected_half_way_between_equal_columns():
    columns = list(range(80, 881, 80))
    page = draw_table(paper(), [100, 160, 220, 280], columns)
    page[95:285, 396:406] = np.where(np.arange(190)[:, None] % 10 < 6, 255, page[95:285, 396:406])
    assert_near(only_grid(page).columns, columns, within=4.0)


def test_wide_column_among_equal_ones_stays_whole():
    columns = [*range(80, 401, 80), *range(560, 881, 80)]
    grid = only_grid(draw_table(paper(), [100, 160, 220, 280], columns))
    assert_near(grid.columns, columns)


@pytest.mark.parametrize("line", [62, 918])
def test_second_line_of_a_frame_is_no_column(line):
    page = draw_table(paper(), _ROWS, _COLUMNS)
    page[100:400, line : line + 2] = 0
    page[[100, 400], min(line, 80) : max(line, 900)] = 0
    assert_near(only_grid(page).columns, _COLUMNS)


def test_a_stroke_of_text_in_a_bracket_does_not_part_a_table():
    # Rulings of the rows beside a bracket do not run through it; a long stroke of its text lies where none is.
    rows = [100, 160, 220, 280, 340, 400, 460]
    page = draw_table(paper(), rows, _COLUMNS, merged=[(1, 5, 0, 1)])
    cv2.line(page, (110, 250), (230, 250), 0, 2)
    grid = only_grid(page)
    assert grid.box.top == pytest.approx(100, abs=2)
    assert grid.box.bottom == pytest.approx(460, abs=2)
    assert {y for y in rows if min(abs(y - row) for row in grid.rows) <= 2} == set(rows)


def test_a_vertical_of_two_rows_here_and_two_there_is_found_in_a_long_table():
    rows = list(range(60, 60 + 40 * 21, 40))
    halves = {2: 450, 5: 450}
    page = draw_table(paper(950, 1000), rows, [80, 300, 600, 900], merged=[(r, r + 2, 1, 3) for r in halves])
    for row, x in halves.items():
        cv2.line(page, (300, rows[row + 1]), (900, rows[row + 1]), 0, 2)
        cv2.line(page, (x, rows[row]), (x, rows[row + 2]), 0, 2)
    assert_near(only_grid(page).columns, [80, 300, 450, 600, 900])


def test_a_row_that_the_end_of_the_page_cuts_open_need_not_have_all_verticals():
    """The sides run on below the last ruling, and the vertical of a block of its own; those above part other rows."""
    columns = [80, 300, 500, 700, 900]
    page = draw_table(paper(), _ROWS, columns, merged=[(4, 5, 1, 4)])
    for x in (80, 300, 900):
        cv2.line(page, (x, 400), (x, 440), 0, 2)
    write_number(page, "75", (600, 425))
    grid = only_grid(page)
    assert grid.box.bottom == pytest.approx(440, abs=5)
    assert (5, 6, 1, 4) in spans_of(grid)


def test_a_frame_that_stands_out_on_one_side_opens_no_row():
    page = draw_table(paper(), _ROWS, [80, 300, 500, 700, 900])
    for x in (80, 300):
        cv2.line(page, (x, 400), (x, 440), 0, 2)
    assert only_grid(page).box.bottom == pytest.approx(400, abs=2)


def test_a_vertical_of_which_nearly_every_row_shows_something_stands_in_all():
    share = np.ones((34, 5))
    share[[6, 8, 33], 2] = 0.3
    share[7, 2] = 0.0
    assert decide_verticals(share).all()
    # One cell over two columns shows nothing between them.
    share[[6, 8, 33], 2] = 0.0
    assert not decide_verticals(share)[6:9, 2].any()
