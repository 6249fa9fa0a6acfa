"""Thin dark lines along the whole page, of dust on a scanner's glass, are taken out.

Dust lies still while the page moves by, so that its line is straight in the picture, however askew the page is, and
goes on where the page has its margins. Rulings end with their table.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.values.runs import find_runs

#: A line is darker than what lies so far beside it, in inches, by so many gray levels, and no wider than the second.
#: With these 5 of 5 lines are found on each of five pages, none on 80 pages without any.
#: ±20 %, of 1,158 fields of 6 documents: 3 exact more and 4 accepted fewer with .016 beside; else nothing.
_BESIDE_INCH, _WIDE_INCH, _DARKER = 0.02, 0.035, 20
#: Share of the page's length, and of the margin at one of its ends, that a line is seen in; that margin in inches,
#: and how much of it is inked besides: a picture of nothing but a table has none.
#: ±20 %, of the same: 4 exact and 9 accepted more with .48 in the margin, 1 exact less with .72; 3 and 13 more with a
#: margin of .28; 11 accepted fewer with .4 of the length; else nothing.
_SEEN, _SEEN_IN_MARGIN, _MARGIN_INCH, _INKED, _INK = 0.5, 0.6, 0.35, 0.01, 160


def lift_streaks(flat: Gray, dpi: float) -> tuple[Gray, NDArray[np.uint8] | None]:
    """The flat page without such lines, across and down, and a page that has 0 where they were and 255 elsewhere.

    The second is None where there are none.
    """
    where = np.full_like(flat, 255)
    lifted = flat
    for turned in (False, True):
        page, marks = (lifted.T, where.T) if turned else (lifted, where)
        lines = _find_lines(page, dpi)
        if lines:
            page = page.copy()
            for start, end in lines:
                _take_out(page, start, end)
                marks[:, start:end] = 0
            lifted = np.ascontiguousarray(page.T) if turned else page
    return (lifted, where) if not where.all() else (flat, None)


def _find_lines(flat: Gray, dpi: float) -> list[tuple[int, int]]:
    """First column and the one behind the last of every line down the page."""
    beside, margin = max(2, round(_BESIDE_INCH * dpi)), round(_MARGIN_INCH * dpi)
    if flat.shape[0] < 3 * margin or flat.shape[1] < 3 * beside:
        return []
    sides = np.minimum(flat[:, : -2 * beside], flat[:, 2 * beside :])
    ridge = cv2.subtract(sides, flat[:, beside:-beside]) >= _DARKER
    is_long = ridge.mean(axis=0) >= _SEEN
    if not is_long.any():
        return []
    rest = cv2.dilate(is_long.astype(np.uint8)[None], np.ones((1, 2 * beside + 1), np.uint8))[0] == 0
    if not rest.any():
        return []
    goes_on = np.zeros_like(is_long)
    for end in (slice(None, margin), slice(-margin, None)):
        if (flat[end, beside:-beside][:, rest] < _INK).mean() <= _INKED:
            goes_on |= ridge[end].mean(axis=0) >= _SEEN_IN_MARGIN
    found = find_runs(is_long & goes_on)
    return [(a + beside, b + beside) for a, b in found if b - a <= _WIDE_INCH * dpi]


def _take_out(page: Gray, start: int, end: int) -> None:
    """Fills a line, and a pixel beside it, from what lies on both sides; changes `page`."""
    left, right = max(0, start - 2), min(page.shape[1] - 1, end + 1)
    share = np.linspace(0.0, 1.0, right - left + 1)[None, 1:-1]
    between = (1.0 - share) * page[:, left, None] + share * page[:, right, None]
    page[:, left + 1 : right] = np.maximum(page[:, left + 1 : right], between.astype(np.uint8))
