"""Rulings are tracked through short strips, so that they may be broken, faint, slanted or curved.

A strip is averaged along the ruling first, which lifts a faint line out of the noise; then a ridge is looked
for across it. Ridges that continue from strip to strip are rulings; strokes of text do not continue.
The tracked lines also say how the paper is bent (see `warp`).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.values.frame import Floats

Direction: TypeAlias = Literal["horizontal", "vertical"]
DIRECTIONS: tuple[Direction, Direction] = ("horizontal", "vertical")

#: Length of a strip along the ruling.
STRIP_INCH = 0.08
#: A ridge is darker than the paper this far to both sides: thicker than the thickest ruling, thinner than text gaps.
REACH_INCH = 0.02
#: How far a ruling may jump from its own direction between strips.
_JUMP_INCH = 0.012
#: Strips a ruling may be missing in, in a row.
_MAX_GAP = 6
#: Ridge height (gray levels of a flat page) from which a strip is a candidate.
_MIN_RIDGE = 9.0
#: Share of strips between its ends in which a ruling must be seen.
_MIN_SEEN = 0.7
#: Ridges of one steady ruling differ by this factor at most from the mean of the last ones.
_LIKE, _LIKE_STEPS = 3.0, 3
#: Shortest horizontal and vertical ruling.
MIN_LENGTH_INCH = {"horizontal": 0.45, "vertical": 0.3}

#: A printed stretch: share of dark pixels in a window, gaps bridged, shortest kept.
_WINDOW_INCH, _MIN_NEAR, _BRIDGE_INCH, _MIN_PART_INCH = 0.12, 0.5, 0.3, 0.35


@dataclass(frozen=True, slots=True)
class Ruling:
    """A printed line as a polyline.

    along, across: coordinates of its points, pixels of the page image it was found on; along ascends.
    For a horizontal ruling along is x and across is y, for a vertical one the other way round.
    strength: median ridge height in gray levels.
    """

    direction: Direction
    along: Floats
    across: Floats
    strength: float

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
    heights: list[float]
    slope: float = 0.0
    missed: int = field(default=0)

    def predict(self, step: int) -> float:
        return self.places[-1] + self.slope * (step - self.steps[-1])

    def extend(self, step: int, place: float, height: float) -> None:
        gap = step - self.steps[-1]
        if len(self.steps) > 2:
            self.slope += 0.25 * ((place - self.places[-1]) / gap - self.slope)
        self.steps.append(step)
        self.places.append(place)
        self.heights.append(height)
        self.missed = 0

    def is_like(self, height: float) -> bool:
        """A ridge as high as the last ones, give or take a gap in it; strokes of text and rulings are not alike."""
        last = self.heights[-_LIKE_STEPS:]
        usual = sum(last) / len(last)
        return len(last) < _LIKE_STEPS or usual / _LIKE <= height <= usual * _LIKE


def ridge_map(flat: Gray, dpi: float) -> tuple[NDArray[np.float32], int]:
    """Ridge height per strip and row of horizontal rulings, shape (rows, strips), and the strip length in pixels."""
    strip = max(4, round(STRIP_INCH * dpi))
    height, width = flat.shape
    strips = width // strip
    profile = cv2.resize(flat[:, : strips * strip], (strips, height), interpolation=cv2.INTER_AREA).astype(
        np.float32
    )
    profile = np.asarray(cv2.GaussianBlur(profile, (1, 3), 0), dtype=np.float32)
    reach = max(3, round(REACH_INCH * dpi))
    above = np.full_like(profile, 255.0)
    below = np.full_like(profile, 255.0)
    above[reach:] = profile[:-reach]
    below[:-reach] = profile[reach:]
    return np.minimum(above, below) - profile, strip


def _peaks(ridge: NDArray[np.float32]) -> list[tuple[Floats, Floats]]:
    """For each strip the sub-pixel places and the heights of its ridges, by place."""
    up = np.pad(ridge, ((1, 0), (0, 0)), constant_values=-1.0)[:-1]
    down = np.pad(ridge, ((0, 1), (0, 0)), constant_values=-1.0)[1:]
    found = (ridge >= _MIN_RIDGE) & (ridge > up) & (ridge >= down)
    rows, strips = np.nonzero(found)
    centre, before, after = ridge[rows, strips], up[rows, strips], down[rows, strips]
    bend = np.maximum(2 * centre - before - after, 1e-3)
    places = rows + np.clip((after - before) / (2 * bend), -0.5, 0.5)
    order = np.lexsort((rows, strips))
    bounds = np.searchsorted(strips[order], np.arange(ridge.shape[1] + 1))
    places, heights = places[order], centre[order]
    return [
        (places[a:b].astype(np.float64), heights[a:b].astype(np.float64))
        for a, b in pairwise(bounds.tolist())
    ]


def _track(peaks: list[tuple[Floats, Floats]], jump: float, *, steady: bool) -> list[_Track]:
    active: list[_Track] = []
    ended: list[_Track] = []
    for step, (found, ridges) in enumerate(peaks):
        places, heights = found.tolist(), ridges.tolist()
        free = [True] * len(places)
        active.sort(key=lambda t: -len(t.steps))
        for track in active:
            best = _nearest(places, free, track.predict(step), jump * (1 + 0.5 * track.missed))
            if best is None or (steady and not track.is_like(heights[best])):
                track.missed += 1
            else:
                free[best] = False
                track.extend(step, places[best], heights[best])
        ended += [t for t in active if t.missed > min(_MAX_GAP, len(t.steps))]
        active = [t for t in active if t.missed <= min(_MAX_GAP, len(t.steps))]
        active += [_Track([step], [places[i]], [heights[i]]) for i, is_free in enumerate(free) if is_free]
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


def _is_ruling(track: _Track, min_strips: float) -> bool:
    span = track.steps[-1] - track.steps[0] + 1
    if span < min_strips or len(track.steps) < _MIN_SEEN * span:
        return False
    heights = np.asarray(track.heights)
    return float(np.percentile(heights, 20)) > 0.3 * float(np.median(heights))


def find_rulings(flat: Gray, dpi: float, direction: Direction, *, steady: bool = False) -> list[Ruling]:
    """Rulings of one direction on a flat, roughly upright page (skew within about 3 degrees), longest first.

    With `steady` a track does not go from strokes of text to a ruling or back, at the price of ending where a faint
    ruling changes.
    """
    image = flat if direction == "horizontal" else np.ascontiguousarray(flat.T)
    ridge, strip = ridge_map(image, dpi)
    tracks = _track(_peaks(ridge), max(1.5, _JUMP_INCH * dpi), steady=steady)
    min_strips = MIN_LENGTH_INCH[direction] * dpi / strip
    rulings = [
        Ruling(
            direction,
            (np.asarray(t.steps) + 0.5) * strip,
            np.asarray(t.places) + 0.0,
            float(np.median(t.heights)),
        )
        for t in tracks
        if _is_ruling(t, min_strips)
    ]
    return sorted(rulings, key=lambda r: -r.length)


def seen_along(flat: Gray, ruling: Ruling, dpi: float) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Pixels along a tracked ruling, and where it is printed: darker than both sides.

    A track may run on from a ruling into text, or be a chain of text strokes from end to end: there the sides
    hold ink as well.
    """
    image = flat if ruling.direction == "horizontal" else flat.T
    along = np.arange(int(ruling.along[0]), int(ruling.along[-1]) + 1)
    across = np.rint(ruling.at(along.astype(np.float64))).astype(int)
    last = image.shape[0] - 1
    reach = max(3, round(REACH_INCH * dpi))
    middle = np.minimum.reduce([image[np.clip(across + o, 0, last), along] for o in (-1, 0, 1)]).astype(int)
    sides = np.minimum(
        image[np.clip(across - reach, 0, last), along], image[np.clip(across + reach, 0, last), along]
    ).astype(int)
    return along, middle < sides - max(8.0, 0.4 * ruling.strength)


def printed_parts(flat: Gray, ruling: Ruling, dpi: float, share: float) -> list[Ruling]:
    """The stretches of a tracked ruling that are printed along `share` of their pixels."""
    along, seen = seen_along(flat, ruling, dpi)
    window = max(3, round(_WINDOW_INCH * dpi))
    near = np.convolve(seen, np.ones(window) / window, mode="same")
    parts = []
    for start, end in _bridged(near >= _MIN_NEAR, round(_BRIDGE_INCH * dpi)):
        if end - start >= _MIN_PART_INCH * dpi and seen[start:end].mean() >= share:
            parts.append(_cut(ruling, float(along[start]), float(along[end - 1])))
    return parts


def _bridged(mask: NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Runs of True, joined over gaps of at most `gap`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] <= gap:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _cut(ruling: Ruling, start: float, end: float) -> Ruling:
    inside = ruling.along[(ruling.along > start) & (ruling.along < end)]
    along = np.concatenate([[start], inside, [end]])
    return Ruling(ruling.direction, along, ruling.at(along), ruling.strength)


def keep_printed(flat: Gray, rulings: list[Ruling], dpi: float, share: float) -> list[Ruling]:
    """The printed stretches of tracked rulings, longest first."""
    parts = [part for ruling in rulings for part in printed_parts(flat, ruling, dpi, share)]
    return sorted(parts, key=lambda r: -r.length)
