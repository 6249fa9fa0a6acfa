"""Long straight strokes of ink: an opening along rows or columns, done where there may be one and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]
#: Pixels looked at in one piece.
_BLOCK = 8
#: A block of ink.
_FULL = np.uint64(0x0101010101010101)


def find_across(ink: Ink, length: int) -> Ink:
    """Ink (1, paper 0) that lies in a stretch of its row at least so many pixels long; 0 elsewhere.

    As `cv2.morphologyEx` with a flat kernel, for which ink goes on beyond the border of the picture.
    """
    whole = ink.shape[1] // _BLOCK * _BLOCK
    blocks = np.ascontiguousarray(ink[:, :whole]).view(np.uint64) == _FULL
    rows = _may_hold(blocks, ink, length)
    out = np.zeros_like(ink)
    if rows.size:
        out[rows] = cv2.morphologyEx(ink[rows], cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return out


def find_down(ink: Ink, length: int) -> Ink:
    """As `find_across`, along columns."""
    whole = ink.shape[0] // _BLOCK * _BLOCK
    blocks = ink[:whole:_BLOCK] > 0
    for row in range(1, _BLOCK):
        blocks &= ink[row:whole:_BLOCK] > 0
    columns = _may_hold(blocks.T, ink.T, length)
    out = np.zeros_like(ink)
    if columns.size:
        part = np.ascontiguousarray(ink[:, columns])
        out[:, columns] = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return out


def _may_hold(blocks: NDArray[np.bool_], ink: Ink, length: int) -> NDArray[np.intp]:
    """Rows in which a stretch of ink may be so long, by the whole blocks (rows × blocks) it would fill."""
    # A stretch at the border counts from half the length on; within a picture it fills so many blocks in a row.
    at_border, within = ((pixels - _BLOCK + 1) // _BLOCK for pixels in (length // 2, length))
    starts = blocks.shape[1] - within + 1
    if at_border < 1 or starts < 1:
        return np.arange(len(ink))
    run = blocks[:, :starts].copy()
    for step in range(1, within):
        run &= blocks[:, step : starts + step]
    ends = ink[:, -at_border * _BLOCK :].all(axis=1) | blocks[:, :at_border].all(axis=1)
    return np.flatnonzero(run.any(axis=1) | ends)
