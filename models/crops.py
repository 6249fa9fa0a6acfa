"""From crops to a recogniser's input: 48 high, aspect kept, never padded beyond the next multiple of 8.

Each goes through the network alone: a runtime prepares for every shape it meets and keeps what it prepared. What a
batch would win once all is prepared (nothing for the smallest network, a tenth to a quarter for the others) is less
than what its shapes cost until then.
"""

from __future__ import annotations

import math
from itertools import pairwise

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
#: Pixels: the longest input; a longer line is cut.
MAX_WIDTH = 1280
#: Widest crops of a step, in pixels, and the step: a longer line is fitted to a coarser width, at most 6 % more or
#: less than its own. Runtimes prepare anew for every width they meet (10 to 30 ms) and keep what they prepared (3 to
#: 7 MB); numbers are never fitted.
_FITTED = ((128, 1), (256, 16), (512, 32), (MAX_WIDTH, 64))
#: Network value of white paper after (x / 255 - 0.5) / 0.5.
_WHITE = 1.0


def scaled_width(crop: Gray, width_scale: float) -> int:
    """Width in pixels of a crop once it is `HEIGHT` high, squeezed by `width_scale`; long ones fitted."""
    wanted = min(_wanted_width(crop, width_scale), MAX_WIDTH)
    step = next(step for widest, step in _FITTED if wanted <= widest)
    return max(1, round(wanted / step) * step)


def _wanted_width(crop: Gray, width_scale: float) -> float:
    height, width = crop.shape
    return float(width * HEIGHT / height * width_scale)


def cut_long(crop: Gray, width_scale: float) -> list[Gray]:
    """The crop, in parts from left to right where it is longer than the longest input; cut between characters."""
    parts = min(math.ceil(_wanted_width(crop, width_scale) / MAX_WIDTH), crop.shape[1])
    if parts <= 1:
        return [crop]
    height, width = crop.shape
    # Brightest where the most paper is: the middle of a wide gap.
    columns = cv2.blur(crop.mean(axis=0)[None, :], (max(1, height // 4), 1))[0]
    cuts = [0]
    for part in range(1, parts):
        even = width * part // parts
        low = max(cuts[-1] + 1, even - height)
        high = max(low + 1, min(width - parts + part, even + height))
        cuts.append(low + int(columns[low:high].argmax()))
    return [crop[:, low:high] for low, high in pairwise([*cuts, width])]


def network_input(crop: Gray, width_scale: float) -> NDArray[np.float32]:
    """A crop as a recogniser takes it, 1 × 3 × `HEIGHT` × width."""
    width = scaled_width(crop, width_scale)
    return _normalise(crop, width, max(MIN_WIDTH, -(-width // WIDTH_STEP) * WIDTH_STEP))


def _normalise(crop: Gray, width: int, padded: int) -> NDArray[np.float32]:
    out = np.full((1, 3, HEIGHT, padded), _WHITE, dtype=np.float32)
    resized = cv2.resize(crop, (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
    out[0, :, :, :width] = resized.astype(np.float32) * (2.0 / 255.0) - 1.0
    return out
