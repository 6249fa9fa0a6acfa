"""Strokes drawn as printed: which are slashes, which are ones, and where a minus stands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.ink.shapes import measure_shape
from extractor.values.shape import Shape

_HEIGHT = 24


def strokes(*lines, thickness=3):
    """A gray patch with the given strokes ((x, y), (x, y)) and its components."""
    gray = np.full((60, 120), 255, dtype=np.uint8)
    for start, end in lines:
        cv2.line(gray, start, end, 0, thickness, cv2.LINE_AA)
    count, _, stats, _ = cv2.connectedComponentsWithStats((gray < 128).astype(np.uint8))
    left, top, width, height = (stats[1:count, i] for i in range(4))
    return gray, np.stack([left, top, left + width, top + height], axis=1).astype(np.int32)


def shape_of(*lines):
    gray, boxes = strokes(*lines)
    return measure_shape(gray, boxes, _HEIGHT)


@pytest.mark.parametrize("lean", [9, 12, 16])
def test_stroke_leaning_right_is_a_slash(lean):
    shape = shape_of(((50, 42), (50 + lean, 18)))
    assert shape.is_slash
    assert not shape.is_upright


@pytest.mark.parametrize("lean", [-2, 0, 2])
def test_upright_stroke_is_a_one(lean):
    shape = shape_of(((50, 42), (50 + lean, 18)))
    assert shape.is_upright
    assert not shape.is_slash


def test_backslash_is_no_slash():
    assert not shape_of(((50, 18), (62, 42))).is_slash


def test_several_glyphs_have_no_slant():
    assert shape_of(((30, 42), (40, 18)), ((60, 42), (60, 18))).slope is None


def test_bowed_glyph_has_no_slant():
    # A 7 and a 2 as strokes: what leans is not all there is.
    assert shape_of(((50, 18), (66, 18)), ((66, 18), (54, 42))).slope is None


def test_a_leaning_stroke_with_a_bar_is_no_slash():
    """A narrow 7, which leans as much as a slash and stays almost as close to one line."""
    shape = shape_of(((54, 18), (62, 18)), ((62, 18), (50, 42)))
    assert shape.slope is not None
    assert shape.slope < -0.22
    assert shape.bent
    assert not shape.is_slash


def test_a_level_stroke_alone_is_told_from_one_among_others():
    dash = ((50, 30), (64, 30))
    assert shape_of(dash).level
    gray, boxes = strokes(dash)
    speck = np.array([[90, 40, 92, 42]], dtype=np.int32)
    assert measure_shape(gray, np.concatenate([boxes, speck]), _HEIGHT).level
    assert not shape_of(dash, ((48, 42), (48, 18))).level
    assert not shape_of(dash, ((80, 30), (94, 30))).level
    assert not shape_of(((50, 34), (58, 26))).level


def test_minus_is_seen_before_one_digit_and_before_several():
    minus = ((30, 31), (38, 31))
    assert shape_of(minus, ((48, 42), (48, 18))).minus
    assert shape_of(minus, ((48, 42), (48, 18)), ((60, 42), (60, 18))).minus


@pytest.mark.parametrize("y", [16, 44], ids=["above", "at the foot"])
def test_stroke_off_the_middle_is_no_minus(y):
    assert not shape_of(((30, y), (38, y)), ((48, 42), (48, 18))).minus


def test_stroke_far_away_or_behind_is_no_minus():
    assert not shape_of(((4, 31), (12, 31)), ((60, 42), (60, 18))).minus
    assert not shape_of(((70, 31), (80, 31)), ((48, 42), (48, 18))).minus


def test_a_lone_dash_is_level_and_nothing_has_no_shape():
    assert shape_of(((30, 31), (50, 31))) == Shape(level=True)
    assert measure_shape(np.full((9, 9), 255, np.uint8), np.zeros((0, 4), np.int32), _HEIGHT) == Shape()


def test_faint_minus_before_a_digit_is_seen():
    page = np.full((60, 60), 255, dtype=np.uint8)
    page[20:40, 40:43] = 90
    glyphs = np.array([[40, 20, 43, 40]], dtype=np.int32)
    assert not measure_shape(page, glyphs, 20.0).minus
    page[30:32, 29:36] = 205
    assert measure_shape(page, glyphs, 20.0).minus


def test_the_pieces_of_a_broken_digit_are_no_minus():
    bar, bowl, behind = ((50, 19), (62, 19)), ((51, 31), (63, 36)), ((80, 19), (80, 41))
    gray, boxes = strokes(bar, bowl, behind, thickness=7)
    assert (boxes[:, 3] - boxes[:, 1]).min() > 0.22 * _HEIGHT
    assert not measure_shape(gray, boxes, _HEIGHT + 15).minus


@pytest.mark.parametrize(("end", "has_minus"), [(56, True), (61, False)], ids=["apart", "joined"])
def test_a_faint_stroke_that_joins_the_digit_is_no_minus(end, has_minus):
    gray, boxes = strokes(((62, 19), (62, 41)))
    gray[29:33, 48 : end + 1] = np.minimum(gray[29:33, 48 : end + 1], 190)
    shape = measure_shape(gray, boxes, _HEIGHT)
    assert (shape.minus, shape.veiled) == (has_minus, not has_minus)


@pytest.mark.parametrize(("length", "has_minus"), [(2, False), (9, True)], ids=["speck", "stroke"])
def test_a_dark_speck_before_a_digit_is_no_faint_minus(length, has_minus):
    gray, boxes = strokes(((62, 19), (62, 41)))
    gray[29:32, 48 : 48 + length] = 90
    assert measure_shape(gray, boxes, _HEIGHT).minus is has_minus
