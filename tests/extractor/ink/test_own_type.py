"""What shines through and the paper's grain is left out where tables are looked for by their words."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.ink.glyphs import separate_ink
from extractor.ink.own_type import keep_own_type
from extractor.values.labels import PageLabels
from tests.extractor.drawn import paper

_DPI = 100.0


def written(page, *, as_writing=True):
    """The page's ink and its labels, all of its ink told to be writing or none."""
    told = np.zeros((4, *page.shape), dtype=np.uint8)
    told[2] = np.where(page < 230, 220 if as_writing else 0, 0)
    return separate_ink(page, PageLabels.of(told, _DPI), []), PageLabels.of(told, _DPI)


def type_in(page, y, gray):
    cv2.putText(page, "8 8 8 8 8 8 8 8", (100, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, gray, 2)


def kept_at(page, y, **told):
    ink, labels = written(page, **told)
    found = keep_own_type(ink, page, labels).boxes
    return sum(1 for box in found.tolist() if y - 20 < box[1] <= y)


@pytest.mark.parametrize(("gray", "stays"), [(180, False), (90, True)])
def test_what_is_much_paler_than_the_pages_type_is_none_of_it(gray, stays):
    page = paper()
    for y in range(100, 500, 50):
        type_in(page, y, 30)
    type_in(page, 600, gray)
    assert kept_at(page, 200) == 8
    assert kept_at(page, 600) == (8 if stays else 0)


def test_a_page_whose_type_is_all_pale_keeps_it():
    page = paper()
    for y in range(100, 500, 50):
        type_in(page, y, 150)
    assert kept_at(page, 200) == 8


def test_ink_that_is_no_writing_is_left_out():
    page = paper()
    for y in range(100, 500, 50):
        type_in(page, y, 30)
    assert kept_at(page, 200, as_writing=False) == 0


def test_a_blank_page_has_nothing_to_leave_out():
    page = paper()
    ink, labels = written(page)
    assert keep_own_type(ink, page, labels) is ink


def test_a_dash_may_be_paler_than_any_character():
    page = paper()
    for y in range(100, 500, 50):
        type_in(page, y, 30)
    page[600:602, 100:130] = 155
    ink, labels = written(page)
    dashes = [box for box in keep_own_type(ink, page, labels).boxes.tolist() if box[1] == 600]
    assert len(dashes) == 1
