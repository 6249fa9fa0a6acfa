"""Pages drawn on the spot: ruled tables, words as blocks of ink, and bends of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.layout.grids import find_grids
from extractor.scan.straighten import label_page
from extractor.seams.engine import Gray
from extractor.values.grid import Grid
from extractor.values.labels import PageLabels
from extractor.values.page import HeldPicture, PageImage
from models.pages import load_labeller

#: A merged cell as half-open ranges: row, row_end, column, column_end.
Span = tuple[int, int, int, int]


def paper(height: int = 900, width: int = 1000) -> Gray:
    return np.full((height, width), 255, dtype=np.uint8)


def draw_table(
    page: Gray,
    rows: Sequence[int],
    columns: Sequence[int],
    *,
    merged: Sequence[Span] = (),
    ink: int = 0,
    thickness: int = 2,
) -> Gray:
    """Rules a table with these boundaries; the inside of merged cells stays open."""
    for r, y in enumerate(rows):
        for c, (left, right) in enumerate(pairwise(columns)):
            if not any(a < r < b and p <= c < q for a, b, p, q in merged):
                cv2.line(page, (left, y), (right, y), ink, thickness)
    for c, x in enumerate(columns):
        for r, (top, bottom) in enumerate(pairwise(rows)):
            if not any(a <= r < b and p < c < q for a, b, p, q in merged):
                cv2.line(page, (x, top), (x, bottom), ink, thickness)
    return page


def write_number(page: Gray, text: str, center: tuple[int, int], *, scale: float = 0.7) -> None:
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    place = round(center[0] - width / 2), round(center[1] + height / 2)
    cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 0, 2, cv2.LINE_AA)


def write_han(page: Gray, count: int, left: int, middle: int, *, size: int = 20) -> None:
    """A label of so many characters, each a box with strokes in it, as dense as printed ones."""
    for i in range(count):
        x, top = left + i * (size + 3), middle - size // 2
        cv2.rectangle(page, (x, top), (x + size - 2, top + size - 2), 0, 2)
        cv2.line(page, (x, middle), (x + size - 2, middle), 0, 2)
        cv2.line(page, (x + size // 2, top), (x + size // 2, top + size - 2), 0, 2)


def bend(page: Gray, shift_y: NDArray[np.float64], shift_x: NDArray[np.float64] | None = None) -> Gray:
    """The page with every point moved down by `shift_y` and right by `shift_x` (same shape as the page)."""
    ys, xs = np.mgrid[0 : page.shape[0], 0 : page.shape[1]].astype(np.float32)
    move_x = np.zeros_like(shift_y) if shift_x is None else shift_x
    map_x, map_y = (xs - move_x).astype(np.float32), (ys - shift_y).astype(np.float32)
    return cv2.remap(page, map_x, map_y, cv2.INTER_CUBIC, borderValue=255).astype(np.uint8)


def read_grids(page: Gray, dpi: float) -> list[Grid]:
    """Grids of a straight page as the pipeline finds them."""
    return find_grids(label(page, dpi))[0]


def label(page: Gray, dpi: float) -> PageLabels:
    """What the ink of a page is, as the pipeline tells it."""
    return label_page(page, dpi, load_labeller())


def spans_of(grid: Grid) -> set[Span]:
    return {(c.row, c.row_end, c.column, c.column_end) for c in grid.cells}


def wanted_spans(rows: int, columns: int, merged: Sequence[Span] = ()) -> set[Span]:
    """Spans of a table of that size: the merged cells, and every slot they leave."""
    taken = {(r, c) for a, b, p, q in merged for r in range(a, b) for c in range(p, q)}
    single = {(r, r + 1, c, c + 1) for r in range(rows) for c in range(columns) if (r, c) not in taken}
    return single | set(merged)


def blank_image(dpi=200.0):
    """A straight page of paper and nothing else."""
    flat = np.full((round(842 / 72 * dpi), round(595 / 72 * dpi)), 255, dtype=np.uint8)
    return straight_image(flat, dpi)


def straight_image(flat, dpi=72.0, *, rotation=0, warp=None, shape=None, coloured=None):
    """A straight page of whose ink nothing is told."""
    upright = shape or (flat.shape[0], flat.shape[1])
    labels = PageLabels.blank(upright, dpi)
    return PageImage(HeldPicture(flat, labels, coloured), dpi, rotation, 0.0, warp, upright, 1.0, ())
