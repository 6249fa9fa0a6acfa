"""Horizontal rulings without verticals → the areas of a page that are tables, and the words without their remains.

A table whose rulings only part its head from its body, or its rows from each other, begins and ends with a ruling of
its full width. What stands between two of them belongs together, however few figures it shows.
All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extractor.ink.glyphs import Ink, Ints, inside_table
from extractor.values.geometry import Box, overlap
from extractor.values.labels import PageLabels
from extractor.values.level import Level
from extractor.values.words import WordLine

#: Rulings of one table end within so many heights of a character of each other.
_SAME_END = 2.0
#: A table is at least so wide, in heights of a character, and a ruling is seen along this share of it.
_LEAST_WIDTH, _SEEN = 15.0, 0.8
#: A line of one word that takes this share of a table's width is prose.
_PROSE = 0.75
#: What runs through words along this share of its length is no ruling.
_WRITTEN = 0.5
#: A heading is as long as this and indented as much, in heights of a character.
_TITLE_WIDTH, _INDENT = 11.0, 1.2
#: Rulings part rows of one height, give or take this share of it, where so many bands between them are as high.
_SAME_PITCH, _EVEN = 0.15, 6
#: A title and what stands below it take so many lines at least and so many words at most, and it is so wide at least,
#: in heights of a character.
_CAPTION, _CAPTION_WIDTH = (2, 5), 4.5
#: Lines that share more than this of the lower one's height stand beside each other.
_SHARED = 0.15
#: A pixel is of a ruling from this on, 0 to 255, which runs down a table along so large a share of its height at
#: least; and so many pixels of the labels at a table's rim tell nothing.
#: Twenty tables without verticals show one along 0 to .18 of their height, those with lost ones .69 to .94.
_TOLD, _DOWN, _MARGIN = 128, 0.35, 3
#: Less than this, in heights of a character, between two rulings is a double ruling.
_EMPTY_ROW = 0.6
#: Specks this low beside a character, and no further from a ruling than this, are what is left of it.
_REMAINS, _BESIDE = 0.35, 0.25
#: Words so many times as wide as high are no figures; those less wide are, beside words of two characters.
_NOTE, _FIGURE = 6.0, 1.4
#: A heading is so many times as wide as high.
_HEADING = 4.0
#: Ink further outside a table's rulings than this, in heights of a character, is not its own.
_OUTSIDE = 1.5


@dataclass(frozen=True, slots=True)
class Area:
    """A table between its first and its last ruling; edges: its rulings of full width, from top to bottom."""

    left: float
    right: float
    edges: tuple[float, ...]

    def holds(self, line: WordLine) -> bool:
        """Whether the middle of a line lies between the first and the last ruling."""
        return self.edges[0] < line.box.center_y < self.edges[-1]

    def is_past(self, line: WordLine, above: WordLine) -> bool:
        """Whether a line below the last ruling is no row whose own ruling was missed.

        above: the table's last line; a note follows on figures that a ruling ends.
        """
        if line.box.top < self.edges[-1]:
            return False
        is_ended = self.holds(above) and min(word.width for word in above.words) < _FIGURE * above.box.height
        is_note = all(word.width > _NOTE * word.height for word in line.words[1:])
        # A heading is a single word, as a row that shows no figure is; the last ruling ends the rows.
        is_note &= len(line.words) > 1 or line.box.width > _HEADING * line.box.height
        return (is_ended and is_note) or _is_prose(line, self.right - self.left)


def group_levels(levels: Sequence[Level], height: float) -> list[list[Level]]:
    """Rulings seen along their whole length, those that end alike together, each group from top to bottom.

    They begin where the label of their row does, right of the brackets that stand beside several.
    """
    groups: list[list[Level]] = []
    for level in sorted(levels, key=lambda found: found.y):
        seen = sum(end - start for start, end in level.extents)
        length = level.right - level.left
        if length < _LEAST_WIDTH * height or seen < _SEEN * length:
            continue
        home = next((g for g in groups if abs(g[-1].right - level.right) < _SAME_END * height), None)
        if home is None:
            groups.append([level])
        else:
            home.append(level)
    return [group for group in groups if len(group) > 1]


def find_areas(
    levels: Sequence[Level],
    lines: Sequence[WordLine],
    height: float,
    is_heading: Callable[[WordLine], bool],
) -> list[Area]:
    """The tables between rulings of their full width, top to bottom.

    A heading, prose or nothing at all between two of them parts tables.
    """
    areas = []
    for group in group_levels([e for e in levels if not _is_written(e, lines)], height):
        left, right = min(e.left for e in group), max(e.right for e in group)
        edges: list[float] = [group[0].y]
        pitch = _find_pitch(group)
        for upper, lower in pairwise(group):
            between = [line for line in lines if upper.y < line.box.center_y < lower.y]
            is_whole = max(upper.left, lower.left) < left + _SAME_END * height
            marked = [
                is_heading(line) or (_is_prose(line, right - left) and not _is_label(line, between))
                for line in between
            ]
            parts = _are_parted(between, marked)
            # No row is without any word: what is empty lies between two tables.
            parts |= is_whole and not between and lower.y - upper.y >= _EMPTY_ROW * height
            parts |= is_whole and _is_captioned(between, height)
            is_row = bool(between) and abs(lower.y - upper.y - pitch) < _SAME_PITCH * pitch
            if not is_row and (parts or (is_whole and _is_title(between, left, right, height))):
                areas.append(Area(left, right, tuple(edges)))
                edges = []
            edges.append(lower.y)
        areas.append(Area(left, right, tuple(edges)))
    areas = [area for area in areas if len(area.edges) > 1]
    return sorted(areas, key=lambda area: area.edges[0])


def has_verticals(area: Area, labels: PageLabels) -> bool:
    """Whether a ruling is seen that runs down a part of a table: its others are lost, rather than never drawn."""
    scale = labels.scale
    top, bottom = int(area.edges[0] / scale) + _MARGIN, int(area.edges[-1] / scale) - _MARGIN
    left, right = int(area.left / scale) + _MARGIN, int(area.right / scale) - _MARGIN
    inner = labels.down[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] >= _TOLD
    return bool(inner.size) and float(inner.mean(axis=0).max()) > _DOWN


def _is_captioned(lines: Sequence[WordLine], height: float) -> bool:
    """Whether a title has the first of a few lines to itself, and what is below it is no header of many words."""
    if len(lines) < _CAPTION[0] or sum(len(line.words) for line in lines) > _CAPTION[1]:
        return False
    first, rest = lines[0], lines[1:]
    is_long = len(first.words) == 1 and first.box.width >= _CAPTION_WIDTH * height
    return is_long and all(line.box.top >= first.box.bottom - _SHARED * first.box.height for line in rest)


def _find_pitch(group: Sequence[Level]) -> float:
    """How far the rulings of rows of one height lie from each other, pixels; 0 where too few do."""
    steps = np.diff([level.y for level in group])
    usual = float(np.median(steps))
    return usual if (np.abs(steps - usual) < _SAME_PITCH * usual).sum() >= _EVEN else 0.0


def _are_parted(lines: Sequence[WordLine], marked: Sequence[bool]) -> bool:
    """Whether one of the marked lines between two rulings parts tables: no rows stand both above and below it."""
    tabular = [i for i, line in enumerate(lines) if line.is_tabular]
    inner = range(tabular[0] + 1, tabular[-1]) if tabular else range(0)
    return any(
        is_marked and i not in inner and not _is_beside(lines[i], lines) for i, is_marked in enumerate(marked)
    )


def _is_beside(line: WordLine, lines: Sequence[WordLine]) -> bool:
    """Whether a line stands beside another, as those of a header's columns do; a heading has its height alone.

    What stands over its words is no other's: a heading that is printed twice.
    """
    return any(
        overlap(line.box.top, line.box.bottom, other.box.top, other.box.bottom)
        > _SHARED * min(line.box.height, other.box.height)
        and not any(overlap(a.left, a.right, b.left, b.right) > 0 for a in line.words for b in other.words)
        for other in lines
        if other is not line
    )


def _is_written(level: Level, lines: Sequence[WordLine]) -> bool:
    """Whether a ruling is the strokes of a line of text."""
    words = [word for line in lines for word in line.words if word.top < level.y < word.bottom]
    covered = sum(overlap(level.left, level.right, word.left, word.right) for word in words)
    return covered > _WRITTEN * (level.right - level.left)


def _is_title(lines: Sequence[WordLine], left: float, right: float, height: float) -> bool:
    """Whether what stands between rulings is a heading as high as the table's type, or a note that begins outside.

    Both are long and not centred; a heading is indented.
    """
    return not any(line.is_tabular for line in lines) and any(
        line.box.width >= _TITLE_WIDTH * height
        and not left - height <= line.box.left <= left + _INDENT * height
        and abs(line.box.center_x - (left + right) / 2) > height
        and not _is_label(line, lines)
        for line in lines
    )


def _is_prose(line: WordLine, width: float) -> bool:
    return max(word.width for word in line.words) >= _PROSE * width


def _is_label(line: WordLine, lines: Sequence[WordLine]) -> bool:
    """Whether figures stand right of a line, level with a part of it: those of a row whose label takes two lines."""
    return any(
        other.box.left >= line.box.right
        and overlap(line.box.top, line.box.bottom, other.box.top, other.box.bottom) > 0
        for other in lines
    )


def is_remains(boxes: Ints, levels: Sequence[Level], height: float) -> NDArray[np.bool_]:
    """Which components are pieces of a ruling that was not erased whole."""
    out = np.zeros(len(boxes), dtype=bool)
    low = np.flatnonzero(boxes[:, 3] - boxes[:, 1] < _REMAINS * height)
    middle = (boxes[low, 1] + boxes[low, 3]) / 2
    for level in (level for group in group_levels(levels, height) for level in group):
        near = np.abs(middle - level.y) < _BESIDE * height
        along = (boxes[low, 2] > level.left - height) & (boxes[low, 0] < level.right + height)
        out[low[near & along]] = True
    return out


def outside_levels(levels: Sequence[Level], tables: Sequence[Box], height: float) -> list[Level]:
    """Rulings that are no part of these tables."""
    return [
        level
        for level in levels
        if not any(
            table.top - height < level.y < table.bottom + height
            and overlap(level.left, level.right, table.left, table.right) > 0
            for table in tables
        )
    ]


def list_spans(levels: Sequence[Level], height: float) -> list[Box]:
    """What lies between the first and the last of rulings that end alike: tables, and the headings between them."""
    return [
        Box(min(e.left for e in group), group[0].y, max(e.right for e in group), group[-1].y)
        for group in group_levels(levels, height)
    ]


def part_by_type(ink: Ink, levels: Sequence[Level]) -> list[Ink]:
    """The ink outside rulings and that between them, with a glyph height of its own where its type is smaller."""
    spans = list_spans(levels, ink.glyph_height)
    heights = [inside_table(ink, span).glyph_height for span in spans]
    if not heights or min(heights) >= ink.glyph_height:
        return [ink]
    y = (ink.boxes[:, 1] + ink.boxes[:, 3]) / 2
    within = np.zeros(len(y), dtype=bool)
    for span in spans:
        within |= (y > span.top) & (y < span.bottom)
    inner = replace(ink, boxes=ink.boxes[within], glyph_height=min(heights))
    return [replace(ink, boxes=ink.boxes[~within]), inner]


def without_remains(ink: Ink, tables: Sequence[Box], levels: Sequence[Level]) -> Ink:
    """The ink without what is left of rulings in these tables, whose cells end where the rulings run."""
    boxes = ink.boxes
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    inside = np.zeros(len(boxes), dtype=bool)
    for box in tables:
        inside |= (x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom)
    return replace(ink, boxes=boxes[~(inside & is_remains(boxes, levels, ink.glyph_height))])


def is_outside(boxes: Ints, levels: Sequence[Level], height: float) -> NDArray[np.bool_]:
    """Which components stand beside a table, left or right of the rulings above and below: the edge of the sheet."""
    out = np.zeros(len(boxes), dtype=bool)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    groups = group_levels(levels, height)
    left = min((level.left for group in groups for level in group), default=0.0)
    right = max((level.right for group in groups for level in group), default=0.0)
    for group in groups:
        within = (middle > group[0].y) & (middle < group[-1].y)
        beside = (boxes[:, 2] < left - _OUTSIDE * height) | (boxes[:, 0] > right + _OUTSIDE * height)
        out |= within & beside
    return out
