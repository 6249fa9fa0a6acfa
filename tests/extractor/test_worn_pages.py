"""What lies over or behind a page's print, or stands in its place, costs no figure: one report, scanned anew."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.values.result import FieldStatus
from models.calibration import load_judge
from models.engines import load_readers

pytestmark = [pytest.mark.slow, pytest.mark.model]
_DPI = 200


def _mark(page):
    """Gray words aslant behind the type, as ink that a page was printed on has."""
    mark = np.full_like(page, 255)
    for y in range(500, page.shape[0] + 400, 500):
        cv2.putText(mark, "COPY", (200, y), cv2.FONT_HERSHEY_SIMPLEX, 9, 150, 24)
    aslant = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), 25, 1.0)
    return np.minimum(page, cv2.warpAffine(mark, aslant, page.shape[::-1], borderValue=255))


def _turn(page):
    return 255 - page


def _dust(page):
    """Two lines along the whole page through its columns, a third that begins on it."""
    out = page.copy()
    for share, first in ((0.35, 0), (0.75, 0), (0.6, 500)):
        at = round(share * page.shape[1])
        out[first:, at : at + 2] = 70
    return out


@pytest.mark.parametrize("worn", [_mark, _turn, _dust])
def test_no_figure_is_lost_or_wrong(worn, fixtures_folder, tmp_path):
    scans = fixtures_folder / "scans"
    with pypdfium2.PdfDocument(scans / "dongfeng-2025.pdf") as pdf:
        pages = [page.render(scale=_DPI / 72, grayscale=True).to_numpy().squeeze() for page in pdf]
    first, *rest = [Image.fromarray(worn(page)) for page in pages]
    first.save(tmp_path / "worn.pdf", save_all=True, append_images=rest, resolution=_DPI, quality=90)
    told = extract_document(
        tmp_path / "worn.pdf",
        name="worn.pdf",
        readers=load_readers(),
        options=Options(judge=load_judge(1.0)),
    )
    (wanted,) = json.loads((scans / "dongfeng-2025.truth.json").read_text("utf-8"))["reports"]
    (report,) = told.reports
    read = {item.id: item for item in report.fields}
    wrong = {key: read[key].value for key, value in wanted["fields"].items() if read[key].value != value}
    assert not wrong
    assert sum(item.status is FieldStatus.ACCEPTED for item in read.values()) >= 0.9 * len(wanted["fields"])
