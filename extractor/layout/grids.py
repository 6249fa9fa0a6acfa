"""Straight rulings → grids with merged cells.

What a strong lattice predicts and one band shows weakly is still a ruling; where no ruling parts two slots they
are one cell.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extractor.layout.bands import SAME_INCH, Band, cluster_levels, cut_bands, ruled_share
from extractor.layout.lattice import add_open_ends, add_open_sides, add_predicted, find_columns
from extractor.layout.open_sides import mark_open_sides
from extractor.rulings.tracking import Ruling
from extractor.seams.engine import Gray
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.level import Level

#: An edge seen along this share is printed when both its neighbours are.
_WEAK = 0.3
#: An edge seen along this share is printed when the ruling is there in this share of the whole table.
_BROKEN, _USUAL = 0.62, 0.6
#: Strokes of a line of text that pass for rulings are fainter than this share of the page's rulings, and stand closer
#: together, in inches, than rows of a table do.
_FAINT, _TEXT_INCH = 0.5, 0.25
#: No row of a table is lower than this, in inches: type of seven points does not fit in.
_LEAST_ROW_INCH = 0.1
#: No column is narrower than this, in inches.
_LEAST_COLUMN_INCH = 0.13
#: Figures reach this far, in inches, beyond where a ruling is seen to end, at most.
_BEYOND_INCH = 0.06
#: Rulings elsewhere on the page it takes to tell.
_RULINGS_TO_TELL = 3
#: Shares of the longest ruling's width from which on one is long, and below which it may be a stroke; so many long
#: ones tell how high rows are, and what is no higher than this many times their median is one row.
_LONG, _STROKES, _ROWS_TO_TELL, _USUAL_ROW = 0.9, 0.35, 5, 1.3


def find_grids(flat: Gray, horizontals: Sequence[Ruling], dpi: float) -> list[Grid]:
    """Grids of a straight page from top to bottom.

    `horizontals` are rulings found on `flat` itself. A table needs at least two horizontals and two verticals.
    """
    levels = _drop_strokes(cluster_levels(horizontals, SAME_INCH * dpi))
    bands = cut_bands(flat, levels, dpi)
    mark_open_sides(bands, dpi)
    grids = []
    start = 0
    while start < len(bands):
        end = start
        while end < len(bands) and bands[end].is_inside:
            if end > start and not bands[end].continues(bands[end - 1], dpi):
                break
            end += 1
        if end > start:
            # Where another table goes on at once, none of the page's ends cut a row open.
            is_cut = (
                start == 0 or not bands[start - 1].is_inside,
                end == len(bands) or not bands[end].is_inside,
            )
            grid = _build(flat, bands[start:end], is_cut, dpi)
            if grid is not None:
                grids.append(grid)
        start = max(end, start + 1)
    return [grid for grid in grids if not _is_text(grid, horizontals, dpi)]


def _drop_strokes(levels: Sequence[Level]) -> list[Level]:
    """Levels without the strokes of words: short, and between two long ones no further apart than rows mostly are."""
    width = max((level.right - level.left for level in levels), default=0.0)
    long = [level.y for level in levels if level.right - level.left >= _LONG * width]
    if len(long) < _ROWS_TO_TELL:
        return list(levels)
    row = _USUAL_ROW * float(np.median(np.diff(long)))
    kept = []
    for level in levels:
        place = bisect(long, level.y)
        is_within = 0 < place < len(long) and long[place] - long[place - 1] <= row
        if not is_within or level.right - level.left >= _STROKES * width:
            kept.append(level)
    return kept


def _is_text(grid: Grid, horizontals: Sequence[Ruling], dpi: float) -> bool:
    """Whether a low grid is a line of text whose strokes, one beside the other, passed for rulings."""
    box = grid.box
    row = box.height / (len(grid.rows) - 1)
    if row >= _TEXT_INCH * dpi or row < _LEAST_ROW_INCH * dpi:
        return row < _LEAST_ROW_INCH * dpi
    reach = SAME_INCH * dpi
    heights = [float(np.median(ruling.across)) for ruling in horizontals]
    is_mine = [box.top - reach <= y <= box.bottom + reach for y in heights]
    inside = [ruling.strength for ruling, mine in zip(horizontals, is_mine, strict=True) if mine]
    elsewhere = [ruling.strength for ruling, mine in zip(horizontals, is_mine, strict=True) if not mine]
    if not inside or len(elsewhere) < _RULINGS_TO_TELL:
        return False
    return float(np.median(inside)) < _FAINT * float(np.median(elsewhere))


def _build(flat: Gray, bands: Sequence[Band], is_cut: tuple[bool, bool], dpi: float) -> Grid | None:
    """is_cut: whether the page may have cut the first and the last row open."""
    printed = _drop_slivers(find_columns(bands, dpi), _LEAST_COLUMN_INCH * dpi)
    is_open = any(band.sides is not None for band in bands)
    columns = add_open_sides(printed, bands, dpi) if len(printed) > 1 or (printed and is_open) else []
    if len(columns) < 2:
        return None
    columns = add_predicted(columns, bands, dpi)
    bands = add_open_ends(flat, bands, printed, (columns[0], columns[-1]), is_cut, dpi)
    across = _share_across(flat, bands, columns, dpi)
    parts = np.asarray(_decide_horizontals(across).any(axis=1), dtype=np.bool_)
    if not parts.all():
        # Strokes of a label between two rulings part nothing, and a row as thin as that is filled by its figures.
        bands = _join_bands(flat, bands, parts, (columns[0], columns[-1]), dpi)
        across = across[parts]
    rows = [bands[0].top, *(band.bottom for band in bands)]
    reach = 0.02 * dpi
    upright = np.array([[band.share_at(x, reach) for x in columns] for band in bands])
    cells = _merge(_decide_verticals(upright), _decide_horizontals(across))
    columns = _reach_out(columns, printed, _BEYOND_INCH * dpi)
    return Grid(
        tuple(rows),
        tuple(columns),
        tuple(GridCell(*c, Box(columns[c[2]], rows[c[0]], columns[c[3]], rows[c[1]])) for c in cells),
    )


def _reach_out(columns: Sequence[float], printed: Sequence[float], beyond: float) -> list[float]:
    """The columns, sides that nobody printed further out: rulings are followed to just before their ends."""
    left = columns[0] if columns[0] in printed else max(0.0, columns[0] - beyond)
    right = columns[-1] if columns[-1] in printed else columns[-1] + beyond
    return [left, *columns[1:-1], right]


def _share_across(
    flat: Gray, bands: Sequence[Band], columns: Sequence[float], dpi: float
) -> NDArray[np.float64]:
    """Share of each column along which each of the rulings around the bands is seen, shape (levels, columns)."""
    heights = [bands[0].top, *(band.bottom for band in bands)]
    return np.array([_level_share(flat, y, columns, dpi) for y in heights])


def _join_bands(
    flat: Gray, bands: Sequence[Band], parts: NDArray[np.bool_], ends: tuple[float, float], dpi: float
) -> list[Band]:
    """The bands between those rulings around them that part anything."""
    levels = [bands[0].upper, *(band.lower for band in bands)]
    kept = [i for i, is_kept in enumerate(parts.tolist()) if is_kept]
    return [
        bands[a] if b == a + 1 else Band(flat, levels[a], levels[b], ends, dpi) for a, b in pairwise(kept)
    ]


def _drop_slivers(columns: Sequence[float], least: float) -> list[float]:
    """Columns without outer ones narrower than `least`: the second line of a frame, or the edge of the sheet."""
    kept = list(columns)
    while len(kept) > 2 and kept[-1] - kept[-2] < least:
        kept.pop()
    while len(kept) > 2 and kept[1] - kept[0] < least:
        kept.pop(0)
    return kept


def _level_share(flat: Gray, y: float, columns: Sequence[float], dpi: float) -> list[float]:
    """Share of each column's width along which the ruling at height y is seen."""
    half = max(4, round(0.05 * dpi))
    top = max(0, round(y) - half)
    strip = np.ascontiguousarray(flat[top : round(y) + half + 1].T)
    out = []
    for left, right in pairwise(columns):
        inset = min(0.03 * dpi, (right - left) / 4)
        part = strip[round(left + inset) : max(round(right - inset), round(left + inset) + 1)]
        share = ruled_share(part, dpi)
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
    # Gaps of a broken ruling: a line that most of the table has, more there than not, going on to one side.
    present |= (share >= _BROKEN) & (above | below) & (present.mean(axis=0) >= _USUAL)
    present[:, 0] = present[:, -1] = True
    return np.asarray(present, dtype=np.bool_)


def _decide_horizontals(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True where a horizontal stands, shape (levels, columns); the first and last always do."""
    present = share >= _threshold(share)
    left = np.hstack([present[:, :1], present[:, :-1]])
    right = np.hstack([present[:, 1:], present[:, -1:]])
    present |= (share >= _WEAK) & left & right
    present |= (share >= _BROKEN) & (left | right) & (present.mean(axis=1, keepdims=True) >= _USUAL)
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
