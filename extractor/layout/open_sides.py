"""Tables whose left and right sides nobody printed: their rulings tell where they are.

Rows across which nothing else stands, and rows with one vertical, belong to such a table as much as the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.layout.bands import Band
from extractor.seams.labeller import LABEL_DPI
from extractor.values.level import Level

#: Rulings of one table end at the same places, give or take this; a vertical this near to them is its side.
_SAME_END_INCH = 0.1
#: Shortest ruling that runs across a table.
_LEAST_WIDTH_INCH = 2.0
#: Strokes of text may stand for a vertical in bands lower than this.
_LOW_INCH = 0.17
#: A row without verticals is at most this many times as high as the table's lowest; the gap between two is higher.
_HIGH = 1.1
#: No row is so many times as high as the lowest: rulings between rows are lost there.
_TALL = 4.0
#: The same vertical stands in so many bands of a table at least, and some vertical in this share of its rows.
_MIN_BANDS, _MOST_ROWS = 2, 0.5

#: Positions of two neighbouring levels that run across the whole table.
_Row = tuple[int, int]


def mark_open_sides(bands: Sequence[Band]) -> None:
    """Tell the bands of tables without printed sides where these are."""
    if not bands:
        return
    levels = [bands[0].upper, *(band.lower for band in bands)]
    start = 0
    while start < len(levels) - 1:
        rows = _find_rows(bands, levels, start)
        sides = levels[start].left, levels[start].right
        if _is_open(bands, rows, sides):
            for band in bands[rows[0][0] : rows[-1][1]]:
                band.sides = sides
        start = rows[-1][1] if rows else start + 1


def _find_rows(bands: Sequence[Band], levels: Sequence[Level], start: int) -> list[_Row]:
    """The rows of a table that begins at a level, between levels as wide as that."""
    first, near = levels[start], _SAME_END_INCH * LABEL_DPI
    if first.right - first.left < _LEAST_WIDTH_INCH * LABEL_DPI:
        return []
    across = [
        i
        for i in range(start, len(levels))
        if abs(levels[i].left - first.left) < near and abs(levels[i].right - first.right) < near
    ]
    rows, sides = list(pairwise(across)), (first.left, first.right)
    highest = _HIGH * _lowest(bands, rows, sides)
    for i, (a, b) in enumerate(rows):
        if any(band.height > highest and not _inner([band], sides) for band in bands[a:b]):
            return rows[:i]
    return rows


def _lowest(bands: Sequence[Band], rows: Sequence[_Row], sides: tuple[float, float]) -> float:
    """Height of the lowest row that shows a vertical and no ruling inside; 0 where there is none."""
    single = (bands[a].height for a, b in rows if b == a + 1 and _inner(bands[a:b], sides))
    return min(single, default=0.0)


def _inner(bands: Sequence[Band], sides: tuple[float, float]) -> list[list[float]]:
    """The verticals of those bands that are high enough to tell and have any between the sides."""
    near = _SAME_END_INCH * LABEL_DPI
    high = [band for band in bands if band.height >= _LOW_INCH * LABEL_DPI]
    found = [[x for x in band.verticals if sides[0] + near < x < sides[1] - near] for band in high]
    return [places for places in found if places]


def _is_open(bands: Sequence[Band], rows: Sequence[_Row], sides: tuple[float, float]) -> bool:
    """Whether verticals stand in these rows, one of them in several, none at their sides, and no ruling is lost."""
    if not rows:
        return False
    own = [band for band in bands[rows[0][0] : rows[-1][1]] if band.height >= _LOW_INCH * LABEL_DPI]
    if max((band.height for band in own), default=0.0) > _TALL * _lowest(bands, rows, sides):
        return False
    near = _SAME_END_INCH * LABEL_DPI
    if any(abs(x - side) <= near for band in own for x in band.verticals for side in sides):
        return False
    if sum(1 for a, b in rows if _inner(bands[a:b], sides)) < _MOST_ROWS * len(rows):
        return False
    places = _inner(own, sides)
    same = 0.02 * LABEL_DPI
    return any(
        sum(1 for other in places if any(abs(x - y) <= same for y in other)) >= _MIN_BANDS
        for found in places
        for x in found
    )
