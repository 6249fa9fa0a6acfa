from __future__ import annotations

import pytest

from extractor.layout.text_columns import Columns, find_columns
from extractor.layout.text_rows import find_row_edges
from extractor.values.geometry import Box
from extractor.values.level import Level
from extractor.values.words import WordLine

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


def test_figures_nearly_as_high_as_labels_are_columns_where_no_header_stands():
    """Digits of 17 pixels beside labels of 19, some with a comma that hangs below them."""
    columns = (300, 380, 460, 540, 620, 700)
    region = []
    for i in range(8):
        y, high, half = 100.0 + 40 * i, 19.0 if i % 3 == 2 else 17.0, 19 if i else 5
        words = [Box(40, y - 9.5, 250, y + 9.5)]
        words += [Box(x - half, y - 8.5, x + half, y - 8.5 + high) for x in columns]
        region.append(WordLine(tuple(words), Box(40, y - 9.5, 719, y + 9.5)))
    assert len(find_columns(region, 17.0).extents) == len(columns)


def test_specks_among_the_words_of_a_header_that_was_not_found_make_no_row():
    columns = (100, 200, 300, 400, 500, 600)
    words = tuple(Box(x - 35, 87, x + 35, 113) for x in columns)
    header = WordLine(words, Box(65, 87, 635, 113))
    rows = [line(y, *columns, high=16) for y in (150, 190, 230, 270)]
    labels = WordLine((Box(-400, 300, -100, 326),), Box(-400, 300, -100, 326))
    speck = WordLine(tuple(Box(x - 3, 117, x + 3, 123) for x in (200, 300)), Box(197, 117, 303, 123))
    found = Columns([(x - 12.0, x + 12.0) for x in columns])
    edges = find_row_edges([header, speck, *rows, labels], found, _HEIGHT)
    assert sum(1 for y in edges[1:] if y < 140) <= 1


def test_a_bracket_of_more_lines_than_there_are_rows_takes_no_blank_row_away():
    """Labels set in the middle of their column, beside them a bracket of one character a line."""
    columns = (400, 480, 560, 640, 720, 800)
    heights = [100.0 + 44 * i for i in range(7)]
    labels = [Box(240 - 14 * (i % 3), y - 10, 330 + 14 * (i % 3), y + 10) for i, y in enumerate(heights)]
    bracket = [Box(40, y - 10, 60, y + 10) for y in range(130, 330, 22)]
    beside = [Box(100, y - 10, 190, y + 10) for y in (200, 230)]
    shown = [line(y, *columns, high=16) for i, y in enumerate(heights) if i not in (2, 3, 5)]
    words = [*labels, *bracket, *beside, *(w for row in shown for w in row.words)]
    region = [
        WordLine(tuple(w for w in words if w.center_y == y), Box(40, y - 10, 812, y + 10))
        for y in sorted({w.center_y for w in words})
    ]
    found = Columns([(x - 12.0, x + 12.0) for x in columns], end=80.0)
    assert len(find_row_edges(region, found, _HEIGHT)) == len(heights) + 2
