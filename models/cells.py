"""The reader of number cells: our own small network over the numeric alphabet, on one thread.

Weights of our own (`models.training.cells`): convolutions over a crop 32 pixels high and a CTC head (Graves et al.
2006). What is no numeric symbol has one class, glyph by glyph, so that labels and notes are told from figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import NUMERIC_ALPHABET, Gray, Reading
from models.cascade import sharpen
from models.fast import compile_network
from models.weights import find_weights, locate

MODEL = "cells"
#: Height of what the network sees, pixels, and the widths that crops are padded to; wider ones are squeezed.
HEIGHT, WIDTHS = 32, (48, 96, 160)
#: Crops of one batch; a batch is always full, so that the runtime meets one shape for each width.
BATCH = 16
#: Share of a crop's height cut off above and below, and as much at both ends where it is paper, since the program
#: pads more than is needed; and the gray level below which it is none. A digit that was taken for a ruling stands in
#: the margin: cut off with it, 12 was read as 2 and 35 as 5.
_TRIM, _INK = 0.125, 160
#: Class of a glyph that is no numeric symbol, after the CTC blank and the alphabet.
OTHER_CLASS = 1 + len(NUMERIC_ALPHABET)
#: Power to which step probabilities are raised: the network is right more often than it says. Of 1,781 numbers cut
#: from documents left out 616 had less than 0.99 without it, two of them wrong; with it 15 have.
_SHARPNESS = 1.35
#: How `Reading.text` shows one.
OTHER = "？"
#: Keeps the logarithm of a step finite.
_FLOOR = 1e-9
#: Changes with preprocessing or decoding.
_RULES = "1"


class CellReader:
    """Reads crops of cells of one short line; not to be shared between threads or over a fork.

    Raises:
        WeightsError: the weights are missing or not the pinned ones.
        UsageError: no runtime is installed.
    """

    def __init__(self, runtime: str | None = None) -> None:
        self._infer, told = compile_network(str(locate(MODEL)), runtime)
        digest = find_weights(MODEL).sha256[:12]
        self.name = MODEL
        self.lineage = f"{MODEL}@{digest} rules-{_RULES}"
        self.fingerprint = f"{self.lineage} {told}"

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order; a crop without pixels reads as nothing. `width_scale` changes nothing."""
        del width_scale
        readings = [Reading(text="", score=0.0)] * len(crops)
        for positions, batch in batch_cells(crops):
            told = self._infer(batch)
            for position, steps in zip(positions, told, strict=False):
                readings[position] = sharpen(decode_steps(steps), _SHARPNESS)
        return readings


def batch_cells(crops: Sequence[Gray]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Full batches of network input (ink 1, paper 0) with the positions of their crops."""
    groups: dict[int, list[int]] = defaultdict(list)
    shown = {i: fit_cell(crop) for i, crop in enumerate(crops) if crop.size}
    for position, crop in shown.items():
        groups[next(w for w in WIDTHS if crop.shape[1] <= w)].append(position)
    for width in sorted(groups):
        for start in range(0, len(groups[width]), BATCH):
            chunk = groups[width][start : start + BATCH]
            batch = np.zeros((BATCH, 1, HEIGHT, width), dtype=np.float32)
            for row, position in zip(batch, chunk, strict=False):
                crop = shown[position]
                row[0, :, : crop.shape[1]] = 1.0 - crop * np.float32(1 / 255)
            yield chunk, batch


def fit_cell(crop: Gray) -> Gray:
    """A crop as the network sees it: trimmed, `HEIGHT` high, no wider than the widest of `WIDTHS`."""
    trim = int(_TRIM * crop.shape[0])
    inner = crop[trim : crop.shape[0] - trim]
    reach = min(trim, inner.shape[1] // 3)
    left, right = _find_paper(inner[:, :reach]), _find_paper(inner[:, ::-1][:, :reach])
    inner = inner[:, left : inner.shape[1] - right]
    width = int(np.clip(round(inner.shape[1] * HEIGHT / inner.shape[0]), 4, WIDTHS[-1]))
    way = cv2.INTER_AREA if inner.shape[0] > HEIGHT else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inner, (width, HEIGHT), interpolation=way), dtype=np.uint8)


def _find_paper(end: Gray) -> int:
    """How many columns of a crop's end are paper, up to the first with ink."""
    inked = (end < _INK).any(axis=0)
    return int(np.argmax(inked)) if inked.any() else end.shape[1]


def decode_steps(steps: NDArray[np.float32]) -> Reading:
    """A reading from probabilities, steps × (blank, alphabet, other)."""
    best = steps.argmax(axis=1)
    numeric = np.log(np.maximum(steps[:, :OTHER_CLASS], _FLOOR)).astype(np.float32)
    # A symbol may come slowly: it is as sure as the surest of its steps.
    runs = np.flatnonzero(np.r_[True, best[1:] != best[:-1]])
    surest = np.maximum.reduceat(steps[np.arange(len(best)), best], runs)
    said = [(c, p) for c, p in zip(best[runs].tolist(), surest.tolist(), strict=True) if c]
    if not said:
        return Reading(text="", score=0.0, numeric=numeric)
    text = "".join(OTHER if c == OTHER_CLASS else NUMERIC_ALPHABET[c - 1] for c, _ in said)
    return Reading(text=text, score=min(1.0, sum(p for _, p in said) / len(said)), numeric=numeric)
