"""How much of a page is cut out with a cell, and where the cell lies in it. Boxes are points of the page."""

from __future__ import annotations

from extractor.values.geometry import Box

#: How much of the surroundings is shown beside a cell: a share of its shorter side, and points at least.
_AROUND, _AROUND_MIN = 0.8, 9.0


def cut_box(cell: Box, width: float, height: float) -> Box:
    """The cell with a little of what is around it, within a page of that size."""
    around = max(_AROUND_MIN, _AROUND * min(cell.height, cell.width))
    return Box(
        max(0.0, cell.left - around),
        max(0.0, cell.top - around),
        min(width, cell.right + around),
        min(height, cell.bottom + around),
    )


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
