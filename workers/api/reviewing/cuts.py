"""How much of a page is cut out with a cell, and where the cell lies in it. Boxes are points of the page."""

from __future__ import annotations

from extractor.values.geometry import Box
from extractor.values.result import PageFacts
from workers.service.reviewing.renderer import Picture
from workers.service.store.records import Job

#: How much is shown above and below a cell: a share of its height, and points at least; and how wide the picture is
#: at least, of its height. As wide as the pane of the review, 37 rem, a cell of 60 × 18 points is 6.4 rem high in it.
_AROUND, _AROUND_MIN, _WIDE = 0.35, 6.0, 3.5
#: Points around a label or a header.
_RIM = 3.0


def cut_box(cell: Box, width: float, height: float, turn: int) -> Box:
    """The cell with a little of what is around it, within a page of that size.

    turn: degrees by which the page is turned to be upright; rows run along it then.
    """
    lies = turn in {90, 270}
    long, high = (cell.height, cell.width) if lies else (cell.width, cell.height)
    above = max(_AROUND_MIN, _AROUND * high)
    beside = max(_AROUND_MIN, (_WIDE * (high + 2 * above) - long) / 2)
    right, down = (above, beside) if lies else (beside, above)
    return Box(
        max(0.0, cell.left - right),
        max(0.0, cell.top - down),
        min(width, cell.right + right),
        min(height, cell.bottom + down),
    )


def straight_box(box: Box, width: float, height: float) -> Box:
    """A box within a page of that size, with a rim that straightening may cut into."""
    return Box(
        max(0.0, box.left - _RIM),
        max(0.0, box.top - _RIM),
        min(width, box.right + _RIM),
        min(height, box.bottom + _RIM),
    )


def picture_of(job: Job, page: PageFacts, box: Box, dpi: int, kind: str) -> Picture:
    """A part of a page of a job's document, upright and straight. kind: "png" or "jpeg"."""
    return Picture(job.document, page.number, dpi, box, page.rotation, kind, page.skew, job.copy)


def frame_in_cut(cell: Box, cut: Box, turn: int) -> list[float]:
    """Left, top, right, bottom of the cell as shares of the cut once that is turned by quarters clockwise."""
    left, right = ((x - cut.left) / max(cut.width, 1e-9) for x in (cell.left, cell.right))
    top, bottom = ((y - cut.top) / max(cut.height, 1e-9) for y in (cell.top, cell.bottom))
    turned = {
        90: (1 - bottom, left, 1 - top, right),
        180: (1 - right, 1 - bottom, 1 - left, 1 - top),
        270: (top, 1 - right, bottom, 1 - left),
    }.get(turn, (left, top, right, bottom))
    return [round(share, 4) for share in turned]
