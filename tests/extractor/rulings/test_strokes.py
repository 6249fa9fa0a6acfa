from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from extractor.rulings.strokes import find_across, find_down


@given(
    st.integers(1, 120),
    st.integers(1, 120),
    st.integers(1, 90),
    st.sampled_from([0.5, 0.9, 0.97, 1.0]),
    st.integers(0, 2**31),
)
def test_strokes_are_those_of_an_opening(height, width, length, share, seed):
    ink = (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8)
    for found, kernel in ((find_across, (1, length)), (find_down, (length, 1))):
        opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        assert np.array_equal(found(ink, length), opened)


def test_a_ruling_is_a_stroke_and_the_arm_of_a_character_is_none():
    ink = np.zeros((60, 400), dtype=np.uint8)
    ink[30, 100:300] = 1
    ink[40, 100:140] = 1
    assert find_across(ink, 80).sum() == 200
    assert find_down(np.ascontiguousarray(ink.T), 80).sum() == 200
