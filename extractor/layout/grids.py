"""Straight rulings → grids with merged cells.

What a strong lattice predicts and one band shows weakly is still a ruling; where no ruling parts two slots they
are one cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extractor.layout.bands import SAME_INCH, Band, cluster_levels, cut_bands, ruled_share
from extractor.layout.lattice import add_open_ends, add_open_sides, add_predicted, find_columns
from extractor.layout.open_sides import mark_open_sides
from extractor.rulings.tracking import find_rulings
from extractor.seams.labeller import LABEL_DPI
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.labels import PageLabels
from extractor.values.level import Level

#: A vertical told along this share of a row, and a horizontal along this one of a column, is printed; along the last
#: one where both its neighbours are. Text touches rulings across in tight rows: there a quarter of one is told.
_UPRIGHT, _LEVEL, _WEAK = 0.5, 0.25, 0.25
#: A vertical that stands in this share of a table's rows stands in every row that has this share of such verticals.
_USUAL, _ROW_HAS = 0.9, 0.6
#: No row of a table is lower than this, in inches: type of seven points does not fit in.
_LEAST_ROW_INCH = 0.1
#: No column is narrower than this, in inches.
_LEAST_COLUMN_INCH = 0.13
#: Figures reach this far, in inches, beyond where a ruling is seen to end, at most.
_BEYOND_INCH = 0.06


def find_grids(labels: PageLabels) -> tuple[list[Grid], list[Level]]:
    """Grids of a straight page from top to bottom, and the heights of its rulings, in pixels of the page.

    A table needs at least two horizontals and two verticals.
    """
    # Everything up to the grids is done in the frame of the labels.
    levels = cluster_levels(find_rulings(replace(labels, dpi=LABEL_DPI), "horizontal"), SAME_INCH * LABEL_DPI)
    bands = cut_bands(labels, levels)
    mark_open_sides(bands)
    grids = []
    start = 0
    while start < len(bands):
        end = start
        while end < len(bands) and bands[end].is_inside:
            if end > start and not bands[end].continues(bands[end - 1]):
                break
            end += 1
        if end > start:
            # Where another table goes on at once, none of the page's ends cut a row open.
            is_cut = (
                start == 0 or not bands[start - 1].is_inside,
                end == len(bands) or not bands[end].is_inside,
            )
            grid = _build(labels, bands[start:end], is_cut)
            if grid is not None and _is_high_enough(grid):
                grids.append(_to_page(grid, labels))
        start = max(end, start + 1)
    return grids, [_level_to_page(level, labels) for level in levels]


def _is_high_enough(grid: Grid) -> bool:
    return grid.box.height >= _LEAST_ROW_INCH * LABEL_DPI * (len(grid.rows) - 1)


def _to_page(grid: Grid, labels: PageLabels) -> Grid:
    rows, columns = (tuple(labels.to_page(place) for place in edges) for edges in (grid.rows, grid.columns))
    return Grid(
        rows,
        columns,
        tuple(
            replace(c, box=Box(columns[c.column], rows[c.row], columns[c.column_end], rows[c.row_end]))
            for c in grid.cells
        ),
    )


def _level_to_page(level: Level, labels: PageLabels) -> Level:
    extents = tuple((labels.to_page(left), labels.to_page(right)) for left, right in level.extents)
    return Level(labels.to_page(level.y), extents)


def _build(labels: PageLabels, bands: Sequence[Band], is_cut: tuple[bool, bool]) -> Grid | None:
    """is_cut: whether the page may have cut the first and the last row open."""
    printed = _drop_slivers(find_columns(bands), _LEAST_COLUMN_INCH * LABEL_DPI)
    is_open = any(band.sides is not None for band in bands)
    columns = add_open_sides(printed, bands) if len(printed) > 1 or (printed and is_open) else []
    if len(columns) < 2:
        return None
    columns = add_predicted(columns, bands)
    bands = add_open_ends(labels, bands, printed, (columns[0], columns[-1]), is_cut)
    across = _share_across(labels, bands, columns)
    parts = np.asarray(_decide_horizontals(across).any(axis=1), dtype=np.bool_)
    if not parts.all():
        # Strokes of a label between two rulings part nothing, and a row as thin as that is filled by its figures.
        bands = _join_bands(labels, bands, parts, (columns[0], columns[-1]))
        across = across[parts]
    rows = [bands[0].top, *(band.bottom for band in bands)]
    reach = 0.02 * LABEL_DPI
    upright = np.array([[band.share_at(x, reach) for x in columns] for band in bands])
    cells = _merge(_decide_verticals(upright), _decide_horizontals(across))
    columns = _reach_out(columns, printed, _BEYOND_INCH * LABEL_DPI)
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


def _share_across(labels: PageLabels, bands: Sequence[Band], columns: Sequence[float]) -> NDArray[np.float64]:
    """Share of each column along which each of the rulings around the bands is seen, shape (levels, columns)."""
    heights = [bands[0].top, *(band.bottom for band in bands)]
    return np.array([_level_share(labels, y, columns) for y in heights])


def _join_bands(
    labels: PageLabels, bands: Sequence[Band], parts: NDArray[np.bool_], ends: tuple[float, float]
) -> list[Band]:
    """The bands between those rulings around them that part anything."""
    levels = [bands[0].upper, *(band.lower for band in bands)]
    kept = [i for i, is_kept in enumerate(parts.tolist()) if is_kept]
    return [bands[a] if b == a + 1 else Band(labels, levels[a], levels[b], ends) for a, b in pairwise(kept)]


def _drop_slivers(columns: Sequence[float], least: float) -> list[float]:
    """Columns without outer ones narrower than `least`: the second line of a frame, or the edge of the sheet."""
    kept = list(columns)
    while len(kept) > 2 and kept[-1] - kept[-2] < least:
        kept.pop()
    while len(kept) > 2 and kept[1] - kept[0] < least:
        kept.pop(0)
    return kept


def _level_share(labels: PageLabels, y: float, columns: Sequence[float]) -> list[float]:
    """Share of each column's width along which the ruling at height y is seen."""
    half = 3
    top = max(0, round(y) - half)
    strip = np.ascontiguousarray(labels.across[top : round(y) + half + 1].T)
    out = []
    for left, right in pairwise(columns):
        inset = min(0.03 * LABEL_DPI, (right - left) / 4)
        part = strip[round(left + inset) : max(round(right - inset), round(left + inset) + 1)]
        out.append(float(ruled_share(part)[1:-1].max(initial=0.0)))
    return out


def _decide_verticals(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True where a vertical stands, shape (bands, columns + 1); the outer ones always do."""
    present = share >= _UPRIGHT
    above = np.vstack([present[:1], present[:-1]])
    below = np.vstack([present[1:], present[-1:]])
    present |= (share >= _WEAK) & above & below
    # One of which nearly every row shows something is lost under figures that touch it; a row without any of them is
    # one cell.
    usual = (present | (share >= _WEAK)).mean(axis=0) >= _USUAL
    usual[[0, -1]] = False
    if usual.sum() > 1:
        present |= usual & (present[:, usual].mean(axis=1, keepdims=True) >= _ROW_HAS)
    present[:, 0] = present[:, -1] = True
    return np.asarray(present, dtype=np.bool_)


def _decide_horizontals(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True where a horizontal stands, shape (levels, columns); the first and last always do."""
    present = share >= _LEVEL
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
