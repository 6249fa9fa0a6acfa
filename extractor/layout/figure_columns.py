"""Columns that figures tell by standing under each other.

All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from extractor.values.geometry import Box, overlap

#: Words whose middles are closer than this, in heights of a character, stand under each other.
_UNDER = 0.9
#: A column that few lines show stands off the others by this share of their least distance; distances that differ by
#: no more are even.
LEAST_PITCH = 0.7

#: Left and right ends of columns, in pixels, from left to right.
Extents: TypeAlias = list[tuple[float, float]]


def group_centres(words: Sequence[Box], height: float) -> list[list[Box]]:
    """Words that stand under each other, groups from left to right."""
    groups: list[list[Box]] = []
    for word in sorted(words, key=lambda b: b.center_x):
        if groups and word.center_x - float(np.mean([b.center_x for b in groups[-1]])) < _UNDER * height:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def extent_of(group: Sequence[Box]) -> tuple[float, float]:
    return min(b.left for b in group), max(b.right for b in group)


def tell_joined(heads: Extents, figures: Sequence[Box], height: float) -> Extents:
    """The columns of evenly spaced figures between the outer heads, more than there are heads: words of some run on.

    Empty unless every line shows a figure in all of them.
    """
    groups = group_centres(figures, height)
    columns = [extent_of(group) for group in groups]
    lines = {len(group) for group in groups}
    steps = np.diff([(low + high) / 2 for low, high in columns])
    if len(columns) <= len(heads) or len(lines) > 1 or steps.min() < LEAST_PITCH * steps.max():
        return []
    is_between = all(overlap(*columns[i], *heads[i]) > 0 for i in (0, -1))
    return columns if is_between else []
