"""One page from its straight picture to content: its tables cut into cells, all of it read.

The straight page is the frame in which everything inside works; `PageImage.to_points` leads back to the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractor.ink.despeckling import find_specks, find_written
from extractor.ink.figures import is_figures
from extractor.ink.glyphs import Ink, Ints, bound, find_lines, inside, inside_table, separate_ink, split_lines
from extractor.ink.left_out import count_glyphs, measure_left_out
from extractor.ink.lines_of_cells import find_levels, line_at
from extractor.ink.own_type import keep_own_type
from extractor.ink.shapes import measure_shape
from extractor.ink.wrapped import is_wrapped
from extractor.layout.borderless import find_text_grids
from extractor.layout.gutters import is_run_together, part_cells
from extractor.layout.ruled_areas import list_spans, outside_levels, without_remains
from extractor.reading.running_text import is_running_text
from extractor.seams.engine import FIGURE_SCALE, Gray, OcrEngine, Reading
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.level import Level
from extractor.values.page import (
    Page,
    PageImage,
    PageKind,
    ReadCell,
    Table,
    TextLine,
)
from extractor.values.shape import Shape

#: Horizontal squeeze of prose and labels before reading, and of titles.
PROSE_SCALE, TITLE_SCALE = 0.55, 1.0
#: Lines this much taller than the page's usual ones are titles.
#: ±20 %: 2 statuses.
_TITLE_HEIGHT = 1.22
#: Padding around a crop in heights of its text: number cells want air, prose lines only their ascenders.
#: ±20 %: 9 fields, 15 statuses.
_NUMBER_PAD, _PROSE_PAD = 0.5, 0.18
#: A single line wider than this many heights is not a bare number.
#: ±20 %: 5 statuses.
_NUMBER_ASPECT = 7.0
#: What is left of a seal beside a number and reads as nothing is lower than this, in heights of the number.
#: ±20 %: nothing.
_REMAINS = 0.75
#: Paper between two digits of a number, in heights of one.
_DIGIT_GAP = 0.12
#: Height of a character, in inches, where it is not measured yet.
#: ±20 %: 3 fields, 3 statuses.
_GLYPH_INCH = 0.1


def read_page(
    page_no: int,
    image: PageImage,
    size: tuple[float, float],
    engine: OcrEngine,
    *,
    without: Collection[Grid] = (),
) -> Page:
    """Read every cell and every line of prose of a straight page; size in points.

    without: those of its grids whose rulings count for nothing; these tables are found by the alignment of their
    words alone.
    """
    ink = separate_ink(image.flat, image.labels, image.grids, _list_spans(image, image.grids))
    held = [grid for grid in image.grids if grid not in without]
    ruled = [part_cells(grid, inside_table(ink, grid.box)) for grid in held]
    ruled = [grid for grid in ruled if not is_run_together(grid, inside_table(ink, grid.box))]
    if ruled and tuple(ruled) != image.grids:
        # What is left of a ruling between two cells shows once they are two.
        ink = separate_ink(image.flat, image.labels, ruled, _list_spans(image, ruled))
    boxes = [grid.box for grid in ruled]
    own = keep_own_type(ink, image.flat, image.labels)
    aligned = find_text_grids(own, boxes, image.levels, image.labels)
    levels = outside_levels(image.levels, boxes, ink.glyph_height)
    page = _read_grids(page_no, image, size, engine, ink, (ruled, aligned, levels))
    sentences = [table.grid for table in page.tables if table.grid in aligned and is_running_text(table)]
    if not sentences:
        return page
    aligned = [grid for grid in aligned if grid not in sentences]
    return _read_grids(page_no, image, size, engine, ink, (ruled, aligned, levels))


def _read_grids(
    page_no: int,
    image: PageImage,
    size: tuple[float, float],
    engine: OcrEngine,
    ink: Ink,
    found: tuple[Sequence[Grid], Sequence[Grid], Sequence[Level]],
) -> Page:
    """The page with the tables found, of rulings and of aligned words; levels: rulings across outside the former."""
    ruled, aligned, levels = found
    ink = without_remains(ink, [grid.box for grid in aligned], levels)
    grids = tuple(sorted((*ruled, *aligned), key=lambda grid: grid.box.top))
    plan = _CropPlan(image.flat, ink)
    tables = [plan.add_table(grid) for grid in grids]
    prose = find_lines(ink, [grid.box for grid in grids])
    usual = float(np.median([box.height for box in prose])) if prose else 0.0
    prose_keys = [plan.add_line(box, _PROSE_PAD, _prose_scale(box, usual), None) for box in prose]
    read = plan.read(engine)
    return Page(
        page_no,
        PageKind.SCAN,
        size[0],
        size[1],
        image,
        tuple(
            Table(page_no, grid, tuple(_read_cell(planned, read) for planned in cells))
            for grid, cells in zip(grids, tables, strict=True)
        ),
        tuple(
            TextLine(box, read[key].text, read[key].score)
            for box, key in zip(prose, prose_keys, strict=True)
            if read[key].text.strip()
        ),
    )


def _list_spans(image: PageImage, grids: Sequence[Grid]) -> list[Box]:
    """Areas between horizontal rulings outside the grids."""
    height = _GLYPH_INCH * image.dpi
    return list_spans(outside_levels(image.levels, [grid.box for grid in grids], height), height)


def _prose_scale(box: Box, usual_height: float) -> float:
    """Titles hold names, where one character matters: they are read unsqueezed."""
    return TITLE_SCALE if box.height > _TITLE_HEIGHT * usual_height else PROSE_SCALE


@dataclass(frozen=True, slots=True)
class _PlannedCell:
    cell: GridCell
    ink: Box | None
    lines: tuple[tuple[Box, int], ...]
    is_short: bool
    glyph_share: float
    shape: Shape
    joined: int | None = None
    left_out: float = 0.0
    glyphs: int = 0


class _CropPlan:
    """Collects the crops of a page so that they are read in few batches."""

    def __init__(self, gray: Gray, ink: Ink) -> None:
        self._gray, self._ink = gray, ink
        self._digit = ink.glyph_height
        self._crops: list[tuple[Gray, float]] = []

    def add_table(self, grid: Grid) -> list[_PlannedCell]:
        """Plan the crops of a table's cells; its type may be half as large as the page's."""
        small = min(self._digit, inside_table(self._ink, grid.box).glyph_height)
        members = [inside(self._ink.boxes, cell.box) for cell in grid.cells]
        levels = find_levels(grid.cells, members, small)
        rows = zip(grid.cells, members, levels, strict=True)
        columns: dict[tuple[int, int], list[Ints]] = defaultdict(list)
        for cell, own in zip(grid.cells, members, strict=True):
            columns[cell.column, cell.column_end].append(own)
        return [
            self._add_cell(cell, own, small, level, columns[cell.column, cell.column_end])
            for cell, own, level in rows
        ]

    def _add_cell(
        self, cell: GridCell, members: Ints, small: float, level: float | None, column: Sequence[Ints]
    ) -> _PlannedCell:
        """Plan a cell's crops.

        small: a digit of its table, where that is less high than the page's. level: of its row's figures. column: the
        components of every cell of its column.
        """
        digit, everything = self._digit, members
        share = float((members[:, 3] - members[:, 1]).max() / small) if len(members) else 0.0
        written = find_written(members, small)
        if not written.any():
            return _PlannedCell(cell, None, (), is_short=True, glyph_share=share, shape=Shape())
        stray = find_specks(members, written, small)
        near = bound(members[written & ~stray])
        pad = 0.6 * digit
        close = Box(near.left - pad, near.top - pad, near.right + pad, near.bottom + pad)
        specks, members = members[stray], inside(members[~stray], close)
        # Ink that runs on into the next row is parted by lines as well: those of the next row are not this cell's.
        parted = split_lines(members, digit)
        lines = [line for line in parted if cell.box.top <= line.center_y < cell.box.bottom] or parted
        own = line_at(lines, level)
        # A number may be wrapped: then every line is a figure.
        figures = [line for line in lines if _is_figure(members, line)]
        wrapped = len(lines) > 1 and figures == lines and self._is_wrapped(lines, cell, column)
        if not wrapped and own is not None and _is_short(own, digit) and figures == [own]:
            lines, is_own = [own], _stands_in(members, own)
            specks, members = np.concatenate([specks, members[~is_own]]), members[is_own]
        is_short = len(lines) == 1 and _is_short(lines[0], digit)
        scale = FIGURE_SCALE if is_short else PROSE_SCALE
        pad = _NUMBER_PAD if is_short else _PROSE_PAD
        keys = tuple((line, self.add_line(line, pad, scale, cell.box, specks)) for line in lines)
        shape = measure_shape(self._gray, members, small) if is_short else Shape()
        return _PlannedCell(
            cell,
            bound(members),
            keys,
            is_short,
            share,
            shape,
            self._add_wrapped(lines, cell.box) if wrapped else None,
            measure_left_out(everything, members, small),
            count_glyphs(members, small),
        )

    def _is_wrapped(self, lines: Sequence[Box], cell: GridCell, column: Sequence[Ints]) -> bool:
        """Whether the figures of a cell, line by line, are one number that its column is too narrow for."""
        drawn = [line for own in column if len(own) for line in split_lines(own, self._digit)]
        # Specks join lines of the column: those of the cell need not be among them.
        widest = max(line.width for line in (*lines, *drawn) if line in lines or _is_short(line, self._digit))
        return is_wrapped(lines, cell.box.width, widest, self._digit)

    def _add_wrapped(self, lines: Sequence[Box], limit: Box) -> int:
        """Plan the lines of a wrapped number side by side, as if its cell were wide enough."""
        self._crops.append((join_lines(self._ink.gray, lines, limit, self._digit), FIGURE_SCALE))
        return len(self._crops) - 1

    def add_line(
        self, box: Box, pad: float, scale: float, limit: Box | None, specks: Ints | None = None
    ) -> int:
        """Plan a crop; in cells rulings and specks are painted over, in prose a long stroke is a stroke."""
        gray = self._gray if limit is None else self._ink.gray
        crop = cut_line(gray, box, pad, limit, self._digit)
        left, top, _, _ = _crop_edges(box, pad, self._digit)
        for speck in () if specks is None else specks.tolist():
            _paint_over(crop, speck, left, top)
        self._crops.append((crop, scale))
        return len(self._crops) - 1

    def read(self, engine: OcrEngine) -> list[Reading]:
        out: list[Reading | None] = [None] * len(self._crops)
        for scale in sorted({scale for _, scale in self._crops}):
            chosen = [i for i, (_, s) in enumerate(self._crops) if s == scale]
            for i, reading in zip(
                chosen, engine.read([self._crops[i][0] for i in chosen], width_scale=scale), strict=True
            ):
                out[i] = reading
        return [reading for reading in out if reading is not None]


def _is_short(line: Box, digit: float) -> bool:
    """Whether a line is no wider than a bare number."""
    return line.width <= _NUMBER_ASPECT * max(line.height, 0.8 * digit)


def _is_figure(members: Ints, line: Box) -> bool:
    """Whether a line of a cell is a figure, which labels of several lines hold none of."""
    own = [Box(*(float(v) for v in box)) for box in members[_stands_in(members, line)].tolist()]
    return bool(own) and is_figures(own)


def _stands_in(members: Ints, line: Box) -> NDArray[np.bool_]:
    middle = (members[:, 1] + members[:, 3]) / 2
    return np.asarray((middle >= line.top) & (middle <= line.bottom), dtype=np.bool_)


def cut_line(gray: Gray, box: Box, pad: float, limit: Box | None, glyph_height: float) -> Gray:
    """The line's pixels with `pad` text heights of paper around; what lies beyond `limit` is painted as paper."""
    left, top, right, bottom = _crop_edges(box, pad, glyph_height)
    rows, columns = gray.shape
    out = np.full((max(1, bottom - top), max(1, right - left)), 255, dtype=np.uint8)
    low_x, high_x = max(left, 0), min(right, columns)
    low_y, high_y = max(top, 0), min(bottom, rows)
    if limit is not None:
        low_x, high_x = max(low_x, round(limit.left)), min(high_x, round(limit.right))
        low_y, high_y = max(low_y, round(limit.top)), min(high_y, round(limit.bottom))
    if high_x > low_x and high_y > low_y:
        out[low_y - top : high_y - top, low_x - left : high_x - left] = gray[low_y:high_y, low_x:high_x]
    return out


def join_lines(gray: Gray, lines: Sequence[Box], limit: Box, glyph_height: float) -> Gray:
    """The lines of a wrapped number as one: side by side at the height of the highest, with paper around."""
    height = max(max(line.height for line in lines), 0.8 * glyph_height)
    margin, gap = round(_NUMBER_PAD * height), round(_DIGIT_GAP * height)
    parts = []
    for place, line in enumerate(lines):
        middle = line.center_y
        even = Box(line.left, middle - height / 2, line.right, middle + height / 2)
        crop = cut_line(gray, even, _NUMBER_PAD, limit, glyph_height)
        left = 0 if place == 0 else margin - gap
        right = crop.shape[1] - (0 if place == len(lines) - 1 else margin)
        parts.append(crop[:, left:right])
    rows = min(part.shape[0] for part in parts)
    return np.hstack([part[:rows] for part in parts])


def _crop_edges(box: Box, pad: float, glyph_height: float) -> tuple[int, int, int, int]:
    """Where the crop of a line begins and ends: left, top, right, bottom."""
    height = max(box.height, 0.8 * glyph_height)
    margin = pad * height
    half = height / 2 + margin
    top, bottom = round(box.center_y - half), round(box.center_y + half)
    return round(box.left - margin), top, round(box.right + margin), bottom


def _paint_over(crop: Gray, speck: Sequence[int], left: int, top: int) -> None:
    """Paint a component of the page and its rim as paper in a crop that begins at `left`, `top`."""
    low_x, low_y, high_x, high_y = speck
    rows = slice(max(0, low_y - 1 - top), max(0, high_y + 1 - top))
    crop[rows, max(0, low_x - 1 - left) : max(0, high_x + 1 - left)] = 255


def _read_cell(planned: _PlannedCell, read: Sequence[Reading]) -> ReadCell:
    lines = tuple(TextLine(box, read[key].text, read[key].score) for box, key in planned.lines)
    single = read[planned.lines[0][1]] if planned.is_short and planned.lines else None
    if planned.joined is not None:
        single = read[planned.joined]
    ink = planned.ink
    said = [place for place, line in enumerate(lines) if line.text.strip()]
    most = _REMAINS * lines[said[0]].box.height if len(said) == 1 else 0.0
    silent = [line.box.height for line in lines if not line.text.strip()]
    if silent and max(silent) < most and _is_short(lines[said[0]].box, 0.0):
        # What is low and reads as nothing above or below a number is no line of it.
        lines, single = (lines[said[0]],), read[planned.lines[said[0]][1]]
        ink = lines[0].box
    return ReadCell(
        planned.cell,
        ink,
        lines,
        single,
        planned.glyph_share,
        planned.shape,
        planned.left_out,
        planned.glyphs,
    )
