"""Gray scan → flat page: even paper at 255, whatever the light, the paper or the bleed-through."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.scan.tones import count_tones
from extractor.seams.engine import Gray

#: The paper's brightness is followed on a picture this many times smaller.
_SHRINK = 8
#: Ink wider than this share of an inch would be taken for a shadow; the largest headings are narrower.
_PAPER_KERNEL_INCH = 0.35
#: Ink lies below the paper by at least this share of the page's own contrast.
_INK_SHARE = 0.42

#: What a copier's edge blackens lies within this share of the page's shorter side from its border, and is thicker
#: than this all along, as rulings and strokes are not.
_RIM, _EDGE_INCH = 0.08, 0.03

#: Share of a page's pixels, some fifteen characters, that its ink takes at least; gray above which it is pale, and
#: what pale ink is brought to, its distance from paper being at most so many times as large.
_SOME_INK, _PALE, _DARK, _MOST_LIFT = 0.05, 150.0, 100.0, 3.0

#: A block is darker than this share of the paper, so many inches high and long at least, dark in most of any part,
#: fills so much of the slanted box around it, and has a rim of which so much is dark; type lies on it between these
#: shares. None of 305 pages without such is touched, half of them under hard damage; where light strokes were closed
#: instead and no side had to be straight, 5 to 27 were, at bold titles, holes and seals.
_BLOCK_SHADE, _BLOCK_INCH, _BLOCK_LONG_INCH, _BLOCK_DARK, _BLOCK_FILLED, _BLOCK_RIM = (
    0.6,
    0.16,
    0.4,
    0.5,
    0.9,
    0.93,
)
_LEAST_TYPE, _MOST_TYPE = 0.004, 0.4

#: The paper of a negative is darker than this, and what is brighter and broader than a stroke (inches) takes at most
#: this share of it: the rim of a frame. Of 104 pages, photographs on desks among them, the ten negatives are turned.
#: ±20 %: the same ones.
_NEGATIVE, _STROKE_INCH, _BRIGHT_RIM = 110, 0.12, 0.3

#: Ink is darker than the paper by so many standard deviations of its grain.
_GRAINS = 4.5


def turn_negative(gray: Gray, dpi: float) -> Gray:
    """The page black on white where it is white on black, as microfilm gives it; else as it is.

    A page on a dark desk is as dark in the middle of its tones, and bright over areas no stroke is wide enough for.
    """
    tones = count_tones(gray[::4, ::4])
    if tones is None or tones.median() > _NEGATIVE:
        return gray
    side = max(3, round(_STROKE_INCH * dpi / 2) | 1)
    half = cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    ground = cv2.morphologyEx(half, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    bright = cv2.countNonZero(np.asarray(cv2.inRange(ground, np.array(_NEGATIVE), np.array(255))))
    return gray if bright > _BRIGHT_RIM * ground.size else np.asarray(255 - gray, dtype=np.uint8)


def turn_dark_blocks(gray: Gray, dpi: float) -> Gray:
    """The scan with light type on dark blocks, as heads of tables are printed, made dark type on paper.

    A block is as high as a line and longer, straight-sided, dark all along its rim, and shows light strokes; what
    reaches the border is a copier's edge. Rulings that are darker still stay what they are, and its rim becomes one.
    """
    height, width = gray.shape
    size = max(1, width // _SHRINK), max(1, height // _SHRINK)
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    paper = float(np.median(small))
    side, long = (max(2, round(inches * dpi / _SHRINK)) for inches in (_BLOCK_INCH, _BLOCK_LONG_INCH))
    solid = _keep_dark(small, paper, side)
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    turned = gray
    for x, y, wide, high, _ in stats[1:count].tolist():
        if wide < long or min(x, y, small.shape[1] - x - wide, small.shape[0] - y - high) < 1:
            continue
        rows = slice(max(0, y - side) * _SHRINK, (y + high + side) * _SHRINK)
        columns = slice(max(0, x - side) * _SHRINK, (x + wide + side) * _SHRINK)
        patch = _turn(gray[rows, columns], paper, side * _SHRINK)
        if patch is not None:
            turned = gray.copy() if turned is gray else turned
            turned[rows, columns] = patch
    return turned


def _keep_dark(gray: Gray, paper: float, side: int) -> NDArray[np.uint8]:
    """Where most of so many pixels each way are dark, as 1: on blocks they are, among words on paper they are not."""
    shade = (gray < _BLOCK_SHADE * paper).astype(np.float32)
    return (cv2.blur(shade, (side, side), borderType=cv2.BORDER_CONSTANT) > _BLOCK_DARK).astype(np.uint8)


def _turn(patch: Gray, paper: float, side: int) -> Gray | None:
    """A patch with its dark block turned; None where no light type stands on one. side: as high as one is, pixels."""
    contours, _ = cv2.findContours(
        _keep_dark(patch, paper, side // 3), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(contours, key=cv2.contourArea)
    _, (wide, high), _ = cv2.minAreaRect(outline)
    if cv2.contourArea(outline) < _BLOCK_FILLED * wide * high or min(wide, high) < side:
        return None
    shade = patch < _BLOCK_SHADE * paper
    block = np.zeros(patch.shape, np.uint8)
    cv2.drawContours(block, [outline], 0, (1.0,), -1)
    inner, core = (cv2.erode(block, np.ones((n, n), np.uint8)) > 0 for n in (5, 5 + (side // 4 | 1)))
    rim = inner & ~core
    if not core.any() or shade[rim].mean() < _BLOCK_RIM:
        return None
    if not _LEAST_TYPE <= 1.0 - shade[core].mean() <= _MOST_TYPE:
        return None
    dark = float(np.median(patch[core & shade]))
    apart = patch.astype(np.float32) - dark
    lifts = paper / max(1.0, paper - dark), min(_MOST_LIFT, paper / max(1.0, dark))
    apart = np.where(apart > 0, apart * lifts[0], -apart * lifts[1])
    apart[(block > 0) & ~inner] = paper
    return np.where(block > 0, np.clip(paper - apart, 0, 255), patch).astype(np.uint8)


def flatten_light(gray: Gray, dpi: float) -> Gray:
    """Divide the light out: paper becomes 255, ink keeps its contrast to the paper around it.

    Shape and frame are those of `gray`. Black scanner edges stay black.
    """
    height, width = gray.shape
    small = cv2.resize(
        gray, (max(1, width // _SHRINK), max(1, height // _SHRINK)), interpolation=cv2.INTER_AREA
    )
    side = max(3, int(_PAPER_KERNEL_INCH * dpi / _SHRINK) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    paper = cv2.GaussianBlur(paper, (0, 0), side / 2)
    paper = np.maximum(paper, 40)
    full = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(gray, full, scale=255)  # type: ignore[return-value]


def darken_pale(flat: Gray) -> Gray:
    """The flat page with its ink made dark where all of it is pale: a worn copier's, a hard pencil's; else as it is.

    What shines through an otherwise empty page is as pale: only reading it tells.
    """
    tones = count_tones(flat[::2, ::2])
    dark = tones.percentile(_SOME_INK) if tones is not None else 0.0
    if dark <= _PALE:
        return flat
    lift = min(_MOST_LIFT, (255.0 - _DARK) / max(1.0, 255.0 - dark))
    return np.asarray(255 - cv2.convertScaleAbs(255 - flat, alpha=lift), dtype=np.uint8)


def erase_edges(flat: Gray, dpi: float) -> Gray:
    """The flat page with a copier's black edges painted as paper.

    An edge is what is thick, reaches the border of the picture and lies in its rim. Left there it passes for the side
    of a table, and its ragged line for glyphs.
    """
    ink = find_ink(flat)
    side = max(3, round(_EDGE_INCH * dpi) | 1)
    rim = round(_RIM * min(flat.shape))
    ink[rim:-rim, rim:-rim] = 0
    # What lies beyond the border counts as black, so that an edge is as thick there as it is.
    framed = np.pad(ink, side, constant_values=1)
    thick = cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if not thick[side:-side, side:-side].any():
        return flat
    frame = np.ones_like(thick)
    frame[side:-side, side:-side] = 0
    _, labels = cv2.connectedComponents(np.maximum(thick, frame), connectivity=4)
    edge = (labels == labels[0, 0])[side:-side, side:-side]
    if not edge.any():
        return flat
    near = cv2.dilate(edge.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    clean = flat.copy()
    clean[near] = 255
    return clean


def ink_threshold(flat: Gray) -> int:
    """Gray level that parts ink from paper on a flat page, between 120 and 235."""
    tones = count_tones(flat[::3, ::3])
    if tones is None:
        return 120
    dark, paper = tones.percentile(0.7), tones.median()
    return int(np.clip(paper - _INK_SHARE * (paper - min(dark, 150.0)), 120, 235))


def faint_threshold(flat: Gray, printed: NDArray[np.bool_]) -> int:
    """Threshold for a part of a flat page whose type is paler than the page's, between 120 and 235.

    printed: where the part holds what is no type (rulings), in its shape. Small type that is out of focus is half as
    dark as the headings beside it; what the paper's own grain makes dark is never ink.
    """
    tones = count_tones(flat, np.logical_not(printed).astype(np.uint8)) if flat.size else None
    if tones is None:
        return 120
    paper, dark = tones.median(), tones.percentile(1.0)
    grain = 1.4826 * tones.apart_from(paper).median()
    return int(np.clip(min(paper - _INK_SHARE * (paper - dark), paper - _GRAINS * grain), 120, 235))


def find_ink(flat: Gray) -> NDArray[np.uint8]:
    """Ink as 1, paper as 0, in the shape of `flat`."""
    _, ink = cv2.threshold(flat, ink_threshold(flat) - 1, 1, cv2.THRESH_BINARY_INV)
    return np.asarray(ink, dtype=np.uint8)
