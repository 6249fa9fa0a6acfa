from __future__ import annotations

import pytest

from extractor.geometry import Box
from extractor.plain import WordLine
from extractor.text_columns import Columns, find_columns
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
