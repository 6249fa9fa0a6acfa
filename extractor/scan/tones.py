"""How many pixels are how dark: percentiles of gray by counting levels, of which there are 256, not by sorting."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray

_LEVELS = np.arange(256, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Tones:
    """Values in ascending order and how many pixels have each; one pixel at least."""

    values: NDArray[np.float64]
    counts: NDArray[np.int64]

    def percentile(self, share: float) -> float:
        """The value below which so many hundredths of the pixels lie, between two of them where it falls there."""
        ends = np.cumsum(self.counts)
        place = share / 100.0 * float(ends[-1] - 1)
        low, high = self.values[np.searchsorted(ends, [int(place), int(np.ceil(place))], side="right")]
        return float(low + (high - low) * (place - int(place)))

    def median(self) -> float:
        """The value of the middle pixel, or between the two in the middle."""
        return self.percentile(50.0)

    def apart_from(self, value: float) -> Tones:
        """How far the pixels are from a value."""
        away = np.abs(self.values - value)
        order = np.argsort(away, kind="stable")
        return Tones(away[order], self.counts[order])


def count_tones(pixels: Gray, chosen: NDArray[np.uint8] | None = None) -> Tones | None:
    """Tones of a picture, or of the pixels of it where `chosen` is not 0; None where there are none."""
    counts = cv2.calcHist([np.ascontiguousarray(pixels)], [0], chosen, [256], [0.0, 256.0])
    whole = counts[:, 0].astype(np.int64)
    return Tones(_LEVELS, whole) if whole.any() else None
