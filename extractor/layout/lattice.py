"""Bands → the columns of a lattice, with the sides and ends that nobody printed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.layout.bands import NEW_VERTICAL, SAME_INCH, Band
from extractor.rulings.seen import LIKELY
from extractor.seams.labeller import LABEL_DPI
from extractor.values.labels import PageLabels
from extractor.values.level import Level
from extractor.values.runs import find_runs

#: A vertical runs on over this share of its table's height at least, or so far (inches).
_MIN_RUN, _LONG_RUN_INCH = 0.09, 0.6
#: Rulings that run on this far beyond the last vertical belong to a table with open sides.
_OPEN_INCH = 0.15
#: Verticals that run on this far beyond the last ruling belong to a row that the end of the page cut open.
_OPEN_ROW_INCH = 0.11
#: Verticals that end in one row run on equally far, give or take this.
_EQUALLY_INCH = 0.02
#: So many columns are equally wide, give or take this share, where a worn vertical is expected among them; and the
#: share of it that must be seen.
_ROW_OF_EQUALS, _EQUAL, _EXPECTED = 5, 0.15, 0.3


def find_columns(bands: Sequence[Band]) -> list[float]:
    """X of every vertical that runs on far enough, those seen along most of the table's height first.

    A one in a low row is told to be a vertical now and then; it does not go on in the next one.
    """
    heights = np.array([band.height for band in bands])
    scored = []
    for x in sorted({x for band in bands for x in band.verticals}):
        share = np.array([band.share_at(x, 0.012 * LABEL_DPI) for band in bands])
        longest = max((float(heights[a:b].sum()) for a, b in find_runs(share >= NEW_VERTICAL)), default=0.0)
        if longest >= min(_MIN_RUN * heights.sum(), _LONG_RUN_INCH * LABEL_DPI):
            scored.append((float((share * heights).sum()), x))
    scored.sort(key=lambda item: -item[0])
    levels: list[float] = []
    for _, x in scored:
        if all(abs(x - level) >= SAME_INCH * LABEL_DPI for level in levels):
            levels.append(x)
    return sorted(levels)


def add_predicted(columns: list[float], bands: Sequence[Band]) -> list[float]:
    """Columns and, where two of a row of equal ones stand together, the worn vertical between them.

    Most columns of a table of figures are equally wide: half-way through one twice as wide a vertical is expected,
    and some of it is seen where the verticals beside it stand.
    """
    widths = [b - a for a, b in pairwise(columns)]
    usual = float(np.median(widths)) if len(widths) >= _ROW_OF_EQUALS else 0.0
    alike = sum(1 for width in widths if abs(width - usual) < _EQUAL * usual)
    if alike < _ROW_OF_EQUALS:
        return columns
    out = list(columns)
    for left, right in pairwise(columns):
        if abs(right - left - 2 * usual) >= _EQUAL * usual:
            continue
        place, seen = _best_between(left, right, _EQUAL * usual, bands)
        if seen >= _EXPECTED:
            out.append(place)
    return sorted(out)


def _best_between(left: float, right: float, reach: float, bands: Sequence[Band]) -> tuple[float, float]:
    """Where half-way between two verticals most of one is seen in the bands in which both stand, and how much."""
    near = 0.012 * LABEL_DPI
    around = [b for b in bands if min(b.share_at(left, near), b.share_at(right, near)) >= NEW_VERTICAL]
    if not around:
        return (left + right) / 2, 0.0
    heights = np.array([band.height for band in around])
    places = np.arange((left + right) / 2 - reach, (left + right) / 2 + reach + 1).tolist()
    seen = [
        float((np.array([band.share_at(x, 1.0) for band in around]) * heights).sum() / heights.sum())
        for x in places
    ]
    best = int(np.argmax(seen))
    return places[best], seen[best]


def add_open_sides(columns: list[float], bands: Sequence[Band]) -> list[float]:
    """Columns and, where most rulings run on beyond the outermost verticals, the sides nobody printed."""
    levels = [bands[0].upper, *(band.lower for band in bands)]
    out = list(columns)
    ends = sorted(level.left for level in levels)
    left = ends[min(1, len(ends) - 1)]
    if left < columns[0] - _OPEN_INCH * LABEL_DPI:
        out.insert(0, left)
    ends = sorted((level.right for level in levels), reverse=True)
    right = ends[min(1, len(ends) - 1)]
    if right > columns[-1] + _OPEN_INCH * LABEL_DPI:
        out.append(right)
    return out


def add_open_ends(
    labels: PageLabels,
    bands: Sequence[Band],
    printed: Sequence[float],
    ends: tuple[float, float],
    is_cut: tuple[bool, bool],
) -> list[Band]:
    """Bands and, where the verticals run on beyond the first or last ruling, the row the page's edge cut open.

    printed: x of the verticals. ends: the table's sides, printed or not. is_cut: whether there may be such a row
    above and below.
    """
    out = list(bands)
    levels = (bands[0].upper, -1, is_cut[0]), (bands[-1].lower, 1, is_cut[1])
    for level, sign in ((level, sign) for level, sign, may_be in levels if may_be):
        reached = [_run_on(labels, x, level.y, sign) for x in printed]
        beside = bands[0 if sign < 0 else -1]
        own = [any(abs(x - y) <= SAME_INCH * LABEL_DPI for y in beside.verticals) for x in printed]
        far = _find_open_row(reached, own, has_sides=ends == (printed[0], printed[-1]))
        if far is None:
            continue
        edge = Level(level.y + sign * far, level.extents)
        upper, lower = (edge, level) if sign < 0 else (level, edge)
        band = Band(labels, upper, lower, ends)
        out = [band, *out] if sign < 0 else [*out, band]
    return out


def _find_open_row(reached: Sequence[float], own: Sequence[bool], *, has_sides: bool) -> float | None:
    """Height of a row that the page's edge cut open, as far as most verticals run on; None where there is none.

    own: which verticals stand in the row before it. Some that run on equally far tell it as well, or all that stand
    in that row, the sides among them where these are printed: the others may part other rows.
    """
    if float(np.percentile(reached, 30)) >= _OPEN_ROW_INCH * LABEL_DPI:
        return float(np.median(reached))
    runs_on = [far >= _OPEN_ROW_INCH * LABEL_DPI for far in reached]
    long = [far for far, is_long in zip(reached, runs_on, strict=True) if is_long]
    is_same = bool(long) and runs_on == list(own)
    is_one = (len(long) > 1 or is_same) and max(long) - min(long) <= _EQUALLY_INCH * LABEL_DPI
    is_framed = not has_sides or (runs_on[0] and runs_on[-1])
    return float(np.median(long)) if is_one and is_framed else None


def _run_on(labels: PageLabels, x: float, y: float, sign: int) -> float:
    """Pixels a vertical runs on from height y upwards (-1) or downwards (1)."""
    start = round(y) + 2 * sign
    stop = int(np.clip(start + sign * 2.0 * LABEL_DPI, 0, labels.down.shape[0]))
    low, high = min(start, stop), max(start, stop)
    area = labels.down[low:high, max(0, round(x) - 2) : round(x) + 3]
    if not area.size:
        return 0.0
    seen = (area.max(axis=1) >= LIKELY)[::sign]
    misses = np.flatnonzero(np.convolve(~seen, np.ones(3), mode="valid") >= 3)
    return float(misses[0] + 2) if len(misses) else float(len(seen) + 2)
