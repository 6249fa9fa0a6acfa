"""Rows of a grid whose horizontals the scan lost, told by the height of the others and where their lines stand.

Every cell of two rows in one has its lines where rows of the usual height have their middles; lines of one label are
closer to each other, and the figure beside it stands in between. Pixels of the straight page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.values.geometry import Box

#: Rows that tell how high one is, and how far from a whole number of them a row of several may be, in its heights.
_ENOUGH, _WHOLE = 5, 0.15
#: A line stands this near to the middle of its row, in the same.
_NEAR = 0.2


def find_lost_edges(
    rows: Sequence[float], row: int, cells: Sequence[Sequence[Box]], dashes: Sequence[Box] = ()
) -> list[float]:
    """Heights at which horizontals are lost inside a row, none where it is one.

    rows: the grid's horizontals. cells: the lines of every cell with ink that belongs to this row alone; all of its
    rows but the first, a heading, show lines in several of them, or there is one cell only. dashes: level strokes,
    which may be remains of those horizontals as well.
    """
    heights = np.diff(np.asarray(rows))
    usual = float(np.median(heights))
    count = round(float(heights[row]) / usual)
    if len(heights) < _ENOUGH or count < 2 or abs(float(heights[row]) - count * usual) > _WHOLE * usual:
        return []
    step = float(heights[row]) / count

    def place_of(line: Box) -> int | None:
        place = (line.center_y - rows[row]) / step - 0.5
        return round(place) if abs(place - round(place)) * step <= _NEAR * usual else None

    found = [{place_of(line) for line in lines} for lines in cells]
    if any(None in places for places in found):
        return []
    found += [{place_of(dash)} for dash in dashes]
    shown = [sum(1 for places in found if place in places) for place in range(count)]
    is_told = all(shown) and (len(cells) == 1 or min(shown[1:]) > 1)
    return [rows[row] + i * step for i in range(1, count)] if is_told else []
