"""What the ink itself says where recognisers are weak: the slant of a lone stroke, a minus before digits."""

from __future__ import annotations

import cv2
import numpy as np

from extractor.ink.glyphs import Ints
from extractor.seams.engine import Gray
from extractor.values.geometry import Box
from extractor.values.shape import Shape

#: A slash leaves the line through its ink nowhere by more than this share of its height: of 4,163 slashes of office
#: scans none by more than 0.042, of 59 figures that lean as much (a 2, a 7) none by less than 0.092.
_STRAIGHT = 0.065
#: A minus is at least this wide and at most this high, in heights of a digit.
_MINUS_WIDTH, _MINUS_HEIGHT = 0.2, 0.22
#: Higher than this, in heights of a digit, is a piece of one and no minus.
_PIECE = 0.3
#: Ink smaller than this to both sides, in heights of a digit, is a speck.
_SPECK = 0.15
#: Depth of a faint minus, averaged along it, and of a digit's faintest strokes, as shares of the depth of its ink.
_FAINT_MINUS, _FAINT_STROKE = 0.2, 0.15
#: Percent of a faint minus's width of which a gap or a speck may lie over as much.
_SPECK_SHARE = 40.0
#: Digits lower than this, pixels, show no faint minus.
_LEAST_HEIGHT = 8


def measure_shape(gray: Gray, glyphs: Ints, digit_height: float) -> Shape:
    """Shape of the ink of a cell; glyphs are its components (left, top, right, bottom)."""
    if not len(glyphs):
        return Shape()
    heights = glyphs[:, 3] - glyphs[:, 1]
    tall = glyphs[heights >= 0.5 * digit_height]
    if len(tall) == 1:
        left, top, right, bottom = (int(v) for v in tall[0])
        slope, bent = _slope(gray[top:bottom, left:right])
        minus, veiled = _find_minus(gray, glyphs, tall[0], digit_height)
        return Shape(slope, minus=minus, bent=bent, veiled=veiled)
    if not len(tall):
        return Shape(level=_is_level(glyphs, digit_height))
    first = tall[np.argmin(tall[:, 0])]
    minus, veiled = _find_minus(gray, glyphs, first, digit_height)
    return Shape(None, minus=minus, veiled=veiled)


def _is_level(glyphs: Ints, digit_height: float) -> bool:
    """One flat stroke, and nothing beside it but specks."""
    wide, high = glyphs[:, 2] - glyphs[:, 0], glyphs[:, 3] - glyphs[:, 1]
    specks = (wide < _SPECK * digit_height) & (high < _SPECK * digit_height)
    flat = (
        (wide >= _MINUS_WIDTH * digit_height) & (high <= _MINUS_HEIGHT * digit_height) & (wide >= 1.6 * high)
    )
    return int(flat.sum()) == 1 and bool((flat | specks).all())


def _slope(patch: Gray) -> tuple[float | None, bool]:
    """Regression of x on y over the ink, weighted by darkness, and whether the ink bends away from its line.

    No slope for shapes that are no single stroke.
    """
    if patch.shape[0] < 4 or patch.shape[1] > 0.9 * patch.shape[0]:
        return None, False
    weight = np.clip(255.0 - patch.astype(np.float64) - 60.0, 0.0, None)
    ys, xs = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]]
    rows, total = weight.sum(axis=1), weight.sum()
    if total <= 0:
        return None, False
    y, x = ys - (weight * ys).sum() / total, xs - (weight * xs).sum() / total
    slope = float((weight * x * y).sum() / max((weight * y * y).sum(), 1e-9))
    off = weight * (x - slope * y)
    # Around a straight stroke the ink stays within a fifth of its height; a 7 or a 2 does not.
    spread = float(np.sqrt((off * (x - slope * y)).sum() / total))
    if spread >= 0.14 * patch.shape[0]:
        return None, False
    aside = np.abs(off.sum(axis=1)[rows > 0] / rows[rows > 0])
    return slope, bool(aside.max() > _STRAIGHT * patch.shape[0])


def _find_minus(gray: Gray, glyphs: Ints, first: Ints, digit_height: float) -> tuple[bool, bool]:
    """Whether a minus stands before the first glyph that is as tall as a digit, and whether none could be seen there.

    Where pieces of a digit stand before it, their strokes are no faint minus. Faint ink that joins the digit may be
    its own stroke, and a minus as well.
    """
    if _has_minus(glyphs, first, digit_height):
        return True, False
    depth = _depth(gray, first)
    if not _is_dark_before(gray, first, _FAINT_MINUS * depth):
        return False, False
    before = glyphs[(glyphs[:, 2] <= first[0] + 1) & (glyphs[:, 0] > first[0] - (first[3] - first[1]))]
    is_piece = before[:, 3] - before[:, 1] > _PIECE * digit_height
    if is_piece.any():
        return False, False
    left = _find_faint_end(gray, first, before, depth)
    return _has_faint_minus(gray, first, left, depth), _is_veiled(first, left)


def _is_veiled(first: Ints, end: int) -> bool:
    """Whether the faint strokes of the first digit, which end at `end`, leave no room for a minus before it."""
    start, height = _minus_start(first), int(first[3] - first[1])
    return start >= 0 and height >= _LEAST_HEIGHT and end - 1 - start < _minus_width(height)


def _minus_width(height: int) -> int:
    """Least width of a faint minus before a digit of that height, pixels."""
    return max(3, round(0.3 * height))


def _is_dark_before(gray: Gray, first: Ints, least: float) -> bool:
    """Whether any pixel where a faint minus may be is darker than this: no mean of them is darker than all."""
    left, top, _, bottom = (int(v) for v in first)
    strip = gray[max(0, top - 2) : bottom + 2, max(0, _minus_start(first)) : max(0, left - 1)]
    return bool(strip.size) and 255.0 - float(strip.min()) > least


def _minus_start(first: Ints) -> int:
    """Where a minus before the first digit may begin, pixels; below 0 where the page begins sooner."""
    return int(first[0]) - round(0.75 * int(first[3] - first[1]))


def _has_faint_minus(gray: Gray, first: Ints, end: int, depth: float) -> bool:
    """A level stroke before the first digit that is too faint to be ink of its own, seen by averaging along it.

    end: where the digit's faintest strokes end on the left. depth: how far its ink is from paper.
    """
    _, top, _, bottom = (int(v) for v in first)
    height = bottom - top
    start = _minus_start(first)
    width = _minus_width(height)
    if start < 0 or height < _LEAST_HEIGHT or end - 1 - start < width:
        return False
    strip = gray[max(0, top - 2) : bottom + 2, start : end - 1].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(255.0 - strip, width, axis=1)
    # A speck may be as dark as it will: over half of a minus it does not lie.
    along = np.minimum(windows.mean(axis=2), np.percentile(windows, _SPECK_SHARE, axis=2))
    gap = max(2, round(0.15 * height))
    ridge = along[gap:-gap] - np.maximum(along[: -2 * gap], along[2 * gap :])
    low, high = round(0.3 * height) - gap + 2, round(0.85 * height) - gap + 2
    return (
        bool(ridge.size) and float(ridge[max(0, low) : max(1, high)].max(initial=0.0)) > _FAINT_MINUS * depth
    )


def _depth(gray: Gray, digit: Ints) -> float:
    """How far the ink of a digit is from paper, 0 to 255."""
    left, top, right, bottom = (int(v) for v in digit)
    return 255.0 - float(np.percentile(gray[top:bottom, left:right], 10))


def _find_faint_end(gray: Gray, digit: Ints, before: Ints, depth: float) -> int:
    """Left end of a digit with its faintest strokes: what touches it is its own, but for the components before it.

    depth: how far its ink is from paper.
    """
    left, top, right, bottom = (int(v) for v in digit)
    start = max(0, left - (bottom - top) // 2)
    patch = gray[top:bottom, start:right]
    faint = (255.0 - patch > _FAINT_STROKE * depth).astype(np.uint8)
    for low_x, low_y, high_x, high_y in before.tolist():
        faint[max(0, low_y - top) : max(0, high_y - top), max(0, low_x - start) : max(0, high_x - start)] = 0
    _, labels = cv2.connectedComponents(faint, connectivity=8)
    own = np.unique(labels[:, left - start :])
    return start + int(np.flatnonzero(np.isin(labels, own[own > 0]).any(axis=0))[0]) if own.any() else left


def _has_minus(glyphs: Ints, first: Ints, digit_height: float) -> bool:
    before = glyphs[glyphs[:, 2] <= first[0] + 1]
    wide = before[:, 2] - before[:, 0]
    high = before[:, 3] - before[:, 1]
    middle = (before[:, 1] + before[:, 3]) / 2
    digit = Box(*(float(v) for v in first))
    level = (middle > digit.top + 0.3 * digit.height) & (middle < digit.bottom - 0.15 * digit.height)
    close = first[0] - before[:, 2] < 0.8 * digit_height
    flat = (
        (wide >= _MINUS_WIDTH * digit_height) & (high <= _MINUS_HEIGHT * digit_height) & (wide >= 1.6 * high)
    )
    return bool((flat & level & close).any())
