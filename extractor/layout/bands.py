"""Horizontal rulings → levels, and the bands between them with the verticals that stand in each.

In a band a vertical ruling must be seen along nearly the whole height; strokes of text reach that only in rows
as low as their text.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extractor.rulings.tracking import REACH_INCH, Ruling
from extractor.seams.engine import Gray
from extractor.values.geometry import overlap
from extractor.values.level import Level

#: Rulings closer than this are one (double lines, a line tracked twice).
SAME_INCH = 0.04
#: Tallest row of a table; more is the space between two tables.
_MAX_ROW_INCH = 4.5
#: Share of a band's height in which a vertical must be seen.
_NEW_VERTICAL = 0.86
#: Share of the rulings' width that a band's outer verticals must span; tables with open sides span less.
_INSIDE = 0.4
#: Bands at least this tall may hide a ruling; one is hidden where columns this wide together show it so well.
_TALL_INCH, _HIDDEN_INCH, _HIDDEN = 0.3, 0.5, 0.93
#: Share of a tall band's height that a vertical reaches which ends at a hidden ruling.
_PART_VERTICAL = 0.45
#: From this share of true ridges on, rows where text touches the ruling count as ruled.
_TRUE_RIDGE = 0.45


def cut_bands(flat: Gray, levels: Sequence[Level], dpi: float) -> list[Band]:
    """The bands between levels; rulings that only part of a band's width shows part it in two."""
    if not levels:
        return []
    # A bracket beside several rows stands left of where their rulings begin: look across the whole table.
    ends = min(level.left for level in levels), max(level.right for level in levels)
    bands: list[Band] = []
    for upper, lower in pairwise(levels):
        band = Band(flat, upper, lower, ends, dpi)
        found = _hidden_levels(flat, band, dpi)
        inner = [upper, *found, lower]
        bands += [Band(flat, a, b, ends, dpi) for a, b in pairwise(inner)] if found else [band]
    return bands


def _hidden_levels(flat: Gray, band: Band, dpi: float) -> list[Level]:
    """Rulings inside a tall band that run across several of its columns from vertical to vertical."""
    if band.height < _TALL_INCH * dpi or len(band.weak_verticals) < 3:
        return []
    top, bottom = round(band.top + 0.06 * dpi), round(band.bottom - 0.06 * dpi)
    spans = list(pairwise(band.weak_verticals))
    inset = 0.02 * dpi
    rows = [
        ruled_share(np.ascontiguousarray(flat[top:bottom, round(a + inset) : round(b - inset)].T), dpi)
        if b - a > 0.12 * dpi
        else np.zeros(bottom - top)
        for a, b in spans
    ]
    share = np.stack(rows)
    # One pixel of tolerance: neighbouring columns may see the ruling one row apart.
    share = np.maximum(share, np.maximum(np.roll(share, 1, axis=1), np.roll(share, -1, axis=1)))
    widths = np.array([b - a for a, b in spans])[:, None] * (share >= _HIDDEN)
    seen = widths.sum(axis=0)
    levels = []
    for start, end in find_runs((seen >= _HIDDEN_INCH * dpi) & ((share >= _HIDDEN).sum(axis=0) >= 2)):
        y = start + int(np.argmax(seen[start:end]))
        columns = [span for span, hit in zip(spans, share[:, y] >= _HIDDEN, strict=True) if hit]
        levels.append(Level(float(top + (y + (start + end - 1) / 2) / 2), tuple(columns)))
    return levels


def cluster_levels(horizontals: Sequence[Ruling], same: float) -> list[Level]:
    found: list[list[Ruling]] = []
    for ruling in sorted(horizontals, key=lambda r: float(np.median(r.across))):
        y = float(np.median(ruling.across))
        if found and y - float(np.median(found[-1][0].across)) < same:
            found[-1].append(ruling)
            found[-1].sort(key=lambda r: -r.length)
        else:
            found.append([ruling])
    half = found[0][0].along[0] - np.floor(found[0][0].along[0]) if found else 0.0
    return [
        Level(
            float(np.median(group[0].across)),
            tuple((float(r.along[0] - half), float(r.along[-1] + half)) for r in group),
        )
        for group in found
    ]


class Band:
    """The strip between two neighbouring levels and how much of its height is ruled at every x."""

    def __init__(self, flat: Gray, upper: Level, lower: Level, ends: tuple[float, float], dpi: float) -> None:
        self.top, self.bottom = upper.y, lower.y
        self.dpi = dpi
        margin = max(2.0, 0.011 * dpi)
        low, high = round(self.top + margin), round(self.bottom - margin)
        left = max(0, int(ends[0] - 0.1 * dpi))
        right = int(ends[1] + 0.1 * dpi)
        self.left = left
        self.extent = (max(upper.left, lower.left), min(upper.right, lower.right))
        self.share = ruled_share(flat[low:high, left:right], dpi) if high - low >= 3 else np.zeros(0)
        self.upper, self.lower = upper, lower
        #: Left and right of a table whose sides are not printed.
        self.sides: tuple[float, float] | None = None
        self.verticals = self._verticals(_NEW_VERTICAL)

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def weak_verticals(self) -> list[float]:
        """Verticals that may end inside the band."""
        return self._verticals(_PART_VERTICAL)

    def _verticals(self, least: float) -> list[float]:
        share = self.share
        if not len(share) or self.height > _MAX_ROW_INCH * self.dpi:
            return []
        found = []
        for start, end in find_runs(share >= least):
            best = start + int(np.argmax(share[start:end]))
            found.append(self.left + (best + (start + end - 1) / 2) / 2)
        return found

    @property
    def outer(self) -> tuple[float, float] | None:
        """The sides of the table or, where they are printed, its outermost verticals; None with under two."""
        if self.sides is not None:
            return self.sides
        return (self.verticals[0], self.verticals[-1]) if len(self.verticals) > 1 else None

    @property
    def is_inside(self) -> bool:
        """Two verticals that stand near the ends of the rulings around the band.

        A stroke of text in a bracket's cell passes for a ruling and shares no x with the rulings of the rows beside
        it: there the wider of the two tells.
        """
        outer = self.outer
        if outer is None:
            return False
        left, right = self.extent
        if left >= right:
            left, right = max(
                ((level.left, level.right) for level in (self.upper, self.lower)), key=lambda e: e[1] - e[0]
            )
        return overlap(*outer, left, right) > _INSIDE * (right - left)

    def continues(self, above: Band, dpi: float) -> bool:
        """The sides or the outer verticals go on from the band above."""
        near = 0.12 * dpi
        pairs = [*zip(self.outer or (), above.outer or (), strict=False)]
        if self.verticals and above.verticals:
            pairs += [(self.verticals[i], above.verticals[i]) for i in (0, -1)]
        return any(abs(mine - other) < near for mine, other in pairs)

    def share_at(self, x: float, reach: float) -> float:
        low, high = int(x - self.left - reach), int(x - self.left + reach + 1)
        window = self.share[max(0, low) : max(0, high)]
        return float(window.max()) if len(window) else 0.0


def find_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def ruled_share(strip: Gray, dpi: float) -> NDArray[np.float64]:
    """For every column of pixels the share of rows in which it is ruled.

    A row counts when the column is darker there than both sides; where text touches the ruling it also counts
    when it is as dark as the ruling is elsewhere.
    """
    reach = max(3, round(REACH_INCH * dpi))
    if strip.shape[1] <= 2 * reach + 2:
        return np.zeros(strip.shape[1])
    wide = strip.astype(np.int16)
    padded = np.pad(wide, ((0, 0), (reach, reach)), mode="edge")
    sides = np.minimum(padded[:, : wide.shape[1]], padded[:, 2 * reach :])
    core = np.minimum(wide, np.minimum(np.roll(wide, 1, axis=1), np.roll(wide, -1, axis=1)))
    depth = sides - core
    mean_depth = np.median(depth, axis=0)
    threshold = np.clip(0.4 * mean_depth, 10, 60)
    ridge = depth > threshold
    share = ridge.mean(axis=0)
    typical = np.where(ridge, core, 0).sum(axis=0) / np.maximum(ridge.sum(axis=0), 1)
    dark = ridge | (core <= typical + threshold / 2)
    return np.asarray(np.where(share >= _TRUE_RIDGE, dark.mean(axis=0), share), dtype=np.float64)
