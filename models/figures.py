"""Figures first by our own reader of cells; what is no figure, and everything else, by another engine."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.seams.engine import FIGURE_SCALE, Gray, OcrEngine, Reading
from models.cells import OTHER

#: Changes with what is handed on.
_RULES = "1"


class FigureEngine:
    """Reads cells that are due a figure with `cells`, and whatever holds words with `words`."""

    def __init__(self, cells: OcrEngine, words: OcrEngine) -> None:
        self._cells, self._words = cells, words
        self.name = f"{cells.name}, else {words.name}"
        self.fingerprint = f"figures rules-{_RULES} ({cells.fingerprint}; {words.fingerprint})"
        self.lineage = f"figures rules-{_RULES} ({cells.lineage}; {words.lineage})"

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order, by one of the two."""
        if width_scale != FIGURE_SCALE:
            return self._words.read(crops, width_scale=width_scale)
        readings = self._cells.read(crops, width_scale=width_scale)
        worded = [i for i, reading in enumerate(readings) if not reading.text or OTHER in reading.text]
        again = self._words.read([crops[i] for i in worded], width_scale=width_scale)
        for position, reading in zip(worded, again, strict=True):
            readings[position] = reading
        return readings
