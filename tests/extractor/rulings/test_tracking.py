from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.rulings.tracking import Ruling, find_rulings
from extractor.values.labels import PageLabels

#: Two pixels of the page for one of its labels.
_DPI = 200.0


def told(draw, *, direction="horizontal"):
    """Labels of a page on whose picture of rulings something is drawn, in pixels of the labels."""
    labels = PageLabels.blank((900, 1000), _DPI)
    draw(labels.across if direction == "horizontal" else labels.down)
    return labels


def horizontals(draw):
    return find_rulings(told(draw), "horizontal")


def slanted(degrees, ink=255):
    rise = np.tan(np.radians(degrees)) * 400

    def draw(picture):
        cv2.line(picture, (50, 200), (450, round(200 + rise)), ink, 2, cv2.LINE_AA)

    return draw, 400, 400 + 2 * rise


@settings(deadline=None)
@given(st.floats(-5.0, 5.0))
def test_slanted_ruling_is_one_ruling_from_end_to_end(degrees):
    draw, start, end = slanted(degrees)
    (found,) = horizontals(draw)
    assert found.length > 780
    assert float(found.at(100.0)) == pytest.approx(start, abs=2.5)
    assert float(found.at(900.0)) == pytest.approx(end, abs=2.5)


@pytest.mark.parametrize("depth", [2, 6, 12])
def test_curved_ruling_is_followed(depth):
    x = np.arange(50, 451)
    y = 200 + depth * np.sin((x - 50) / 400 * np.pi)
    points = np.stack([x, np.rint(y)], axis=1).astype(np.int32)
    (found,) = horizontals(lambda p: cv2.polylines(p, [points], isClosed=False, color=255, thickness=2))
    assert found.length > 780
    assert np.abs(found.at(2 * x.astype(float)) - 2 * y).max() < 3


@pytest.mark.parametrize("gap", [5, 12, 20])
def test_broken_ruling_is_one_ruling(gap):
    draw, *_ = slanted(0.4)

    def draw_broken(picture):
        draw(picture)
        for x in range(110, 400, 80):
            picture[:, x : x + gap] = 0

    (found,) = horizontals(draw_broken)
    assert found.length > 780


def test_what_is_hardly_likely_is_no_ruling():
    assert horizontals(slanted(0.0, ink=70)[0]) == []


def test_vertical_ruling_is_found_as_a_horizontal_turned():
    def draw(picture):
        cv2.line(picture, (200, 50), (204, 400), 255, 2, cv2.LINE_AA)

    (found,) = find_rulings(told(draw, direction="vertical"), "vertical")
    assert found.direction == "vertical"
    assert float(found.at(450.0)) == pytest.approx(404, abs=2.5)


@pytest.mark.parametrize(("start", "end"), [(50, 250), (53, 251), (57, 244)])
def test_ruling_ends_where_it_is_told_to(start, end):
    (found,) = horizontals(lambda picture: cv2.line(picture, (start, 200), (end, 200), 255, 2))
    assert float(found.along[0]) == pytest.approx(2 * start, abs=4)
    assert float(found.along[-1]) == pytest.approx(2 * end, abs=4)


def test_longest_ruling_comes_first():
    def draw(picture):
        cv2.line(picture, (50, 100), (200, 100), 255, 2)
        cv2.line(picture, (50, 250), (450, 250), 255, 2)

    assert [round(float(np.median(r.across)) / 100) for r in horizontals(draw)] == [5, 2]


def test_two_rulings_a_row_apart_are_two():
    def draw(picture):
        for y in (200, 212):
            cv2.line(picture, (50, y), (450, y), 255, 2)

    assert len(horizontals(draw)) == 2


def test_short_stroke_is_no_ruling():
    assert horizontals(lambda picture: cv2.line(picture, (50, 100), (75, 100), 255, 2)) == []


def test_ruling_goes_on_straight_beyond_its_ends():
    along = np.arange(0.0, 200.0, 10.0)
    ruling = Ruling("horizontal", along, 50 + 0.1 * along)
    assert float(ruling.at(-100.0)) == pytest.approx(40, abs=0.01)
    assert float(ruling.at(400.0)) == pytest.approx(90, abs=0.01)
    assert ruling.at(np.array([0.0, 95.0])).tolist() == pytest.approx([50, 59.5])
