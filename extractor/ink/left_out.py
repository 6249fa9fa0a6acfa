"""All ink of a cell is accounted for: what a reading leaves out of it, and how many figures it ought to have.

Boxes are components (left, top, right, bottom), pixels of the straight page; `digit` is the height of a digit.
"""

from __future__ import annotations

from extractor.ink.glyphs import Ints

#: A figure is as high as this, in heights of a digit.
_TALL = 0.55
#: Pieces of one figure stand over each other along this share of the narrower one's width.
_OVER = 0.3


def measure_left_out(everything: Ints, read: Ints, digit: float) -> float:
    """Longest side of a component of a cell that is not among those read, in heights of a digit; 0 if none is.

    everything, read: components of the cell, those read being some of them, in any order.
    """
    kept = set(map(tuple, read.tolist()))
    sides = [
        max(right - left, bottom - top)
        for left, top, right, bottom in everything.tolist()
        if (left, top, right, bottom) not in kept
    ]
    return max(sides, default=0.0) / digit if digit else 0.0


def count_glyphs(members: Ints, digit: float) -> int:
    """How many figures stand apart in a cell's lines; pieces that stand over each other are one if together tall."""
    found: list[list[float]] = []
    for left, top, right, bottom in sorted(members.tolist()):
        last = found[-1] if found else None
        near = last is not None and min(last[2], right) - max(last[0], left) > _OVER * min(
            last[2] - last[0], right - left
        )
        if last is not None and near and max(last[3], bottom) - min(last[1], top) <= 1.5 * digit:
            last[1], last[2], last[3] = min(last[1], top), max(last[2], right), max(last[3], bottom)
        else:
            found.append([left, top, right, bottom])
    return sum(1 for _, top, _, bottom in found if bottom - top >= _TALL * digit)
