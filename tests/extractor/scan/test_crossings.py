"""Dots that stand in rows and in columns are crossings of rulings that a light scan lost; other dots are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.scan.crossings import join_crossings
from extractor.values.geometry import Box
from extractor.values.labels import PageLabels

_DPI = 200.0
_LEFT, _TOP, _WIDE, _HIGH, _COLUMNS, _ROWS = 150, 200, 90, 56, 7, 9


def page_with(dots, figures=()):
    page = np.full((1200, 1000), 255, dtype=np.uint8)
    for x, y in dots:
        page[y : y + 2, x : x + 2] = 0
    for x, y in figures:
        cv2.putText(page, "0", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    return page


def lattice():
    return [(_LEFT + _WIDE * c, _TOP + _HIGH * r) for r in range(_ROWS) for c in range(_COLUMNS)]


def joined(page, tables=()):
    return join_crossings(PageLabels.blank(page.shape, _DPI), page, tables)


def test_dots_of_a_lattice_are_led_to_each_other_both_ways():
    labels = joined(page_with(lattice()))
    across, down = labels.across > 0, labels.down > 0
    for row in range(_ROWS):
        y = (_TOP + _HIGH * row) // 2
        assert across[y, _LEFT // 2 : (_LEFT + _WIDE * (_COLUMNS - 1)) // 2].all()
    for column in range(_COLUMNS):
        x = (_LEFT + _WIDE * column) // 2
        assert down[_TOP // 2 : (_TOP + _HIGH * (_ROWS - 1)) // 2, x].all()


def test_no_ruling_is_led_through_writing():
    x, y = _LEFT + _WIDE * 2 + _WIDE // 2 - 8, _TOP + _HIGH * 3 + 9
    across = joined(page_with(lattice(), [(x, y)])).across > 0
    level = (_TOP + _HIGH * 3) // 2
    assert not across[level, (_LEFT + _WIDE * 2) // 2 + 4 : (_LEFT + _WIDE * 3) // 2 - 4].any()
    assert across[level, (_LEFT + _WIDE * 3) // 2 : (_LEFT + _WIDE * 6) // 2].all()


@pytest.mark.parametrize("kept", [lambda r, c: r == 0, lambda r, c: c == 0, lambda r, c: r == c])
def test_dots_in_a_row_a_column_or_aslant_are_no_lattice(kept):
    dots = [dot for i, dot in enumerate(lattice()) if kept(*divmod(i, _COLUMNS))]
    labels = joined(page_with(dots))
    assert not labels.across.any()
    assert not labels.down.any()


def test_dots_beside_which_other_ink_stands_are_none():
    dots = lattice()
    beside = [(x + 6, y) for x, y in dots]
    labels = joined(page_with(dots + beside))
    assert not labels.across.any()


def test_dashes_of_a_table_are_none():
    page = page_with([])
    for x, y in lattice():
        page[y : y + 2, x : x + 7] = 0
    assert not joined(page).across.any()


def test_what_stands_in_a_table_with_rulings_is_none():
    last_column, last_row = _LEFT + _WIDE * _COLUMNS, _TOP + _HIGH * _ROWS
    inside = Box(_LEFT - 20, _TOP - 20, last_column, last_row)
    assert not joined(page_with(lattice()), [inside]).across.any()
    beside = Box(last_column, _TOP - 20, last_column + 100, last_row)
    assert joined(page_with(lattice()), [beside]).across.any()


def test_dust_is_no_lattice():
    places = np.random.default_rng(3).integers(60, 900, size=(60, 2))
    labels = joined(page_with(places.tolist()))
    assert not labels.across.any()


def test_the_dots_of_a_raster_are_no_lattice():
    page = np.full((2400, 1700), 255, dtype=np.uint8)
    page[50:2350:24, 50:1650:24] = 0
    assert not joined(page).across.any()
