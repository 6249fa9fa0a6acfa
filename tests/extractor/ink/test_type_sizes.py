"""Labels are told from figures by their height, also where none is long."""

from __future__ import annotations

from extractor.ink.type_sizes import label_height
from extractor.values.geometry import Box
from extractor.values.words import WordLine

_HEIGHT = 24.0


def line_of(count, *, width, height, top=0.0):
    words = tuple(Box(60.0 * i, top, 60.0 * i + width, top + height) for i in range(count))
    return WordLine(words, Box(0.0, top, words[-1].right, top + height))


def test_words_of_two_characters_over_lower_figures_are_labels():
    """Table four overleaf: most of what is printed is its header, whose height is the usual one."""
    region = [line_of(15, width=51, height=26), line_of(15, width=13, height=19, top=60.0)]
    assert label_height(region, _HEIGHT) == 26


def test_figures_of_several_digits_are_no_labels():
    region = [line_of(7, width=51, height=24), line_of(7, width=13, height=24, top=60.0)]
    assert label_height(region, _HEIGHT) > 1.2 * _HEIGHT


def test_long_words_are_labels_however_high():
    region = [line_of(3, width=90, height=22), line_of(7, width=51, height=26, top=60.0)]
    assert label_height(region, _HEIGHT) == 22
