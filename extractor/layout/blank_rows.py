"""Rows of a table without rulings in which nothing but the label is printed, by how closely lines of labels follow.

Lines of one label stand closer to each other than labels do. Where the two cannot be told apart, no row is added.
All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.values.geometry import Box
from extractor.values.words import WordLine

#: Words whose middles are closer than this, in heights of a character, stand on one line.
_SAME_LINE = 0.5
#: Lines of one label are no further apart than this, labels no closer, in heights of a character.
_MOST_LEADING, _LEAST_GAP = 0.9, 0.5
#: So many times as far apart as lines are labels.
_CLEARLY = 1.5
#: Share of labels with several lines of figures from which on they are told apart wrongly.
_TANGLED = 0.2
#: Figures stand beside the label of their row, give or take this many heights of a character.
_BESIDE = 0.35


def add_blank(data: Sequence[WordLine], labels: Sequence[Box], height: float) -> list[WordLine]:
    """Lines of figures and, for every label that has none beside it, the label in their place, top to bottom.

    labels: the words that name single rows, without the brackets beside them.
    """
    groups = group_labels(labels, height)
    heights = [float(np.median([w.center_y for w in line.words])) for line in data]
    reach = _BESIDE * height
    held = [sum(1 for y in heights if box.top - reach < y < box.bottom + reach) for box in groups]
    if sum(count > 1 for count in held) > _TANGLED * len(held):
        return list(data)
    blank = [WordLine((box,), box) for box, count in zip(groups, held, strict=True) if not count]
    return sorted([*data, *blank], key=lambda line: float(np.median([w.center_y for w in line.words])))


def group_labels(labels: Sequence[Box], height: float) -> list[Box]:
    """Boxes around the lines of each label; none where lines of one label look like labels."""
    lines = _join_words(labels, height)
    gaps = [max(0.0, b.top - a.bottom) for a, b in pairwise(lines)]
    limit = _find_limit(gaps, height)
    if limit is None:
        return []
    groups = [lines[0]]
    for line, gap in zip(lines[1:], gaps, strict=True):
        if gap < limit:
            groups[-1] = groups[-1].union(line)
        else:
            groups.append(line)
    return groups


def _find_limit(gaps: Sequence[float], height: float) -> float | None:
    """The distance from which on lines are different labels, pixels; None where there is no telling."""
    order = sorted(gaps)
    if not order:
        return None
    if order[0] >= _MOST_LEADING * height:
        return order[0]
    floor = 0.1 * height
    jumps = [
        ((high + floor) / (low + floor), (low + high) / 2)
        for low, high in pairwise(order)
        if low < _MOST_LEADING * height and high >= _LEAST_GAP * height
    ]
    ratio, limit = max(jumps, default=(0.0, 0.0))
    return limit if ratio >= _CLEARLY else None


def _join_words(labels: Sequence[Box], height: float) -> list[Box]:
    lines: list[Box] = []
    for word in sorted((b for b in labels if b.height >= _SAME_LINE * height), key=lambda b: b.center_y):
        if lines and word.center_y - lines[-1].center_y < _SAME_LINE * height:
            lines[-1] = lines[-1].union(word)
        else:
            lines.append(word)
    return lines
