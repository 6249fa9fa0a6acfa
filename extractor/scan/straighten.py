"""What makes a page straight, and where the rulings of its tables are: printed well, with gaps, or as dashes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

import numpy as np

from extractor.rulings.broad import add_broad
from extractor.rulings.dashed import erase_dashes, find_dashed, is_dashed, level_out, may_be_dashed
from extractor.rulings.tracking import DIRECTIONS, Direction, Ruling, find_rulings, keep_printed
from extractor.rulings.worn import erase_rulings, find_broken, is_broken, join_rulings, mend_rulings
from extractor.scan.warp import fit_warp, flatten, rotation_warp
from extractor.seams.engine import Gray
from extractor.values.frame import Warp

#: Skew (degrees) up to which rulings are found without turning the page first.
TRACKED_SKEW = 1.2
#: Times a page is straightened by dashes of rulings.
_DASHED_ROUNDS = 2
#: Horizontal rulings of a page whose tables are printed well enough.
_MANY_RULINGS = 6
#: Skew (degrees) that is none.
_LEVEL = 0.12
#: A ruling this long (inches) tells a page's skew better than the little else that stands on it.
_TELLING_INCH = 2.0
#: Horizontal rulings that make a dewarp trustworthy.
_ENOUGH_RULINGS = 3


class Wear(Enum):
    """How a page's rulings are printed: well, with gaps, or as dashes with more gap than ruling."""

    NONE = auto()
    BROKEN = auto()
    DASHED = auto()


def find_table_rulings(straight: Gray, dpi: float, wear: Wear) -> tuple[Gray, list[Ruling], Gray]:
    """The page to look for grids on, its horizontal rulings, and the page to read."""
    if wear is Wear.NONE:
        found = find_rulings(straight, dpi, "horizontal")
        return straight, add_broad(straight, keep_printed(straight, found, dpi, 0.75), dpi), straight
    dashed = find_dashed(straight, dpi, is_straight=True) if wear is Wear.DASHED else []
    if dashed:
        across, upright = (
            [level_out(r) for r in dashed if r.direction == direction] for direction in DIRECTIONS
        )
    else:
        across, upright = (_find_worn(straight, dpi, direction) for direction in DIRECTIONS)
    across, upright = join_rulings(across, upright, dpi), join_rulings(upright, across, dpi)
    both = [*across, *upright]
    clean = erase_dashes(straight, dashed, dpi) if dashed else erase_rulings(straight, both, dpi)
    return mend_rulings(straight, both, dpi, writing=clean if dashed else None), across, clean


def _find_worn(straight: Gray, dpi: float, direction: Direction) -> list[Ruling]:
    """Broken rulings: those whose gaps a track passes over, and those it would have gone on to from text."""
    tracks = find_rulings(straight, dpi, direction), find_rulings(straight, dpi, direction, steady=True)
    return [ruling for found in tracks for ruling in find_broken(straight, found, dpi)]


def find_warp(flat: Gray, skew: float, dpi: float) -> tuple[Warp | None, Wear]:
    """What makes the page straight, None when it is; and how worn its rulings are."""
    turned = rotation_warp(flat.shape, skew) if abs(skew) > TRACKED_SKEW else None
    level = flatten(flat, turned) if turned else flat
    across, upright = find_rulings(level, dpi, "horizontal"), find_rulings(level, dpi, "vertical")
    broken = [*find_broken(level, across, dpi), *find_broken(level, upright, dpi)]
    wear = Wear.BROKEN if is_broken(level, broken, dpi) else Wear.NONE
    horizontals = keep_printed(level, across, dpi, 0.8)
    is_doubtful = wear is not Wear.NONE or len(horizontals) < _MANY_RULINGS
    dashed = find_dashed(level, dpi) if is_doubtful and may_be_dashed(level, dpi) else []
    if is_dashed(level, dashed, dpi):
        return _find_dashed_warp(flat, turned, dpi), Wear.DASHED
    if wear is not Wear.NONE:
        level = mend_rulings(level, broken, dpi)
        horizontals = keep_printed(level, across, dpi, 0.8)
    if len(horizontals) < _ENOUGH_RULINGS:
        seen = _measure_slope(horizontals, dpi)
        if seen is not None:
            skew = seen + (skew if turned else 0.0)
        return rotation_warp(flat.shape, skew) if abs(skew) > _LEVEL else None, wear
    verticals = keep_printed(level, upright, dpi, 0.72)
    verticals = [ruling for ruling in verticals if ruling.length > 0.5 * dpi]
    bent = fit_warp(horizontals, verticals, flat.shape, dpi)
    if bent is None or turned is None:
        return bent or turned, wear
    return bent.after(turned), wear


def _measure_slope(horizontals: Sequence[Ruling], dpi: float) -> float | None:
    """Degrees clockwise by which a few rulings are turned, as the longest tells; None where none is long enough."""
    longest = max(horizontals, key=lambda ruling: ruling.length, default=None)
    if longest is None or longest.length < _TELLING_INCH * dpi:
        return None
    slope, _ = np.polyfit(longest.along, longest.across, 1)
    return float(np.degrees(np.arctan(slope)))


def _find_dashed_warp(flat: Gray, turned: Warp | None, dpi: float) -> Warp | None:
    """What makes a page straight whose rulings are dashes; more of them are found on a straighter page."""
    warp = turned
    for _ in range(_DASHED_ROUNDS):
        dashed = find_dashed(flatten(flat, warp) if warp else flat, dpi)
        across, upright = ([r for r in dashed if r.direction == direction] for direction in DIRECTIONS)
        bent = fit_warp(across, upright, flat.shape, dpi)
        if bent is None:
            break
        warp = bent.after(warp) if warp else bent
    return warp
