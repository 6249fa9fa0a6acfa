"""Numbers that a narrow cell wraps over several lines, told from the numbers of two rows whose ruling is lost.

A number is wrapped where no further digit has room: every line but its last is as wide as the column takes. Boxes are
pixels of the straight page; `digit` is the height of a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.values.geometry import Box

#: Share of the cell's width that a full line takes with one more digit, and the width of that over its height. In 46
#: wrapped cells of two documents full lines took .60 to .70. On 97 pages of 26 others no cell is told to be wrapped;
#: of the six with figures on several lines five took .43 at most, and one 1.08.
_FULL, _DIGIT_WIDTH = 0.57, 0.62
#: A full line is as wide as the widest of its column but for this, in heights of a digit, a 1 being narrower than a
#: 0: those 46 within .50, those six from .70 on.
_SAME = 0.6
#: A line of two digits is wider than this, in heights of a digit: no column is too narrow for two. Of those 46 the
#: least is 1.75.
_TWO = 1.0
#: Lines of one number follow this closely, in heights of a digit: those 46 within .62, those six from 2.1 on.
_LEADING = 1.1


def is_wrapped(lines: Sequence[Box], width: float, widest: float, digit: float) -> bool:
    """Whether the lines of figures of a cell, top to bottom, are one number.

    width: of the cell. widest: the widest line of figures of its column.
    """
    if len(lines) < 2:
        return False
    full = all(
        line.width >= _TWO * digit
        and line.width + _DIGIT_WIDTH * digit >= _FULL * width
        and line.width >= widest - _SAME * digit
        for line in lines[:-1]
    )
    close = all(below.top - above.bottom <= _LEADING * digit for above, below in pairwise(lines))
    return full and close and lines[-1].width <= widest + _SAME * digit
