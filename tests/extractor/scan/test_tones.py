from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.scan.tones import count_tones

PIXELS = st.lists(st.integers(0, 255), min_size=1, max_size=60)


@given(PIXELS, st.floats(0, 100))
def test_percentiles_are_those_of_the_pixels(values, share):
    pixels = np.array([values], dtype=np.uint8)
    assert count_tones(pixels).percentile(share) == pytest.approx(np.percentile(pixels, share))
    assert count_tones(pixels).median() == np.median(pixels)


@given(PIXELS, st.floats(0, 255))
def test_how_far_pixels_are_from_a_value(values, value):
    pixels = np.array([values], dtype=np.uint8)
    told = count_tones(pixels).apart_from(value).median()
    assert told == pytest.approx(np.median(np.abs(pixels - value)))


def test_only_chosen_pixels_count():
    pixels = np.array([[10, 200, 30]], dtype=np.uint8)
    assert count_tones(pixels, np.array([[1, 0, 1]], dtype=np.uint8)).median() == 20
    assert count_tones(pixels, np.zeros((1, 3), dtype=np.uint8)) is None
