from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.rulings.tracking import Ruling, find_rulings, keep_printed
from tests.extractor.drawn import paper, write_number

_DPI = 200.0


def horizontals(page):
    return keep_printed(page, find_rulings(page, _DPI, "horizontal"), _DPI, 0.75)


def slanted(degrees, *, ink=0, thickness=2):
    page = paper()
    rise = np.tan(np.radians(degrees)) * 800
    cv2.line(page, (100, 400), (900, round(400 + rise)), ink, thickness, cv2.LINE_AA)
    return page, 400, 400 + rise


@pytest.mark.parametrize("degrees", [-3.0, -1.0, -0.3, 0.0, 0.5, 2.0, 3.0])
def test_slanted_ruling_is_one_ruling_from_end_to_end(degrees):
    page, start, end = slanted(degrees)
    (found,) = horizontals(page)
    assert found.length > 780
    assert float(found.at(100.0)) == pytest.approx(start, abs=1.5)
    assert float(found.at(900.0)) == pytest.approx(end, abs=1.5)


@pytest.mark.parametrize("depth", [4, 12, 25])
def test_curved_ruling_is_followed(depth):
    page = paper()
    x = np.arange(100, 901)
    y = 400 + depth * np.sin((x - 100) / 800 * np.pi)
    cv2.polylines(
        page, [np.stack([x, np.rint(y)], axis=1).astype(np.int32)], isClosed=False, color=0, thickness=2
    )
    (found,) = horizontals(page)
    assert found.length > 780
    assert np.abs(found.at(x.astype(float)) - y).max() < 2


@pytest.mark.parametrize("gap", [10, 25, 40])
def test_broken_ruling_is_one_ruling(gap):
    page, *_ = slanted(0.4)
    for x in range(220, 800, 160):
        page[:, x : x + gap] = 255
    (found,) = horizontals(page)
    assert found.length > 780


@pytest.mark.parametrize("ink", [120, 190, 215])
def test_faint_ruling_in_noise_is_found(ink):
    page, *_ = slanted(0.5, ink=ink)
    noise = np.random.default_rng(2).normal(0, 6, page.shape)
    found = horizontals(np.clip(page + noise, 0, 255).astype(np.uint8))
    assert found
    assert found[0].length > 700


def test_vertical_ruling_is_found_as_a_horizontal_turned():
    page, start, end = slanted(1.0)
    (found,) = find_rulings(np.ascontiguousarray(page.T), _DPI, "vertical")
    assert found.direction == "vertical"
    assert float(found.at(500.0)) == pytest.approx((start + end) / 2, abs=1.5)


def test_lines_of_text_are_no_rulings():
    page = paper()
    for y in range(100, 800, 36):
        write_number(page, "17 2024 0 0 3 11398889 5 0 0 251000", (500, y))
    assert horizontals(page) == []


def test_ruling_ends_where_its_print_ends():
    page = paper()
    cv2.line(page, (100, 400), (500, 400), 0, 2)
    write_number(page, "0000000000000000", (780, 400))
    longest = horizontals(page)[0]
    assert float(longest.along[-1]) == pytest.approx(500, abs=25)


def test_longest_ruling_comes_first():
    page = paper()
    cv2.line(page, (100, 200), (400, 200), 0, 2)
    cv2.line(page, (100, 500), (900, 500), 0, 2)
    assert [round(float(np.median(r.across)) / 100) for r in horizontals(page)] == [5, 2]


def test_short_stroke_is_no_ruling():
    page = paper()
    cv2.line(page, (100, 200), (160, 200), 0, 2)
    assert find_rulings(page, _DPI, "horizontal") == []


def test_ruling_goes_on_straight_beyond_its_ends():
    along = np.arange(0.0, 200.0, 10.0)
    ruling = Ruling("horizontal", along, 50 + 0.1 * along, 100.0)
    assert float(ruling.at(-100.0)) == pytest.approx(40, abs=0.01)
    assert float(ruling.at(400.0)) == pytest.approx(90, abs=0.01)
    assert ruling.at(np.array([0.0, 95.0])).tolist() == pytest.approx([50, 59.5])
