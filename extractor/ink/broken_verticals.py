"""Vertical rulings that the scan broke to short strokes: told from figures by how they stand.

Pieces of a ruling stand one under the other, differ in height and have paper on both sides; in a single row they are
not level with the figures. A stroke of a character is none of this: ones of a column are all as high.
All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from extractor.ink.glyphs import Ink, Ints

#: A piece of a ruling is at most so wide, and at least so high, in heights of a character, and so slender.
_THIN, _SHORT, _SLENDER = 0.17, 0.2, 1.8
#: One higher than figures, in the same, may be broader, for its height.
_TALL, _TALL_WIDTH = 1.15, 0.3
#: Pieces of one ruling stand this close to one upright line, in heights of a character.
_ASIDE = 0.17
#: What stands beside a ruling is so far off most of its pieces, and off one that stands alone, in the same; a
#: character that is level with a stroke is of one word with it up to there.
_CLEAR, _MOST_CLEAR, _CLEAR_ALONE, _WORD = 0.2, 0.7, 0.3, 0.8
#: A ruling is seen in so many pieces, which reach over so many heights of a character.
_PIECES, _REACH = 3, 2.2
#: Strokes of characters are as high as each other within this, and no higher, in heights of a character.
_ALIKE, _HIGH = 0.1, 1.5
#: A figure is level with one of its line that is no further off, in heights of a character.
_LEVEL, _NEIGHBOUR = 0.12, 8.0
#: Nothing stands above a ruling this near: no word heads it and no figure is in its column.
_ABOVE = 3.5
#: Rulings come in so many on a row; in fewer where the page is known to have broken ones.
_SEVERAL, _SEVERAL_KNOWN = 3, 2


def erase_uprights(ink: Ink) -> Ink:
    """The ink without the pieces of broken vertical rulings, which are painted as paper."""
    found = find_uprights(ink.boxes, ink.glyph_height)
    if not found.any():
        return ink
    gray = ink.gray.copy()
    for left, top, right, bottom in ink.boxes[found].tolist():
        gray[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = 255
    return replace(ink, gray=gray, boxes=ink.boxes[~found])


def find_uprights(boxes: Ints, height: float) -> NDArray[np.bool_]:
    """Which components are pieces of broken vertical rulings."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    seen = high >= _SHORT * height
    slender = seen & (wide <= max(2.0, _THIN * height)) & (high >= _SLENDER * wide)
    slender |= (high >= _TALL * height) & (wide <= _TALL_WIDTH * high)
    found = np.zeros(len(boxes), dtype=bool)
    thin, others = np.flatnonzero(slender), boxes[~slender & seen]
    if len(thin) < _PIECES:
        return found
    runs: list[NDArray[np.intp]] = []
    for group in _group(boxes, thin, height):
        beside = seen.copy()
        beside[group] = False
        for run in _part(boxes, group, others):
            runs.append(run)
            found[run] |= _is_ruling(boxes[run], boxes[beside], height)
    joined = np.concatenate([np.empty(0, dtype=np.intp), *(run for run in runs if len(run) > 1)])
    found |= _find_lone(boxes, thin[~found[thin]], found, others, set(joined.tolist()), height)
    for run in (run for run in runs if found[run].any()):
        beside = seen.copy()
        beside[run] = False
        for place in run[~found[run]].tolist():
            found[place] = _is_clear(boxes[place], boxes[beside], _CLEAR, height)
    return found


def _group(boxes: Ints, thin: NDArray[np.intp], height: float) -> list[NDArray[np.intp]]:
    """Strokes that stand on one upright line, each group from top to bottom."""
    middle = (boxes[thin, 0] + boxes[thin, 2]) / 2
    order = np.argsort(middle, kind="stable")
    cuts = np.flatnonzero(np.diff(middle[order]) > _ASIDE * height) + 1
    return [g[np.argsort(boxes[g, 1], kind="stable")] for g in np.split(thin[order], cuts)]


def _part(boxes: Ints, group: NDArray[np.intp], others: Ints) -> list[NDArray[np.intp]]:
    """A group parted where something is printed across its line."""
    x = float(np.median((boxes[group, 0] + boxes[group, 2]) / 2))
    across = others[(others[:, 0] < x) & (others[:, 2] > x)]
    heights = np.sort((across[:, 1] + across[:, 3]) / 2)
    place = np.searchsorted(heights, (boxes[group, 1] + boxes[group, 3]) / 2)
    return np.split(group, np.flatnonzero(np.diff(place)) + 1)


def _is_ruling(pieces: Ints, beside: Ints, height: float) -> bool:
    """Whether strokes one under the other are one ruling; beside: all that stands off their line."""
    if len(pieces) < _PIECES or pieces[-1, 3] - pieces[0, 1] < _REACH * height:
        return False
    if (pieces[1:, 1] < pieces[:-1, 3] - 1).any():
        return False
    high = pieces[:, 3] - pieces[:, 1]
    usual = float(np.median(high))
    alike = np.abs(high - usual) <= max(1.0, _ALIKE * height)
    if usual <= _HIGH * height and 2 * int(alike.sum()) > len(pieces):
        return False
    clear = sum(_is_clear(piece, beside, _CLEAR, height) for piece in pieces)
    return clear >= _MOST_CLEAR * len(pieces)


def _is_clear(piece: Ints, beside: Ints, gap: float, height: float) -> bool:
    """Whether nothing else stands nearer than `gap` left or right of a piece, nor a figure that is level with it."""
    left, top, right, bottom = piece.tolist()
    off = np.maximum(beside[:, 0] - right, left - beside[:, 2])
    near = beside[(beside[:, 1] < bottom) & (beside[:, 3] > top) & (off < _WORD * height)]
    off = np.maximum(near[:, 0] - right, left - near[:, 2])
    return not bool((off < gap * height).any() or _are_level(near, piece, height).any())


def _are_level(boxes: Ints, piece: Ints, height: float) -> NDArray[np.bool_]:
    off = np.abs(boxes[:, [1, 3]] - piece[[1, 3]]).max(axis=1)
    return np.asarray(off <= max(1.0, _LEVEL * height), dtype=np.bool_)


def _find_lone(
    boxes: Ints,
    thin: NDArray[np.intp],
    found: NDArray[np.bool_],
    others: Ints,
    joined: set[int],
    height: float,
) -> NDArray[np.bool_]:
    """Which other strokes are rulings of a row in which they, and those found, are several.

    joined: those that stand above or below another, for which a page with broken rulings is enough.
    """
    out = np.zeros(len(boxes), dtype=bool)
    off = np.ones(len(boxes), dtype=bool)
    for place in thin.tolist():
        off[place] = False
        out[place] = _is_off_line(boxes[place], others, height) and _is_clear(
            boxes[place], boxes[off & ~found], _CLEAR_ALONE, height
        )
        off[place] = True
    rulings = boxes[out | found]
    least = _SEVERAL_KNOWN if found.any() else _SEVERAL
    for place in np.flatnonzero(out).tolist():
        _, top, _, bottom = boxes[place].tolist()
        if found.any() and (place in joined or bottom - top >= _HIGH * height):
            continue
        out[place] = int(((rulings[:, 1] < bottom) & (rulings[:, 3] > top)).sum()) >= least
    return out


def _is_off_line(piece: Ints, others: Ints, height: float) -> bool:
    """Whether a stroke beside figures is not level with any, and under nothing."""
    left, top, right, bottom = piece.tolist()
    middle = (left + right) / 2
    above = (others[:, 0] < middle) & (others[:, 2] > middle)
    above &= (others[:, 1] < top) & (others[:, 3] > top - _ABOVE * height)
    near = (others[:, 1] < bottom) & (others[:, 3] > top)
    near &= (others[:, 0] < right + _NEIGHBOUR * height) & (others[:, 2] > left - _NEIGHBOUR * height)
    if not near.any() or (above.any() and bottom - top < _HIGH * height):
        return False
    return not _are_level(others[near], piece, height).any()
