"""From probabilities to a `Reading`: greedy over the whole alphabet, folded for the numeric one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Reading
from models.alphabet import numeric_columns

#: Probabilities below this are rounding noise of a softmax over 18,000 classes in single precision.
_FLOOR = 1e-9


class CtcDecoder:
    """Decodes the output of one recogniser; `charset` holds its classes in order, the CTC blank first."""

    def __init__(self, charset: Sequence[str]) -> None:
        self._charset = tuple(charset)
        self._sources, targets = numeric_columns(charset)
        self._starts = np.flatnonzero(np.r_[True, np.diff(targets) > 0])

    @property
    def classes(self) -> int:
        """How many classes the recogniser's output must have."""
        return len(self._charset)

    def decode(self, probabilities: NDArray[np.float32]) -> list[Reading]:
        """One reading per crop from softmax output, crops × steps × classes; the array is not kept."""
        best = probabilities.argmax(axis=2)
        scores = np.take_along_axis(probabilities, best[:, :, None], axis=2)[:, :, 0]
        gathered = probabilities[:, :, self._sources]
        numeric = np.log(np.maximum(np.add.reduceat(gathered, self._starts, axis=2), _FLOOR))
        numeric = np.minimum(numeric, 0.0).astype(np.float32)
        return [self._read(*parts) for parts in zip(best, scores, numeric, strict=True)]

    def _read(
        self, best: NDArray[np.intp], scores: NDArray[np.float32], numeric: NDArray[np.float32]
    ) -> Reading:
        starts = np.r_[True, best[1:] != best[:-1]] & (best > 0)
        if not starts.any():
            return Reading(text="", score=0.0, numeric=numeric)
        text = "".join(self._charset[index] for index in best[starts])
        return Reading(text=text, score=min(1.0, float(scores[starts].mean())), numeric=numeric)
