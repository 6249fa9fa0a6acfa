"""Lines of a table that hardly show: rows of short dashes, figures between two lines of their label, long labels.

A short dash alone is a speck, a figure alone may be a page's number, words alone may be prose: what stands beside
them tells. All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.layout.text_columns import NUMBER_WIDTH
from extractor.values.geometry import Box, overlap
from extractor.values.level import Level
from extractor.values.words import WIDE_GAP, WordLine

#: Dashes stand on one level, and on that of the words beside them, give or take this, in heights of a character.
_SAME_LEVEL = 0.25
#: So many figures and dashes on one level make a row.
_FEWEST = 2
#: What is lower than this, in heights of a character, is no dash: the edge of the sheet, dust.
_LEAST_HEIGHT = 0.08
#: Words no higher than this, in heights of a character, on a level of their own may be the pieces of a ruling.
_SCRAP_HEIGHT = 0.12
#: The lines of labels that show no figure follow each other this closely, in heights of a character.
_CLOSE = 2.0
#: A line that follows as closely as this belongs to the row above it.
_NEXT_LINE = 0.8
#: Rows are no further apart than so many times what is usual: the labels of some take two lines.
#: ±20 %: nothing, of 13 scans one of which has such a row.
_NEXT_ROW = 1.5


def keep_dashes(low: Sequence[Box], words: Sequence[Box], height: float) -> list[Box]:
    """Those short dashes that stand in a row: with others or with figures on one level, far from each other."""
    kept = []
    for dash in (found for found in low if found.height >= _LEAST_HEIGHT * height):
        level = [
            w
            for w in (*low, *words)
            if abs(w.center_y - dash.center_y) < _SAME_LEVEL * height and w.width <= NUMBER_WIDTH * height
        ]
        order = sorted(level, key=lambda w: w.left)
        apart = sum(b.left - a.right >= WIDE_GAP * height for a, b in pairwise(order))
        crowded = any(
            w is not dash and max(w.left - dash.right, dash.left - w.right) < WIDE_GAP * height
            for w in words
            if abs(w.center_y - dash.center_y) < height
        )
        if apart >= _FEWEST - 1 and not crowded:
            kept.append(dash)
    return kept


def drop_scraps(lines: Sequence[WordLine], height: float) -> list[WordLine]:
    """The lines without what is left of rulings that nothing tracked: too low for dashes where no row has room.

    Such pieces lie under the words of one row and over those of the next; dashes of a row whose label takes two lines
    stand right of both.
    """
    high = [line for line in lines if max(w.height for w in line.words) > _SCRAP_HEIGHT * height]
    kept = {id(line) for line in high}
    for line in lines:
        if id(line) in kept:
            continue
        y = line.box.center_y
        above = max((o for o in high if o.box.center_y < y), key=lambda o: o.box.center_y, default=None)
        below = min((o for o in high if o.box.center_y > y), key=lambda o: o.box.center_y, default=None)
        is_row = above is None or below is None or below.box.top - above.box.bottom >= height
        if is_row or not (_lies_along(line, above) and _lies_along(line, below)):
            kept.add(id(line))
    return [line for line in lines if id(line) in kept]


def _lies_along(line: WordLine, other: WordLine | None) -> bool:
    """Whether a word of a line lies over or under one of another line."""
    return other is not None and any(
        overlap(a.left, a.right, b.left, b.right) > 0 for a in line.words for b in other.words
    )


def is_beside_label(line: WordLine, lines: Sequence[WordLine], height: float) -> bool:
    """Whether a line of nothing but figures stands between the lines of a label left of it, and reaches into one."""
    if any(w.width > NUMBER_WIDTH * height for w in line.words):
        return False
    return any(
        other is not line
        and min(other.box.bottom, line.box.bottom) > max(other.box.top, line.box.top)
        and line.box.left - other.box.right >= WIDE_GAP * height
        for other in lines
    )


def are_labels(lines: Sequence[WordLine], table: Sequence[WordLine], height: float) -> bool:
    """Whether lines that follow closely on a table stand left of its last figures, as labels of blank rows do."""
    last = [line.words[-1] for line in table if line.is_tabular]
    figures = [w.left for w in last if w.width <= NUMBER_WIDTH * height]
    if not figures or not lines:
        return False
    gaps = [b.box.top - a.box.bottom for a, b in pairwise([table[-1], *lines])]
    # The last lines of some labels are as narrow as figures, and stand beside a bracket.
    start = float(np.median(figures))
    return all(line.box.right < start for line in lines) and max(gaps) < _CLOSE * height


def find_last_labels(
    after: Sequence[WordLine], table: Sequence[WordLine], levels: Sequence[Level], height: float
) -> list[WordLine]:
    """Those lines after a table's last figures that are labels of blank rows, or the rest of its last label.

    One figure alone where the next row would be belongs to it, too: its label stands overleaf.

    levels: horizontal rulings of the page; one of the table's width ends it.
    """
    left, right = min(line.box.left for line in table), max(line.box.right for line in table)
    bottom = table[-1].box.center_y
    ends = min((e.y for e in levels if e.y > bottom and e.runs_along(left, right)), default=np.inf)
    found: list[WordLine] = []
    for line in after:
        is_own = are_labels([*found, line], table, height) or _is_next_figure(line, [*table, *found], height)
        if line.box.center_y > ends or not is_own:
            break
        found.append(line)
    return found or [line for line in after[:1] if line.box.top - table[-1].box.bottom < _NEXT_LINE * height]


def _is_next_figure(line: WordLine, table: Sequence[WordLine], height: float) -> bool:
    """Whether a line is one figure under those that a table's rows end in, as far below the last as rows stand apart.

    A page's number stands further off.
    """
    (figure, *others), rows = line.words, [row for row in table if row.is_tabular]
    if others or figure.width > NUMBER_WIDTH * height or len(rows) <= _FEWEST:
        return False
    under = [
        row for row in rows if overlap(row.words[-1].left, row.words[-1].right, figure.left, figure.right) > 0
    ]
    step = float(np.median(np.diff([row.box.center_y for row in rows])))
    return len(under) > _FEWEST and line.box.center_y - rows[-1].box.center_y < _NEXT_ROW * step
