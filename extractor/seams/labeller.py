"""The seam between pages and what tells the ink on them apart."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray

#: Dots an inch of the picture a labeller is shown and of what it tells.
LABEL_DPI = 100.0
#: What a pixel may be, in the order in which it is told: of a ruling across, of one down, of printed writing, of ink
#: that nobody printed (a seal, a pen, a stamp of numbers, a streak). A pixel may be of several.
LABELS = ("across", "down", "writing", "foreign")


class PageLabeller(Protocol):
    """Tells of every pixel of a page what its ink is."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever an answer could change: versions, weights, precision."""
        ...

    @property
    def lineage(self) -> str:
        """Weights and rules, whatever runtime computes them: what a calibrator is bound to."""
        ...

    def label(self, page: Gray) -> NDArray[np.uint8]:
        """How likely each pixel is of each of `LABELS`, 0 to 255, shape (4, rows, columns).

        page: a flat page at `LABEL_DPI`, text upright, paper 255; it need not be straight.
        """
        ...
