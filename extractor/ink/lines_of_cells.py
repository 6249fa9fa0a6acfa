"""Which line of a cell is its row's: remains of a seal above or below a figure are none of its writing.

Figures of a row stand at one height, in the middle of cells whose labels take several lines. Boxes are components
(left, top, right, bottom), pixels of the straight page; `digit` is the height of a digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from extractor.ink.glyphs import Ints, bound
from extractor.values.geometry import Box
from extractor.values.grid import GridCell

#: A figure is as high as this, and stands on one line up to there, in heights of a digit.
_FIGURE = (0.55, 1.4)
#: A row's level is told by so many cells, of which this share stand within so many heights of a digit of it.
_FEW, _MOST, _NEAR = 3, 0.75, 0.35
#: Figures stand this near to the middle of their row, in the same: two rows whose ruling is lost have none there.
_MIDDLE = 0.75


def find_levels(cells: Sequence[GridCell], members: Sequence[Ints], digit: float) -> list[float | None]:
    """Height of the middle of the figures of each cell's row, None where too little tells it.

    members: the components of each cell.
    """
    rows: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, cell in enumerate(cells):
        rows[cell.row, cell.row_end].append(place)
    levels: list[float | None] = [None] * len(cells)
    for places in rows.values():
        level = _level_of([members[place] for place in places], cells[places[0]].box, digit)
        for place in places:
            levels[place] = level
    return levels


def _level_of(members: Sequence[Ints], row: Box, digit: float) -> float | None:
    middles = []
    for parts in members:
        tall = parts[parts[:, 3] - parts[:, 1] >= _FIGURE[0] * digit]
        if len(tall) and bound(tall).height <= _FIGURE[1] * digit:
            middles.append(bound(tall).center_y)
    if len(middles) < _FEW:
        return None
    level = float(np.median(middles))
    near = np.abs(np.asarray(middles) - level) <= _NEAR * digit
    is_middle = abs(level - row.center_y) <= _MIDDLE * digit
    return level if is_middle and float(near.mean()) >= _MOST else None


def line_at(lines: Sequence[Box], level: float | None) -> Box | None:
    """The only one of several lines of a cell that stands at its row's level, if it does."""
    if level is None or len(lines) < 2:
        return None
    own = [line for line in lines if line.top <= level <= line.bottom]
    return own[0] if len(own) == 1 else None
