"""Rulings of which half or more is gone: what is left of them is dashes on one line.

The tracker of `rulings` needs to see a ruling in most places, or text would be full of them. Here all that is no
long thin stroke by itself is wiped away first (an opening along the line; Serra 1982); the dashes that are left are
then joined over gaps as wide as a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.rulings.completed import complete_rulings
from extractor.rulings.tracking import DIRECTIONS, Direction, Ruling, seen_along
from extractor.seams.engine import Gray

#: Shortest dash of a page that is not straight yet, of one that is.
_DASH_INCH, _SHORT_DASH_INCH = 0.1, 0.07
#: Shortest dash where a ruling is known to run.
_SPECK_INCH = 0.04
#: Thickest dash, and how much darker than the paper beside it (gray levels of a flat page).
_THICK_INCH, _DARKER = 0.03, 24
#: Darkness of what belongs to one piece of writing, and the share of a piece of ruling that is level or upright.
_INK, _PURE = 231, 0.75
#: Characters are no larger than this, and have parallel strokes; small pieces of ruling are one stroke, or two that
#: cross.
_SMALL_INCH = 0.4
#: Ink as high as this is writing; a small stroke this near beside some, for this share of it, is a part of it.
_GLYPH_INCH, _BESIDE_INCH, _BESIDE = 0.04, 0.045, 0.3
#: Half of what is erased about a ruling.
_ERASED_INCH = 0.012
#: Dashes of one ruling: the widest gap between them, and on a straight page by direction; on a page not straight
#: yet how far off the line they may be, and how much more for every inch of gap.
_GAP_INCH, _STRAIGHT_GAP_INCH = 1.2, {"horizontal": 2.5, "vertical": 0.6}
_OFF_INCH, _OFF_PER_INCH = 0.012, 0.02
#: Dashes of a straight page this near to one line stand on it: rows of a table are farther apart.
_APART_INCH = 0.022
#: Share of its length a dashed ruling is printed along, and length of its longest dash (inches); less is enough where
#: there are so many dashes: a few strokes of characters may stand on a line.
_PRINTED, _LONGEST_INCH = 0.3, 0.13
_PRINTED_MANY, _LONGEST_MANY_INCH, _MANY = 0.12, 0.1, 4
#: Its least length, and that on a straight page.
_LENGTH_INCH = {"horizontal": 1.0, "vertical": 0.5}
_STRAIGHT_LENGTH_INCH = {"horizontal": 0.5, "vertical": 0.4}
#: Dashes as alike in length as this (standard deviation by mean), and no longer, are what cells of a row or a column
#: hold: dashes or ones.
_ALIKE, _CELL_DASH_INCH = 0.08, 0.25
#: It strays this little from a smooth line (inches, pixels), and may be bent if longer than the last number.
_STRAY_INCH, _STRAY_PIXELS, _BENT_INCH = 0.006, 1.0, 1.5
#: Strokes longer than this (inches), and how many of them a page with a dashed table has at least.
_LONG_INCH, _LONG_COUNT = 0.2, 15
#: A page is dashed that has so many rulings of this length, of which no more than this share is whole, to be seen
#: along so much of their length.
_WIDE_COUNT, _WIDE_INCH, _MOST_WHOLE, _WHOLE = 3, 2.0, 0.3, 0.9

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Dash:
    """A stroke along a direction: where it begins and ends, and its place across in its two halves (pixels)."""

    start: float
    end: float
    places: tuple[float, float]
    depth: float


def find_dashed(flat: Gray, dpi: float, *, is_straight: bool = False) -> list[Ruling]:
    """Rulings that at least dashes are left of, on a flat, roughly level page.

    is_straight: they are straight as well, so that wider gaps can be bridged.
    """
    found = []
    least = _STRAIGHT_LENGTH_INCH if is_straight else _LENGTH_INCH
    for direction, picture in keep_dashes(flat, dpi, _SHORT_DASH_INCH if is_straight else _DASH_INCH).items():
        dashes = _list_dashes(picture if direction == "horizontal" else np.ascontiguousarray(picture.T))
        gap = _STRAIGHT_GAP_INCH[direction]
        for chain in _line_up(dashes, gap, dpi) if is_straight else _join(dashes, dpi):
            ruling = _to_ruling(chain, direction)
            if ruling.length >= least[direction] * dpi and _is_dashed(ruling, chain, dpi):
                found.append(ruling)
    return complete_rulings(keep_dashes(flat, dpi, _SPECK_INCH), found, dpi) if is_straight else found


def may_be_dashed(flat: Gray, dpi: float) -> bool:
    """Whether there are so many level strokes longer than a character that looking for rulings may be worth it.

    On pages of a dashed table there are 32 to 100, on most pages of prose 3 to 13; looking takes ten times as long.
    """
    strokes = _find_strokes(flat, dpi, "horizontal", _LONG_INCH)
    return cv2.connectedComponents(strokes, connectivity=8)[0] > _LONG_COUNT


def erase_dashes(flat: Gray, rulings: Sequence[Ruling], dpi: float) -> Gray:
    """The page without what is left of these rulings, so that it is not taken for writing."""
    clean = flat.copy()
    strokes = [keep_dashes(flat, dpi, least) for least in (_DASH_INCH, _SPECK_INCH)]
    halo = np.ones((3, 3), dtype=np.uint8)
    pictures = {
        direction: cv2.erode(np.minimum(strokes[0][direction], strokes[1][direction]), halo)
        for direction in DIRECTIONS
    }
    half = max(1, round(_ERASED_INCH * dpi))
    for ruling in rulings:
        image, picture = clean, pictures[ruling.direction]
        if ruling.direction == "vertical":
            image, picture = image.T, picture.T
        along = np.arange(max(0, int(ruling.along[0])), min(picture.shape[1], int(ruling.along[-1]) + 1))
        across = np.rint(ruling.at(along.astype(np.float64))).astype(int)
        place = np.clip(across[:, None] + np.arange(-half, half + 1), 0, picture.shape[0] - 1)
        image[place, along[:, None]] = np.where(
            picture[place, along[:, None]] < 255, 255, image[place, along[:, None]]
        )
    return clean


def level_out(ruling: Ruling) -> Ruling:
    """The ruling as it would be if its page were as straight as it should be."""
    return replace(ruling, across=np.full_like(ruling.across, float(np.median(ruling.across))))


def is_dashed(flat: Gray, rulings: Sequence[Ruling], dpi: float) -> bool:
    """Whether a page has a table's rulings, as `find_dashed` finds them, nearly all of them with gaps."""
    wide = [r for r in rulings if r.direction == "horizontal" and r.length >= _WIDE_INCH * dpi]
    whole = sum(seen_along(flat, ruling, dpi)[1].mean() >= _WHOLE for ruling in wide)
    return len(wide) >= _WIDE_COUNT and whole <= _MOST_WHOLE * len(wide)


def keep_dashes(flat: Gray, dpi: float, least: float = _DASH_INCH) -> dict[Direction, Gray]:
    """By direction the page with nothing on it but thin strokes that belong to no writing; paper is 255.

    least: length of the shortest, inches.
    """
    level, upright = (_find_strokes(flat, dpi, direction, least) for direction in DIRECTIONS)
    pieces = _find_pieces(flat, level, upright, dpi)
    paper = np.uint8(255)
    return {
        "horizontal": np.where(level & pieces, flat, paper).astype(np.uint8),
        "vertical": np.where(upright & pieces, flat, paper).astype(np.uint8),
    }


def _find_strokes(flat: Gray, dpi: float, direction: Direction, least: float) -> Mask:
    """1 on thin strokes of a direction at least a dash long."""
    thick, long = max(3, round(_THICK_INCH * dpi)), max(5, round(least * dpi))
    across, along = ((thick, 1), (1, long)) if direction == "horizontal" else ((1, thick), (long, 1))
    depth = cv2.morphologyEx(flat, cv2.MORPH_BLACKHAT, np.ones(across, dtype=np.uint8))
    thin = (depth >= _DARKER).astype(np.uint8)
    strokes = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones(along, dtype=np.uint8))
    # Where another stroke crosses it, a stroke is no darker than what is beside it.
    crossed = (1, 2 * thick) if direction == "horizontal" else (2 * thick, 1)
    return np.asarray(
        cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones(crossed, dtype=np.uint8)), dtype=np.uint8
    )


def _find_pieces(flat: Gray, level: Mask, upright: Mask, dpi: float) -> Mask:
    """1 on connected ink that is nearly all strokes: rulings and their crossings, no writing."""
    ink = (flat < _INK).astype(np.uint8)
    near = cv2.dilate(level | upright, np.ones((3, 3), dtype=np.uint8))
    count, labelled, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    labels = np.asarray(labelled, dtype=np.int32)
    covered = np.bincount(labels[near > 0], minlength=count)
    is_ruled = covered >= _PURE * stats[:, cv2.CC_STAT_AREA]
    is_small = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) < _SMALL_INCH * dpi
    for strokes in (level, upright):
        is_ruled &= ~is_small | (_count_strokes(strokes, labels, count) <= 1)
    is_writing = ~is_ruled & (stats[:, cv2.CC_STAT_HEIGHT] >= _GLYPH_INCH * dpi)
    is_writing[0] = is_ruled[0] = False
    reach = np.ones((1, 2 * round(_BESIDE_INCH * dpi) + 1), dtype=np.uint8)
    beside = cv2.dilate(is_writing[labels].astype(np.uint8), reach)
    touched = np.bincount(labels[beside > 0], minlength=count)
    is_ruled &= ~is_small | (touched < _BESIDE * stats[:, cv2.CC_STAT_AREA])
    return np.asarray(is_ruled[labels], dtype=np.uint8)


def _count_strokes(strokes: Mask, labels: NDArray[np.int32], count: int) -> NDArray[np.intp]:
    """Number of strokes of one direction in each piece of ink."""
    number, own = cv2.connectedComponents(strokes, connectivity=8)
    places = np.flatnonzero(own)
    first = np.zeros(number, dtype=np.intp)
    first[own.ravel()[places[::-1]]] = places[::-1]
    return np.bincount(labels.ravel()[first[1:]], minlength=count)


def _list_dashes(picture: Gray) -> list[_Dash]:
    """Dashes along x of a picture that shows nothing else, from left to right."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (picture < 255).astype(np.uint8), connectivity=8
    )
    ys, xs = np.nonzero(labels)
    label = labels[ys, xs]
    left, width = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    half = 2 * label + (xs >= (left + width / 2)[label])
    share = np.maximum(np.bincount(half, minlength=2 * count), 1)
    places = (np.bincount(half, weights=ys, minlength=2 * count) / share).reshape(-1, 2)
    darkness = np.bincount(label, weights=255.0 - picture[ys, xs], minlength=count)
    depth = darkness / np.maximum(np.bincount(label, minlength=count), 1)
    return sorted(
        (
            _Dash(
                float(left[i]), float(left[i] + width[i] - 1), (places[i, 0], places[i, 1]), float(depth[i])
            )
            for i in range(1, count)
        ),
        key=lambda dash: dash.start,
    )


def _line_up(dashes: Sequence[_Dash], gap: float, dpi: float) -> list[list[_Dash]]:
    """Dashes of a straight page by the line they stand on, those with most on them first; widest gap in inches."""
    place = np.array([sum(dash.places) / 2 for dash in dashes])
    length = np.array([dash.end - dash.start for dash in dashes])
    order = np.argsort(place)
    chains = []
    free = np.ones(len(dashes), dtype=bool)
    while free.any():
        total = np.concatenate([[0.0], np.cumsum(np.where(free, length, 0.0)[order])])
        low = np.searchsorted(place[order], place - _APART_INCH * dpi)
        high = np.searchsorted(place[order], place + _APART_INCH * dpi, side="right")
        near = np.where(free, total[high] - total[low], -1.0)
        middle = place[int(near.argmax())]
        members = np.flatnonzero(free & (np.abs(place - middle) <= _APART_INCH * dpi))
        free[members] = False
        chains += _split([dashes[i] for i in members], gap * dpi)
    return chains


def _split(line: Sequence[_Dash], gap: float) -> list[list[_Dash]]:
    """Dashes of one line, from left to right, parted at gaps wider than that (pixels)."""
    parts: list[list[_Dash]] = []
    end = 0.0
    for dash in line:
        if not parts or dash.start - end > gap:
            parts.append([])
        parts[-1].append(dash)
        end = max(end, dash.end)
    return parts


def _join(dashes: Sequence[_Dash], dpi: float) -> list[list[_Dash]]:
    """Dashes that stand on one line, each joined to the next."""
    chain_of = list(range(len(dashes)))
    for i, dash in enumerate(dashes):
        after = _find_next(dash, dashes[i + 1 :], dpi)
        if after is not None:
            chain_of[i + 1 + after] = chain_of[i]
    chains: dict[int, list[_Dash]] = defaultdict(list)
    for dash, chain in zip(dashes, chain_of, strict=True):
        chains[chain].append(dash)
    return list(chains.values())


def _find_next(dash: _Dash, others: Sequence[_Dash], dpi: float) -> int | None:
    for i, other in enumerate(others):
        gap = (other.start - dash.end) / dpi
        if gap > _GAP_INCH:
            return None
        reach = (_OFF_INCH + _OFF_PER_INCH * max(0.0, gap)) * dpi
        if gap > 0 and abs(other.places[0] - dash.places[1]) <= reach:
            return i
    return None


def _to_ruling(chain: Sequence[_Dash], direction: Direction) -> Ruling:
    points = [
        point
        for dash in chain
        for point in (
            (0.75 * dash.start + 0.25 * dash.end, dash.places[0]),
            (0.25 * dash.start + 0.75 * dash.end, dash.places[1]),
        )
    ]
    along = np.array([chain[0].start, *(p[0] for p in points), chain[-1].end])
    across = np.array([points[0][1], *(p[1] for p in points), points[-1][1]])
    return Ruling(direction, along, across, float(np.median([dash.depth for dash in chain])))


def _is_dashed(ruling: Ruling, chain: Sequence[_Dash], dpi: float) -> bool:
    lengths = np.array([dash.end - dash.start for dash in chain])
    many = len(lengths) >= _MANY
    printed, longest = (_PRINTED_MANY, _LONGEST_MANY_INCH) if many else (_PRINTED, _LONGEST_INCH)
    if lengths.sum() < printed * ruling.length or lengths.max() < longest * dpi:
        return False
    is_short = len(lengths) > 2 and float(np.median(lengths)) <= _CELL_DASH_INCH * dpi
    if is_short and float(lengths.std()) <= _ALIKE * float(lengths.mean()):
        return False
    along = (ruling.along - ruling.along[0]) / dpi
    line = np.polyfit(along, ruling.across, 3 if along[-1] >= _BENT_INCH and len(along) > 6 else 1)
    stray = float(np.percentile(np.abs(ruling.across - np.polyval(line, along)), 95))
    return stray <= _STRAY_INCH * dpi + _STRAY_PIXELS
