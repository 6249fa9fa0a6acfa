"""PDFs of pictures and text in layers, whose text says something else than what they show: never believed unread."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest

from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.values.result import FieldStatus
from models.calibration import load_judge
from models.engines import load_readers
from tests.paths import ROOT

#: Real engines read whole documents.
pytestmark = [pytest.mark.model, pytest.mark.slow]
_BORN = ROOT / "fixtures" / "scans" / "dongfeng-2025-born.pdf"
_DPI = 150
_SCALE = _DPI / 72


@pytest.fixture(scope="module")
def readers():
    return load_readers()


@pytest.fixture(scope="module")
def judge():
    return load_judge(1.0)


def read(path, readers, judge):
    (report,) = extract_document(path, name=path.name, readers=readers, options=Options(judge=judge)).reports
    return {field.id: field for field in report.fields}


@pytest.fixture(scope="module")
def read_as(readers, judge):
    return partial(read, readers=readers, judge=judge)


@pytest.fixture(scope="module")
def told(read_as):
    return read_as(_BORN)


@pytest.fixture(scope="module")
def pair(told):
    """Two figures of one page that differ: the first is to show the second."""
    figures = [f for f in told.values() if f.value and f.page_no == 2 and f.box is not None]
    first = figures[0]
    second = next(f for f in figures if f.value != first.value and len(f.raw) == len(first.raw))
    return first, second


def draw_altered(pair):
    """Page 2 as a picture on which the first figure's cell shows the second figure."""
    page = pdfium.PdfDocument(_BORN)[1].render(scale=_SCALE).to_pil().convert("L")
    boxes = [[round(v * _SCALE) for v in (f.box.left, f.box.top, f.box.right, f.box.bottom)] for f in pair]
    (left, top, right, bottom), other = boxes
    inner = page.crop((other[0] + 4, other[1] + 4, other[2] - 4, other[3] - 4))
    page.paste(255, (left + 4, top + 4, right - 4, bottom - 4))
    page.paste(inner.resize((right - left - 8, bottom - top - 8)), (left + 4, top + 4))
    return page


def add_picture(pdf, page, image, box):
    """A picture drawn over what stands on the page; box in points from the top left."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    drawn = pikepdf.Stream(pdf, stream.getvalue())
    drawn.Type, drawn.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    drawn.Width, drawn.Height = image.size
    drawn.ColorSpace, drawn.BitsPerComponent = pikepdf.Name.DeviceGray, 8
    drawn.Filter = pikepdf.Name.DCTDecode
    name = page.add_resource(drawn, pikepdf.Name.XObject)
    height = float(page.mediabox[3])
    left, top, right, bottom = box
    told = f"q {right - left:.3f} 0 0 {bottom - top:.3f} {left:.3f} {height - bottom:.3f} cm {name} Do Q"
    page.contents_add(told.encode(), prepend=False)


def make(tmp_path, pair, boxes, *, hide=b""):
    """The born page 2 under pieces of its altered picture; `hide`: operators before its own text."""
    image = draw_altered(pair)
    path = tmp_path / "layered.pdf"
    with pikepdf.open(_BORN) as pdf:
        page = pdf.pages[1]
        page.contents_coalesce()
        if hide:
            content = page.Contents.read_bytes().replace(b"BT", b"BT " + hide)
            page.Contents = pdf.make_stream(content)
        content = page.Contents.read_bytes()
        page.Contents = pdf.make_stream(b"q " + content + b" Q")
        for box in boxes:
            piece = image.crop(tuple(round(v * _SCALE) for v in box))
            add_picture(pdf, page, piece, box)
        pdf.save(path)
    return path


def strips(count, width=595.0, height=842.0):
    step = height / count
    return [(0.0, place * step, width, (place + 1) * step) for place in range(count)]


def tiles(across, down, width=595.0, height=842.0):
    a, b = width / across, height / down
    return [(i * a, j * b, (i + 1) * a, (j + 1) * b) for j in range(down) for i in range(across)]


def around(pair, pad):
    """A picture that covers the first figure and little else."""
    box = pair[0].box
    return [(max(0.0, box.left - pad), max(0.0, box.top - pad), box.right + pad, box.bottom + pad)]


@pytest.mark.parametrize(
    ("boxes", "hide"),
    [
        (strips(1), b""),
        (strips(4), b""),
        (strips(4), b"3 Tr "),
        (strips(9), b"7 Tr "),
        (tiles(3, 4), b""),
        ([(0.0, 0.0, 595.0, 420.0)], b""),
        ("around", b""),
        ("close", b""),
    ],
    ids=["whole", "strips", "hidden", "clipped", "tiles", "half", "part", "cell"],
)
def test_what_is_shown_counts_not_what_the_layer_says(read_as, tmp_path, told, pair, boxes, hide):
    own = {"around": 40.0, "close": 0.0}
    boxes = around(pair, own[boxes]) if isinstance(boxes, str) else boxes
    found = read_as(make(tmp_path, pair, boxes, hide=hide))
    shown = {**{key: field.value for key, field in told.items()}, pair[0].id: pair[1].value}
    wrong = [
        (key, field.value, shown[key])
        for key, field in found.items()
        if field.status is FieldStatus.ACCEPTED and field.page_no == 2 and field.value != shown[key]
    ]
    assert wrong == []


def test_a_font_that_shows_other_digits_than_it_tells_is_not_believed(read_as, tmp_path, told):
    path = tmp_path / "lying.pdf"
    with pikepdf.open(_BORN) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream) and b"beginbfchar" in (data := thing.read_bytes()):
                swapped = data.replace(b"<0033>", b"<@@@@>").replace(b"<0038>", b"<0033>")
                thing.write(swapped.replace(b"<@@@@>", b"<0038>"))
        pdf.save(path)
    found = read_as(path)
    wrong = [
        key
        for key, field in found.items()
        if field.status is FieldStatus.ACCEPTED and field.value != told[key].value
    ]
    assert wrong == []
    assert np.isfinite([field.confidence for field in found.values()]).all()
