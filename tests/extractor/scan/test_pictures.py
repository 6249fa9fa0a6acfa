"""Pictures of pages wrapped in a PDF."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from extractor.scan.document import open_document
from extractor.scan.pictures import coded_megapixels, tell_kind, to_pdf
from extractor.seams.errors import DocumentError
from extractor.seams.options import Limits, Options

_KINDS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "JPEG2000")


def picture(mode="L", size=(850, 1100)):
    """A page with a black square in its upper left corner."""
    pixels = np.full((size[1], size[0]), 255, dtype=np.uint8)
    pixels[50:150, 50:150] = 0
    return Image.fromarray(pixels).convert(mode)


def encode(image, kind, **told):
    stream = io.BytesIO()
    image.save(stream, kind, **told)
    return stream.getvalue()


def draw(pdf, number=0):
    return np.asarray(pdfium.PdfDocument(pdf)[number].render(scale=1, grayscale=True).to_pil().convert("L"))


@pytest.mark.parametrize("kind", _KINDS)
def test_every_kind_is_told_by_what_it_holds_and_shows_its_page(kind):
    data = encode(picture(), kind)
    assert tell_kind(data[:16]) == kind
    page = draw(to_pdf(data, "x", Options()))
    assert page[10:90, :].min() < 50 and page[page.shape[0] // 2 :].min() > 200


@pytest.mark.parametrize("head", [b"%PDF-1.7", b"PK\x03\x04", b"", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_picture_is_none(head):
    assert tell_kind(head) == ""


def test_a_jpeg_is_kept_byte_for_byte():
    data = encode(picture(), "JPEG")
    assert data in to_pdf(data, "x", Options())


def test_all_frames_become_pages_of_their_size_on_paper():
    frames = [picture(), picture(), picture()]
    data = encode(frames[0], "TIFF", save_all=True, append_images=frames[1:], dpi=(100, 100))
    pdf = pdfium.PdfDocument(to_pdf(data, "x", Options()))
    assert [tuple(map(round, page.get_size())) for page in pdf] == [(612, 792)] * 3


@pytest.mark.parametrize("told", [{}, {"dpi": (72, 72)}])
def test_a_photograph_without_a_resolution_is_a_page_of_a4(told):
    pdf = pdfium.PdfDocument(to_pdf(encode(picture(size=(3000, 4000)), "JPEG", **told), "x", Options()))
    assert round(max(pdf[0].get_size())) == 842


def test_a_fax_keeps_its_uneven_dots():
    fax = picture("1", size=(1728, 1145))
    pdf = pdfium.PdfDocument(to_pdf(encode(fax, "TIFF", dpi=(204, 98)), "x", Options()))
    assert [round(side) for side in pdf[0].get_size()] == [610, 841]


def test_a_turned_photograph_is_turned_back():
    exif = Image.Exif()
    exif[0x112] = 6
    turned = picture().rotate(90, expand=True)
    page = draw(to_pdf(encode(turned, "JPEG", exif=exif), "x", Options()))
    assert page.shape[0] > page.shape[1] and page[: page.shape[0] // 4, : page.shape[1] // 4].min() < 50


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "CMYK", "RGB", "I;16"])
def test_every_mode_shows_dark_on_light(mode):
    deep = Image.fromarray(np.asarray(picture()).astype(np.uint16) * 257)
    image = deep if mode == "I;16" else picture(mode)
    page = draw(to_pdf(encode(image, "TIFF"), "x", Options()))
    assert page.min() < 50 and page[page.shape[0] // 2 :].min() > 200


def test_what_is_transparent_is_paper():
    clear = Image.new("RGBA", (400, 500), (0, 0, 0, 0))
    assert draw(to_pdf(encode(clear, "PNG"), "x", Options())).min() > 250


@pytest.mark.parametrize("kind", _KINDS)
def test_a_picture_cut_off_is_told_or_shown_and_nothing_else_happens(kind, tmp_path):
    data = encode(picture(), kind)
    path = tmp_path / "x"
    path.write_bytes(data[: len(data) // 2])
    try:
        with open_document(path, name="x", options=Options()) as document:
            document.render(1)
    except DocumentError as error:
        assert "x" in str(error) or "page" in str(error)


def test_pixels_and_frames_have_limits():
    small = Options(limits=Limits(picture_megapixels=0.5))
    with pytest.raises(DocumentError, match="picture_megapixels"):
        to_pdf(encode(picture(), "PNG"), "x", small)
    frames = encode(picture(), "TIFF", save_all=True, append_images=[picture()] * 3)
    with pytest.raises(DocumentError, match="4 pages, more than the limit of 2"):
        to_pdf(frames, "x", Options(max_pages=2))


@pytest.mark.issue(26)
def test_a_picture_beyond_the_limit_of_its_decoder_is_judged_by_ours():
    data = encode(Image.new("1", (14_000, 13_000), 1), "PNG")
    assert to_pdf(data, "p", Options()).startswith(b"%PDF")
    with pytest.raises(DocumentError, match="limit: picture_megapixels=100"):
        to_pdf(data, "p", Options(limits=Limits(picture_megapixels=100)))
    # Nobody else's limit is changed by that.
    assert Image.MAX_IMAGE_PIXELS


@pytest.mark.issue(26)
@pytest.mark.parametrize(
    ("kind", "mode", "megapixels"),
    [
        ("JPEG", "RGB", 0.06),
        ("JPEG2000", "L", 0.06),
        ("JPEG2000", "RGB", 0.18),
        ("JPEG2000", "RGBA", 0.24),
        ("PNG", "L", 0.0),
    ],
)
def test_the_data_of_a_picture_says_how_large_it_is(kind, mode, megapixels):
    data = encode(picture(mode, (300, 200)), kind)
    assert coded_megapixels(data) == pytest.approx(megapixels)
    assert coded_megapixels(data[:20]) == 0


def test_a_document_knows_the_bytes_it_was_given(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(encode(picture(), "JPEG", dpi=(100, 100)))
    with open_document(path, name="x.jpg", options=Options()) as document:
        assert document.source.bytes == path.stat().st_size and document.source.pages == 1
        assert document.reopen().read(5) == b"%PDF-"
        assert document.measure(1).scan_dpi == pytest.approx(100, abs=1)
