"""Round seals that a gray scan leaves as gray ink: found by their rim, and lifted off the darker type below.

Colour scans lose them before (`document`), but for a pale rest. Type is darker than a seal and stays, where both lie
over each other as well; a bilevel scan has no gray to tell them by, and nothing of it is divided out. Measures are
pixels of the straight page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.rulings.strokes import find_across, find_down
from extractor.scan.cleaning import find_ink
from extractor.seams.engine import Gray

#: Seals are looked for on a picture this coarse, with rims of these radii (inches).
_COARSE_DPI, _RADII_INCH = 32.0, (0.7, 1.02)
#: They are measured on a finer one, so many places of the coarse one at most.
_FINE_DPI, _TRIES = 90.0, 8
#: A place is worth it where ink along a rim of the coarse picture exceeds what lies beside it by this share.
_WORTH = 0.15
#: Parts of a rim, and the share of them that must show it: inked by so much more than what lies on both sides.
_PARTS, _SEEN, _CONTRAST, _INKED = 90, 0.6, 0.3, 0.5
#: How far off the rim its sides are looked at, in radii.
_ASIDE = 0.07
#: A seal with the blur around it, its star, and the type beside it, further off where that is little, in radii of its
#: rim.
_WHOLE, _STAR, _NEIGHBOURS = 1.06, 0.12, (2.2, 5.0)
#: Straight strokes this long and no thicker are rulings (inches).
_RULING_INCH, _THICK_INCH = 0.28, 0.05
#: Strokes of type are thinner than this (inches); gray between these is a seal below them, not a frame or paper.
_STROKE_INCH, _BLACK, _PAPER = 0.03, 50.0, 215.0
#: Type lets through no more of the light than this.
_TYPE_SHARE = 0.62
#: Characters and figures are so high at least, and no larger (inches); so many tell how dark type is.
_TYPE_INCH, _FEW = (0.055, 0.2), 8
#: The paler type and the middle of a star's ink (percentiles), and how far they are apart, in levels of gray.
_TYPE_PALE, _STAR_DARK, _APART = 90.0, 50.0, 14.0
#: A hyphen is so many times as wide as high and no higher than this, in heights of a figure; figures are as high as
#: each other but for this share.
_FLAT, _THIN, _ALIKE = 1.8, 0.3, 0.15
#: What stands this near to type, in heights of a figure, may be a piece of it.
_BESIDE = 0.3
#: How far the points of a star reach, in radii of the rim.
_POINTS = 0.33

Ink = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Seal:
    """Where a seal lies: its centre and the radius of its rim, pixels."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class _Tones:
    """Gray than which no type is paler at its darkest, and the height of a figure in pixels."""

    palest: float
    height: float


def lift_seals(flat: Gray, dpi: float) -> Gray:
    """The page without the seals on it: what is thicker than type goes, and paler strokes where type is darker."""
    seals = find_seals(flat, dpi)
    if not seals:
        return flat
    out = flat.copy()
    ink = find_ink(flat)
    for seal in seals:
        _lift(out, ink, seal, dpi)
    return out


def _lift(out: Gray, ink: Ink, seal: Seal, dpi: float) -> None:
    """Paint a seal as paper: what is thicker than type first, then strokes paler than any type."""
    tones = _measure_tones(out, ink, seal, dpi)
    rows, columns, disc = _cut(out.shape, seal, _WHOLE)
    _even_out(out[rows, columns], disc > 0, dpi)
    if tones is None:
        return
    # Much of a seal is paler than ink is elsewhere, but not than the type of some tables.
    dark = (out[rows, columns] < _PAPER).astype(np.uint8)
    strokes = dark & ~_find_lines(np.maximum(dark, ink[rows, columns]), dpi) & disc
    strokes[_within(rows, columns, seal, _POINTS)] = 0
    pale = _find_pale(strokes, out[rows, columns], tones)
    edge = cv2.dilate(pale.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    out[rows, columns][pale | (edge & (ink[rows, columns] == 0))] = 255


def _even_out(part: Gray, disc: NDArray[np.bool_], dpi: float) -> None:
    """Divide out the rim, the star and what else is thicker than type; type stays as dark, under the seal as well."""
    side = max(3, round(_STROKE_INCH * dpi) | 1)
    square = np.ones((side, side), np.uint8)
    below = cv2.morphologyEx(
        part, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    even = cv2.divide(part, cv2.blur(below, (side, side)), scale=255)
    even[even > _TYPE_SHARE * 255] = 255
    seal_ink = (below > _BLACK) & (below < _PAPER)
    near = cv2.dilate(seal_ink.astype(np.uint8), square) > 0
    np.copyto(part, even, where=near & (below > _BLACK) & disc)


def _find_pale(strokes: Ink, part: Gray, tones: _Tones) -> NDArray[np.bool_]:
    """Strokes that are nowhere as dark as type, away from type; no hyphens, which are thin, and no figures."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    darkest = _find_darkest(labels, len(stats), part)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    pale = (darkest > tones.palest) & ((wide < _FLAT * high) | (high > _THIN * tones.height))
    pale &= np.abs(high - tones.height) > _ALIKE * tones.height
    side = 2 * round(_BESIDE * tones.height) + 1
    of_type = (darkest <= tones.palest)[labels] & (strokes > 0)
    beside = cv2.dilate(of_type.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    pale[np.unique(labels[beside])] = False
    pale[0] = False
    return np.asarray(pale[labels], dtype=np.bool_)


def _cut(shape: tuple[int, ...], seal: Seal, reach: float) -> tuple[slice, slice, Ink]:
    """Rows and columns around a seal, and which pixels of them lie within so many radii of its centre."""
    far = reach * seal.radius
    top, bottom = max(0, int(seal.y - far)), min(shape[0], int(seal.y + far) + 1)
    left, right = max(0, int(seal.x - far)), min(shape[1], int(seal.x + far) + 1)
    rows, columns = slice(top, bottom), slice(left, right)
    return rows, columns, _within(rows, columns, seal, reach).astype(np.uint8)


def _within(rows: slice, columns: slice, seal: Seal, reach: float) -> NDArray[np.bool_]:
    """Which pixels of these rows and columns lie within so many radii of a seal's centre."""
    ys, xs = np.ogrid[rows, columns]
    return np.asarray((ys - seal.y) ** 2 + (xs - seal.x) ** 2 <= (reach * seal.radius) ** 2, dtype=np.bool_)


def _find_darkest(labels: cv2.typing.MatLike, count: int, part: Gray) -> Gray:
    """Gray of the darkest pixel of each component."""
    darkest = np.full(count, 255, dtype=np.uint8)
    np.minimum.at(darkest, labels.ravel().astype(np.intp), part.ravel())
    return darkest


def _find_lines(ink: Ink, dpi: float) -> Ink:
    """Where long straight strokes run that are no thicker than rulings."""
    long, thick = round(_RULING_INCH * dpi), round(_THICK_INCH * dpi)
    across, upright = find_across(ink, long), find_down(ink, long)
    solid = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    lines = np.maximum(across, upright) - np.minimum(np.maximum(across, upright), solid)
    return np.minimum(np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), dtype=np.uint8), ink)


def _measure_tones(flat: Gray, ink: Ink, seal: Seal, dpi: float) -> _Tones | None:
    """How dark type and a seal are, None where they are alike: by the type around it and by its star."""
    rows, columns, disc = _cut(flat.shape, seal, _STAR)
    star = flat[rows, columns][(disc & ink[rows, columns]) > 0]
    type_tones, heights = max(
        (_measure_type(flat, ink, seal, reach, dpi) for reach in _NEIGHBOURS), key=_enough
    )
    if len(type_tones) < _FEW:
        return None
    # What lies below the star is darker than it.
    star = star[star > max(_BLACK, float(np.median(type_tones)))]
    if not star.size:
        return None
    palest, level = float(np.percentile(type_tones, _TYPE_PALE)), float(np.percentile(star, _STAR_DARK))
    if level - palest < _APART:
        return None
    return _Tones((palest + level) / 2, float(np.median(heights)))


def _enough(measured: tuple[Gray, NDArray[Any]]) -> bool:
    return len(measured[0]) >= _FEW


def _measure_type(flat: Gray, ink: Ink, seal: Seal, reach: float, dpi: float) -> tuple[Gray, NDArray[Any]]:
    """The darkest gray and the height of every piece of type within so many radii of a seal, off the seal."""
    rows, columns, _ = _cut(flat.shape, seal, reach)
    own = ink[rows, columns].copy()
    own[_within(rows, columns, seal, _WHOLE)] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(own, connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    is_type = (high > _TYPE_INCH[0] * dpi) & (np.maximum(wide, high) < _TYPE_INCH[1] * dpi)
    is_type[0] = False
    return _find_darkest(labels, len(stats), flat[rows, columns])[is_type], high[is_type]


def find_seals(flat: Gray, dpi: float) -> list[Seal]:
    """Round seals of a page, the surest first."""
    # Three levels of 255 part what is seen of a rim from what is not: a byte for a pixel's ink is exact enough.
    fine = _shrink(find_ink(flat) * np.uint8(255), min(1.0, _FINE_DPI / dpi)).astype(np.float32) / 255.0
    coarse = _shrink(fine, _COARSE_DPI / min(dpi, _FINE_DPI))
    best = np.full(coarse.shape, -1.0, dtype=np.float32)
    radii = np.zeros(coarse.shape, dtype=np.float32)
    for radius in range(*(round(inch * _COARSE_DPI) for inch in _RADII_INCH)):
        score = cv2.filter2D(coarse, cv2.CV_32F, _rim_kernel(radius), borderType=cv2.BORDER_CONSTANT)
        better = score > best
        best[better], radii[better] = score[better], radius
    scale = fine.shape[1] / coarse.shape[1], flat.shape[1] / fine.shape[1]
    found: list[Seal] = []
    for _ in range(_TRIES):
        y, x = (int(v) for v in np.unravel_index(int(best.argmax()), best.shape))
        if best[y, x] < _WORTH:
            break
        rough = Seal((x + 0.5) * scale[0], (y + 0.5) * scale[0], float(radii[y, x]) * scale[0])
        seal, share = _refine(fine, rough)
        if share >= _SEEN:
            found.append(Seal(seal.x * scale[1], seal.y * scale[1], seal.radius * scale[1]))
        reach = round(radii[y, x]) if share >= _SEEN else 4
        best[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = -1.0
    return found


def _shrink(ink: NDArray[Any], scale: float) -> NDArray[Any]:
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))


def _rim_kernel(radius: int) -> NDArray[np.float32]:
    """Weights that sum up a rim, less what stands on both sides of it."""
    reach = radius + 4
    ys, xs = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    off = np.abs(np.hypot(ys, xs) - radius)
    rim, beside = off <= 0.8, (off > 2.0) & (off <= 3.5)
    return np.asarray(rim / rim.sum() - beside / beside.sum(), dtype=np.float32)


def _refine(ink: NDArray[np.float32], rough: Seal) -> tuple[Seal, float]:
    """The circle near a rough one of which most is seen, and the share of it that is."""
    best, most = rough, -1.0
    for step in (3.0, 1.0):
        moves = product((-step, 0.0, step), repeat=3)
        seals = [Seal(best.x + dx, best.y + dy, best.radius + dr) for dx, dy, dr in moves]
        shares = _rim_shares(ink, seals)
        place = int(shares.argmax())
        if shares[place] > most:
            best, most = seals[place], float(shares[place])
    return best, most


def _rim_shares(ink: NDArray[np.float32], seals: Sequence[Seal]) -> NDArray[np.float64]:
    """Share of each circle along which ink runs with paper on both sides."""
    angles = np.linspace(0, 2 * np.pi, _PARTS, endpoint=False)
    x, y, radius = (np.array(own)[:, None, None] for own in zip(*map(astuple, seals), strict=True))
    out = radius * (1.0 + np.array([-_ASIDE, 0.0, _ASIDE])[:, None])
    across, down = (
        (middle + out * turn).astype(np.float32).reshape(len(seals), -1)
        for middle, turn in ((x, np.cos(angles)), (y, np.sin(angles)))
    )
    seen = cv2.remap(ink, across, down, cv2.INTER_LINEAR)
    inner, rim, outer = np.moveaxis(np.reshape(seen, (len(seals), 3, _PARTS)), 1, 0)
    is_seen = (rim > _INKED) & (np.minimum(inner, outer) < rim - _CONTRAST)
    return np.asarray(is_seen.mean(axis=1), dtype=np.float64)
