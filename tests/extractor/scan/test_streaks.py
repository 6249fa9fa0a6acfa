"""Lines of dust that go on in a page's margins are taken out; rulings, and what a line crosses, stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.scan.straighten import label_page
from extractor.scan.streaks import lift_streaks
from models.pages import load_labeller
from tests.extractor.drawn import draw_table, paper

_DPI = 200.0
_ROWS, _COLUMNS = [200, 260, 320, 380, 440, 700], [200, 400, 600, 800]


def ruled_page():
    return draw_table(paper(), _ROWS, _COLUMNS)


def with_line(page, at, *, across=False, first=0, last=None, ink=40):
    out = page.copy()
    (out.T if not across else out)[at : at + 2, first:last] = ink
    return out


@pytest.mark.parametrize("across", [False, True])
def test_a_line_from_edge_to_edge_is_taken_out(across):
    page = ruled_page()
    lifted, where = lift_streaks(with_line(page, 500, across=across), _DPI)
    assert np.abs(lifted.astype(int) - page).mean() < 0.1
    marked = where.T if not across else where
    assert (marked[500:502] == 0).all()
    assert (marked[:450] == 255).all()


def test_one_that_begins_on_the_page_goes_as_well():
    page = ruled_page()
    lifted, where = lift_streaks(with_line(page, 500, first=page.shape[0] // 3), _DPI)
    assert where is not None
    assert np.abs(lifted.astype(int) - page).mean() < 0.1


def test_the_rulings_of_a_table_stay():
    page = ruled_page()
    lifted, where = lift_streaks(page, _DPI)
    assert where is None
    assert lifted is page


@pytest.mark.parametrize("kept", [slice(None), slice(1, -1)])
def test_a_picture_of_nothing_but_a_table_keeps_its_rulings(kept):
    page = ruled_page()
    for y in (240, 300, 360, 420, 560):
        for x in (230, 430, 630):
            cv2.putText(page, "1204", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    cut = np.ascontiguousarray(page[200:702, 200:802][kept, kept])
    assert lift_streaks(cut, _DPI)[1] is None


def test_a_stroke_that_it_crosses_goes_on_through_it():
    page = paper()
    cv2.line(page, (380, 600), (620, 600), 0, 8)
    lifted, _ = lift_streaks(with_line(page, 500), _DPI)
    assert lifted[600, 495:507].max() < 90


def test_what_a_line_lay_on_is_told_as_ink_that_nobody_printed():
    page = ruled_page()
    lifted, where = lift_streaks(with_line(page, 500), _DPI)
    labels = label_page(lifted, _DPI, load_labeller(), where)
    assert labels.foreign[300, 249:252].max() > 200
    assert labels.foreign[300, 280:300].max() < 50
