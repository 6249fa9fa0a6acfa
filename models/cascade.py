"""A cheap recogniser first, a better one for whatever the cheap one is not sure of.

The quick recogniser is five times cheaper, so it reads everything, a little less squeezed than asked to make
up for its weaker eye. What it says is taken where that was measured to cost nothing: running text with a high
score, and plain numbers that hold nearly all the probability there is. Single strokes (1, /, —) never are:
they are the shapes it confuses, and the cheapest crops to read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import NUMERIC_ALPHABET, Gray, OcrEngine, Reading
from models.alphabet import LOOK_ALIKES

#: How much wider than asked the quick recogniser sees a crop, up to the crop's own proportions.
WIDEN = 1.25
#: Score below which the quick recogniser's reading of text is not taken.
MIN_SCORE = 0.9
#: Probability of a number, over all its alignments, below which the quick recogniser's is not taken.
MIN_NUMBER = 0.99
#: Power to which the quick recogniser's step probabilities are raised. It is right more often than it says: on
#: 1,021 generated numbers that it gave 0.9 or more (0.993 on average) it differed from the careful one in
#: four, all of which the careful one doubted (0.55 or less) and of which it had two right for certain.
SHARPNESS = 1.35
#: Changes with the rules of `is_sure`.
_RULES = "4"
#: Keeps the logarithm of a step finite.
_FLOOR = 1e-9
_DIGITS = frozenset("0123456789")
_NUMBER = _DIGITS | frozenset(".,")
#: Han characters: with one of them a reading is text; Latin letters alone may be a misread number.
_HAN = ("\u3400", "\u9fff")
#: Han characters that may be a symbol of a number.
_FOLDED = frozenset("".join(LOOK_ALIKES.values()))


class CascadeEngine:
    """Reads with `quick`, and with `careful` what `quick` is not sure of."""

    def __init__(self, quick: OcrEngine, careful: OcrEngine) -> None:
        self._quick, self._careful = quick, careful
        self.name = f"{quick.name}, then {careful.name}"
        limits = f"{WIDEN:g} {MIN_SCORE:g} {MIN_NUMBER:g} {SHARPNESS:g} rules-{_RULES}"
        self.fingerprint = f"cascade {limits} ({quick.fingerprint}; {careful.fingerprint})"
        self.lineage = f"cascade {limits} ({quick.lineage}; {careful.lineage})"

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order, by one of the two."""
        readings = self._quick.read(crops, width_scale=max(width_scale, min(1.0, width_scale * WIDEN)))
        doubtful = [i for i, reading in enumerate(readings) if not is_sure(reading)]
        readings = [sharpen(reading) for reading in readings]
        again = self._careful.read([crops[i] for i in doubtful], width_scale=width_scale)
        for position, reading in zip(doubtful, again, strict=True):
            readings[position] = reading
        return readings


def is_sure(reading: Reading) -> bool:
    """Whether a reading of the quick recogniser can stand."""
    if any(_HAN[0] <= character <= _HAN[1] and character not in _FOLDED for character in reading.text):
        return reading.score >= MIN_SCORE
    symbols = set(reading.text)
    if not symbols <= _NUMBER or not symbols & _DIGITS - {"1"} or reading.numeric is None:
        return False
    return text_probability(reading.text, reading.numeric) >= MIN_NUMBER


def sharpen(reading: Reading, power: float = SHARPNESS) -> Reading:
    """The same reading, its step probabilities raised to a power; with what escaped they sum to 1 again."""
    if reading.numeric is None:
        return reading
    inside = np.exp(reading.numeric * power)
    escaped = np.clip(1.0 - np.exp(reading.numeric).sum(axis=1), 0.0, 1.0) ** power
    total = np.maximum(inside.sum(axis=1) + escaped, _FLOOR)
    numeric = reading.numeric * np.float32(power) - np.log(total)[:, None]
    return replace(reading, numeric=numeric.astype(np.float32))


def text_probability(text: str, numeric: NDArray[np.float32]) -> float:
    """Probability of a text over the numeric alphabet, summed over all its CTC alignments.

    Args:
        text: at least one symbol of `NUMERIC_ALPHABET`.
        numeric: as in `Reading`.
    """
    labels = np.zeros(2 * len(text) + 1, dtype=np.intp)
    labels[1::2] = [NUMERIC_ALPHABET.index(symbol) + 1 for symbol in text]
    steps = np.exp(numeric.astype(np.float64))[:, labels]
    # From a symbol straight to the next one, which a repeated symbol may not do.
    skips = np.zeros(len(labels))
    skips[3::2] = labels[3::2] != labels[1:-2:2]
    ways = np.zeros(len(labels))
    ways[:2] = steps[0, :2]
    for step in steps[1:]:
        grown = ways.copy()
        grown[1:] += ways[:-1]
        grown[2:] += ways[:-2] * skips[2:]
        ways = grown * step
    return float(ways[-1] + ways[-2])
