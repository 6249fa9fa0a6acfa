"""What makes a page straight: its own rulings, or where it has too few the rows of its ink."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.rulings.seen import LIKELY, keep_seen, measure_ridges
from extractor.rulings.tracking import Ruling, find_rulings
from extractor.scan.cleaning import find_ink
from extractor.scan.upright import measure_skew
from extractor.scan.warp import fit_warp, flatten_labels, rotation_warp
from extractor.seams.engine import Gray
from extractor.seams.labeller import LABEL_DPI, PageLabeller
from extractor.values.frame import Warp
from extractor.values.labels import PageLabels

#: Skew (degrees) that is none.
_LEVEL = 0.12
#: A ruling this long (inches) tells a page's skew better than the little else that stands on it.
_TELLING_INCH = 2.0
#: Pixels that may be of a ruling down (0 to 255) though not likely, how many of them there are at least, and as a
#: share of the likely ones, where the page is looked at a second time, twice as dark. Half of them are darker than
#: what lies beside them by so many levels. Clear pages have shares of .10 to .17; of ten pages of scans at 150 to 300
#: dpi with hair lines each has more than .25, and 3 to 8 levels; seven rough ones, which the second look harms, have
#: none.
_MAYBE, _FEWEST, _FAINT, _DARK = 30, 500, 0.25, 2.0
#: Pixels along a ruling from what may be of it to what is told of it on the second look: a photograph's desk ends
#: there.
_ALONG = 15
#: Gray of a page twice as dark, but for what is nearly black.
_DARKER = np.round(255 * (np.arange(256) / 255) ** 2).astype(np.uint8)
#: Horizontal rulings that make a dewarp trustworthy, and the shortest (inches) that say how a page is bent.
_ENOUGH_RULINGS, _BENT_INCH = 3, 0.5


def label_page(
    flat: Gray, dpi: float, labeller: PageLabeller, lifted: NDArray[np.uint8] | None = None
) -> PageLabels:
    """What the ink of an upright page is.

    lifted: in the shape of the page, 0 where ink that nobody printed was taken out, else 255; None where none was.
    """
    scale = LABEL_DPI / dpi
    size = max(8, round(flat.shape[1] * scale)), max(8, round(flat.shape[0] * scale))
    page = np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    labels = keep_seen(_label(page, dpi, labeller), page)
    if lifted is None:
        return labels
    # What stood there is not known.
    rest = cv2.resize(cv2.erode(lifted, np.ones((5, 5), np.uint8)), size, interpolation=cv2.INTER_AREA)
    return replace(labels, foreign=np.maximum(labels.foreign, 255 - rest))


def _label(page: Gray, dpi: float, labeller: PageLabeller) -> PageLabels:
    """What the ink of a page is, rulings down from two looks where they are faint.

    A hair line of a scan at 300 dpi leaves a third of its gray at the labels' resolution.
    """
    labels = PageLabels.of(labeller.label(page), dpi)
    maybe = (labels.down >= _MAYBE).astype(np.uint8)
    likely, faint = np.count_nonzero(labels.down >= LIKELY), np.count_nonzero(maybe)
    if faint - likely < max(_FEWEST, _FAINT * likely) or not _are_lines(labels.down, page):
        return labels
    darker = PageLabels.of(labeller.label(_DARKER[page]), dpi).down
    near = cv2.dilate(maybe, np.ones((2 * _ALONG + 1, 3), np.uint8))
    return replace(labels, down=np.maximum(labels.down, darker * near))


def _are_lines(down: Gray, page: Gray) -> bool:
    """Whether what may be of rulings down is dark itself, not a rim of what is."""
    ridges = measure_ridges(page.T).T[(down >= _MAYBE) & (down < LIKELY)]
    return bool(np.median(ridges) >= _DARK)


def find_warp(flat: Gray, labels: PageLabels) -> tuple[Warp | None, float]:
    """What makes an upright page straight, None when it is; and its skew, degrees clockwise."""
    dpi = labels.dpi
    horizontals = [r for r in find_rulings(labels, "horizontal") if r.length >= _BENT_INCH * dpi]
    longest = max(horizontals, key=lambda ruling: ruling.length, default=None)
    if longest is not None and longest.length >= _TELLING_INCH * dpi:
        skew = _measure_slope(longest)
    else:
        skew = measure_skew(find_ink(flat))
    if len(horizontals) < _ENOUGH_RULINGS:
        return rotation_warp(flat.shape, skew) if abs(skew) > _LEVEL else None, skew
    verticals = [r for r in find_rulings(labels, "vertical") if r.length >= _BENT_INCH * dpi]
    return fit_warp(horizontals, verticals, flat.shape, dpi), skew


def straighten_labels(labels: PageLabels, warp: Warp | None) -> PageLabels:
    """The labels of the straightened page."""
    return flatten_labels(labels, warp) if warp is not None else labels


def _measure_slope(ruling: Ruling) -> float:
    slope, _ = np.polyfit(ruling.along, ruling.across, 1)
    return float(np.degrees(np.arctan(slope)))
