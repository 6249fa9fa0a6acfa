"""Which of the two engines reads what."""

from __future__ import annotations

import numpy as np

from extractor.seams.engine import FIGURE_SCALE, Reading
from models.cells import OTHER
from models.figures import FigureEngine


class _Saying:
    """Says of every crop what its first pixel stands for; remembers how many it was asked."""

    def __init__(self, name, texts):
        self.name = self.fingerprint = self.lineage = name
        self.texts, self.asked = texts, 0

    def read(self, crops, *, width_scale=1.0):
        self.asked += len(crops)
        return [Reading(self.texts[int(crop[0, 0])], 0.9) for crop in crops]


def crop(number):
    return np.full((20, 30), number, np.uint8)


def engines():
    return _Saying("cells", ["12", OTHER * 2, "", f"3{OTHER}"]), _Saying("words", ["a", "b", "c", "d"])


def test_figures_are_the_cells_readers_and_what_holds_words_is_not():
    cells, words = engines()
    readings = FigureEngine(cells, words).read([crop(i) for i in range(4)], width_scale=FIGURE_SCALE)
    assert [reading.text for reading in readings] == ["12", "b", "c", "d"]
    assert (cells.asked, words.asked) == (4, 3)


def test_lines_are_never_asked_of_the_reader_of_cells():
    cells, words = engines()
    readings = FigureEngine(cells, words).read([crop(0)], width_scale=0.55)
    assert [reading.text for reading in readings] == ["a"]
    assert cells.asked == 0


def test_it_is_known_by_both():
    cells, words = engines()
    assert "cells" in FigureEngine(cells, words).lineage and "words" in FigureEngine(cells, words).lineage
