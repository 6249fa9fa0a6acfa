from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.scan.seals import find_seals, lift_seals
from tests.extractor.drawn import draw_table, paper, write_han, write_number

_DPI = 200.0
_CENTRE, _RADIUS = (620, 420), 165


def press(page, *, gray=125):
    """A seal as a gray scan shows it: a rim, a star and strokes of characters, darkening what lies below."""
    seal = np.full_like(page, 255)
    cv2.circle(seal, _CENTRE, _RADIUS, gray, 9)
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    lengths = np.where(np.arange(10) % 2 == 0, 50, 19)
    star = np.stack([lengths * np.cos(angles), lengths * np.sin(angles)], axis=1) + _CENTRE
    cv2.fillPoly(seal, [star.astype(np.int32)], gray)
    for angle in np.linspace(-2.6, -0.5, 5):
        x, y = (int(c + 120 * f) for c, f in zip(_CENTRE, (np.cos(angle), np.sin(angle)), strict=True))
        cv2.rectangle(seal, (x - 14, y - 14), (x + 14, y + 14), gray, 4)
    return (page.astype(np.float64) * cv2.GaussianBlur(seal, (3, 3), 0) / 255).astype(np.uint8)


def figures(page):
    for y in range(240, 640, 60):
        for x in range(200, 1000, 140):
            write_number(page, "38", (x, y))
    return page


def test_a_seal_is_found_where_it_lies():
    (seal,) = find_seals(press(figures(paper(900, 1200))), _DPI)
    assert (seal.x, seal.y) == pytest.approx(_CENTRE, abs=6)
    assert seal.radius == pytest.approx(_RADIUS, abs=6)


def test_figures_stay_where_a_seal_is_lifted():
    plain = figures(paper(900, 1200))
    lifted = lift_seals(press(plain), _DPI)
    assert (lifted[plain < 60] < 150).mean() > 0.95
    away = cv2.erode(plain, np.ones((9, 9), np.uint8)) > 200
    rim = np.zeros_like(plain)
    cv2.circle(rim, _CENTRE, _RADIUS, 255, 5)
    assert (lifted[(rim > 0) & away] > 200).mean() > 0.95
    assert (lifted[away] > 200).mean() > (press(plain)[away] > 200).mean()


def test_a_page_without_a_seal_is_left_as_it_is():
    page = figures(draw_table(paper(900, 1200), list(range(210, 690, 60)), list(range(130, 1000, 140))))
    for y in range(700, 860, 40):
        write_han(page, 20, 130, y)
    assert find_seals(page, _DPI) == []
    assert lift_seals(page, _DPI) is page


def inscribe(page, *, gray=185, size=(26, 6)):
    """Worn strokes of a seal's inscription, paler than ink is anywhere and as flat as its 一."""
    for angle in np.linspace(-2.4, -0.7, 4):
        x, y = (int(c + 100 * f) for c, f in zip(_CENTRE, (np.cos(angle), np.sin(angle)), strict=True))
        part = page[y - size[1] // 2 : y + size[1] // 2, x - size[0] // 2 : x + size[0] // 2]
        np.minimum(part, gray, out=part)
    return page


def left_over(plain, lifted):
    """How many pixels away from the type are still darker than paper, off the rim and the star."""
    away = cv2.erode(plain, np.ones((9, 9), np.uint8)) > 200
    ys, xs = np.ogrid[: plain.shape[0], : plain.shape[1]]
    far = np.hypot(ys - _CENTRE[1], xs - _CENTRE[0])
    return int(((lifted < 215) & away & (far > 60) & (far < 150)).sum())


def type_below(page):
    """Type below a seal and beside it, none of it where the inscription is."""
    for y in range(480, 800, 60):
        for x in range(200, 1000, 140):
            write_number(page, "38", (x, y))
    return page


def test_strokes_of_a_seal_paler_than_ink_and_flat_ones_are_lifted():
    plain = type_below(paper(900, 1200))
    assert left_over(plain, inscribe(press(plain))) > 300
    assert left_over(plain, lift_seals(inscribe(press(plain)), _DPI)) < 30


def test_type_further_off_tells_what_is_paler_where_little_stands_beside_a_seal():
    plain = paper(1400, 1200)
    for y in (960, 1000, 1040):
        for x in range(200, 1000, 90):
            write_number(plain, "38", (x, y))
    assert left_over(plain, lift_seals(inscribe(press(plain)), _DPI)) < 30
