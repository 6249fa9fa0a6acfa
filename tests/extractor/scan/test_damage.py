"""Pictures whose data is damaged, made from whole ones."""

from __future__ import annotations

import io
import random
import zlib

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from extractor.scan.damage import are_strokes_cut, is_damaged, is_flate_damaged, is_jpeg_damaged

pytestmark = pytest.mark.issue(26)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(1).integers(0, 255, (240, 320), dtype=np.uint8)


@pytest.fixture(scope="module")
def jpeg(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "jpeg")
    return stream.getvalue()


def test_a_jpeg_that_is_cut_off_or_shifted_is_damaged(jpeg):
    assert not is_jpeg_damaged(jpeg)
    # Readers of PDF keep what lies between the end of the data and `endstream`.
    assert not is_jpeg_damaged(jpeg + b"\r\n")
    middle = len(jpeg) // 2
    for wrong in (
        b"", b"no picture", jpeg[:middle], jpeg[:-40],
        jpeg[:middle] + jpeg[middle + 200 :], jpeg[:middle] + b"\0" * 200 + jpeg[middle + 200 :],
    ):  # fmt: skip
        assert is_jpeg_damaged(wrong)


def test_flipped_bits_never_end_in_an_error_and_are_mostly_seen_where_they_shift_the_rest(jpeg):
    flips, seen = random.Random(2), 0
    for _ in range(100):
        data = bytearray(jpeg)
        data[flips.randrange(len(data))] ^= 1 << flips.randrange(8)
        seen += is_jpeg_damaged(bytes(data))
    assert seen > 20


#: Bits of the picture of a page that, flipped, leave codes that are codes and cut strokes: what follows stands one
#: block to the right, on the other document two to the left.
_CUTTING = {
    ("wrong-total", 0): ([(180060, 2)], [(103182, 7), (168336, 4), (116730, 5)], [(88850, 0), (462425, 2)]),
    ("dongfeng-2025", 2): ([(310816, 3), (48463, 4), (330925, 3)],),
}


@pytest.mark.parametrize(("name", "page"), sorted(_CUTTING))
def test_codes_that_became_others_are_seen_where_they_cut_strokes(fixtures_folder, name, page):
    with pikepdf.open(fixtures_folder / "scans" / f"{name}.pdf") as pdf:
        picture = pdf.pages[page].Resources.XObject.Im0
        shape, whole = (int(picture.Height), int(picture.Width)), picture.read_raw_bytes()
    assert not is_jpeg_damaged(whole, shape)
    for bits in _CUTTING[name, page]:
        data = bytearray(whole)
        for place, bit in bits:
            data[place] ^= 1 << bit
        assert not is_jpeg_damaged(bytes(data))
        assert is_jpeg_damaged(bytes(data), shape)
        # Of another shape than it is said to have, nothing can be said.
        assert not is_jpeg_damaged(bytes(data), (shape[0], shape[1] + 1))


def test_strokes_of_a_page_are_not_cut(fixtures_folder):
    for path in sorted((fixtures_folder / "scans").glob("*.pdf")):
        for page in pypdfium2.PdfDocument(path):
            assert not is_damaged(page), path


def test_a_thin_ruling_that_runs_askew_over_an_edge_of_blocks_is_not_cut():
    # Two pixels high and in pieces, as where gray is near the limit of ink: at the edge its rows show other pieces.
    pixels = np.full((64, 640), 255, dtype=np.uint8)
    for at in range(0, 600, 24):
        pixels[31, at : at + 7] = pixels[32, at + 8 : at + 15] = 90
    pixels[30, :7] = pixels[33, 8:15] = 90
    assert not are_strokes_cut(pixels)
    # Upright strokes, a block aside from the edge on, are.
    pixels = np.full((64, 640), 255, dtype=np.uint8)
    for at in range(0, 600, 24):
        pixels[24:32, at : at + 3] = pixels[32:40, at + 8 : at + 11] = 90
    assert are_strokes_cut(pixels)


def test_packed_pixels_that_end_early_or_were_changed_are_damaged(pixels):
    data, size = zlib.compress(pixels.tobytes()), pixels.size
    assert not is_flate_damaged(data, size)
    # Some writers leave the sum away; every pixel is there.
    assert not is_flate_damaged(data[:-4], size)
    assert is_flate_damaged(data[: len(data) // 2], size)
    assert is_flate_damaged(data[:-4] + bytes(4), size)
    assert is_flate_damaged(b"", size)
    # More than was asked for is not unpacked to its end.
    assert not is_flate_damaged(zlib.compress(bytes(10_000_000)), 100)


def _page(picture: bytes, told: dict[str, object], *, within_form: bool):
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(320, 240))
    image = pdf.make_stream(picture, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=320,
                            Height=240, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceGray)  # fmt: skip
    for name, value in told.items():
        image[name] = value
    draw, drawn = b"320 0 0 240 0 0 cm /P Do", image
    if within_form:
        resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=image))
        drawn = pdf.make_stream(draw, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
                                BBox=[0, 0, 320, 240], Resources=resources)  # fmt: skip
        draw = b"/P Do"
    # One that is named and not drawn is nobody's damage.
    unseen = pdf.make_stream(b"x", Subtype=pikepdf.Name.Image, Filter=pikepdf.Name.DCTDecode)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=drawn, Q=unseen))
    page.Contents = pdf.make_stream(draw)
    stream = io.BytesIO()
    pdf.save(stream)
    return pypdfium2.PdfDocument(stream.getvalue())[0]


@pytest.mark.parametrize("within_form", [False, True])
@pytest.mark.parametrize("filters", ["/DCTDecode", "/FlateDecode", "both"])
def test_pictures_drawn_on_a_page_are_looked_at(jpeg, pixels, filters, within_form):
    whole = {
        "/DCTDecode": jpeg,
        "/FlateDecode": zlib.compress(pixels.tobytes()),
        "both": zlib.compress(jpeg),
    }[filters]
    names = ["/FlateDecode", "/DCTDecode"] if filters == "both" else [filters]
    told = {"/Filter": pikepdf.Array([pikepdf.Name(name) for name in names])}
    assert not is_damaged(_page(whole, told, within_form=within_form))
    assert is_damaged(_page(whole[: len(whole) // 2], told, within_form=within_form))
