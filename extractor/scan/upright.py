"""Which way is up, and how far the page is turned: from the ink's own rows and from a few lines read both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.rulings.strokes import find_across, find_down
from extractor.scan.cleaning import find_ink
from extractor.seams.engine import Gray, OcrEngine

#: A line that is read the right way up scores at least this; upside down or sideways ones stay below 0.6.
UPRIGHT_SCORE = 0.8
#: Skew beyond this is no scanner's; degrees.
MAX_SKEW = 8.0
#: Lines read of a page, and of each of its turns where those leave a doubt.
_LINES_READ, _LINES_IN_DOUBT = 3, 12
#: Characters from which on a score counts in full.
_ENOUGH_CHARACTERS = 12
#: So many characters are lines; a few single ones may be read across the lines of a page that lies.
_LINES_CHARACTERS = 20
#: Score from which on a line reads well.
_READS_WELL = 0.7
#: How much more likely a page is as it is, and as the page before it was.
_AS_IT_IS, _AS_BEFORE = 1.1, 1.5
#: Score from which on a page is upright although the one before it was not.
_LIKE_BEFORE = 0.97
#: Glyphs of a page that is not blank; pixels from the border of a strip within which one may go on beyond.
_GLYPHS, _CUT = 4, 2
#: Share of the picture along each side that is its rim, and share of it that a copier's edge blackens.
_RIM, _BLACK = 0.04, 0.15


def is_blank(flat: Gray, dpi: float) -> bool:
    """True for a page with nothing but dust, punch holes, shadows at its edges or print shining through."""
    height, width = flat.shape
    edge = round(0.25 * dpi)
    inner = find_ink(flat)[edge : height - edge, edge : width - edge]
    if not inner.size:
        # A strip of paper that is all edge.
        return True
    # An inch of a page that holds something tells it; what its borders cut may be less than a glyph, or more.
    strips = range(0, inner.shape[0], max(1, round(dpi)))
    return not any(
        _has_glyphs(inner[top : top + strips.step], dpi, cut=_CUT) for top in strips
    ) and not _has_glyphs(inner, dpi)


def _has_glyphs(ink: NDArray[np.uint8], dpi: float, cut: int = 0) -> bool:
    """Whether there are a few glyphs; those that come so near to the upper or lower border do not count."""
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    stats = stats[1:count]
    sides, areas = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    tops = stats[:, cv2.CC_STAT_TOP]
    glyphs = (sides > 0.04 * dpi) & (sides < 0.5 * dpi) & (areas > 0.0008 * dpi**2)
    whole = (tops >= cut) & (tops + sides <= len(ink) - cut)
    return int((glyphs & whole).sum()) >= _GLYPHS


def measure_skew(ink: NDArray[np.uint8]) -> float:
    """Angle in degrees by which the page is turned clockwise, from the sharpness of its rows' ink.

    Sub-pixel jitter keeps the answer from snapping to zero. A copier's black edge is straight whatever the page is,
    so it does not count.
    """
    inked = np.ascontiguousarray(_cut_edges(ink)[::2, ::2])
    if cv2.countNonZero(inked) < 200:
        return 0.0
    columns, rows = np.reshape(cv2.findNonZero(inked), (-1, 2)).astype(np.int64).T
    rng = np.random.default_rng(7)
    if len(rows) > 40_000:
        chosen = rng.choice(len(rows), 40_000, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    y = rows + rng.uniform(-0.5, 0.5, len(rows))
    x = columns + rng.uniform(-0.5, 0.5, len(rows)) - ink.shape[1] / 4
    best = 0.0
    for reach, step in ((MAX_SKEW, 0.5), (0.6, 0.1), (0.1, 0.02)):
        angles = np.arange(best - reach, best + reach + step / 2, step)
        best = max((float(a) for a in angles), key=lambda a: _sharpness(x, y, a))
    return best


def _cut_edges(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture without those of its rims that a black edge fills."""
    down, across = (max(1, round(_RIM * side)) for side in ink.shape)
    top, bottom = (down if rim.mean() > _BLACK else 0 for rim in (ink[:down], ink[-down:]))
    left, right = (across if rim.mean() > _BLACK else 0 for rim in (ink[:, :across], ink[:, -across:]))
    return ink[top : ink.shape[0] - bottom, left : ink.shape[1] - right]


def _sharpness(x: NDArray[np.float64], y: NDArray[np.float64], angle: float) -> float:
    levels = (y - x * np.tan(np.radians(angle))).astype(np.int64)
    profile = np.bincount(levels - levels.min()).astype(np.float64)
    return float((profile**2).sum())


def rotate(gray: Gray, degrees_clockwise: int) -> Gray:
    """The image turned by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(gray, -(degrees_clockwise // 90) % 4))


def find_rotation(
    flat: Gray, dpi: float, engine: OcrEngine, *, usual: int | None = None
) -> tuple[int, float]:
    """Degrees clockwise (0, 90, 180, 270) that turn the page upright, and how well its lines read so, 0 to 1.

    The page as it is comes first; where a few of its lines leave a doubt, many of all turns are read. Characters that
    stand one below the other, and columns of figures, read well lying down too, but make fewer and shorter lines than
    the text does. `usual` is what the last page needed, which counts a little.
    """
    first = _read_lines(flat, dpi, engine, most=_LINES_READ, flipped=False)
    if first.score >= (_LIKE_BEFORE if usual else UPRIGHT_SCORE) and first.count >= _LINES_CHARACTERS:
        return 0, first.score
    sideways = rotate(flat, 90)
    read = {
        degrees: _read_lines(image, dpi, engine, most=_LINES_IN_DOUBT, flipped=flipped)
        for degrees, image, flipped in (
            (0, flat, False),
            (180, flat, True),
            (90, sideways, False),
            (270, sideways, True),
        )
    }
    expected, odds = (0, _AS_IT_IS) if usual is None else (usual, _AS_BEFORE)
    # Of turns that read alike, as where there is nothing to read, the expected one.
    best = max(read, key=lambda d: (read[d].clear * (odds if d == expected else 1.0), d == expected))
    return best, read[best].score


@dataclass(frozen=True, slots=True)
class _Lines:
    """What a few lines read.

    score: mean of their characters, 0 to 1, less where they are but a handful. count: all characters. clear: sum of
    the scores of the characters of lines that read well.
    """

    score: float
    count: int
    clear: float


def _read_lines(flat: Gray, dpi: float, engine: OcrEngine, *, most: int, flipped: bool) -> _Lines:
    crops = sample_lines(flat, dpi, most)
    if flipped:
        crops = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    readings = engine.read(crops, width_scale=0.6) if crops else []
    weights = [len(r.text) for r in readings]
    count = sum(weights)
    if not count:
        return _Lines(0.0, 0, 0.0)
    score = float(np.average([r.score for r in readings], weights=weights))
    clear = sum(len(r.text) * r.score for r in readings if r.score >= _READS_WELL and len(r.text) > 1)
    return _Lines(score * min(1.0, count / _ENOUGH_CHARACTERS), count, clear)


def sample_lines(flat: Gray, dpi: float, most: int) -> Sequence[Gray]:
    """Crops of up to so many text lines of the page's usual height, at most 12 heights wide."""
    ink = find_ink(flat)
    shares = cv2.resize(ink * np.uint8(255), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    small = np.asarray(shares > 60, dtype=np.uint8)
    long = round(0.3 * dpi)
    lines_of_tables = cv2.bitwise_or(find_across(small, long), find_down(small, long))
    rulings = cv2.dilate(lines_of_tables, np.ones((3, 3), np.uint8)) > 0
    small[rulings] = 0
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((1, max(3, round(0.05 * dpi))), np.uint8))
    # No line goes on across a ruling. First characters of rows that lie do, each turned, and read well (0.99).
    joined[rulings] = 0
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes = [stats[i] * 2 for i in range(1, count)]
    lines = [b for b in boxes if 0.07 * dpi < b[3] < 0.4 * dpi and b[2] > 4 * b[3]]
    lines.sort(key=lambda b: -min(b[2], 12 * b[3]) / (1 + abs(b[3] - 0.14 * dpi) / dpi))
    crops = []
    for left, top, width, height, _ in lines[:most]:
        pad = height // 5
        end = left + min(width, 12 * height)
        crops.append(
            np.ascontiguousarray(flat[max(0, top - pad) : top + height + pad, max(0, left - pad) : end])
        )
    return crops
