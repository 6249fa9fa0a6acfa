"""Pictures of what was decided: the straight page with its cells, text lines and fields drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.values.geometry import Box
from extractor.values.page import Page
from extractor.values.result import FieldStatus, Report

#: Blue, green, red: cells, lines of prose, accepted fields, fields in review.
_CELL, _LINE, _ACCEPTED, _REVIEW = (200, 170, 120), (220, 200, 60), (60, 160, 40), (30, 90, 230)


def write_overlays(folder: Path, name: str, pages: Sequence[Page], reports: Sequence[Report]) -> list[Path]:
    """One PNG per page, `NAME-003.png`, in `folder`, which is made if need be; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    statuses = {
        (field.page_no, _key(field.box)): field.status
        for report in reports
        for field in report.fields
        if field.box is not None
    }
    written = []
    for page in pages:
        target = folder / f"{Path(name).stem}-{page.page_no:03d}.png"
        encoded, data = cv2.imencode(".png", _draw(page, statuses))
        if encoded:
            target.write_bytes(data.tobytes())
            written.append(target)
    return written


def _key(box: Box) -> tuple[int, int, int, int]:
    return round(box.left), round(box.top), round(box.right), round(box.bottom)


def _draw(
    page: Page, statuses: dict[tuple[int | None, tuple[int, int, int, int]], FieldStatus]
) -> NDArray[np.uint8]:
    canvas = np.asarray(cv2.cvtColor(page.image.flat, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    for line in page.lines:
        _frame(canvas, line.box, _LINE, 1)
    for table in page.tables:
        for cell in table.cells:
            status = statuses.get((page.page_no, _key(page.to_points(cell.cell.box))))
            colour = _CELL if status is None else _ACCEPTED if status is FieldStatus.ACCEPTED else _REVIEW
            _frame(canvas, cell.cell.box.shrink(3), colour, 1 if status is None else 3)
    return canvas


def _frame(canvas: NDArray[np.uint8], box: Box, colour: tuple[int, int, int], thickness: int) -> None:
    corners = (round(box.left), round(box.top)), (round(box.right), round(box.bottom))
    cv2.rectangle(canvas, *corners, tuple(float(c) for c in colour), thickness)
