"""Rulings are followed through short strips of what was told to be ruling, so that they may be slanted or curved.

Places are pixels of the page the labels belong to.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

import cv2
import numpy as np

from extractor.seams.engine import Gray
from extractor.seams.labeller import LABEL_DPI
from extractor.values.frame import Floats
from extractor.values.labels import PageLabels

Direction: TypeAlias = Literal["horizontal", "vertical"]

#: Length of a strip along the ruling, inches.
_STRIP_INCH = 0.08
#: How far a ruling may jump from its own direction between strips, pixels of the labels.
_JUMP = 1.5
#: Strips a ruling may be missing in, in a row, and share of strips between its ends in which it must be seen.
_MAX_GAP, _MIN_SEEN = 6, 0.7
#: Likelihood (0 to 255), as the mean over a strip, from which one is a piece of a ruling, and that of its last pixel.
_LIKELY, _LIKELY_END = 90.0, 100
#: Strips at an end of a ruling that tell its slope there.
_END_STRIPS = 4
#: Shortest horizontal and vertical ruling, inches.
_MIN_LENGTH_INCH = {"horizontal": 0.35, "vertical": 0.25}


@dataclass(frozen=True, slots=True)
class Ruling:
    """A printed line as a polyline.

    along, across: coordinates of its points, pixels of the page it was found on; along ascends. For a horizontal
    ruling along is x and across is y, for a vertical one the other way round.
    """

    direction: Direction
    along: Floats
    across: Floats

    @property
    def length(self) -> float:
        return float(self.along[-1] - self.along[0])

    def at(self, along: float | Floats) -> Floats:
        """Position across at the given places along; straight beyond the ends."""
        values = np.asarray(along, dtype=np.float64)
        inside = np.interp(values, self.along, self.across)
        reach = min(len(self.along), 12)
        for end, chosen in ((0, slice(None, reach)), (-1, slice(-reach, None))):
            beyond = values < self.along[0] if end == 0 else values > self.along[-1]
            if reach > 1 and np.any(beyond):
                slope, offset = np.polyfit(self.along[chosen], self.across[chosen], 1)
                inside = np.where(beyond, slope * values + offset, inside)
        return np.asarray(inside, dtype=np.float64)


@dataclass(slots=True)
class _Track:
    steps: list[int]
    places: list[float]
    slope: float = 0.0
    missed: int = field(default=0)

    def predict(self, step: int) -> float:
        return self.places[-1] + self.slope * (step - self.steps[-1])

    def extend(self, step: int, place: float) -> None:
        gap = step - self.steps[-1]
        if len(self.steps) > 2:
            self.slope += 0.25 * ((place - self.places[-1]) / gap - self.slope)
        self.steps.append(step)
        self.places.append(place)
        self.missed = 0


def find_rulings(labels: PageLabels, direction: Direction) -> list[Ruling]:
    """Rulings of one direction on an upright page (skew within about 5 degrees), longest first."""
    told = labels.across if direction == "horizontal" else np.ascontiguousarray(labels.down.T)
    strip = round(_STRIP_INCH * LABEL_DPI)
    least = _MIN_LENGTH_INCH[direction] * LABEL_DPI / strip
    rulings = [
        _to_ruling(track, told, strip, direction, labels)
        for track in _track(_find_peaks(told, strip))
        if _is_ruling(track, least)
    ]
    return sorted(rulings, key=lambda ruling: -ruling.length)


def _find_peaks(told: Gray, strip: int) -> list[list[float]]:
    """For each strip the sub-pixel places of its ridges, ascending."""
    height, width = told.shape
    strips = width // strip
    if not strips:
        return []
    size = (strips, height)
    profile = cv2.resize(told[:, : strips * strip], size, interpolation=cv2.INTER_AREA).astype(np.float32)
    padded = np.pad(profile, ((1, 1), (0, 0)))
    up, down = padded[:-2], padded[2:]
    rows, columns = np.nonzero((profile >= _LIKELY) & (profile > up) & (profile >= down))
    before, middle, after = up[rows, columns], profile[rows, columns], down[rows, columns]
    places = rows + (after - before) / (before + middle + after)
    order = np.lexsort((rows, columns))
    bounds = np.searchsorted(columns[order], np.arange(strips + 1))
    places = places[order]
    return [places[a:b].tolist() for a, b in pairwise(bounds.tolist())]


def _track(peaks: list[list[float]]) -> list[_Track]:
    active: list[_Track] = []
    ended: list[_Track] = []
    for step, places in enumerate(peaks):
        free = [True] * len(places)
        active.sort(key=lambda t: -len(t.steps))
        for track in active:
            best = _nearest(places, free, track.predict(step), _JUMP * (1 + 0.5 * track.missed))
            if best is None:
                track.missed += 1
            else:
                free[best] = False
                track.extend(step, places[best])
        ended += [t for t in active if t.missed > min(_MAX_GAP, len(t.steps))]
        active = [t for t in active if t.missed <= min(_MAX_GAP, len(t.steps))]
        active += [_Track([step], [places[i]]) for i, is_free in enumerate(free) if is_free]
    return ended + active


def _nearest(places: list[float], free: list[bool], wanted: float, reach: float) -> int | None:
    best, distance = None, reach
    for i in range(bisect_left(places, wanted - reach), len(places)):
        gap = abs(places[i] - wanted)
        if places[i] > wanted + reach:
            break
        if free[i] and gap <= distance:
            best, distance = i, gap
    return best


def _is_ruling(track: _Track, least: float) -> bool:
    span = track.steps[-1] - track.steps[0] + 1
    return span >= least and len(track.steps) >= _MIN_SEEN * span


def _to_ruling(track: _Track, told: Gray, strip: int, direction: Direction, labels: PageLabels) -> Ruling:
    """A track from the first pixel to the last that is likely of it."""
    along = (np.asarray(track.steps) + 0.5) * strip - 0.5
    across = np.asarray(track.places)
    reach = min(len(along), _END_STRIPS)
    ends = []
    for sign, place, near in ((-1, 0, slice(None, reach)), (1, -1, slice(-reach, None))):
        rise = float(across[near][-1] - across[near][0]) / max(1.0, float(along[near][-1] - along[near][0]))
        run_on = _find_run_on(told, float(along[place]), float(across[place]), sign, rise, strip)
        ends.append((along[place] + sign * run_on, across[place] + sign * run_on * rise))
    (start, first), (end, last) = ends
    along = np.concatenate([[start], along[1:-1], [end]])
    across = np.concatenate([[first], across[1:-1], [last]])
    return Ruling(direction, _scale(along, labels), _scale(across, labels))


def _find_run_on(told: Gray, along: float, across: float, sign: int, rise: float, strip: int) -> int:
    """Pixels, a strip and a half at most, over which a ruling is told on from a place; rise: its slope there."""
    steps = np.arange(1, round(1.5 * strip) + 1)
    columns = np.rint(along + sign * steps).astype(int)
    columns = columns[(columns >= 0) & (columns < told.shape[1])]
    rows = np.rint(across + sign * steps[: len(columns)] * rise).astype(int)
    near = [told[np.clip(rows + off, 0, told.shape[0] - 1), columns] for off in (-1, 0, 1)]
    likely = np.maximum.reduce(near) >= _LIKELY_END
    return int(np.argmin(likely)) if not likely.all() else len(likely)


def _scale(places: Floats, labels: PageLabels) -> Floats:
    return np.asarray((places + 0.5) * labels.scale - 0.5, dtype=np.float64)
