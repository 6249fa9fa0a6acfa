"""Horizontal rulings → levels, and the bands between them with the verticals that stand in each.

In a band a vertical ruling must be seen along nearly the whole height. Places are pixels of the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extractor.rulings.seen import LIKELY
from extractor.rulings.tracking import Ruling
from extractor.seams.engine import Gray
from extractor.seams.labeller import LABEL_DPI
from extractor.values.geometry import overlap
from extractor.values.labels import PageLabels
from extractor.values.level import Level
from extractor.values.runs import find_runs

#: Rulings closer than this are one (double lines, a line tracked twice), inches.
SAME_INCH = 0.04
#: Tallest row of a table; more is the space between two tables.
_MAX_ROW_INCH = 4.5
#: Share of a band's height in which a vertical must be seen: a one fills two thirds of the lowest rows.
NEW_VERTICAL = 0.75
#: Share of the rulings' width that a band's outer verticals must span; tables with open sides span less.
_INSIDE = 0.4


def cut_bands(labels: PageLabels, levels: Sequence[Level]) -> list[Band]:
    """The bands between levels."""
    if not levels:
        return []
    # A bracket beside several rows stands left of where their rulings begin: look across the whole table.
    ends = min(level.left for level in levels), max(level.right for level in levels)
    return [Band(labels, upper, lower, ends) for upper, lower in pairwise(levels)]


def cluster_levels(horizontals: Sequence[Ruling], same: float) -> list[Level]:
    """Rulings at one height made one level, by height; `same`: pixels that are none apart."""
    found: list[list[Ruling]] = []
    for ruling in sorted(horizontals, key=lambda r: float(np.median(r.across))):
        y = float(np.median(ruling.across))
        if found and y - float(np.median(found[-1][0].across)) < same:
            found[-1].append(ruling)
            found[-1].sort(key=lambda r: -r.length)
        else:
            found.append([ruling])
    return [
        Level(
            float(np.median(group[0].across)),
            tuple((float(r.along[0]) - 0.5, float(r.along[-1]) + 0.5) for r in group),
        )
        for group in found
    ]


class Band:
    """The strip between two neighbouring levels and how much of its height is ruled at every x."""

    def __init__(self, labels: PageLabels, upper: Level, lower: Level, ends: tuple[float, float]) -> None:
        self.top, self.bottom = upper.y, lower.y
        low, high = round(self.top) + 1, round(self.bottom)
        self.left = max(0, int(ends[0] - 0.1 * LABEL_DPI))
        right = int(ends[1] + 0.1 * LABEL_DPI)
        self.extent = (max(upper.left, lower.left), min(upper.right, lower.right))
        area = labels.down[max(0, low) : high, self.left : right]
        self.share = ruled_share(area) if high - low >= 2 else np.zeros(0)
        self._told = area.sum(axis=0, dtype=np.float64)
        self.upper, self.lower = upper, lower
        #: Left and right of a table whose sides are not printed.
        self.sides: tuple[float, float] | None = None
        self.verticals = self._find_verticals()

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def _find_verticals(self) -> list[float]:
        if not len(self.share) or self.height > _MAX_ROW_INCH * LABEL_DPI:
            return []
        found = []
        for start, end in find_runs(self.share >= NEW_VERTICAL):
            told = self._told[start:end]
            found.append(self.left + float(np.average(np.arange(start, end), weights=told + 1e-6)))
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

    def continues(self, above: Band) -> bool:
        """The sides or the outer verticals go on from the band above."""
        near = 0.12 * LABEL_DPI
        pairs = [*zip(self.outer or (), above.outer or (), strict=False)]
        if self.verticals and above.verticals:
            pairs += [(self.verticals[i], above.verticals[i]) for i in (0, -1)]
        return any(abs(mine - other) < near for mine, other in pairs)

    def share_at(self, x: float, reach: float) -> float:
        low, high = int(x - self.left - reach), int(x - self.left + reach + 1)
        window = self.share[max(0, low) : max(0, high)]
        return float(window.max()) if len(window) else 0.0


def ruled_share(area: Gray) -> NDArray[np.float64]:
    """For every column of pixels the share of rows in which it, or the one beside it, is of a ruling."""
    if not area.size:
        return np.zeros(area.shape[1])
    likely = area >= LIKELY
    near = likely.copy()
    near[:, 1:] |= likely[:, :-1]
    near[:, :-1] |= likely[:, 1:]
    return np.asarray(near.mean(axis=0), dtype=np.float64)
