"""Digits are compared with the report's own: a 3 that looks like its 8s is told."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from extractor.trust.likeness import (
    compare_digits,
    cut_digits,
    measure_oddness,
    measure_shades,
    measure_steps,
)
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box
from extractor.values.page import Page, PageKind
from tests.extractor.drawn import paper, straight_image, write_number
from tests.extractor.trust.test_features import decoded

_PRINTED = {f"f{i}": 10 * (i % 9 + 1) + (i * 7) % 10 for i in range(40)}


def report(printed=_PRINTED, read=None, *, noise=0.0, stroke="", stamp=("", 0, 0)) -> Decoded:
    """A report whose fields are printed as `printed` and read as `read` says.

    stroke: a field with one before it. stamp: a field with a 7 behind it, by how many rows lower and how pale.
    """
    page = paper(1200, 1000)
    found = decoded({**printed, **(read or {})})
    slots = []
    for i, (slot, (key, value)) in enumerate(zip(found.slots, printed.items(), strict=True)):
        x, y = 100 + 180 * (i % 5), 60 + 60 * (i // 5)
        write_number(page, str(value), (x, y), scale=1.0)
        if key == stroke:
            cv2.line(page, (x - 22, y - 10), (x - 22, y + 10), 0, 2)
        if key == stamp[0]:
            other = paper(1200, 1000)
            write_number(other, "7", (x + 30, y + stamp[1]), scale=1.0)
            np.minimum(page, np.maximum(other, stamp[2]), out=page)
        ink = Box(x - 30.0, y - 16.0, x + 30.0, y + 16.0)
        rows, columns = np.nonzero(page[y - 20 : y + 20, x - 40 : x + 40] < 210)
        ink = Box(
            x - 40.0 + columns.min(), y - 20.0 + rows.min(), x - 39.0 + columns.max(), y - 19.0 + rows.max()
        )
        slots.append(replace(slot, cell=replace(slot.cell, ink=ink)))
    grain = np.random.default_rng(4).normal(0, noise, page.shape)
    flat = np.clip(page + grain, 0, 255).astype(np.uint8)
    image = straight_image(flat, 200.0)
    return replace(found, slots=slots, pages=(Page(1, PageKind.SCAN, 400.0, 400.0, image, (), ()),))


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_digits_read_right_look_like_their_own(noise):
    found = compare_digits(cut_digits(report(noise=noise)))
    assert len(found) >= 0.9 * len(_PRINTED)
    assert min(found.values()) > 0


@pytest.mark.parametrize(("printed", "read"), [(38, 33), (13, 18), (66, 60), (17, 11)])
def test_a_digit_read_as_another_looks_like_the_other(printed, read):
    found = compare_digits(cut_digits(report({**_PRINTED, "x": printed}, {"x": read})))
    assert found["x"] < 0 < min(value for key, value in found.items() if key != "x")


def test_digits_of_which_there_are_too_few_are_not_judged():
    assert compare_digits(cut_digits(report({"a": 12, "b": 34}))) == {}


def test_a_lost_digit_leaves_nothing_to_compare():
    assert "x" not in compare_digits(cut_digits(report({**_PRINTED, "x": 738}, {"x": 73})))


def test_without_pictures_nothing_is_compared():
    assert compare_digits(cut_digits(decoded(_PRINTED))) == {}


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_a_stroke_beside_a_figure_that_was_read_as_a_digit_is_narrower_than_the_reports_own(noise):
    odd = measure_oddness(cut_digits(report({**_PRINTED, "x": 0}, {"x": 10}, noise=noise, stroke="x")))
    assert odd["x"] > 0.12 > max(value for key, value in odd.items() if key != "x")


def test_of_a_digit_that_stands_nowhere_else_nothing_is_odd():
    assert measure_oddness(cut_digits(report({"a": 12, "b": 34}))) == {}


@pytest.mark.parametrize("noise", [0.0, 12.0])
@pytest.mark.parametrize(
    ("lower", "paleness", "measure", "most"),
    [(5, 0, measure_steps, 0.15), (0, 120, measure_shades, 60), (0, 200, measure_shades, 60)],
)
def test_what_was_stamped_beside_a_figure_stands_lower_or_is_paler(noise, lower, paleness, measure, most):
    found = report({**_PRINTED, "x": 38}, {"x": 387}, noise=noise, stamp=("x", lower, paleness))
    told = (
        measure(cut_digits(found)) if measure is measure_steps else measure_shades(found, cut_digits(found))
    )
    assert told["x"] > most > max(value for key, value in told.items() if key != "x")


def test_a_digit_alone_has_no_others_to_stand_in_line_with():
    found = report({"a": 7, "b": 34})
    digits = cut_digits(found)
    assert set(measure_steps(digits)) == set(measure_shades(found, digits)) == {"b"}
