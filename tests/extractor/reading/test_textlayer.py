"""Text layers that a stranger wrote: what cannot be relied on is read by its pixels, and none ends the document."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from extractor.reading.textlayer import TextLayer
from extractor.scan.document import PageSize, open_document
from extractor.seams.engine import NullEngine, Reading
from extractor.seams.options import Options
from extractor.values.frame import Raster
from tests.bombs import _page

pytestmark = pytest.mark.issue(26)

_FONT = b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
_REPORT = b"BT /F 12 Tf 20 700 Td (report of the year 2023, twelve items) Tj ET\n"


def read(path, content):
    path.write_bytes(_page(_FONT, content))
    size = PageSize(595.0, 842.0, None, has_text=True)
    raster = Raster(np.full((2339, 1653), 255, dtype=np.uint8), 200.0, None)
    with TextLayer(path, None) as layer:
        return layer.read_page(1, size, raster, NullEngine())


@pytest.mark.parametrize(
    "odd",
    [
        b"BT /F 12 Tf 1e9 700 Td (2) Tj ET",
        b"BT /F 12 Tf 1e38 0 0 1e38 0 0 Tm (2) Tj ET",
        b"BT /F 0 Tf 20 600 Td (report of the year 2023, twelve items) Tj ET",
        b"BT /F -12 Tf -100 Tz 20 600 Td (report of the year 2023, twelve items) Tj ET",
        b"BT /F 12 Tf 1e200 Tz 20 600 Td (2) Tj ET",
        b"0 0 1e30 1 re f -1e30 50 1e30 1 re f",
        b"1e9 0 0 1e9 0 0 cm 0 0 1 1 re f",
        b"BT /F 1e-9 Tf 20 600 Td (report of the year 2023, twelve items) Tj ET",
    ],
)
def test_odd_places_and_sizes_end_nothing(tmp_path, odd):
    read(tmp_path / "a.pdf", odd)
    read(tmp_path / "a.pdf", _REPORT + odd)


def test_a_text_layer_that_cannot_be_closed_is_closed(monkeypatch):
    with TextLayer(BytesIO(_page(_FONT, _REPORT)), None) as layer:
        monkeypatch.setattr(type(layer._pdf), "close", lambda self: 1 / 0)


class _Says:
    """Reads what it is told, crop by crop."""

    name = fingerprint = lineage = "says"

    def __init__(self, *texts):
        self.texts = list(texts)

    def read(self, crops, *, width_scale=1.0):
        del width_scale
        return [Reading(self.texts.pop(0), 1.0) for _ in crops]


def read_drawn(path, content, engine):
    path.write_bytes(_page(_FONT, content))
    with open_document(path, name=path.name, options=Options()) as document, TextLayer(path, None) as layer:
        return layer.read_page(1, document.measure(1), document.render(1), engine)


def test_the_last_row_of_a_table_alone_on_a_page_is_read_and_a_page_number_alone_is_not_relied_on(tmp_path):
    row = b"".join(b"%d 600 100 20 re S\n" % (60 + 100 * i) for i in range(4))
    figures = b"".join(
        b"BT /F 9 Tf %d 606 Td (0.0%d) Tj ET\n" % (90 + 100 * place, place) for place in (0, 2, 3)
    )
    number = b"BT /F 9 Tf 290 30 Td (- 5 -) Tj ET\n"
    page = read_drawn(tmp_path / "a.pdf", row + figures + number, _Says("- 5 -", "0.00", "0.02", "0.03"))
    assert [cell.text for cell in page.tables[0].cells] == ["0.00", "", "0.02", "0.03"]
    assert read_drawn(tmp_path / "b.pdf", number, _Says("- 5 -")) is None
