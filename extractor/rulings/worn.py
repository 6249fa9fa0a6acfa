"""Rulings with gaps are painted whole, so that whoever looks for a grid finds it as if it were printed well.

Old copies and thresholds leave rulings of which a third or more is missing. Tracked over a whole table they are
beyond doubt: straight, as dark as each other, seen again and again along one line. What is painted is used to find
tables only; text is read from the page as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.rulings.tracking import Ruling, printed_parts, seen_along
from extractor.seams.engine import Gray

#: Rulings seen along less than this share of their length, over a page, are broken.
_WHOLE = 0.9
#: Horizontals as long as this, and how many of them, make a table.
_WIDE_INCH, _WIDE_COUNT = 2.5, 3
#: A broken ruling is seen along this share at least and is this long.
_SEEN, _LENGTH_INCH = 0.42, {"horizontal": 1.0, "vertical": 0.6}
#: It strays this little from a smooth line, inches and pixels: rulings .001 to .004 inches, chains of text
#: strokes .01 and more. What is longer than the last number (inches) may be bent as paper is.
_STRAY_INCH, _STRAY_PIXELS, _BENT_INCH = 0.003, 1.0, 1.5
#: It is as strong as this share of the page's usual ruling.
_STRENGTH = 0.5
#: A gap so short is painted whatever stands in it, a longer one where nothing does: what is printed across several
#: columns or rows stands where their rulings would be.
_SHORT_INCH = 0.12
#: Gray level of ink on a flat page, and the share of a gap that text leaves inked.
_INK, _CROSSED = 160, 0.08
#: Half the thickness of what is painted, and of what is erased.
_HALF_INCH, _ERASED_INCH = 0.004, 0.012
#: A ruling is led on so far to meet another.
_REACH_INCH = 0.15


def find_broken(flat: Gray, tracks: Sequence[Ruling], dpi: float) -> list[Ruling]:
    """Of tracked rulings of one direction the stretches that are rulings, with gaps or without."""
    found = []
    for track in tracks:
        parts = [p for p in printed_parts(flat, track, dpi, _SEEN) if _is_ruling(p, dpi)]
        if parts and _is_long(track, dpi):
            found.append(_join_parts(parts))
    if not found:
        return []
    usual = _usual_strength(found)
    return [ruling for ruling in found if ruling.strength >= _STRENGTH * usual]


def _is_ruling(part: Ruling, dpi: float) -> bool:
    return _is_long(part, dpi) and _stray(part, dpi) <= _STRAY_INCH * dpi + _STRAY_PIXELS


def _join_parts(parts: Sequence[Ruling]) -> Ruling:
    """Stretches of one track as one."""
    order = sorted(parts, key=lambda p: p.along[0])
    along, across = np.concatenate([p.along for p in order]), np.concatenate([p.across for p in order])
    return Ruling(order[0].direction, along, across, order[0].strength)


def is_broken(flat: Gray, rulings: Sequence[Ruling], dpi: float) -> bool:
    """Whether a page has rulings, as `find_broken` finds them, and these have gaps worth mending.

    A page of prose has chains of strokes that look like short rulings, but none as wide as a table.
    """
    wide = [r for r in rulings if r.direction == "horizontal" and r.length >= _WIDE_INCH * dpi]
    if len(wide) < _WIDE_COUNT:
        return False
    seen = [seen_along(flat, ruling, dpi)[1] for ruling in rulings]
    return bool(seen) and float(np.concatenate(seen).mean()) < _WHOLE


def mend_rulings(flat: Gray, rulings: Sequence[Ruling], dpi: float, *, writing: Gray | None = None) -> Gray:
    """The page with the gaps of these rulings painted; writing: the page without them, which tells what crosses."""
    mended = flat.copy()
    written = flat if writing is None else writing
    half = max(1, round(_HALF_INCH * dpi))
    for ruling in rulings:
        image, text = (mended, written) if ruling.direction == "horizontal" else (mended.T, written.T)
        along, seen = seen_along(flat, ruling, dpi)
        across = np.rint(ruling.at(along.astype(np.float64))).astype(int)
        place = np.clip(across[:, None] + np.arange(-half, half + 1), 0, image.shape[0] - 1)
        inked = (text[place, along[:, None]] < _INK).any(axis=1)
        for start, end in gaps(seen):
            if end - start > _SHORT_INCH * dpi and inked[start:end].mean() > _CROSSED:
                continue
            image[place[start:end], along[start:end, None]] = 255 - round(ruling.strength)
    return mended


def join_rulings(rulings: Sequence[Ruling], crossing: Sequence[Ruling], dpi: float) -> list[Ruling]:
    """Rulings of one direction, led on to those of the other that their ends nearly reach."""
    return [_lead_on(ruling, crossing, _REACH_INCH * dpi) for ruling in rulings]


def _lead_on(ruling: Ruling, crossing: Sequence[Ruling], reach: float) -> Ruling:
    start, end = float(ruling.along[0]), float(ruling.along[-1])
    for other in crossing:
        if not other.along[0] - reach <= float(np.median(ruling.across)) <= other.along[-1] + reach:
            continue
        place = float(other.at(float(np.median(ruling.across))))
        if start - reach <= place < start:
            start = place
        elif end < place <= end + reach:
            end = place
    along = np.unique(np.concatenate([[start], ruling.along, [end]]))
    return Ruling(ruling.direction, along, ruling.at(along), ruling.strength)


def erase_rulings(flat: Gray, rulings: Sequence[Ruling], dpi: float) -> Gray:
    """The page without these rulings where nothing crosses them, so that their pieces are not taken for writing."""
    clean = flat.copy()
    half = max(1, round(_ERASED_INCH * dpi))
    for ruling in rulings:
        image = clean if ruling.direction == "horizontal" else clean.T
        along, seen = seen_along(flat, ruling, dpi)
        across = np.rint(ruling.at(along[seen].astype(np.float64))).astype(int)
        place = np.clip(across[:, None] + np.arange(-half, half + 1), 0, image.shape[0] - 1)
        image[place, along[seen][:, None]] = 255
    return clean


def gaps(seen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of False, half-open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], seen, [True]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _is_long(ruling: Ruling, dpi: float) -> bool:
    return ruling.length >= _LENGTH_INCH[ruling.direction] * dpi


def _stray(ruling: Ruling, dpi: float) -> float:
    """Largest usual distance from the smooth line through a ruling, pixels."""
    along = (ruling.along - ruling.along[0]) / dpi
    line = np.polyfit(along, ruling.across, 3 if along[-1] >= _BENT_INCH else 1)
    return float(np.percentile(np.abs(ruling.across - np.polyval(line, along)), 95))


def _usual_strength(rulings: Sequence[Ruling]) -> float:
    """Strength of a page's rulings, each counted by its length."""
    order = sorted(rulings, key=lambda r: r.strength)
    lengths = np.cumsum([r.length for r in order])
    return order[int(np.searchsorted(lengths, lengths[-1] / 2))].strength
