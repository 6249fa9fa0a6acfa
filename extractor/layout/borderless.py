"""Tables without rulings: rows and columns from the alignment of words.

Prose has no wide gaps in its lines; a table's lines do. Numbers stand under each other, so their centres give
the columns; lines of a label that carry no number belong to the row whose number they surround. The result is
an ordinary grid, so that everything after it need not know how a table was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from extractor.ink.glyphs import Ink
from extractor.ink.type_sizes import LABEL_WIDTH
from extractor.layout.faint_lines import (
    are_labels,
    find_last_labels,
    is_beside_label,
)
from extractor.layout.headed_columns import add_empty, add_last
from extractor.layout.label_cells import lay_labels
from extractor.layout.plain import build_plain
from extractor.layout.ruled_areas import (
    Area,
    find_areas,
    group_levels,
    has_verticals,
    outside_levels,
    part_by_type,
)
from extractor.layout.ruled_off import build_ruled_off
from extractor.layout.text_columns import LATTICE, NUMBER_WIDTH, Columns, find_columns, find_figures
from extractor.layout.text_rows import LABEL_GAP, find_row_edges
from extractor.layout.word_lines import find_glyphs, find_word_lines, join_words
from extractor.values.geometry import Box, overlap
from extractor.values.grid import Grid, GridCell
from extractor.values.labels import PageLabels
from extractor.values.level import Level
from extractor.values.words import WordLine

#: Gap between words of a header whose columns are narrow.
_FINE_GAP = 0.4
#: Lines without a wide gap that a table may hold in a row (titles across, long labels).
_PLAIN_LINES = 8
#: The same where all of them stand left of its figures.
_LABEL_LINES = 16
#: Lines of a label that a page break parts from its row, and how closely they and the rows below follow each other,
#: in heights of a character.
_CUT_LINES, _CUT_GAP = 3, 2.5
#: Tables stand further apart than this, in heights of a character.
_FAR = 6.0
#: Fewest tabular lines of a table, or fewest words of a single one.
_MIN_LINES, _MIN_WORDS = 3, 6
#: A ruling belongs to lines no further from it than this, in heights of a character.
_RULED_OFF = 2.0
#: Long words of a table are labels and, lower, long figures: these percent of them are no higher than labels.
_OF_LABELS = 80
#: Words this much taller than the table's are headings between tables, unless they are taller still.
_HEADING_HEIGHT, _HEADING_MOST = 1.22, 3.2
#: What is lower than this share of a heading's height is no word of it.
_REMNANT = 0.3
#: The words of a heading stand no further apart than this, in heights of its characters.
_HEADING_GAP = 3.0


def find_text_grids(
    ink: Ink,
    excluded: Sequence[Box],
    levels: Sequence[Level] = (),
    labels: PageLabels | None = None,
) -> list[Grid]:
    """Grids of borderless tables on a straight page, top to bottom, outside the excluded areas.

    levels: horizontal rulings of the page; where they part the figures of a table they part its rows. labels: what
    the page's pixels are; None where nothing but its words is known.
    """
    own = outside_levels(levels, excluded, ink.glyph_height)
    parts = part_by_type(ink, own)
    lines = sorted(
        (line for part in parts for line in find_word_lines(part, excluded, own)),
        key=lambda line: line.box.center_y,
    )
    inner = parts[-1]
    fine = join_words(find_glyphs(inner, excluded, own), inner.glyph_height, _FINE_GAP)
    grids = _build_ruled_off(lines, fine, own, inner.glyph_height, labels)
    tables = [grid.box for grid in grids]
    excluded = [*excluded, *tables]
    own, levels = (outside_levels(found, tables, ink.glyph_height) for found in (own, levels))
    lines = [
        line for line in lines if not any(b.contains(line.box.center_x, line.box.center_y) for b in tables)
    ]
    spans = group_levels(own, ink.glyph_height)
    for region in _regions(lines, ink.glyph_height, excluded, levels, own):
        top, bottom = region[0].box.top, max(line.box.bottom for line in region)
        is_ruled = any(span[0].y < bottom and top < span[-1].y for span in spans)
        height = inner.glyph_height if is_ruled else ink.glyph_height
        grid = _build(region, [w for w in fine if top <= w.center_y <= bottom], height, levels)
        if grid is not None:
            grids.append(grid)
    return sorted(grids, key=lambda grid: grid.box.top)


def _build_ruled_off(
    lines: Sequence[WordLine],
    fine: Sequence[Box],
    levels: Sequence[Level],
    height: float,
    labels: PageLabels | None,
) -> list[Grid]:
    """The tables between rulings that end alike, and in which none runs down."""
    groups = group_levels(levels, height)
    ruled = [line for line in lines if any(g[0].y < line.box.center_y < g[-1].y for g in groups)]
    usual = _table_text_height(lines, ruled, height)
    areas = find_areas(levels, lines, height, lambda line: _is_heading(line, usual))
    words = [word for line in lines for word in line.words]
    open_areas = [area for area in areas if labels is None or not has_verticals(area, labels)]
    built = [build_ruled_off(area, words, fine, levels, height) for area in open_areas]
    return [grid for grid in built if grid is not None]


def _regions(
    lines: Sequence[WordLine],
    height: float,
    excluded: Sequence[Box],
    levels: Sequence[Level],
    own: Sequence[Level],
) -> list[list[WordLine]]:
    """Runs of lines that make tables; an excluded area between two lines parts them.

    levels: all horizontal rulings of the page. own: those that belong to no excluded area.
    """
    regions: list[list[WordLine]] = []
    current: list[WordLine] = []
    plain: list[WordLine] = []
    groups = group_levels(own, height)
    ruled = [line for line in lines if any(g[0].y < line.box.center_y < g[-1].y for g in groups)]
    usual = _table_text_height(lines, ruled, height)
    areas = find_areas(own, lines, height, lambda line: _is_heading(line, usual))
    last: Area | None = None
    for line in lines:
        area = next((found for found in areas if found.holds(line)), None)
        is_same, is_next = area is not None and area is last, area is not None and area is not last
        begins = area is not None or (line.is_tabular and not _is_heading(line, usual))
        begins |= bool(current) and is_beside_label(line, plain[-1:] + _after(lines, line), height)
        is_labelled = are_labels(plain, current, height)
        if current:
            gap = line.box.top - (plain if is_labelled else current)[-1].box.bottom
            is_far = begins and not is_same and gap > _FAR * height and (is_next or len(plain) > 1)
            is_past = area is None and last is not None and last.is_past(line, current[-1])
            if (
                is_far
                or is_past
                or (is_next and last is not None)
                or _is_between(current[-1].box, line.box, excluded)
            ):
                regions.append(current)
                current, plain = [], []
        last = area or last
        if begins:
            current += plain if current else _title_lines(plain, line, lines, area, height)
            plain = []
            current.append(line)
        elif _is_heading(line, usual) or len(plain) >= (_LABEL_LINES if is_labelled else _PLAIN_LINES):
            if current:
                regions.append(current)
            current, plain = [], []
        elif current or line.box.width < 16 * height:
            plain.append(line)
        else:
            plain = []
    if current:
        regions.append(current + find_last_labels(plain, current, levels, height))
    return [r for r in regions if _is_table(r, height) or _is_ruled_off(r, height, levels)]


def _after(lines: Sequence[WordLine], line: WordLine) -> list[WordLine]:
    """The line that follows on another."""
    place = next(i for i, other in enumerate(lines) if other is line)
    return list(lines[place + 1 : place + 2])


def _title_lines(
    plain: Sequence[WordLine],
    first: WordLine,
    lines: Sequence[WordLine],
    area: Area | None,
    height: float,
) -> list[WordLine]:
    """Lines above a table's first tabular one that belong to it: a title across, or the rest of a row's label.

    Few lines at the top of a page are the latter: the end of the page before may cut a row between the lines of its
    label.
    """
    if len(plain) <= _CUT_LINES and plain and plain[0] is lines[0]:
        gaps = [b.box.top - a.box.bottom for a, b in pairwise([*plain, first])]
        if max(gaps) < _CUT_GAP * height:
            return list(plain)
    return list(plain[-1:]) if area is None else []


def _is_heading(line: WordLine, usual: float) -> bool:
    widest = max(line.words, key=lambda w: w.width)
    # What is left of a seal beside a heading is no word of it.
    words = [word for word in line.words if word.height > _REMNANT * widest.height]
    is_tall = _HEADING_HEIGHT * usual < widest.height < _HEADING_MOST * usual
    before = max((w.right for w in line.words if w.right <= widest.left), default=widest.left)
    # What stands far right of other words is part of a seal.
    is_tall &= widest.left - before < _HEADING_GAP * widest.height
    is_one = len(words) <= 2 or not WordLine(tuple(words), line.box).is_tabular
    return is_tall and is_one and widest.width > 4 * widest.height


def _is_between(above: Box, below: Box, areas: Sequence[Box]) -> bool:
    return any(
        above.center_y < area.center_y < below.center_y
        and overlap(area.left, area.right, below.left, below.right) > 0
        for area in areas
    )


def _table_text_height(lines: Sequence[WordLine], ruled: Sequence[WordLine], height: float) -> float:
    """Height of label text in tabular lines, pixels; of those between rulings where there are some."""
    inside = [line for line in ruled if line.is_tabular]
    if wide := [w.height for line in inside for w in line.words if w.width >= LABEL_WIDTH * height]:
        return float(np.percentile(wide, _OF_LABELS))
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
    near = [level for level in levels if top - _RULED_OFF * height < level.y < bottom + _RULED_OFF * height]
    return any(level.runs_along(left, right) for level in near)


def _build(
    region: Sequence[WordLine], fine: Sequence[Box], height: float, levels: Sequence[Level]
) -> Grid | None:
    ends = _ruled_ends(region, height, levels)
    columns = find_columns(region, height, fine)
    if ends is not None and len(columns.extents) >= LATTICE and not np.isfinite(columns.end):
        columns = replace(columns, extents=add_last(columns.extents, ends[1]))
    lattice = _build_lattice(region, columns, height, levels) if len(columns.extents) >= LATTICE else None
    if lattice is not None:
        return lattice
    figures = find_figures(region, height) if ends is not None else None
    if ends is not None and figures is not None and figures.extents:
        lattice = _build_lattice(
            region, replace(figures, extents=add_empty(figures.extents, ends[1], height)), height, levels
        )
        if lattice is not None:
            return lattice
    left, right = min(line.box.left for line in region), max(line.box.right for line in region)
    along = [level for level in levels if level.runs_along(left, right)]
    return build_plain(region, height, sorted(level.y for level in along), ends)


def _ruled_ends(
    region: Sequence[WordLine], height: float, levels: Sequence[Level]
) -> tuple[float, float] | None:
    """Where the rulings above, in and below a table begin and end; None where there are none of its width."""
    top, bottom = region[0].box.top - _RULED_OFF * height, region[-1].box.bottom + _RULED_OFF * height
    left, right = min(line.box.left for line in region), max(line.box.right for line in region)
    near = [y for y in levels if top < y.y < bottom and y.left < left + height and y.right > right - height]
    return (min(y.left for y in near), max(y.right for y in near)) if near else None


def _build_lattice(
    region: Sequence[WordLine], found: Columns, height: float, levels: Sequence[Level]
) -> Grid | None:
    """Rows at the numbers' heights, or between the rulings there are; header lines above the first."""
    columns = found.extents
    rows = find_row_edges(region, found, height, levels)
    if not rows:
        return None
    first = columns[0][0] - LABEL_GAP * height
    has_labels = any(w.left < first and w.right <= first + height for line in region for w in line.words)
    left = min(line.box.left for line in region) - height
    right = max(*(line.box.right for line in region), columns[-1][1]) + height
    middles = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    # Columns that reach into each other still follow each other.
    edges = [float(x) for x in np.maximum.accumulate(np.array([first, *middles, right]))]
    bands = [
        (r, top, bottom) for r, (top, bottom) in enumerate(pairwise(rows)) if bottom - top >= 0.3 * height
    ]
    before, cells = (
        lay_labels([w for line in region for w in line.words], bands, left, first, height)
        if has_labels
        else ((), [])
    )
    for r, top, bottom in bands:
        for c in range(len(columns)):
            low = left if c == 0 and not has_labels else edges[c]
            place = c + len(before)
            cells.append(GridCell(r, r + 1, place, place + 1, Box(low, top, edges[c + 1], bottom)))
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Grid(tuple(rows), (*before, *edges) if has_labels else (left, *edges[1:]), tuple(cells))
