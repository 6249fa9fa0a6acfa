"""Pictures of cells to look at: a field's box on its page, with some of its surroundings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray

from extractor.scan.document import as_pdf
from extractor.seams.errors import NoInputError
from extractor.seams.options import Options
from extractor.wording.said import say, tell_os_error
from workers.files.storage import OutputError
from workers.scoring.truth import ScoredField

#: Dots per inch of the pictures: enough to judge a digit by eye.
_DPI = 200
#: PDF points shown around the box, so that the row and the rulings can be seen.
_MARGIN = 24.0
_RED = (0, 0, 220)


def write_crops(fields: Iterable[ScoredField], pdfs: Path, folder: Path) -> list[Path]:
    """Writes a picture for every field that has a place, numbered in order; documents not found are left out.

    Raises:
        NoInputError: the folder of PDFs does not exist.
        OutputError: the pictures cannot be written.
    """
    if not pdfs.is_dir():
        raise NoInputError(say("messages.files.no_pdfs", folder=pdfs))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(say("system.cannot_write_to", path=folder, why=tell_os_error(error))) from error
    written = []
    for number, field in enumerate(fields, start=1):
        document = next(iter(sorted(pdfs.glob(f"{field.document}.[pP][dD][fF]"))), None)
        if document is None or field.bbox is None or field.page_no is None:
            continue
        target = folder / f"{number:03d}-{field.document}-{field.id}.png"
        if not cv2.imwrite(str(target), _draw(document, field.page_no, field.bbox)):
            raise OutputError(f"cannot write {target}")
        written.append(target)
    return written


def _draw(document: Path, page_no: int, bbox: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    pdf = pypdfium2.PdfDocument(as_pdf(document, Options()))
    try:
        page = pdf[page_no - 1]
        width, height = page.get_size()
        left, top = max(0.0, bbox[0] - _MARGIN), max(0.0, bbox[1] - _MARGIN)
        right, bottom = max(0.0, width - bbox[2] - _MARGIN), max(0.0, height - bbox[3] - _MARGIN)
        scale = _DPI / 72
        # Copied, for the bitmap's memory goes with the document.
        image = (
            page.render(scale=scale, crop=(left, bottom, right, top), rev_byteorder=False).to_numpy().copy()
        )
    finally:
        pdf.close()
    picture: NDArray[np.uint8] = np.ascontiguousarray(image[:, :, :3])
    corners = [
        round((edge - origin) * scale) for edge, origin in zip(bbox, (left, top, left, top), strict=True)
    ]
    cv2.rectangle(picture, (corners[0], corners[1]), (corners[2], corners[3]), _RED, 1)
    return picture
