"""Drawn cells: the same for a seed, and called what stands in them."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.seams.engine import NUMERIC_ALPHABET
from fixtures.generator.faces import CHINESE_FACES, is_installed
from fixtures.generator.randomness import open_stream
from models.training.cell_drawn import draw_cell, draw_text
from models.training.cell_text import LIKE_SYMBOLS, OTHER

pytestmark = pytest.mark.skipif(not any(is_installed(key) for key in CHINESE_FACES), reason="needs the faces")


def test_cells_follow_from_their_seed():
    first, second = ([draw_cell(open_stream(seed, "cell")) for _ in range(2)] for seed in (3, 3))
    for (crop, text), (again, same) in zip(first, second, strict=True):
        assert text == same
        assert np.array_equal(crop, again)


def test_cells_are_gray_crops_with_labels_of_the_alphabet():
    rng = open_stream(5, "cells")
    for _ in range(100):
        crop, text = draw_cell(rng)
        assert crop.dtype == np.uint8
        assert min(crop.shape) >= 3
        assert set(text) <= set(NUMERIC_ALPHABET + OTHER)


def test_nothing_stands_alone_that_looks_like_a_symbol():
    rng = open_stream(7, "texts")
    assert LIKE_SYMBOLS.isdisjoint(draw_text(rng) for _ in range(500))
