from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.crops import HEIGHT, MAX_WIDTH, MIN_WIDTH, WIDTH_STEP, batch_crops, scaled_width


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 400)), max_size=40),
    st.sampled_from([0.5, 0.75, 1.0]),
)
def test_every_crop_is_in_exactly_one_batch_of_its_own_width(shapes, width_scale):
    crops = [np.full(shape, 200, dtype=np.uint8) for shape in shapes]
    seen = []
    for positions, batch in batch_crops(crops, width_scale):
        seen += positions
        assert batch.shape[:3] == (len(positions), 3, HEIGHT)
        padded = batch.shape[3]
        assert padded % WIDTH_STEP == 0
        for position in positions:
            width = scaled_width(crops[position], width_scale)
            assert width <= padded
            assert padded < width + WIDTH_STEP or padded == MIN_WIDTH
    assert sorted(seen) == list(range(len(crops)))


def test_crops_are_normalised_and_padded_with_paper():
    ((_, batch),) = batch_crops([np.zeros((48, 20), dtype=np.uint8)], 1.0)
    assert batch.shape == (1, 3, 48, 24)
    assert (batch[..., :20] == -1.0).all()
    assert (batch[..., 20:] == 1.0).all()


def test_crops_without_pixels_are_left_out_and_endless_ones_squeezed():
    crops = [np.zeros((0, 5), dtype=np.uint8), np.zeros((4, 4000), dtype=np.uint8)]
    ((positions, batch),) = batch_crops(crops, 1.0)
    assert positions == [1]
    assert batch.shape[3] == MAX_WIDTH


@given(st.integers(1, 8000))
def test_a_crop_is_stretched_or_squeezed_by_at_most_a_sixteenth(length):
    width = scaled_width(np.zeros((48, length), dtype=np.uint8), 1.0)
    wanted = min(length, MAX_WIDTH)
    assert abs(width - wanted) <= wanted / 16
    if wanted <= 128:
        assert width == wanted


def test_long_lines_share_a_few_widths():
    widths = {scaled_width(np.zeros((48, length), dtype=np.uint8), 1.0) for length in range(129, 2000)}
    assert len(widths) < 50
