"""The page network: tells rulings, writing and foreign ink of a page apart, on one thread.

Weights of our own (`models.training.pages`), run by OpenVINO or ONNX Runtime. Pages are laid on one of a few
canvases, since a runtime prepares anew, and keeps what it prepared, for every size it meets.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.seams.labeller import LABELS
from models.fast import compile_network
from models.weights import find_weights, locate

MODEL = "pages"
#: Rows and columns of canvases in pixels at a hundred dots an inch: A4 and Letter upright and across, A3 the same.
_CANVASES = ((1184, 864), (864, 1184), (1184, 1664), (1664, 1184))
#: What is larger still is laid on a canvas whose sides are multiples of this.
_STEP = 256
#: Changes with what is done around the network.
_RULES = "1"


class PageNetwork:
    """A `PageLabeller`; not to be shared between threads or over a fork.

    Raises:
        WeightsError: the weights are missing or not the pinned ones.
        UsageError: no runtime is installed.
    """

    def __init__(self, runtime: str | None = None) -> None:
        self._infer, told = compile_network(str(locate(MODEL)), runtime)
        digest = find_weights(MODEL).sha256[:12]
        self.lineage = f"{MODEL}@{digest} rules-{_RULES}"
        self.fingerprint = f"{self.lineage} {told}"

    def label(self, page: Gray) -> NDArray[np.uint8]:
        """How likely each pixel is of each of `LABELS`, 0 to 255, shape (4, rows, columns)."""
        rows, columns = page.shape
        high, wide = _choose_canvas(rows, columns)
        ink = np.zeros((1, 1, high, wide), dtype=np.float32)
        np.subtract(1.0, page * np.float32(1 / 255), out=ink[0, 0, :rows, :columns])
        told = self._infer(ink)[0, : len(LABELS), :rows, :columns]
        return np.asarray(told * 255.0 + 0.5, dtype=np.uint8)


@cache
def load_labeller() -> PageNetwork:
    """The labeller of this process, loaded once."""
    return PageNetwork()


def _choose_canvas(rows: int, columns: int) -> tuple[int, int]:
    fitting = [size for size in _CANVASES if size[0] >= rows and size[1] >= columns]
    if fitting:
        return min(fitting, key=lambda size: size[0] * size[1])
    return -(-rows // _STEP) * _STEP, -(-columns // _STEP) * _STEP
