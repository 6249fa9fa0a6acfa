"""Specks of a scan in the cell of a table, told from its writing: small, above or below it.

Boxes are components (left, top, right, bottom), pixels of the straight page; `digit` is the height of a digit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from extractor.ink.glyphs import Ints, bound

#: A speck is no wider and no higher than this, in heights of a digit.
_SIZE = 0.5
#: Writing is as high as this, in the same, or a level stroke, so wide and so many times as wide as high.
_TALL, _WIDE, _FLAT = 0.4, 0.35, 1.8
#: Share of a speck's height that may lie beside writing: half of a comma does.
_BESIDE = 0.2
#: A piece this near to a digit, in heights of one, may have broken off it.
_PIECE_GAP = 0.12
#: Pieces of one digit stand over each other along this share of its height; strewn specks do not.
_COVERED = 0.6

Mask = NDArray[np.bool_]


def find_written(members: Ints, digit: float) -> Mask:
    """Which components of a cell are writing by their size: as high as half a digit, or level strokes.

    Where none is, all are if together they may be a digit that the scan broke.
    """
    if not len(members):
        return np.zeros(0, dtype=bool)
    written = _is_tall(members, _TALL * digit) | _is_flat(members, digit)
    if not written.any() and _is_broken_glyph(members, digit):
        written[:] = True
    return np.asarray(written, dtype=np.bool_)


def _is_broken_glyph(members: Ints, digit: float) -> bool:
    """Pieces that together are as tall as a digit, with few gaps, and no wider than a few: a digit the scan broke."""
    whole = bound(members)
    is_digit = whole.height >= 0.55 * digit and whole.width <= 2.5 * digit and whole.height <= 1.6 * digit
    covered = sum(bottom - top for top, bottom in _find_rows(members))
    return is_digit and covered >= _COVERED * whole.height


def find_specks(members: Ints, written: Mask, digit: float) -> Mask:
    """Which components of a cell lie off its rows of writing, and are too small to be writing of their own."""
    found = np.zeros(len(members), dtype=bool)
    tall = _is_tall(members, _SIZE * digit)
    if not written.any() or (not tall.any() and _is_broken_glyph(members, digit)):
        return found
    flat = _is_flat(members, digit)
    own = tall | flat
    own = own if own.any() else written
    rows = np.asarray(_find_rows(members[own]))
    small = ~own & (members[:, 2] - members[:, 0] <= _SIZE * digit)
    for place in np.flatnonzero(small).tolist():
        left, top, right, bottom = members[place].tolist()
        beside = np.minimum(rows[:, 1], bottom) - np.maximum(rows[:, 0], top)
        over = members[tall & (members[:, 0] < right) & (members[:, 2] > left)]
        gaps = np.maximum(over[:, 1] - bottom, top - over[:, 3])
        is_piece = bool((gaps < _PIECE_GAP * digit).any()) or _completes(members[place], members[flat], digit)
        found[place] = float(beside.max()) <= _BESIDE * (bottom - top) and not is_piece
    return found


def _completes(piece: Ints, strokes: Ints, digit: float) -> bool:
    """Whether a piece is the rest of a digit of which a level stroke broke off: the bar of a 5, the foot of a 2."""
    over = strokes[(strokes[:, 0] < piece[2]) & (strokes[:, 2] > piece[0])]
    return any(_is_broken_glyph(np.stack([stroke, piece]), digit) for stroke in over)


def _is_tall(members: Ints, least: float) -> Mask:
    return np.asarray(members[:, 3] - members[:, 1] >= least, dtype=np.bool_)


def _is_flat(members: Ints, digit: float) -> Mask:
    wide, high = members[:, 2] - members[:, 0], members[:, 3] - members[:, 1]
    return np.asarray((wide >= _WIDE * digit) & (wide >= _FLAT * high), dtype=np.bool_)


def _find_rows(members: Ints) -> list[tuple[int, int]]:
    """Stretches of height on which components stand, top to bottom."""
    rows: list[tuple[int, int]] = []
    for top, bottom in sorted(members[:, [1, 3]].tolist()):
        if rows and top <= rows[-1][1]:
            rows[-1] = rows[-1][0], max(rows[-1][1], bottom)
        else:
            rows.append((top, bottom))
    return rows
