"""What the ink of a page is, pixel by pixel, at a coarser resolution than the page's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.seams.labeller import LABEL_DPI, LABELS


@dataclass(frozen=True, slots=True)
class PageLabels:
    """How likely each pixel is what, 0 to 255, in pictures of one shape at `LABEL_DPI`.

    across, down: of a ruling that runs so. writing: of printed characters. foreign: of ink that nobody printed.
    dpi: of the page they belong to, in whose frame `to_page` gives places.
    """

    across: Gray
    down: Gray
    writing: Gray
    foreign: Gray
    dpi: float

    @property
    def scale(self) -> float:
        """Pixels of the page for one of these."""
        return self.dpi / LABEL_DPI

    def to_page(self, place: float) -> float:
        """Where a place among these pixels lies on the page; whole numbers are the middle of a pixel."""
        return (place + 0.5) * self.scale - 0.5

    @classmethod
    def blank(cls, shape: tuple[int, int], dpi: float) -> PageLabels:
        """Of a page of so many rows and columns without ink."""
        rows, columns = (round(side * LABEL_DPI / dpi) for side in shape)
        return cls.of(np.zeros((len(LABELS), rows, columns), np.uint8), dpi)

    @classmethod
    def of(cls, told: NDArray[np.uint8], dpi: float) -> PageLabels:
        """From an answer of a `PageLabeller`."""
        return cls(told[0], told[1], told[2], told[3], dpi)
