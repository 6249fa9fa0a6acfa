from __future__ import annotations

import pytest

from extractor.bands import Level
from extractor.geometry import Box
from extractor.plain import WordLine
from extractor.text_columns import Columns
from extractor.text_rows import find_row_edges

_HEIGHT = 20.0


def line(y, *columns, high=20):
    """A line of figures with its middle at a height, under these columns."""
    words = tuple(Box(x - 12, y - high / 2, x + 12, y + high / 2) for x in columns)
    return WordLine(words, Box(words[0].left, words[0].top, words[-1].right, words[-1].bottom))


@pytest.mark.parametrize("specks", [(200,), (200, 300)])
def test_what_is_left_of_a_ruling_just_above_figures_does_not_cut_their_row(specks):
    columns = (100, 200, 300, 400, 500, 600)
    figures = line(151, *columns)
    region = [line(100, *columns), line(139, *specks, high=8), figures]
    found = Columns([(x - 12.0, x + 12.0) for x in columns], end=112.0)
    edges = find_row_edges(region, found, _HEIGHT)
    assert edges[-2] < figures.box.top and edges[-1] > figures.box.bottom


def test_a_header_that_stands_lower_than_the_label_beside_it_is_not_cut():
    columns = (300, 400, 500, 600, 700, 800)
    figures = line(180, *columns)
    label, note = Box(20, 170, 200, 190), Box(40, 90, 180, 110)
    region = [
        WordLine((note, *line(100, *columns).words), Box(40, 90, 812, 110)),
        line(150, *columns[2:4]),
        WordLine((label, *figures.words), Box(20, 170, 812, 190)),
    ]
    found = Columns([(x - 12.0, x + 12.0) for x in columns], end=165.0)
    edges = find_row_edges(region, found, _HEIGHT)
    assert 160 <= edges[-2] < 170


def test_a_ruling_between_two_lines_of_figures_parts_them_where_others_are_lost():
    columns = (300, 400, 500, 600, 700, 800)
    rows = [line(y, *columns) for y in (150, 250, 290)]
    labels = [Box(20, y - 10, 200, y + 10) for y in (150, 170, 220, 250, 290)]
    words = sorted((w for row in rows for w in row.words), key=lambda b: b.center_y)
    region = [
        WordLine(tuple(w for w in (*labels, *words) if w.center_y == y), Box(20, y - 10, 812, y + 10))
        for y in sorted({w.center_y for w in (*labels, *words)})
    ]
    found = Columns([(x - 12.0, x + 12.0) for x in columns], end=120.0)
    levels = [Level(188.0, ((20.0, 820.0),))]
    assert 188.0 not in find_row_edges(region, found, _HEIGHT)
    assert 188.0 in find_row_edges(region, found, _HEIGHT, levels)
