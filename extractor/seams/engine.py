"""The seam between documents and recognisers: a small Protocol, a null engine and a replay engine.

Crops are gray images (uint8, height × width, 0 black ink to 255 white paper) of one text line each,
upright. Engines add no parallelism of their own: a process is the unit of parallel work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Gray: TypeAlias = NDArray[np.uint8]

#: What can stand in a cell that is due a number, in the order of `Reading.scores` columns after the CTC blank.
#: Full-width and look-alike shapes are folded onto these by the engine.
NUMERIC_ALPHABET = "0123456789.,-/—+"

#: How far crops of cells of one short line, which are due a figure, are squeezed. Nothing else is read at this scale,
#: so that an engine may know them by it.
#: ±20 %: 10 fields, 46 statuses.
FIGURE_SCALE = 0.8


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recogniser says of one crop.

    text: best text over its whole alphabet. score: mean probability of its characters, 0 to 1 (0 for "").
    numeric: natural-log probabilities, steps × (1 + len(NUMERIC_ALPHABET)), CTC blank first, of the blank
    and the numeric symbols under the whole alphabet's softmax (rows need not sum to 1: what is missing is
    mass that escaped to other characters); None when the engine cannot tell. certain: the text comes from the
    file's own text layer, nothing was recognised.
    """

    text: str
    score: float
    numeric: NDArray[np.float32] | None = None
    certain: bool = False


class OcrEngine(Protocol):
    """Reads crops of text lines."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever a reading could change: versions, weights, precision."""
        ...

    @property
    def lineage(self) -> str:
        """Weights and rules, whatever runtime computes them: what a calibrator is bound to."""
        ...

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order; `width_scale` squeezes crops horizontally before reading (speed)."""
        ...


def crop_key(crop: Gray, width_scale: float) -> str:
    """Content key of a crop, stable across machines: the hash of its shape, pixels and scale."""
    digest = hashlib.sha256(repr((crop.shape, round(width_scale, 3))).encode())
    digest.update(np.ascontiguousarray(crop).tobytes())
    return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class NullEngine:
    """Reads nothing: for measuring everything around the recogniser."""

    name: str = "null"
    fingerprint: str = "null"
    lineage: str = "null"

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """An empty reading for every crop."""
        del width_scale
        return [Reading(text="", score=0.0) for _ in crops]
