"""From crops to a recogniser's input: 48 high, aspect kept, never padded beyond the next multiple of 8.

Crops are batched only with crops of exactly the same padded width, so a reading never depends on what else
was on the page: the same crop gives the same answer in any batch, on any run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray

#: Pixels: the height PaddleOCR's recognisers were trained at.
HEIGHT = 48
#: Pixels: one output step of the network spans eight columns; narrower input only adds another batch.
WIDTH_STEP = 8
#: Pixels: two output steps, the least in which CTC can tell a character from the blank.
MIN_WIDTH = 16
#: Pixels: the longest line PaddleOCR feeds at once; longer ones are squeezed to it.
MAX_WIDTH = 3200
#: Widest crops of a step, in pixels, and the step: a longer line is fitted to a coarser width, at most 6 % more or
#: less than its own. Runtimes prepare anew for every width they meet (10 to 30 ms); numbers are never fitted.
_FITTED = ((128, 1), (256, 16), (512, 32), (MAX_WIDTH, 64))
#: Pixels of width in one batch: above this a batch is no faster per pixel and only costs memory.
_BATCH_PIXELS = 1024
#: Network value of white paper after (x / 255 - 0.5) / 0.5.
_WHITE = 1.0


def scaled_width(crop: Gray, width_scale: float) -> int:
    """Width in pixels of a crop once it is `HEIGHT` high, squeezed by `width_scale`; long ones fitted to a step."""
    height, width = crop.shape
    wanted = float(np.clip(width * HEIGHT / height * width_scale, 1, MAX_WIDTH))
    step = next(step for widest, step in _FITTED if wanted <= widest)
    return max(1, round(wanted / step) * step)


def batch_crops(crops: Sequence[Gray], width_scale: float) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Batches of network input with the positions of their crops; crops without pixels are left out."""
    widths = {i: scaled_width(crop, width_scale) for i, crop in enumerate(crops) if crop.size}
    groups: dict[int, list[int]] = defaultdict(list)
    for position, width in widths.items():
        groups[max(MIN_WIDTH, -(-width // WIDTH_STEP) * WIDTH_STEP)].append(position)
    for padded in sorted(groups):
        size = max(1, _BATCH_PIXELS // padded)
        for start in range(0, len(groups[padded]), size):
            chunk = groups[padded][start : start + size]
            yield chunk, _stack([(crops[i], widths[i]) for i in chunk], padded)


def _stack(crops: Sequence[tuple[Gray, int]], padded: int) -> NDArray[np.float32]:
    batch = np.full((len(crops), 3, HEIGHT, padded), _WHITE, dtype=np.float32)
    for row, (crop, width) in zip(batch, crops, strict=True):
        resized = cv2.resize(crop, (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
        row[:, :, :width] = resized.astype(np.float32) * (2.0 / 255.0) - 1.0
    return batch
