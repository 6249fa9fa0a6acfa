"""What the labels of a page say of a cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extractor.trust.page_labels import measure_foreign, measure_marked, measure_outside
from extractor.values.geometry import Box
from extractor.values.labels import PageLabels

#: A page of 2 × 2 inches at 200 dpi, its labels at 100.
_BARE = PageLabels.blank((400, 400), 200.0)
_CELL, _FIGURE = Box(100, 100, 300, 180), Box(120, 130, 150, 160)


def labelled(name, box):
    """Labels of a page with one kind of ink in a box of the page."""
    picture = np.zeros_like(_BARE.writing)
    picture[round(box.top / 2) : round(box.bottom / 2), round(box.left / 2) : round(box.right / 2)] = 255
    return replace(_BARE, **{name: picture})


def test_nothing_is_told_of_a_page_without_labels():
    assert measure_foreign(_BARE, _FIGURE) == measure_outside(_BARE, _CELL, _FIGURE) == 0.0


def test_a_stroke_on_a_figure_is_foreign_and_one_elsewhere_is_not():
    assert measure_foreign(labelled("foreign", _FIGURE), _FIGURE) == pytest.approx(1.0)
    assert measure_foreign(labelled("foreign", Box(200, 130, 230, 160)), _FIGURE) == 0.0


def test_what_was_read_is_not_outside_and_a_line_below_it_is():
    assert measure_outside(labelled("writing", _FIGURE), _CELL, _FIGURE) == 0.0
    assert measure_outside(labelled("writing", Box(200, 130, 230, 160)), _CELL, _FIGURE) == pytest.approx(1.0)


def test_any_writing_in_a_blank_is_outside():
    assert measure_outside(labelled("writing", _FIGURE), _CELL, None) == pytest.approx(1.0)


def test_writing_in_the_next_cell_is_not_this_cells():
    assert measure_outside(labelled("writing", Box(310, 130, 340, 160)), _CELL, None) == 0.0


def test_the_share_of_a_page_under_foreign_ink():
    assert measure_marked(labelled("foreign", Box(0, 0, 400, 100))) == pytest.approx(0.25)
