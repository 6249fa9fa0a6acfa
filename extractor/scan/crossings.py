"""Rulings of which a scan set far too light left the crossings alone: dots that stand in rows and in columns.

Where two thin rulings cross, their ink adds up, and a dot is left when both are lost. Dust and what is left of broken
letters stand in no lattice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.scan.cleaning import find_ink
from extractor.seams.engine import Gray
from extractor.values.frame import Floats
from extractor.values.geometry import Box
from extractor.values.labels import PageLabels

#: A crossing is no larger than this, in inches, at most so many times as long as wide (a dash is longer), and nothing
#: else is nearer than this.
#: ±20 %: nothing, and 9 of 1,186 fields more accepted with .04 or .06; with 1.6 times as long 14 are lost, for dots
#: of two pixels by one are some.
_DOT_INCH, _LONG, _ALONE_INCH = 0.03, 2.5, 0.05
#: Dots are of one ruling within so many inches of its line; it has so many across, and so many down. With three down
#: a table of one row is lost (of 186 fields 98.9, 90.9 % exact), with one nothing changes, nor with 3 or 5 across,
#: nor with a fifth more or less of the inches.
_SAME_INCH, _ACROSS, _DOWN = 0.016, 4, 2
#: Crossings are at least so many inches apart across, and down.
#: ±20 %: nothing (1,186 fields of 5 documents).
_APART_ACROSS_INCH, _APART_DOWN_INCH = 0.15, 0.1
#: Fewer dots than this are no table, and more are a raster's or dust: tables of a page have some 1,000 crossings, and
#: each dot is held against each.
#: ±20 %: nothing.
_LEAST, _MOST = 8, 2_000


def join_crossings(labels: PageLabels, straight: Gray, tables: Sequence[Box]) -> PageLabels:
    """The labels with rulings between dots that stand in a lattice; both of the straight page.

    tables: what has its rulings, pixels of the page; a dot in one of these is what a cell shows.
    """
    ink = find_ink(straight)
    dots = _find_dots(ink, labels.dpi)
    for box in tables:
        x, y = dots.T
        dots = dots[(x < box.left) | (x > box.right) | (y < box.top) | (y > box.bottom)]
    dots = _find_lattice(dots, labels.dpi) if len(dots) <= _MOST else dots[:0]
    if len(dots) < _LEAST:
        return labels
    size = labels.across.shape[1], labels.across.shape[0]
    shown = np.asarray(cv2.resize(ink * 255, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    places = (dots + 0.5) / labels.scale - 0.5
    across, down = labels.across.copy(), labels.down.copy()
    same = _SAME_INCH * labels.dpi / labels.scale
    _draw(across, shown, places, same)
    _draw(down.T, shown.T, places[:, ::-1], same)
    return replace(labels, across=across, down=down)


def _find_dots(ink: NDArray[np.uint8], dpi: float) -> Floats:
    """Middles (x, y) of small specks beside which nothing else stands, pixels; shape (n, 2)."""
    _, _, stats, middles = cv2.connectedComponentsWithStats(ink)
    most = max(2, round(_DOT_INCH * dpi))
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    small = (sides.max(axis=1) <= most) & (sides.max(axis=1) <= _LONG * sides.min(axis=1))
    small[0] = False
    stats, middles = stats[small], middles[small]
    reach = round(_ALONE_INCH * dpi)
    total = cv2.integral(ink)
    columns, rows = np.rint(middles).astype(int).T
    top, bottom = np.clip(rows - reach, 0, None), np.clip(rows + reach + 1, None, ink.shape[0])
    left, right = np.clip(columns - reach, 0, None), np.clip(columns + reach + 1, None, ink.shape[1])
    around = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return np.asarray(middles[around <= stats[:, cv2.CC_STAT_AREA]], dtype=np.float64)


def _find_lattice(dots: Floats, dpi: float) -> Floats:
    """Those of the dots that others stand beside and below, again and again until all have such neighbours."""
    while len(dots):
        x, y = dots.astype(np.float32).T
        beside, below = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
        across = ((below <= _SAME_INCH * dpi) & (beside > _APART_ACROSS_INCH * dpi)).sum(axis=1)
        down = ((beside <= _SAME_INCH * dpi) & (below > _APART_DOWN_INCH * dpi)).sum(axis=1)
        is_held = (across >= _ACROSS - 1) & (down >= _DOWN - 1)
        if is_held.all():
            break
        dots = dots[is_held]
    return dots


def _draw(told: Gray, ink: Gray, places: Floats, same: float) -> None:
    """Draws rulings along x between neighbouring dots of one height between which no ink lies; changes `told`."""
    order = np.argsort(places[:, 1])
    lines = np.split(order, np.flatnonzero(np.diff(places[order, 1]) > same) + 1)
    for line in lines:
        along = np.sort(places[line, 0])
        y = round(float(np.median(places[line, 1])))
        for start, end in pairwise(np.rint(along).astype(int).tolist()):
            if not ink[max(0, y - 1) : y + 2, start + 3 : end - 2].any():
                told[max(0, y - 1) : y + 2, start : end + 1] = 255
