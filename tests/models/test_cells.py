"""The reader of number cells: what it must do with any weights, and a little of what these can."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.seams.engine import NUMERIC_ALPHABET
from models.cells import (
    BATCH,
    HEIGHT,
    OTHER,
    OTHER_CLASS,
    WIDTHS,
    CellReader,
    batch_cells,
    decode_steps,
    fit_cell,
)
from tests.extractor.drawn import paper, write_han, write_number


@pytest.fixture(scope="module")
def reader():
    return CellReader()


def cell(text, *, scale=1.0):
    """A crop as the program cuts it: the figure with half its height of paper around."""
    page = paper(100, 60 + round(26 * len(text) * scale))
    write_number(page, text, (page.shape[1] // 2, 50), scale=scale)
    rows, columns = np.nonzero(page < 128)
    pad = (rows.max() - rows.min()) // 2
    return page[rows.min() - pad : rows.max() + pad, columns.min() - pad : columns.max() + pad]


crops = st.tuples(st.integers(1, 90), st.integers(1, 500), st.integers(0, 255)).map(
    lambda of: np.full(of[:2], of[2], np.uint8)
)


@settings(deadline=None)
@given(crops)
def test_any_crop_fits(crop):
    shown = fit_cell(crop)
    assert shown.shape[0] == HEIGHT
    assert 1 <= shown.shape[1] <= WIDTHS[-1]


@pytest.mark.parametrize("side", [slice(0, 2), slice(-2, None)])
def test_paper_is_trimmed_at_both_ends_and_ink_is_not(side):
    blank = np.full((40, 60), 255, np.uint8)
    inked = blank.copy()
    inked[10:30, side] = 0
    assert fit_cell(blank).shape[1] < fit_cell(inked).shape[1]
    assert (fit_cell(inked) < 100).any()


@settings(deadline=None)
@given(st.lists(crops, max_size=40))
def test_batches_are_full_and_hold_every_crop_once(found):
    places = []
    for positions, batch in batch_cells(found):
        assert batch.shape[0] == BATCH
        assert batch.shape[2] == HEIGHT and batch.shape[3] in WIDTHS
        assert batch.min() >= 0.0 and batch.max() <= 1.0
        places += positions
    assert sorted(places) == list(range(len(found)))


def test_a_reading_does_not_depend_on_what_is_read_beside_it(reader):
    texts = ["7", "108", "2024", "398.05", "11398889"]
    together = reader.read([cell(text) for text in texts] * 5)
    for text, reading in zip(texts * 5, together, strict=True):
        (alone,) = reader.read([cell(text)])
        assert alone.text == reading.text
        assert np.allclose(alone.numeric, reading.numeric, atol=1e-3)


def test_a_crop_without_pixels_reads_as_nothing(reader):
    (reading,) = reader.read([np.zeros((0, 7), np.uint8)])
    assert (reading.text, reading.score, reading.numeric) == ("", 0.0, None)


@pytest.mark.parametrize("text", ["0", "7", "12", "305", "2024", "4189", "11398889"])
def test_figures_are_read(reader, text):
    (reading,) = reader.read([cell(text)])
    assert reading.text == text
    assert reading.score > 0.9


def test_words_are_told_from_figures(reader):
    page = paper(60, 160)
    write_han(page, 4, 30, 30, size=22)
    (reading,) = reader.read([page[8:52]])
    assert OTHER in reading.text


def test_what_is_no_numeric_symbol_is_missing_from_the_steps():
    steps = np.full((3, OTHER_CLASS + 1), 0.001, np.float32)
    steps[0, 0] = steps[2, 0] = 0.98
    steps[1, OTHER_CLASS] = 0.98
    reading = decode_steps(steps)
    assert reading.text == OTHER
    assert reading.numeric.shape == (3, 1 + len(NUMERIC_ALPHABET))
    assert np.exp(reading.numeric[1]).sum() < 0.03


@pytest.mark.parametrize(
    ("best", "text"), [([1, 1, 0, 1], "00"), ([0, 2, 2, 0], "1"), ([0, 0], ""), ([3, 4], "23")]
)
def test_repeated_steps_are_one_symbol_unless_a_blank_parts_them(best, text):
    steps = np.full((len(best), OTHER_CLASS + 1), 0.001, np.float32)
    steps[np.arange(len(best)), best] = 0.98
    assert decode_steps(steps).text == text


def test_a_symbol_is_as_sure_as_the_surest_of_its_steps():
    steps = np.full((3, OTHER_CLASS + 1), 0.001, np.float32)
    steps[:, 5] = (0.5, 0.97, 0.6)
    assert decode_steps(steps).score == pytest.approx(0.97)
