"""A cheap recogniser for running text, a better one for numbers and for what the cheap one is unsure of.

Labels and prose are most of a page's width and have the form and the language to lean on; a number has only
itself. So crops that are squeezed hard, as only text is, go to the cheap one first; numbers never do.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractor.engine import Gray, OcrEngine, Reading

#: Horizontal squeeze below which a crop is running text: numbers lose strokes when squeezed this hard.
TEXT_BELOW = 0.7
#: Score below which a reading of the cheap recogniser is not taken.
MIN_SCORE = 0.85


class CascadeEngine:
    """Reads text with `quick`, and with `careful` whatever is no text or came out below `MIN_SCORE`."""

    def __init__(self, quick: OcrEngine, careful: OcrEngine) -> None:
        self._quick, self._careful = quick, careful
        self.name = f"{quick.name}, then {careful.name}"
        self.fingerprint = (
            f"cascade {TEXT_BELOW:g} {MIN_SCORE:g} ({quick.fingerprint}; {careful.fingerprint})"
        )

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order, by one of the two."""
        if width_scale >= TEXT_BELOW:
            return self._careful.read(crops, width_scale=width_scale)
        readings = self._quick.read(crops, width_scale=width_scale)
        doubtful = [i for i, reading in enumerate(readings) if reading.score < MIN_SCORE]
        again = self._careful.read([crops[i] for i in doubtful], width_scale=width_scale)
        for position, reading in zip(doubtful, again, strict=True):
            readings[position] = reading
        return readings
