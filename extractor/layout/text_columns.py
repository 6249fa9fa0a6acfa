"""Columns of a table of numbers without vertical rulings: from its header's words, and from figures under each other.

Header words name every column, also one in which hardly a row shows anything; figures do where no header stands.
All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extractor.ink.type_sizes import DIGIT_HEIGHT, digit_height, label_height
from extractor.layout.figure_columns import LEAST_PITCH, Extents, extent_of, group_centres, tell_joined
from extractor.values.geometry import Box, overlap
from extractor.values.words import WIDE_GAP, WordLine

#: Columns from this number on are a lattice of numbers under one header.
LATTICE = 5
#: A word wider than this many character heights is no number.
NUMBER_WIDTH = 6.5
#: Figures belong to the header word whose middle is no further off than this share of that distance.
_NEAR_PITCH = 0.55
#: Figures are set flush right if most of their ends differ by no more than this, in heights of a character, and their
#: middles stand this share of that distance right of their header's.
_FLUSH, _OFF_PITCH = 0.4, 0.2
#: Two characters are at least this wide, in heights of a character.
_HEADER_WIDTH = 1.4
#: Second lines of header words follow on the first this closely, in heights of a character; a word of the lines above
#: may stand no further off, so that which fits best is tried.
_WRAPPED = 0.5, 0.3, 0.7
#: Words of a header of three lines stand no further above its lowest ones than this, in heights of a character.
_HEADER_LINES = 3.0
#: Words this high, in heights of a character, take two lines.
_TWO_LINES = 1.7
#: Figures on this share of the lines make a column between others.
_MOST_LINES = 0.4
#: Figures under each other that make a column without a header.
_SOME_FIGURES = 3
#: Figures that make a line one of figures.
_LINE_OF_FIGURES = 2
#: Words whose ends or middles are closer than this, in heights of a character, stand on a line or under each other.
_SAME_LINE = 0.5


@dataclass(frozen=True, slots=True)
class Columns:
    """Left and right ends of columns of numbers from left to right; end: bottom of their header's lowest words.

    end is minus infinity where no header was found.
    """

    extents: Extents
    end: float = -math.inf


def find_columns(region: Sequence[WordLine], height: float, fine: Sequence[Box] = ()) -> Columns:
    """The number columns of a lattice; none when the lines have few words.

    fine: the region's words, parted also where less than the usual gap lies between them.
    """
    narrow = [[w for w in line.words if w.width <= NUMBER_WIDTH * height] for line in region]
    heads, end = _choose_heads(region, fine, height)
    if len(heads) >= LATTICE:
        high = DIGIT_HEIGHT * label_height(region, height)
        words = [w for line in region for w in line.words if w.center_y > end]
        figures = [w for w in words if w.width <= NUMBER_WIDTH * height]
        wide = [w for w in words if w not in figures]
        told = tell_joined(heads, figures, height)
        if told:
            return Columns(told, end)
        columns = _under_heads(
            heads, [w for w in figures if w.left > heads[0][0] or w.height <= high], height
        )
        columns = _add_lone(columns, [w for words in narrow for w in words], height)
        columns = _add_unnamed(
            columns, [w for w in figures if _SAME_LINE * height <= w.height <= high], height
        )
        return Columns(_beside_heads(columns, figures, wide, height), end)
    rows = [words for words in narrow if _count_gaps(words) >= LATTICE - 1]
    if not rows:
        return Columns([])
    groups = group_centres([w for row in rows for w in row], height)
    least = max(1, 0.4 * len(rows))
    kept = [extent_of(g) for g in groups if len(g) >= least]
    if not kept:
        return Columns([])
    return Columns(
        _beside_labels(_add_lone(kept, [w for words in narrow for w in words], height), region, height)
    )


def _beside_labels(columns: Extents, region: Sequence[WordLine], height: float) -> Extents:
    """The columns without those on the left in which fewer figures stand than words as high and long as labels.

    Narrow labels stand under each other as figures do. Between the labels and the columns that are left may be more
    columns, of figures that few lines show.
    """
    high = digit_height(region, columns, height)
    words = [w for line in region for w in line.words if w.height >= _SAME_LINE * height]
    figures = [w for w in words if w.height <= high and w.width <= NUMBER_WIDTH * height]
    starts = [
        line.box.center_y for line in region if sum(w in figures for w in line.words) >= _LINE_OF_FIGURES
    ]
    # What stands above all figures is a header, if one that was not found.
    top = min(starts, default=-math.inf)
    labels = [w for w in words if w.height > high and w.width >= _HEADER_WIDTH * height and w.bottom > top]
    kept = list(columns)
    while len(kept) > LATTICE and _count_in(labels, kept[0]) > max(1, _count_in(figures, kept[0])):
        kept.pop(0)
    return _beside_heads(kept, [w for w in figures if w.right < kept[0][0]], labels, height)


def _count_in(words: Sequence[Box], ends: tuple[float, float]) -> int:
    """Words that take half of a column's width or have their middle in it."""
    low, high = ends
    return sum(
        low < w.center_x < high or overlap(w.left, w.right, low, high) > 0.5 * (high - low) for w in words
    )


def _choose_heads(region: Sequence[WordLine], fine: Sequence[Box], height: float) -> tuple[Extents, float]:
    """Most heads that the words of a header make, however closely they stand; all parted, there must be many."""
    coarse = [word for line in region for word in line.words]
    parted = [part for word in coarse for part in _part(word, fine, height)]
    best: tuple[Extents, float] = [], -math.inf
    for words, least in ((coarse, 0), (parted, 0), (fine, LATTICE + 1)):
        for wrapped in _WRAPPED:
            found = _find_heads(region, words, wrapped * height, height)
            if len(found[0]) > max(least, len(best[0])):
                best = found
    return best


def _part(word: Box, fine: Sequence[Box], height: float) -> list[Box]:
    """The finer words of one that is too wide for a header of one column."""
    if word.width <= NUMBER_WIDTH * height:
        return [word]
    return [w for w in fine if word.contains(w.center_x, w.center_y)] or [word]


def find_figures(region: Sequence[WordLine], height: float) -> Columns:
    """The few columns of figures beside labels where no header stands; none where words stand among them."""
    words = [word for line in region for word in line.words]
    wide = [w for w in words if w.width > NUMBER_WIDTH * height]
    start = max((w.right for w in wide), default=math.inf)
    high = label_height(region, height)
    free = [w for w in words if w.left > start]
    figures = [w for w in free if w.height <= DIGIT_HEIGHT * high]
    titles = [line for line in region if len(line.words) == 1 and line.words[0] in wide]
    left = min((line.box.left for line in region if line not in titles), default=0.0)
    if not figures or len(figures) < len(free) or any(t.box.left > (left + start) / 2 for t in titles):
        return Columns([])
    if any(_stands_alone(line, start, DIGIT_HEIGHT * high) for line in region):
        return Columns([])
    extents = [extent_of(group) for group in group_centres(figures, height)]
    is_parted = all(b[0] - a[1] > 0 for a, b in pairwise(extents))
    return Columns(extents, region[0].box.top - 1.0) if is_parted else Columns([])


def _stands_alone(line: WordLine, start: float, high: float) -> bool:
    """Whether a line shows a figure, apart from the words beside it, left of where the figures should begin."""
    apart = [
        False,
        *(b.left - a.right >= WIDE_GAP * max(a.height, b.height) for a, b in pairwise(line.words)),
        True,
    ]
    return any(
        word.left <= start and word.height <= high and apart[i] and apart[i + 1]
        for i, word in enumerate(line.words)
    )


def _find_heads(
    region: Sequence[WordLine], given: Sequence[Box], wrapped: float, height: float
) -> tuple[Extents, float]:
    """Extents of the header's lowest words, left to right, and where they end.

    wrapped: second lines of words follow on the first this closely, pixels.
    Most stand on one line or around it, as some need two lines and others one; those that head the outer columns
    may stand higher. They are as high as labels, where figures are lower.
    """
    stacks = _stack_lines(given, DIGIT_HEIGHT * label_height(region, height), wrapped, height)
    words = [w for w in stacks if _is_head(w, region, height)]
    others = [w for w in stacks if w.width >= _HEADER_WIDTH * height and w not in words]
    best: list[Box] = []
    for lowest in words:
        level = [w for w in words if abs(w.center_y - lowest.center_y) < _SAME_LINE * height]
        start = min(w.left for w in level)
        between = [
            w for w in others if w.left > start and abs(w.center_y - lowest.center_y) < _SAME_LINE * height
        ]
        if len(level) > len(best) and not between and not _is_phrase(level, height):
            best = sorted(level, key=lambda w: w.left)
    if not best:
        return [], -math.inf
    top, left, right = best[0].center_y - _HEADER_LINES * height, best[0].left, best[-1].right
    coarse = [word for line in region for word in line.words]
    higher = [w for w in stacks if _is_head(w, region, height) and top < w.center_y < best[0].center_y]
    before = _lowest([w for w in higher if w.right < left], height)
    behind = _lowest([w for w in higher if w.left > right], height)
    heads = [*before, *best, *behind]
    if (len(best) < LATTICE and len(heads) <= LATTICE) or _is_below_figures(heads, coarse, height):
        return [], -math.inf
    return [(w.left, w.right) for w in heads], max(w.bottom for w in heads)


def _is_below_figures(heads: Sequence[Box], words: Sequence[Box], height: float) -> bool:
    """Whether most have narrow words above them, as the figures of a last row have; a header's words stand higher."""
    above = [w for w in words if w.width <= NUMBER_WIDTH * height]
    topped = [
        head
        for head in heads
        if any(
            w.bottom < head.top - _SAME_LINE * height and overlap(w.left, w.right, head.left, head.right) > 0
            for w in above
        )
    ]
    return len(topped) > len(heads) / 2


def _lowest(words: Sequence[Box], height: float) -> list[Box]:
    """Words without those that stand above others, from left to right."""
    reach = _SAME_LINE * height
    return sorted(
        (
            w
            for w in words
            if not any(
                o.center_y > w.center_y + reach
                and overlap(w.left - reach, w.right + reach, o.left, o.right) > 0
                for o in words
            )
        ),
        key=lambda w: w.left,
    )


def _is_head(word: Box, region: Sequence[WordLine], height: float) -> bool:
    """Whether a word may head a column of numbers."""
    fits = _HEADER_WIDTH * height <= word.width <= NUMBER_WIDTH * height
    return fits and not _is_over_labels(word, region, height)


def _stack_lines(words: Sequence[Box], high: float, wrapped: float, height: float) -> list[Box]:
    """Words higher than `high` with the lines that run on under them, a single character of which may be lower."""
    stacks: list[Box] = []
    for word in sorted((w for w in words if w.height >= _SAME_LINE * height), key=lambda w: w.top):
        for i, stack in enumerate(stacks):
            is_next = -_SAME_LINE * height < word.top - stack.bottom < wrapped
            is_next &= stack.width <= NUMBER_WIDTH * height
            if is_next and abs(word.center_x - stack.center_x) < _SAME_LINE * height:
                stacks[i] = stack.union(word)
                break
        else:
            if word.height > high:
                stacks.append(word)
    return stacks


def _is_phrase(words: Sequence[Box], height: float) -> bool:
    """Whether most words, all of one line, stand as close as those that brackets part in one phrase."""
    if len(words) > 2 * LATTICE or any(w.height > _TWO_LINES * height for w in words):
        return False
    order = sorted(words, key=lambda w: w.left)
    gaps = [b.left - a.right for a, b in pairwise(order)]
    return min(gaps, default=0.0) < 0 or sum(gap < height for gap in gaps) > len(gaps) / 2


def _is_over_labels(head: Box, region: Sequence[WordLine], height: float) -> bool:
    """Whether long words stand below one, or such as begin left of it and reach under it: as labels of rows do.

    A single line of nothing but words may be a note under the table.
    """
    found = 0
    for line in region:
        if line.box.center_y <= head.bottom:
            continue
        if any(
            word.top > head.bottom
            and word.height >= _SAME_LINE * height
            and overlap(head.left, head.right, word.left, word.right) > 0
            and (word.width > NUMBER_WIDTH * height or word.left < head.left - height)
            for word in line.words
        ):
            found += 2 if line.is_tabular else 1
    return found > 1


def _under_heads(heads: Extents, words: Sequence[Box], height: float) -> Extents:
    """A column for every header word, as wide as the figures under it."""
    centres = np.array([(low + high) / 2 for low, high in heads])
    pitch = float(np.diff(centres).min())
    shift = _measure_shift(heads, words, pitch, height)
    columns = list(heads)
    for word in words:
        place = word.center_x if shift is None else word.right - shift
        away = np.abs(centres - place)
        home = int(away.argmin())
        if away[home] < _NEAR_PITCH * pitch:
            low, high = columns[home]
            columns[home] = min(low, word.left), max(high, word.right)
    return columns


def _measure_shift(heads: Extents, words: Sequence[Box], pitch: float, height: float) -> float | None:
    """How far right of its header's middle figures end that are set flush right; None where they are centred.

    The last column tells: behind it there is no other that its figures could belong to.
    """
    middle = (heads[-1][0] + heads[-1][1]) / 2
    last = [w for w in words if w.left > heads[-2][1] and w.center_x > middle - _NEAR_PITCH * pitch]
    if len(last) < _SOME_FIGURES:
        return None
    ends = [w.right for w in last]
    off = float(np.median([w.center_x for w in last])) - middle
    spread = float(np.ptp(np.percentile(ends, (10, 90))))
    is_flush = spread <= _FLUSH * height and off > _OFF_PITCH * pitch
    return float(np.median(ends)) - middle if is_flush else None


def _add_unnamed(columns: Extents, figures: Sequence[Box], height: float) -> Extents:
    """The columns with those of figures between and behind them whose header words stand one under the other."""
    free = [
        w
        for w in figures
        if w.left > columns[0][1] and not any(overlap(w.left, w.right, *c) > 0 for c in columns)
    ]
    lines = len({round(w.center_y / height) for w in figures})
    groups = [extent_of(group) for group in group_centres(free, height) if len(group) >= _MOST_LINES * lines]
    return sorted([*columns, *groups])


def _beside_heads(columns: Extents, words: Sequence[Box], wide: Sequence[Box], height: float) -> Extents:
    """The columns with those of figures left and right of them, whose header stands on the page before."""
    free = [w for w in words if w.right < columns[0][0] or w.left > columns[-1][1]]
    groups = [extent_of(group) for group in group_centres(free, height) if len(group) >= _SOME_FIGURES]
    start = max((w.right for w in wide if w.left < columns[0][0]), default=-math.inf)
    return sorted([*columns, *(ends for ends in groups if ends[0] > start)])


def _add_lone(kept: Extents, words: Sequence[Box], height: float) -> Extents:
    """The columns with those between and behind them of which hardly a line shows anything but its header.

    A header word of one line beside those of two (总计 beside 结果维持) has a line to itself, and under it
    stands a single figure or none. What is narrower than two characters is no header word.
    """
    pitch = min((b[0] + b[1] - a[0] - a[1]) / 2 for a, b in pairwise(kept)) if len(kept) > 1 else 0.0
    free = [
        word
        for word in words
        if word.left > kept[0][1] and all(overlap(word.left, word.right, *ends) <= 0 for ends in kept)
    ]
    lone = [
        extent_of(group)
        for group in group_centres(free, height)
        if max(word.width for word in group) >= _HEADER_WIDTH * height
    ]
    centres = [(low + high) / 2 for low, high in kept]
    fitting = [
        ends
        for ends in lone
        if all(abs((ends[0] + ends[1]) / 2 - centre) >= LEAST_PITCH * pitch for centre in centres)
    ]
    return sorted([*kept, *fitting])


def _count_gaps(words: Sequence[Box]) -> int:
    pairs = pairwise(words)
    return sum(1 for a, b in pairs if b.left - a.right >= WIDE_GAP * max(a.height, b.height))
