"""A page with what was read on it: every field's box in the colour of its status, from the result JSON alone.

`python benchmarks/draw_page.py SCAN.pdf RESULT.json PAGE OUT.png`; green is accepted, orange wants a person,
red was not readable. The pictures of the README are made this way.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

#: Blue, green, red.
_ACCEPTED, _REVIEW, _UNREADABLE, _TEXT = (70, 150, 30), (0, 130, 255), (40, 40, 220), (150, 90, 20)
#: Gray levels are rounded to multiples of this, for the noise of a scan makes large pictures.
_LEVELS = 12


def draw_page(pdf: Path, payload: dict[str, Any], page_no: int, dpi: float) -> Picture:
    """The page in color (BGR) with the boxes of its fields, its organ and its year."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pixels = document[page_no - 1].render(scale=dpi / 72, rev_byteorder=False).to_numpy()
        gray = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[:, :, :3], cv2.COLOR_BGR2GRAY)
    finally:
        document.close()
    quiet = np.minimum(255, (np.asarray(gray, dtype=np.int32) + _LEVELS // 2) // _LEVELS * _LEVELS)
    picture = cv2.cvtColor(quiet.astype(np.uint8), cv2.COLOR_GRAY2BGR)
    for report in payload["reports"]:
        places = [(item, _colour(item)) for item in report["fields"].values()]
        places += [(report[key], _TEXT) for key in ("organ", "year")]
        for item, colour in places:
            if item["page"] == page_no and item["bbox"] is not None:
                _draw_box(picture, item["bbox"], colour, dpi)
    return np.asarray(picture, dtype=np.uint8)


def _colour(field: dict[str, Any]) -> tuple[int, int, int]:
    if field["kind"] in ("unreadable", "missing"):
        return _UNREADABLE
    return _ACCEPTED if field["status"] == "accepted" else _REVIEW


def _draw_box(picture: Any, bbox: list[float], colour: tuple[int, int, int], dpi: float) -> None:
    left, top, right, bottom = (round(edge * dpi / 72) for edge in bbox)
    inside = picture[top:bottom, left:right]
    if inside.size:
        tint = np.full_like(inside, colour)
        picture[top:bottom, left:right] = cv2.addWeighted(inside, 0.82, tint, 0.18, 0)
    cv2.rectangle(picture, (left + 1, top + 1), (right - 1, bottom - 1), colour, 1)


def main() -> int:
    """Draws one page; returns 1 where the picture cannot be written."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pdf", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("page", type=int)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--dpi", type=float, default=100.0)
    arguments = parser.parse_args()
    payload = json.loads(arguments.result.read_text(encoding="utf-8"))
    picture = draw_page(arguments.pdf, payload, arguments.page, arguments.dpi)
    return 0 if cv2.imwrite(str(arguments.picture), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9]) else 1


if __name__ == "__main__":
    sys.exit(main())
