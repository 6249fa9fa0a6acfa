from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.crops import HEIGHT, MAX_WIDTH, MIN_WIDTH, WIDTH_STEP, cut_long, network_input, scaled_width


@given(st.integers(1, 90), st.integers(1, 1600), st.sampled_from([0.5, 0.75, 1.0]))
def test_input_is_no_wider_than_the_next_step(height, width, width_scale):
    crop = np.full((height, width), 200, dtype=np.uint8)
    for part in cut_long(crop, width_scale):
        given_width, fitted = network_input(part, width_scale).shape[3], scaled_width(part, width_scale)
        assert given_width % WIDTH_STEP == 0
        assert fitted <= given_width <= MAX_WIDTH
        assert given_width < fitted + WIDTH_STEP or given_width == MIN_WIDTH


def test_crops_are_normalised_and_padded_with_paper():
    pixels = network_input(np.zeros((48, 20), dtype=np.uint8), 1.0)
    assert pixels.shape == (1, 3, HEIGHT, 24)
    assert (pixels[..., :20] == -1.0).all()
    assert (pixels[..., 20:] == 1.0).all()


@given(st.integers(1, MAX_WIDTH))
def test_a_crop_is_stretched_or_squeezed_by_at_most_a_sixteenth(length):
    width = scaled_width(np.zeros((48, length), dtype=np.uint8), 1.0)
    assert abs(width - length) <= length / 16
    if length <= 128:
        assert width == length


def test_there_are_a_few_dozen_widths_whatever_is_read():
    crops = [np.zeros((48, length), dtype=np.uint8) for length in range(1, 6000, 7)]
    widths = {network_input(part, 1.0).shape[3] for crop in crops for part in cut_long(crop, 1.0)}
    assert len(widths) < 50


@given(st.integers(1, 90), st.integers(1, 9000))
def test_parts_of_a_long_line_make_the_line(height, width):
    crop = np.random.default_rng(width).integers(0, 255, (height, width)).astype(np.uint8)
    parts = cut_long(crop, 0.5)
    assert np.array_equal(np.concatenate(parts, axis=1), crop)
    assert all(part.size for part in parts)


def test_a_long_line_is_cut_between_characters():
    line = np.full((48, 3000), 255, dtype=np.uint8)
    for start in range(0, 3000, 50):
        line[8:40, start + 4 : start + 46] = 0
    for part in cut_long(line, 1.0):
        assert (part[:, [0, -1]] == 255).all()
