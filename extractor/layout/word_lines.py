"""Ink of a page → its words, and the lines on which they stand.

All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.ink.glyphs import Ink, Ints
from extractor.layout.faint_lines import drop_scraps, keep_dashes
from extractor.layout.plain import join_level
from extractor.layout.ruled_areas import group_levels, is_outside, is_remains
from extractor.values.geometry import Box, overlap
from extractor.values.level import Level
from extractor.values.words import WordLine

#: Gap between words of one line, in heights of a character.
_WORD_GAP = 0.75
#: A stroke at least so high, in heights of a character, and no wider than this share of its height is no character.
_STROKE_HEIGHT, _STROKE_WIDTH = 1.2, 0.15
#: Less wide and less high than these, in heights of a character, is a speck.
_SPECK = 0.4, 0.3
#: So wide and so low, in heights of a character, is a ruling that was not erased.
_RULE_WIDTH, _RULE_HEIGHT = 8.0, 0.5
#: A hyphen that stands for nothing is so wide, in heights of a character, and so much wider than high.
_DASH_WIDTH, _DASH_ASPECT = 0.22, 1.8


def find_glyphs(ink: Ink, excluded: Sequence[Box], levels: Sequence[Level]) -> Ints:
    """Components that may be writing, outside the excluded areas."""
    boxes = ink.boxes
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    keep = (heights <= 3.2 * ink.glyph_height) & (heights + widths >= 0.3 * ink.glyph_height)
    # What is left of a vertical ruling would join the words to both of its sides.
    keep &= (heights < _STROKE_HEIGHT * ink.glyph_height) | (widths > _STROKE_WIDTH * heights)
    keep &= ~is_remains(boxes, levels, ink.glyph_height) & ~is_outside(boxes, levels, ink.glyph_height)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    for box in excluded:
        keep &= ~((x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom))
    return boxes[keep]


def find_word_lines(ink: Ink, excluded: Sequence[Box], levels: Sequence[Level]) -> list[WordLine]:
    height = ink.glyph_height
    spans = [(group[0].y, group[-1].y) for group in group_levels(levels, height)]
    words: list[Box] = []
    low: list[Box] = []
    for word in join_words(find_glyphs(ink, excluded, levels), height):
        is_high = word.height >= _SPECK[1] * height or word.width >= _SPECK[0] * height
        # A short dash is no more than a speck anywhere but in a table.
        is_within = any(top < word.center_y < bottom for top, bottom in spans)
        (words if is_high or is_within else low).append(word)
    words += keep_dashes(low, words, height)
    lines: list[list[Box]] = []
    for word in sorted(words, key=lambda b: b.center_y):
        home = next((line for line in reversed(lines[-6:]) if _level(line, word)), None)
        if home is None:
            lines.append([word])
        else:
            home.append(word)
    out = []
    for members in lines:
        members.sort(key=lambda b: b.left)
        box = members[0]
        for word in members[1:]:
            box = box.union(word)
        out.append(WordLine(tuple(members), box))
    return drop_scraps(join_level(out, height), height)


def _level(line: Sequence[Box], word: Box) -> bool:
    near = min(line, key=lambda b: abs(b.center_x - word.center_x))
    return abs(near.center_y - word.center_y) < 0.4 * max(near.height, word.height) and not any(
        overlap(b.left, b.right, word.left, word.right) > 0.3 * min(b.width, word.width) for b in line
    )


def join_words(boxes: Ints, height: float, gap: float = _WORD_GAP) -> list[Box]:
    """Glyphs joined to words: pieces of one character first, then neighbours on a level."""
    words: list[list[float]] = []
    for glyph in boxes[np.argsort(boxes[:, 0], kind="stable")].tolist():
        home = next((word for word in reversed(words[-250:]) if _joins(word, glyph, height, gap)), None)
        if home is None:
            words.append([float(v) for v in glyph])
        else:
            left, top, right, bottom = glyph
            home[:] = [min(home[0], left), min(home[1], top), max(home[2], right), max(home[3], bottom)]
    return [Box(*word) for word in words if _is_written(word[2] - word[0], word[3] - word[1], height)]


def _is_written(wide: float, high: float, height: float) -> bool:
    """No speck and no ruling: as high as a digit's half, as wide as a dash, or a short dash."""
    if wide >= _RULE_WIDTH * height and high < _RULE_HEIGHT * height:
        return False
    is_dash = wide >= _DASH_WIDTH * height and wide >= _DASH_ASPECT * high
    return wide >= _SPECK[0] * height or high >= _SPECK[1] * height or is_dash


def _joins(word: Sequence[float], glyph: Sequence[int], height: float, gap: float) -> bool:
    left, top, right, bottom = glyph
    tall, wide = bottom - top, right - left
    word_tall = word[3] - word[1]
    size = max(0.8 * height, tall, word_tall)
    if left - word[2] >= gap * size or max(bottom, word[3]) - min(top, word[1]) > max(
        1.9 * height, 1.25 * word_tall
    ):
        return False
    if min(bottom, word[3]) - max(top, word[1]) > 0.35 * min(tall, word_tall):
        return True
    # Strokes of 二 or 三 stand above each other; a comma hangs below the line it belongs to.
    word_wide = word[2] - word[0]
    if overlap(left, right, word[0], word[2]) > 0.5 * min(wide, word_wide) and wide < 1.5 * size:
        # Strokes of one character are no higher together than it is wide; two lines are.
        together = max(bottom, word[3]) - min(top, word[1])
        is_one = together <= max(1.35 * height, wide, word_wide)
        near = max(top - word[3], word[1] - bottom) < 0.9 * height
        return is_one and near and word_wide < 1.6 * max(size, 1.2 * height)
    small = max(tall, wide) < 0.5 * size
    return small and word[1] - 0.1 * size <= (top + bottom) / 2 <= word[3] + 0.35 * size
