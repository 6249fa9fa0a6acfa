"""Tables without rulings: rows and columns from the alignment of words.

Prose has no wide gaps in its lines; a table's lines do. Numbers stand under each other, so their centres give
the columns; lines of a label that carry no number belong to the row whose number they surround. The result is
an ordinary grid, so that everything after it need not know how a table was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.bands import Level
from extractor.geometry import Box, overlap
from extractor.glyphs import Ink, Ints
from extractor.grids import Grid, GridCell
from extractor.plain import WIDE_GAP, WordLine, build_plain
from extractor.text_rows import LABEL_GAP, NUMBER_WIDTH, find_row_edges

#: Gap between words of one line, in heights of a character.
_WORD_GAP = 0.75
#: Lines without a wide gap that a table may hold in a row (titles across, long labels).
_PLAIN_LINES = 8
#: Fewest tabular lines of a table, or fewest words of a single one.
_MIN_LINES, _MIN_WORDS = 3, 6
#: A ruling belongs to lines no further from it than this, in heights of a character.
_RULED_OFF = 2.0
#: Columns from this number on are a lattice of numbers under one header.
_LATTICE = 5
#: A column that few lines show stands off the others by this share of their least distance.
_LEAST_PITCH = 0.7
#: Two characters are at least this wide, in heights of a character.
_HEADER_WIDTH = 1.4
#: A stroke at least so high, in heights of a character, and no wider than this share of its height is no character.
_STROKE_HEIGHT, _STROKE_WIDTH = 1.2, 0.15
#: Words this much taller than the table's are headings between tables.
_HEADING_HEIGHT = 1.22


def find_text_grids(ink: Ink, excluded: Sequence[Box], levels: Sequence[Level] = ()) -> list[Grid]:
    """Grids of borderless tables on a straight page, top to bottom, outside the excluded areas.

    levels: horizontal rulings of the page; where they part the figures of a table they part its rows.
    """
    lines = _find_lines(ink, excluded)
    grids = []
    for region in _regions(lines, ink.glyph_height, excluded, levels):
        grid = _build(region, ink.glyph_height, levels)
        if grid is not None:
            grids.append(grid)
    return grids


def _find_lines(ink: Ink, excluded: Sequence[Box]) -> list[WordLine]:
    boxes = ink.boxes
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    keep = (heights <= 3.2 * ink.glyph_height) & (heights + widths >= 0.3 * ink.glyph_height)
    # What is left of a vertical ruling would join the words to both of its sides.
    keep &= (heights < _STROKE_HEIGHT * ink.glyph_height) | (widths > _STROKE_WIDTH * heights)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    for box in excluded:
        keep &= ~((x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom))
    words = _join_words(boxes[keep], ink.glyph_height)
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
    return sorted(out, key=lambda line: line.box.center_y)


def _level(line: Sequence[Box], word: Box) -> bool:
    near = min(line, key=lambda b: abs(b.center_x - word.center_x))
    return abs(near.center_y - word.center_y) < 0.4 * max(near.height, word.height) and not any(
        overlap(b.left, b.right, word.left, word.right) > 0.3 * min(b.width, word.width) for b in line
    )


def _join_words(boxes: Ints, height: float) -> list[Box]:
    """Glyphs joined to words: pieces of one character first, then neighbours on a level."""
    words: list[list[float]] = []
    for glyph in boxes[np.argsort(boxes[:, 0], kind="stable")].tolist():
        home = next((word for word in reversed(words[-250:]) if _joins(word, glyph, height)), None)
        if home is None:
            words.append([float(v) for v in glyph])
        else:
            left, top, right, bottom = glyph
            home[:] = [min(home[0], left), min(home[1], top), max(home[2], right), max(home[3], bottom)]
    return [
        Box(*word) for word in words if word[3] - word[1] >= 0.3 * height or word[2] - word[0] >= 0.4 * height
    ]


def _joins(word: Sequence[float], glyph: Sequence[int], height: float) -> bool:
    left, top, right, bottom = glyph
    tall, wide = bottom - top, right - left
    word_tall = word[3] - word[1]
    size = max(0.8 * height, tall, word_tall)
    if left - word[2] >= _WORD_GAP * size or max(bottom, word[3]) - min(top, word[1]) > max(
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


def _regions(
    lines: Sequence[WordLine], height: float, excluded: Sequence[Box], levels: Sequence[Level] = ()
) -> list[list[WordLine]]:
    """Runs of lines that make tables; an excluded area between two lines parts them."""
    regions: list[list[WordLine]] = []
    current: list[WordLine] = []
    plain: list[WordLine] = []
    usual = _table_text_height(lines, height)
    for line in lines:
        if current and _is_between(current[-1].box, line.box, excluded):
            regions.append(current)
            current, plain = [], []
        widest = max(line.words, key=lambda w: w.width)
        tall = _HEADING_HEIGHT * usual < widest.height < 2.2 * usual
        heading = tall and len(line.words) <= 2 and widest.width > 4 * widest.height
        if line.is_tabular and not heading:
            if current and line.box.top - current[-1].box.bottom > 6 * height and len(plain) > 1:
                regions.append(current)
                current, plain = [], []
            # A plain line just above the first tabular one is a title across the table.
            current += plain[-1:] if not current else plain
            plain = []
            current.append(line)
        elif heading or len(plain) >= _PLAIN_LINES:
            if current:
                regions.append(current)
            current, plain = [], []
        elif current or line.box.width < 16 * height:
            plain.append(line)
        else:
            plain = []
    if current:
        regions.append(current + [p for p in plain[:1] if p.box.top - current[-1].box.bottom < 0.8 * height])
    return [r for r in regions if _is_table(r, height) or _is_ruled_off(r, height, levels)]


def _is_between(above: Box, below: Box, areas: Sequence[Box]) -> bool:
    return any(
        above.center_y < area.center_y < below.center_y
        and overlap(area.left, area.right, below.left, below.right) > 0
        for area in areas
    )


def _table_text_height(lines: Sequence[WordLine], height: float) -> float:
    """Height of label text in tabular lines, pixels."""
    labels = [w.height for line in lines if line.is_tabular for w in line.words if w.width > 2 * w.height]
    return float(np.percentile(labels, 30)) if labels else 1.5 * height


def _is_table(region: Sequence[WordLine], height: float) -> bool:
    tabular = [line for line in region if line.is_tabular]
    short = [sum(1 for w in line.words if w.width <= NUMBER_WIDTH * height) for line in tabular]
    return (len(tabular) >= _MIN_LINES and max(short) >= 1) or max(short, default=0) >= _MIN_WORDS


def _is_ruled_off(region: Sequence[WordLine], height: float, levels: Sequence[Level]) -> bool:
    """Whether a ruling runs along a few lines, as under the last rows of a table that a page break cut off."""
    tabular = [line for line in region if line.is_tabular]
    if not tabular:
        return False
    left, right = min(line.box.left for line in tabular), max(line.box.right for line in tabular)
    top, bottom = tabular[0].box.top, tabular[-1].box.bottom
    near = [y for y in levels if top - _RULED_OFF * height < y.y < bottom + _RULED_OFF * height]
    return any(sum(overlap(left, right, *ends) for ends in y.extents) >= 0.8 * (right - left) for y in near)


def _columns(region: Sequence[WordLine], height: float) -> list[tuple[float, float]]:
    """Extents of the number columns of a lattice, left to right; empty when the lines have few words."""
    narrow = [[w for w in line.words if w.width <= NUMBER_WIDTH * height] for line in region]
    rows = [words for words in narrow if _count_gaps(words) >= _LATTICE - 1]
    if not rows:
        return []
    groups = _group_centres([w for row in rows for w in row], height)
    least = max(1, 0.4 * len(rows))
    kept = [_extent(g) for g in groups if len(g) >= least]
    return _add_lone(kept, [w for words in narrow for w in words], height) if kept else []


def _group_centres(words: Sequence[Box], height: float) -> list[list[Box]]:
    """Words that stand under each other, groups from left to right."""
    groups: list[list[Box]] = []
    for word in sorted(words, key=lambda b: b.center_x):
        if groups and word.center_x - float(np.mean([b.center_x for b in groups[-1]])) < 0.9 * height:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _extent(group: Sequence[Box]) -> tuple[float, float]:
    return min(b.left for b in group), max(b.right for b in group)


def _add_lone(
    kept: list[tuple[float, float]], words: Sequence[Box], height: float
) -> list[tuple[float, float]]:
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
        _extent(group)
        for group in _group_centres(free, height)
        if max(word.width for word in group) >= _HEADER_WIDTH * height
    ]
    centres = [(low + high) / 2 for low, high in kept]
    fitting = [
        ends
        for ends in lone
        if all(abs((ends[0] + ends[1]) / 2 - centre) >= _LEAST_PITCH * pitch for centre in centres)
    ]
    return sorted([*kept, *fitting])


def _count_gaps(words: Sequence[Box]) -> int:
    pairs = pairwise(words)
    return sum(1 for a, b in pairs if b.left - a.right >= WIDE_GAP * max(a.height, b.height))


def _build(region: Sequence[WordLine], height: float, levels: Sequence[Level]) -> Grid | None:
    columns = _columns(region, height)
    if len(columns) >= _LATTICE:
        return _build_lattice(region, columns, height, levels)
    return build_plain(region, height)


def _build_lattice(
    region: Sequence[WordLine], columns: list[tuple[float, float]], height: float, levels: Sequence[Level]
) -> Grid | None:
    """Rows at the numbers' heights, or between the rulings there are; header lines above the first."""
    rows = find_row_edges(region, columns, height, levels)
    if not rows:
        return None
    first = columns[0][0] - LABEL_GAP * height
    has_labels = any(word.right <= first + height for line in region for word in line.words)
    left = min(line.box.left for line in region) - height
    right = max(line.box.right for line in region) + height
    middles = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    # Columns that reach into each other still follow each other.
    edges = [float(x) for x in np.maximum.accumulate(np.array([first, *middles, right]))]
    cells = []
    shift = 1 if has_labels else 0
    for r, (top, bottom) in enumerate(pairwise(rows)):
        if bottom - top < 0.3 * height:
            continue
        if has_labels:
            cells.append(GridCell(r, r + 1, 0, 1, Box(left, top, first, bottom)))
        for c in range(len(columns)):
            low = left if c == 0 and not has_labels else edges[c]
            cells.append(GridCell(r, r + 1, c + shift, c + shift + 1, Box(low, top, edges[c + 1], bottom)))
    return Grid(tuple(rows), (left, *edges) if has_labels else (left, *edges[1:]), tuple(cells))
