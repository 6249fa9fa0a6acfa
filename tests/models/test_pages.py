"""The page network on pages drawn on the spot: what it must tell whatever it was trained on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.seams.labeller import LABELS
from models.pages import load_labeller
from tests.extractor.drawn import draw_table, paper, write_number

_ROWS, _COLUMNS = [100, 130, 160, 190, 220], [60, 150, 240, 330, 420]


def table(ink=0):
    page = draw_table(paper(400, 480), _ROWS, _COLUMNS, ink=ink, thickness=1)
    for y in _ROWS[:-1]:
        for x in _COLUMNS[:-1]:
            write_number(page, "108", (x + 45, y + 15), scale=0.4)
    return page


def told(page, label):
    return load_labeller().label(page)[LABELS.index(label)]


@pytest.mark.parametrize("shape", [(10, 10), (400, 480), (1169, 827), (827, 1169), (1700, 1700)])
def test_every_pixel_is_told_whatever_the_size(shape):
    labels = load_labeller().label(np.full(shape, 255, np.uint8))
    assert labels.shape == (len(LABELS), *shape)
    assert labels.dtype == np.uint8
    assert labels.max() < 128


@pytest.mark.parametrize("ink", [0, 120])
def test_rulings_across_and_down_are_told_apart(ink):
    page = table(ink)
    across, down = told(page, "across"), told(page, "down")
    for y in _ROWS:
        assert across[y, 80:400].min() > 128 or across[y - 1 : y + 2, 80:400].max(axis=0).min() > 128
    for x in _COLUMNS:
        assert down[110:210, x - 1 : x + 2].max(axis=1).min() > 128
    # Between the rulings stand figures, and no ruling.
    assert across[_ROWS[0] + 8 : _ROWS[1] - 8, 80:140].max() < 128


def test_a_ruling_with_gaps_is_told_whole():
    page = table()
    for x in range(75, 420, 30):
        page[_ROWS[2] - 1 : _ROWS[2] + 2, x : x + 8] = 255
    across = told(page, "across")[_ROWS[2] - 1 : _ROWS[2] + 2, 80:400].max(axis=0)
    assert (across > 128).mean() > 0.95


def test_figures_are_writing():
    writing = told(table(), "writing")
    assert all(
        writing[y + 8 : y + 22, x + 30 : x + 60].max() > 128 for y in _ROWS[:-1] for x in _COLUMNS[:-1]
    )
    assert writing[300:, :].max() < 128


def test_a_page_is_told_alike_wherever_it_lies_on_its_canvas():
    """What is beside a page changes nothing of it."""
    page = table()
    wider = np.full((900, 700), 255, np.uint8)
    wider[:400, :480] = page
    alone, beside = load_labeller().label(page), load_labeller().label(wider)[:, :400, :480]
    assert np.abs(alone.astype(int) - beside.astype(int))[:, :360, :440].max() <= 24


def test_a_stroke_of_a_pen_is_foreign():
    page = table()
    points = np.array([[200, 110], [215, 160], [260, 150], [300, 215]])
    cv2.polylines(page, [points], isClosed=False, color=0, thickness=2, lineType=cv2.LINE_AA)
    assert (told(page, "foreign") > 128).sum() > (told(table(), "foreign") > 128).sum() + 50
