"""Where the name of a field's row and the header of its column are printed, by where the table's figures stand.

A result says where figures are, not where labels are. Labels stand left of the figures of their block, headers above
them. Boxes are points of the page as a viewer shows it, however it lies.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from extractor.values.geometry import Box
from extractor.values.result import Field, PageFacts
from workers.shown.labels import FieldLabel

#: How far left of a block's figures their labels begin, as a multiple of what the figures take, and points at least:
#: of the requests table of the forms 323 and 329 points are labels and figures; one office's tables have 1.43 times.
_LABELS, _LABELS_MIN = 1.5, 120.0
#: How far above a block's figures their headers begin, as a multiple of a row's usual height: three lines of headers.
_HEADERS = 3.5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """label, header: where the row's name and the column's header are. row, column: with all fields of theirs."""

    label: Box
    header: Box
    row: Box
    column: Box


def find_surroundings(
    key: str, fields: Mapping[str, Field], labels: Mapping[str, FieldLabel], page: PageFacts
) -> Surroundings | None:
    """What is around a field; None for one that stands nowhere on that page, or in no table."""
    own, place = fields[key], labels.get(key)
    if own.box is None or place is None or own.page_no != page.number:
        return None
    block = {
        other: turn_box(item.box, page)
        for other, item in fields.items()
        if item.box is not None and item.page_no == page.number and _block(labels.get(other)) == _block(place)
    }
    cell = block[key]
    first, top = min(box.left for box in block.values()), min(box.top for box in block.values())
    wide = max(box.right for box in block.values()) - first
    high = statistics.median(box.height for box in block.values())
    label = Box(max(0.0, first - max(_LABELS * wide, _LABELS_MIN)), cell.top, max(first, 1.0), cell.bottom)
    header = Box(cell.left, max(0.0, top - _HEADERS * high), cell.right, max(top, 1.0))
    # A row that falls to the right began higher, a column that leans began further to the right.
    slope = math.tan(math.radians(page.skew))
    label = _move(label, 0.0, (label.center_x - cell.center_x) * slope)
    header = _move(header, (cell.center_y - header.center_y) * slope, 0.0)
    return Surroundings(
        label=turn_back(label, page),
        header=turn_back(header, page),
        row=turn_back(_all(block, labels, lambda item: item.row == place.row).union(label), page),
        column=turn_back(_all(block, labels, lambda item: item.column == place.column).union(header), page),
    )


def find_header(
    key: str, fields: Mapping[str, Field], labels: Mapping[str, FieldLabel], pages: Sequence[PageFacts]
) -> tuple[PageFacts, Box] | None:
    """The page and place of the header of a field's column: where its block begins, which may be overleaf.

    None for a field of no table.
    """
    place = labels.get(key)
    by_number = {page.number: page for page in pages}
    column = [
        (item.page_no, other)
        for other, item in fields.items()
        if item.box is not None and item.page_no in by_number and place is not None
        if (label := labels.get(other)) and _block(label) == _block(place) and label.column == place.column
    ]
    if not column:
        return None
    number, first = min(column, key=lambda found: found[0] or 0)
    page = by_number[number or 0]
    around = find_surroundings(first, fields, labels, page)
    return (page, around.header) if around is not None else None


def turn_box(box: Box, page: PageFacts) -> Box:
    """A box of a page as a viewer shows it, in points of the page once it is upright."""
    width, height = page.width, page.height
    return {
        90: lambda: Box(height - box.bottom, box.left, height - box.top, box.right),
        180: lambda: Box(width - box.right, height - box.bottom, width - box.left, height - box.top),
        270: lambda: Box(box.top, width - box.right, box.bottom, width - box.left),
    }.get(page.rotation, lambda: box)()


def turn_back(box: Box, page: PageFacts) -> Box:
    """A box of the upright page, in points of the page as a viewer shows it."""
    width, height = page.width, page.height
    return {
        90: lambda: Box(box.top, height - box.right, box.bottom, height - box.left),
        180: lambda: Box(width - box.right, height - box.bottom, width - box.left, height - box.top),
        270: lambda: Box(width - box.bottom, box.left, width - box.top, box.right),
    }.get(page.rotation, lambda: box)()


def _block(label: FieldLabel | None) -> tuple[str, str] | None:
    return None if label is None else (label.table, label.heading)


def _move(box: Box, right: float, down: float) -> Box:
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


def _all(
    block: Mapping[str, Box], labels: Mapping[str, FieldLabel], is_wanted: Callable[[FieldLabel], bool]
) -> Box:
    boxes = [box for key, box in block.items() if is_wanted(labels[key])]
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.union(box)
    return whole
