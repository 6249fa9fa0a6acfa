"""What a reading leaves out of its cell, and how many figures stand in it."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.ink.left_out import count_glyphs, measure_left_out

_DIGIT = 20.0
_TWO = np.array([[10, 10, 22, 30], [26, 10, 38, 30]])


def test_nothing_is_left_out_of_all():
    assert measure_left_out(_TWO, _TWO, _DIGIT) == 0.0


def test_a_figure_that_is_not_read_is_left_out_by_its_height():
    assert measure_left_out(_TWO, _TWO[:1], _DIGIT) == pytest.approx(1.0)


def test_figures_are_counted_apart_and_a_comma_is_none():
    comma = np.array([[23, 26, 25, 34]])
    assert count_glyphs(np.concatenate([_TWO, comma]), _DIGIT) == 2


def test_the_pieces_of_a_broken_figure_are_one():
    assert count_glyphs(np.array([[10, 10, 22, 19], [10, 21, 22, 30]]), _DIGIT) == 1


def test_figures_of_two_lines_are_counted_apart():
    assert count_glyphs(np.array([[10, 10, 22, 30], [10, 40, 22, 60]]), _DIGIT) == 2
