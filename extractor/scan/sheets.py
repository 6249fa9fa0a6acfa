"""Two pages on one sheet: a spread is cut at its gutter, and its right page laid below its left one.

Pixels of the upright page. What is told of a page then runs from its top to its bottom as on any other.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.values.runs import find_runs

#: A sheet of two pages is at least this many times as wide as high (two of A4: 1.41, two of a square book: 2).
_ASPECT = 1.2
#: Resolution at which columns of ink are looked for, dots an inch; what is darker than this is ink, and so much of a
#: coarse pixel, of 255, makes it one.
_DPI, _INK, _TOUCHED = 50, 160, 40
#: Share of a column's rows that may be dark by specks alone.
_SPECKS = 0.006
#: The gutter is at least this wide, inches, and stands within this share of the width from the middle.
_GUTTER_INCH, _OFF_MIDDLE = 0.4, 0.06
#: Share of each half that its own print takes, and the widest stretch without ink in it, in widths of the gutter:
#: the columns of an unruled table stand as far apart as its middle ones. Of 261 upright and 12 landscape pages of
#: generated reports none is cut; of 130 spreads made of two of them 108 are parted at their middle. Of twelve of the
#: others nine hold a nearly empty page and no spine; why three are not parted is not known.
_PRINTED, _INNER = 0.45, 0.6
#: The shadow of a spine darkens this share of its rows at least (a copied book's .84, figures in a column half of
#: them), and is at most so wide, inches.
_SPINE, _SPINE_INCH = 0.6, 0.6


def find_gutter(flat: Gray, dpi: float) -> tuple[int, int] | None:
    """Columns from and to (exclusive) between the two pages of an upright flat sheet; None where it is one page.

    The shadow of a book's spine stands in its gutter and is no print.
    """
    rows, columns = flat.shape
    if columns < _ASPECT * rows:
        return None
    scale = _DPI / dpi
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    ink = cv2.resize((flat < _INK).astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > _TOUCHED
    share = ink.mean(axis=0)
    inked = share > _SPECKS
    spine = _find_spine(share)
    inked[spine] = False
    if not inked.any():
        return None
    first, end = int(np.flatnonzero(inked)[0]), int(np.flatnonzero(inked)[-1]) + 1
    has_spine = spine.stop > spine.start
    start, looked_at = (0, inked) if has_spine else (first, inked[first:end])
    gaps = [(a + start, b + start) for a, b in find_runs(~looked_at)]
    middle, reach = size[0] / 2, _OFF_MIDDLE * size[0]
    central = [gap for gap in gaps if gap[0] - reach <= middle <= gap[1] + reach]
    if not central:
        return None
    low, high = max(central, key=lambda gap: gap[1] - gap[0])
    others = max((b - a for a, b in gaps if (a, b) != (low, high)), default=0)
    is_told = min(low - first, end - high) >= _PRINTED * middle and others <= _INNER * (high - low)
    if high - low < _GUTTER_INCH * _DPI or not (is_told or has_spine):
        return None
    # What is right of the print of a page with nothing on the other is that other page.
    low, high = max(low, round(middle - reach)), min(high, round(middle + reach))
    return round(low / scale), round(high / scale)


def _find_spine(share: NDArray[np.float64]) -> slice:
    """Columns around the middle that are dark along the page with none beside them; empty where there is no spine.

    share: of each column's rows that is dark. A ruling in the middle of a table is met by others.
    """
    reach = round(_OFF_MIDDLE * len(share))
    middle = len(share) // 2
    place = middle - reach + int(np.argmax(share[middle - reach : middle + reach + 1]))
    if share[place] < _SPINE:
        return slice(0, 0)
    low = high = place
    while low > 0 and share[low - 1] > _SPECKS:
        low -= 1
    while high + 1 < len(share) and share[high + 1] > _SPECKS:
        high += 1
    return slice(low, high + 1) if high + 1 - low <= _SPINE_INCH * _DPI else slice(0, 0)


def lay_below(flat: Gray, gutter: tuple[int, int]) -> Gray:
    """The right page below the left one, without what stands in the gutter; cut at the gutter's middle."""
    rows, columns = flat.shape
    cut = sum(gutter) // 2
    out = np.full((2 * rows, max(cut, columns - cut)), 255, dtype=np.uint8)
    out[:rows, : gutter[0]] = flat[:, : gutter[0]]
    out[rows:, gutter[1] - cut : columns - cut] = flat[:, gutter[1] :]
    return out
