"""Bent pages come out straight within a pixel and a half, and places lead back to where they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.rulings.tracking import find_rulings
from extractor.scan.warp import fit_warp, flatten, rotation_warp
from extractor.values.geometry import Box
from tests.extractor.drawn import bend, draw_table, label, paper

_DPI = 200.0
_ROWS = list(range(100, 801, 70))
_COLUMNS = [80, 300, 440, 580, 720, 920]


def rulings_of(page):
    labels = label(page, _DPI)
    return find_rulings(labels, "horizontal"), find_rulings(labels, "vertical")


def warp_of(page):
    return fit_warp(*rulings_of(page), page.shape, _DPI)


def waviness(rulings):
    """The largest distance of a ruling's points from its own level; its ends, where blur is, left out."""
    return max(float(np.ptp(r.across[1:-1])) / 2 for r in rulings)


def table_page():
    return draw_table(paper(900, 1000), _ROWS, _COLUMNS)


def unit(page):
    ys, xs = np.mgrid[0 : page.shape[0], 0 : page.shape[1]]
    return ys / page.shape[0] - 0.5, xs / page.shape[1] - 0.5


BENDS = {
    "skew": lambda y, x: (20 * x, -18 * y),
    "perspective": lambda y, x: (30 * x * y, 24 * x * y),
    "curl": lambda y, x: (40 * x**2, 0 * x),
    "curl of one side": lambda y, x: (60 * np.clip(x, 0, None) ** 3, 0 * x),
    "all at once": lambda y, x: (10 * x + 30 * x**2 + 20 * x * y, -9 * y + 12 * x * y),
}


@pytest.mark.parametrize("name", BENDS)
def test_bent_page_comes_out_straight(name):
    page = table_page()
    bent = bend(page, *BENDS[name](*unit(page)))
    before = waviness(rulings_of(bent)[0])
    warp = warp_of(bent)
    assert warp is not None
    across, upright = rulings_of(flatten(bent, warp))
    assert len(across) == len(_ROWS)
    assert waviness(across) < 1.5 < before
    assert waviness(upright) < 1.5


def test_straight_page_is_left_alone():
    assert warp_of(table_page()) is None


def test_page_without_rulings_cannot_be_flattened():
    assert fit_warp([], [], (900, 1000), _DPI) is None


@pytest.mark.parametrize("name", BENDS)
def test_box_leads_back_to_where_its_content_was(name):
    page = table_page()
    page[405:425, 490:530] = 0
    bent = bend(page, *BENDS[name](*unit(page)))
    warp = warp_of(bent)
    flat = flatten(bent, warp)
    rows, columns = np.nonzero(flat[390:440, 450:570] < 80)
    box = Box(450 + columns.min(), 390 + rows.min(), 450 + columns.max() + 1, 390 + rows.max() + 1)
    back = warp.box_to_source(box)
    inside = bent[round(back.top) : round(back.bottom), round(back.left) : round(back.right)]
    assert inside.mean() < 60
    assert back.width == pytest.approx(40, abs=6)
    assert back.height == pytest.approx(20, abs=6)


@settings(max_examples=40, deadline=None)
@given(st.floats(-8, 8), st.floats(100, 800), st.floats(100, 700))
def test_turning_back_and_forth_leads_back(degrees, x, y):
    shape = (900, 1000)
    there, back = rotation_warp(shape, degrees), rotation_warp(shape, -degrees)
    point = np.array([[x, y]])
    assert np.abs(there.to_source(back.to_source(point)) - point).max() < 0.5


@settings(max_examples=40, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(150, 800), st.floats(150, 700))
def test_two_warps_in_one_are_one_after_the_other(first, second, x, y):
    shape = (900, 1000)
    one, two = rotation_warp(shape, first), rotation_warp(shape, second)
    point = np.array([[x, y]])
    apart = one.to_source(two.to_source(point))
    assert np.abs(two.after(one).to_source(point) - apart).max() < 0.5


def test_turned_page_comes_back_upright():
    page = table_page()
    skewed = flatten(page, rotation_warp(page.shape, -3.0))
    level = flatten(skewed, rotation_warp(page.shape, 3.0))
    assert np.abs(level[150:750, 150:850].astype(int) - page[150:750, 150:850]).mean() < 6


def test_what_lies_beyond_the_page_is_paper():
    turned = flatten(np.zeros((900, 1000), np.uint8), rotation_warp((900, 1000), 8.0))
    assert turned[0, 0] == 255
    assert turned[450, 500] == 0


def test_more_points_than_opencv_takes_at_once_are_mapped():
    points = np.stack([np.linspace(40, 900, 40_000), np.linspace(40, 800, 40_000)], axis=1)
    found = rotation_warp((900, 1000), 0.0).to_source(points)
    # cv2.remap interpolates in steps of 1/32 of a sample, here half a pixel.
    assert np.abs(found - points).max() < 0.3
