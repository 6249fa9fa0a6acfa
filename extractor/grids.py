"""Straight rulings → grids with merged cells.

Horizontal rulings cut a table into bands; in each band a vertical ruling must be seen along nearly the whole
height. What a strong lattice predicts and one band shows weakly is still a ruling; what text crosses is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractor.engine import Gray
from extractor.geometry import Box, overlap
from extractor.rulings import REACH_INCH, Ruling

#: Rulings closer than this are one (double lines, a line tracked twice).
_SAME_INCH = 0.04
#: Tallest row of a table; more is the space between two tables.
_MAX_ROW_INCH = 4.5
#: Share of a band's height in which a new vertical must be seen, and one that other bands vouch for.
_NEW_VERTICAL, _KNOWN_VERTICAL, _WEAK = 0.86, 0.5, 0.22
#: Share of the rulings' width that a band's outer verticals must span; tables with open sides span less.
_INSIDE = 0.4
#: Rulings that run on this far beyond the last vertical belong to a table with open sides.
_OPEN_INCH = 0.15
#: Verticals that run on this far beyond the last ruling belong to a row that the end of the page cut open.
_OPEN_ROW_INCH = 0.11
#: Bands at least this tall may hide a ruling; one is hidden where columns this wide together show it so well.
_TALL_INCH, _HIDDEN_INCH, _HIDDEN = 0.3, 0.5, 0.93
#: Share of a tall band's height that a vertical reaches which ends at a hidden ruling.
_PART_VERTICAL = 0.45
#: Bands in a row belong to one run from this share on, and to one beyond doubt.
_IN_RUN, _IN_STRONG_RUN = 0.7, 0.95
#: Mean share over a run of bands that makes a column: in a table of one band, in one band among others, and the
#: bounds of the threshold for two or three bands and for more.
_ONE_BAND, _ALONE, _FEW_BANDS, _MANY_BANDS = 0.92, 0.97, (0.85, 0.96), (0.75, 0.95)
#: Shortest run of two or three bands, as a share of the table's height.
_MIN_RUN = 0.11
#: Rows lower than this are filled by their text.
_TIGHT_INCH = 0.17
#: Text does not fill rows over this share of a table's height.
_LONG_RUN = 0.45
#: From this share of true ridges on, rows where text touches the ruling count as ruled.
_TRUE_RIDGE = 0.45
#: Share of a cell's width along which its horizontal ruling must be seen.
_KNOWN_HORIZONTAL = 0.5


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell of a grid: half-open ranges of rows and columns, and its box in pixels of the straight page."""

    row: int
    row_end: int
    column: int
    column_end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """Boundaries of a table in pixels of the straight page; every slot belongs to exactly one cell.

    rows, columns: ascending boundaries, one more than there are rows and columns.
    """

    rows: tuple[float, ...]
    columns: tuple[float, ...]
    cells: tuple[GridCell, ...]

    @property
    def box(self) -> Box:
        return Box(self.columns[0], self.rows[0], self.columns[-1], self.rows[-1])


@dataclass(frozen=True, slots=True)
class _Level:
    """All horizontal segments at one height: their common y and their extents."""

    y: float
    extents: tuple[tuple[float, float], ...]

    @property
    def left(self) -> float:
        return min(e[0] for e in self.extents)

    @property
    def right(self) -> float:
        return max(e[1] for e in self.extents)


def find_grids(flat: Gray, horizontals: Sequence[Ruling], dpi: float) -> list[Grid]:
    """Grids of a straight page from top to bottom.

    `horizontals` are rulings found on `flat` itself. A table needs at least two horizontals and two verticals.
    """
    levels = _cluster_levels(horizontals, _SAME_INCH * dpi)
    bands = _cut_bands(flat, levels, dpi)
    grids = []
    start = 0
    while start < len(bands):
        end = start
        while end < len(bands) and bands[end].is_inside:
            if end > start and not bands[end].continues(bands[end - 1], dpi):
                break
            end += 1
        if end > start:
            grid = _build(flat, bands[start:end], dpi)
            if grid is not None:
                grids.append(grid)
        start = max(end, start + 1)
    return grids


def _cut_bands(flat: Gray, levels: Sequence[_Level], dpi: float) -> list[_Band]:
    """The bands between levels; rulings that only part of a band's width shows part it in two."""
    if not levels:
        return []
    # A bracket beside several rows stands left of where their rulings begin: look across the whole table.
    ends = min(level.left for level in levels), max(level.right for level in levels)
    bands: list[_Band] = []
    for upper, lower in zip(levels, levels[1:], strict=False):
        band = _Band(flat, upper, lower, ends, dpi)
        found = _hidden_levels(flat, band, dpi)
        inner = [upper, *found, lower]
        bands += (
            [_Band(flat, a, b, ends, dpi) for a, b in zip(inner, inner[1:], strict=False)]
            if found
            else [band]
        )
    return bands


def _hidden_levels(flat: Gray, band: _Band, dpi: float) -> list[_Level]:
    """Rulings inside a tall band that run across several of its columns from vertical to vertical."""
    if band.height < _TALL_INCH * dpi or len(band.weak_verticals) < 3:
        return []
    top, bottom = round(band.top + 0.06 * dpi), round(band.bottom - 0.06 * dpi)
    spans = list(zip(band.weak_verticals, band.weak_verticals[1:], strict=False))
    inset = 0.02 * dpi
    rows = [
        _vertical_share(np.ascontiguousarray(flat[top:bottom, round(a + inset) : round(b - inset)].T), dpi)
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
    for start, end in _runs((seen >= _HIDDEN_INCH * dpi) & ((share >= _HIDDEN).sum(axis=0) >= 2)):
        y = start + int(np.argmax(seen[start:end]))
        columns = [span for span, hit in zip(spans, share[:, y] >= _HIDDEN, strict=True) if hit]
        levels.append(_Level(float(top + (y + (start + end - 1) / 2) / 2), tuple(columns)))
    return levels


def _cluster_levels(horizontals: Sequence[Ruling], same: float) -> list[_Level]:
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
        _Level(
            float(np.median(group[0].across)),
            tuple((float(r.along[0] - half), float(r.along[-1] + half)) for r in group),
        )
        for group in found
    ]


class _Band:
    """The strip between two neighbouring levels and how much of its height is ruled at every x."""

    def __init__(
        self, flat: Gray, upper: _Level, lower: _Level, ends: tuple[float, float], dpi: float
    ) -> None:
        self.top, self.bottom = upper.y, lower.y
        self.dpi = dpi
        margin = max(2.0, 0.011 * dpi)
        low, high = round(self.top + margin), round(self.bottom - margin)
        left = max(0, int(ends[0] - 0.1 * dpi))
        right = int(ends[1] + 0.1 * dpi)
        self.left = left
        self.extent = (max(upper.left, lower.left), min(upper.right, lower.right))
        self.share = _vertical_share(flat[low:high, left:right], dpi) if high - low >= 3 else np.zeros(0)
        self.upper, self.lower = upper, lower
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
        for start, end in _runs(share >= least):
            best = start + int(np.argmax(share[start:end]))
            found.append(self.left + (best + (start + end - 1) / 2) / 2)
        return found

    @property
    def is_inside(self) -> bool:
        """Two verticals that stand near the ends of the rulings around the band."""
        if len(self.verticals) < 2:
            return False
        width = self.extent[1] - self.extent[0]
        return width > 0 and overlap(self.verticals[0], self.verticals[-1], *self.extent) > _INSIDE * width

    def continues(self, above: _Band, dpi: float) -> bool:
        """The outer verticals go on from the band above."""
        near = 0.12 * dpi
        return (
            abs(self.verticals[0] - above.verticals[0]) < near
            or abs(self.verticals[-1] - above.verticals[-1]) < near
        )

    def share_at(self, x: float, reach: float) -> float:
        low, high = int(x - self.left - reach), int(x - self.left + reach + 1)
        window = self.share[max(0, low) : max(0, high)]
        return float(window.max()) if len(window) else 0.0


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _vertical_share(strip: Gray, dpi: float) -> NDArray[np.float64]:
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


def _column_levels(bands: Sequence[_Band], dpi: float) -> list[float]:
    """X of every vertical that runs on through enough of the table's height.

    Strokes of text may fill a tight row; they do not go on in the next one as a printed ruling does. How well a
    ruling is seen on this page is told by the outer ones.
    """
    heights = np.array([band.height for band in bands])
    scored = []
    for x in sorted({x for band in bands for x in band.verticals}):
        share = np.array([band.share_at(x, 0.012 * dpi) for band in bands])
        scored.append((float((share * heights).sum()), x, share))
    scored.sort(key=lambda item: -item[0])
    quality = float(np.mean([item[2].mean() for item in scored[:2]]))
    levels: list[float] = []
    for _, x, share in scored:
        if any(abs(x - level) < _SAME_INCH * dpi for level in levels):
            continue
        runs = _runs(share >= _IN_RUN) + _runs(share >= _IN_STRONG_RUN)
        if any(_is_column(share[a:b], heights[a:b], float(heights.sum()), quality, dpi) for a, b in runs):
            levels.append(x)
    return sorted(levels)


def _with_open_sides(columns: list[float], bands: Sequence[_Band], dpi: float) -> list[float]:
    """Columns and, where most rulings run on beyond the outermost verticals, the sides nobody printed."""
    levels = [bands[0].upper, *(band.lower for band in bands)]
    out = list(columns)
    ends = sorted(level.left for level in levels)
    left = ends[min(1, len(ends) - 1)]
    if left < columns[0] - _OPEN_INCH * dpi:
        out.insert(0, left)
    ends = sorted((level.right for level in levels), reverse=True)
    right = ends[min(1, len(ends) - 1)]
    if right > columns[-1] + _OPEN_INCH * dpi:
        out.append(right)
    return out


def _with_open_ends(flat: Gray, bands: Sequence[_Band], columns: Sequence[float], dpi: float) -> list[_Band]:
    """Bands and, where the verticals run on beyond the first or last ruling, the row the page's edge cut open."""
    out = list(bands)
    ends = columns[0], columns[-1]
    for level, sign in ((bands[0].upper, -1), (bands[-1].lower, 1)):
        reached = [_run_on(flat, x, level.y, sign, dpi) for x in columns]
        far = float(np.percentile(reached, 30))
        if far < _OPEN_ROW_INCH * dpi:
            continue
        edge = _Level(level.y + sign * float(np.median(reached)), level.extents)
        upper, lower = (edge, level) if sign < 0 else (level, edge)
        band = _Band(flat, upper, lower, ends, dpi)
        out = [band, *out] if sign < 0 else [*out, band]
    return out


def _run_on(flat: Gray, x: float, y: float, sign: int, dpi: float) -> float:
    """Pixels a vertical runs on from height y upwards (-1) or downwards (1)."""
    half = max(5, round(0.05 * dpi))
    left, margin = max(0, round(x) - half), max(2, round(0.02 * dpi))
    start = round(y) + sign * margin
    stop = int(np.clip(start + sign * 2.0 * dpi, 0, flat.shape[0]))
    low, high = min(start, stop), max(start, stop)
    if high - low < 4:
        return 0.0
    strip = flat[low:high, left : left + 2 * half].astype(np.int16)
    reach = max(3, round(REACH_INCH * dpi))
    core = strip[:, half - 2 : half + 3].min(axis=1)
    sides = np.minimum(strip[:, half - reach - 2], strip[:, min(half + reach + 2, strip.shape[1] - 1)])
    seen = (sides - core > 40)[::sign]
    misses = np.flatnonzero(np.convolve(~seen, np.ones(4), mode="valid") >= 4)
    return float(misses[0] + margin) if len(misses) else float(len(seen) + margin)


def _is_column(
    share: NDArray[np.float64], heights: NDArray[np.float64], total: float, quality: float, dpi: float
) -> bool:
    """Whether a run of bands shows a printed vertical rather than strokes of text."""
    mean = float((share * heights).sum() / heights.sum())
    if len(share) == 1:
        return mean >= _ONE_BAND if heights[0] > 0.9 * total else mean >= _ALONE and heights[0] > 0.15 * dpi
    if len(share) < 5 and heights.mean() < _TIGHT_INCH * dpi:
        # Strokes fill a tight row nearly as well as a ruling does.
        return heights.sum() >= _MIN_RUN * total and mean >= quality - 0.015
    if len(share) < 4:
        return heights.sum() >= _MIN_RUN * total and mean >= np.clip(quality - 0.04, *_FEW_BANDS)
    if heights.sum() >= _LONG_RUN * total and mean >= quality - 0.15:
        return True
    return mean >= np.clip(quality - 0.05, *_MANY_BANDS)


def _build(flat: Gray, bands: Sequence[_Band], dpi: float) -> Grid | None:
    columns = _column_levels(bands, dpi)
    if len(columns) < 2:
        return None
    columns = _with_open_sides(columns, bands, dpi)
    bands = _with_open_ends(flat, bands, columns, dpi)
    rows = [bands[0].top, *(band.bottom for band in bands)]
    reach = 0.02 * dpi
    upright = np.array([[band.share_at(x, reach) for x in columns] for band in bands])
    across = np.array([_level_share(flat, y, columns, dpi) for y in rows])
    cells = _merge(_decide_verticals(upright), _decide_horizontals(across))
    return Grid(
        tuple(rows),
        tuple(columns),
        tuple(GridCell(*c, Box(columns[c[2]], rows[c[0]], columns[c[3]], rows[c[1]])) for c in cells),
    )


def _level_share(flat: Gray, y: float, columns: Sequence[float], dpi: float) -> list[float]:
    """Share of each column's width along which the ruling at height y is seen."""
    half = max(4, round(0.05 * dpi))
    top = max(0, round(y) - half)
    strip = np.ascontiguousarray(flat[top : round(y) + half + 1].T)
    out = []
    for left, right in zip(columns, columns[1:], strict=False):
        inset = min(0.03 * dpi, (right - left) / 4)
        part = strip[round(left + inset) : max(round(right - inset), round(left + inset) + 1)]
        share = _vertical_share(part, dpi)
        middle = len(share) // 2
        reach = max(2, round(0.015 * dpi))
        out.append(float(share[max(0, middle - reach) : middle + reach + 1].max(initial=0.0)))
    return out


def _threshold(share: NDArray[np.float64]) -> float:
    """Share from which an edge is printed, judged by how well the page's good half is seen."""
    seen = share[share >= 0.5]
    quality = float(np.percentile(seen, 60)) if seen.size else 1.0
    return float(np.clip(quality - 0.15, 0.5, 0.84))


def _decide_verticals(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True where a vertical stands, shape (bands, columns + 1); the outer ones always do."""
    present = share >= _threshold(share)
    above = np.vstack([present[:1], present[:-1]])
    below = np.vstack([present[1:], present[-1:]])
    present |= (share >= _WEAK) & above & below
    present[:, 0] = present[:, -1] = True
    return np.asarray(present, dtype=np.bool_)


def _decide_horizontals(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True where a horizontal stands, shape (levels, columns); the first and last always do."""
    present = share >= _threshold(share)
    left = np.hstack([present[:, :1], present[:, :-1]])
    right = np.hstack([present[:, 1:], present[:, -1:]])
    present |= (share >= _WEAK) & left & right
    present[0] = present[-1] = True
    return np.asarray(present, dtype=np.bool_)


def _merge(verticals: NDArray[np.bool_], horizontals: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Slots joined where no ruling parts them, as rectangles (row, row_end, column, column_end)."""
    rows, columns = verticals.shape[0], horizontals.shape[1]
    taken = np.zeros((rows, columns), dtype=bool)
    cells = []
    for row in range(rows):
        for column in range(columns):
            if taken[row, column]:
                continue
            right = column + 1
            while right < columns and not verticals[row, right] and not taken[row, right]:
                right += 1
            bottom = row + 1
            while (
                bottom < rows
                and _open(verticals, horizontals, bottom, column, right)
                and not taken[bottom, column]
            ):
                bottom += 1
            taken[row:bottom, column:right] = True
            cells.append((row, bottom, column, right))
    return cells


def _open(
    verticals: NDArray[np.bool_], horizontals: NDArray[np.bool_], row: int, left: int, right: int
) -> bool:
    """No ruling above this row's slots, and the same outer walls with none between."""
    return (
        not horizontals[row, left:right].any()
        and not verticals[row, left + 1 : right].any()
        and bool(verticals[row, left] and verticals[row, right])
    )
