"""What is told to be ruling counts where it is seen, give or take a gap, and where it is as long as a ruling is."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.values.labels import PageLabels

#: Likelihood (0 to 255) from which a pixel is of a ruling.
LIKELY = 120
#: A ruling is darker than what lies so many pixels beside it, by so many levels, as the mean over so many pixels.
#: On a page with grain it is darker than that by so many standard deviations.
_BESIDE, _DARKER, _MEAN, _GRAINS = 3, 5.0, 11, 4.0
#: Pixels over which nothing of a ruling need be left: the gap between two tables is wider.
_GAP = 25
#: Pixels from which on nothing in a table's type is as long a stroke, and of the shortest piece that is more likely a
#: ruling than writing.
_LONG, _SHORT = {"across": 20, "down": 14}, {"across": 14, "down": 8}


def keep_seen(labels: PageLabels, page: Gray) -> PageLabels:
    """The labels without rulings that nothing is seen of.

    page: what was labelled, in the same frame; it need not be straight.
    """
    across = _keep(labels.across, labels.writing, page, _LONG["across"], _SHORT["across"])
    down = _keep(labels.down.T, labels.writing.T, page.T, _LONG["down"], _SHORT["down"]).T
    return replace(labels, across=across, down=down)


def _keep(told: Gray, writing: Gray, page: Gray, long: int, short: int) -> Gray:
    likely = (told >= LIKELY).astype(np.uint8)
    seen = np.minimum(likely, _find_ridges(page))
    # A ridge may lie a pixel beside what is told.
    near = np.minimum(cv2.dilate(seen, np.ones((3, 1), np.uint8)), likely)
    bridged = np.minimum(cv2.morphologyEx(near, cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8)), likely)
    kept = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    likelier = np.where(told >= writing, bridged, np.uint8(0))
    kept = np.maximum(kept, cv2.morphologyEx(likelier, cv2.MORPH_OPEN, np.ones((1, short), np.uint8)))
    return np.where(kept > 0, told, 0).astype(np.uint8)


def _find_ridges(page: Gray) -> NDArray[np.uint8]:
    """Where rows of pixels are darker than those beside them, as 1."""
    ridge = measure_ridges(page)
    sample = ridge[::7, ::7]
    middle = float(np.median(sample))
    grain = 1.4826 * float(np.median(np.abs(sample - middle)))
    return np.asarray(ridge >= max(_DARKER, middle + _GRAINS * grain), dtype=np.uint8)


def measure_ridges(page: Gray) -> NDArray[np.float32]:
    """By how many levels the pixels of a row, as the mean of a few, are darker than those of the rows beside it."""
    mean = cv2.blur(page, (_MEAN, 1)).astype(np.float32)
    padded = np.pad(mean, ((_BESIDE, _BESIDE), (0, 0)), mode="edge")
    return np.asarray(np.minimum(padded[: -2 * _BESIDE], padded[2 * _BESIDE :]) - mean, dtype=np.float32)
