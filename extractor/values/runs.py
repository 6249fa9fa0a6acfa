"""Stretches of a row of pixels, rows or columns in which something holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def find_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where it holds from, and to (exclusive), in ascending order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
