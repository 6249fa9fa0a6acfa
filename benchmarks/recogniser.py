"""CPU time of the recognisers per pixel of crop width: python benchmarks/recogniser.py [ENGINE...].

Every engine gets the same drawn numbers in turn, several times, so that what else runs on the machine falls
on all of them alike; only ratios within one run mean anything.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np

from extractor.seams.engine import Gray
from models.crops import HEIGHT
from models.engines import load_engine

_ENGINES = ("fast", "small", "tiny", "openvino", "onnxruntime")
#: Digits in a crop and crops at once: single digits as in a table, then ever longer lines.
_SHAPES = ((1, 32), (3, 32), (8, 8), (24, 2), (48, 1))
_ROUNDS = 5


def _draw(digits: int, seed: int) -> Gray:
    text = "".join(str(digit) for digit in np.random.default_rng(seed).integers(0, 10, digits))
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 2)
    crop: Gray = np.full((HEIGHT, width + 16), 255, dtype=np.uint8)
    cv2.putText(crop, text, (8, HEIGHT - 11), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0,), 2, cv2.LINE_AA)
    return crop


def main(names: Sequence[str]) -> None:
    """Print one line per shape: milliseconds of CPU per pixel, engine by engine."""
    engines = {name: load_engine(name) for name in names or _ENGINES}
    for digits, count in _SHAPES:
        crops = [_draw(digits, seed) for seed in range(count)]
        pixels = sum(crop.shape[1] for crop in crops)
        spent: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(_ROUNDS):
            for name, engine in engines.items():
                start = time.process_time()
                engine.read(crops)
                spent[name].append((time.process_time() - start) / pixels * 1000)
        columns = "  ".join(f"{name} {median(times):.4f}" for name, times in spent.items())
        sys.stdout.write(f"{count:3} x {crops[0].shape[1]:4} px  {columns}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
