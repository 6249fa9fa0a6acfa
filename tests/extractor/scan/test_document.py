from __future__ import annotations

import io

import cv2
import numpy as np
import pypdfium2
import pytest

from extractor.scan.document import MAX_DPI, MIN_DPI, open_document, read_source
from extractor.seams.errors import DocumentError, EncryptedError, ExitCode
from extractor.seams.options import Options
from tests.workers.pdfs import write_blank, write_encrypted, write_truncated


def open_it(path, **options):
    with open_document(path, name=path.name, options=Options(**options)) as document:
        return document.source


def write_scan(path, picture, *, dpi, cover=1.0, rotation=0):
    """A PDF page with a picture (BGR or gray) printed at `dpi` on `cover` of its width and height."""
    document = pypdfium2.PdfDocument.new()
    height, width = picture.shape[:2]
    page = document.new_page(width / dpi * 72 / cover, height / dpi * 72 / cover)
    image = pypdfium2.PdfImage.new(document)
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    image.load_jpeg(io.BytesIO(coded.tobytes()))
    image.set_matrix(pypdfium2.PdfMatrix().scale(width / dpi * 72, height / dpi * 72))
    page.insert_obj(image)
    page.set_rotation(rotation)
    page.gen_content()
    document.save(path)
    document.close()
    return path


@pytest.fixture
def picture():
    return np.full((1100, 800), 255, dtype=np.uint8)


def test_good_file_is_opened_with_its_digest(tmp_path):
    path = write_blank(tmp_path / "a.pdf", pages=3)
    source = open_it(path)
    assert (source.name, source.pages, source.bytes) == ("a.pdf", 3, path.stat().st_size)
    assert len(source.sha256) == 64


def _empty(path):
    path.write_bytes(b"")


def _text(path):
    path.write_text("这不是PDF", encoding="utf-8")


@pytest.mark.parametrize(
    ("write", "code", "hint"),
    [
        (_empty, "empty_file", "scan it again"),
        (_text, "not_a_pdf", "convert it"),
        (write_truncated, "damaged_pdf", "scan it again"),
        (lambda path: None, "unreadable_file", "cannot be read"),
    ],
    ids=["empty", "text", "truncated", "missing"],
)
def test_each_broken_file_has_its_own_error_that_says_what_to_do(tmp_path, write, code, hint):
    path = tmp_path / "x.pdf"
    write(path)
    with pytest.raises(DocumentError, match=hint) as caught:
        open_it(path)
    assert caught.value.code == code
    assert caught.value.exit_code == ExitCode.SOME_FAILED
    assert "x.pdf" in str(caught.value)


def test_header_after_some_garbage_is_still_a_pdf(tmp_path):
    path = write_blank(tmp_path / "a.pdf", pages=1)
    path.write_bytes(b"\x00" * 900 + path.read_bytes())
    assert read_source(path, "a")[0]


def test_encrypted_file_needs_the_right_password(tmp_path):
    path = write_encrypted(tmp_path / "locked.pdf", password="open")
    with pytest.raises(EncryptedError, match="--password") as caught:
        open_it(path)
    assert caught.value.exit_code == ExitCode.ENCRYPTED
    with pytest.raises(EncryptedError, match="wrong"):
        open_it(path, password="shut")
    assert open_it(path, password="open").pages == 1


def test_page_limit_is_a_limit(tmp_path):
    path = write_blank(tmp_path / "long.pdf", pages=501)
    with pytest.raises(DocumentError, match=r"501 pages.*--max-pages") as caught:
        open_it(path)
    assert caught.value.code == "too_many_pages"
    assert open_it(path, max_pages=501).pages == 501


def test_password_is_not_shown():
    assert "hidden" not in repr(Options(password="hidden"))


@pytest.mark.parametrize(("dpi", "rendered"), [(200, 200), (600, MAX_DPI), (72, MIN_DPI)])
def test_page_is_rendered_at_its_scans_resolution_within_bounds(tmp_path, picture, dpi, rendered):
    with open_document(
        write_scan(tmp_path / "s.pdf", picture, dpi=dpi), name="s", options=Options()
    ) as document:
        assert document.measure(1).scan_dpi == pytest.approx(dpi, rel=0.01)
        raster = document.render(1)
    assert raster.dpi == pytest.approx(rendered, rel=0.01)
    assert raster.gray.shape[1] == pytest.approx(800 / dpi * rendered, abs=2)


def test_small_picture_does_not_decide_the_resolution(tmp_path, picture):
    path = write_scan(tmp_path / "s.pdf", picture, dpi=96, cover=0.5)
    with open_document(path, name="s", options=Options()) as document:
        assert document.measure(1).scan_dpi is None


def test_size_and_pixels_are_those_a_viewer_shows(tmp_path, picture):
    picture[:100] = 0
    path = write_scan(tmp_path / "s.pdf", picture, dpi=200, rotation=90)
    with open_document(path, name="s", options=Options()) as document:
        size, raster = document.measure(1), document.render(1)
    assert size.width > size.height
    assert raster.gray.shape[1] > raster.gray.shape[0]
    # Turned clockwise, what was on top is at the right.
    assert raster.gray[:, -50:].mean() < 50
    assert raster.gray[:, :50].mean() > 200


def test_page_beyond_the_pixel_limit_is_rendered_smaller_or_refused(tmp_path, picture):
    path = write_scan(tmp_path / "s.pdf", picture, dpi=200)
    with open_document(path, name="s", options=Options(max_megapixels=0.3)) as document:
        raster = document.render(1)
        assert raster.gray.size <= 0.31e6
        assert raster.dpi < MIN_DPI
    with (
        open_document(path, name="s", options=Options(max_megapixels=0.05)) as document,
        pytest.raises(DocumentError, match="megapixels") as caught,
    ):
        document.render(1)
    assert caught.value.code == "page_too_large"


@pytest.mark.parametrize("size", [(5, 800), (800, 14_400.5), (200_000, 200_000)])
def test_impossible_page_size_is_told_before_a_pixel_is_made(tmp_path, size):
    path = write_blank(tmp_path / "s.pdf", pages=1, size=size)
    with (
        open_document(path, name="s", options=Options()) as document,
        pytest.raises(DocumentError, match="points") as caught,
    ):
        document.render(1)
    assert caught.value.code == "page_size"


def test_page_that_is_not_there_is_an_error(tmp_path):
    with (
        open_document(write_blank(tmp_path / "s.pdf", pages=1), name="s", options=Options()) as document,
        pytest.raises(DocumentError, match="page 2"),
    ):
        document.measure(2)


def test_red_seal_vanishes_and_black_under_it_stays(tmp_path):
    picture = np.full((1100, 800, 3), 255, dtype=np.uint8)
    cv2.circle(picture, (400, 500), 200, (40, 40, 230), 12)
    cv2.line(picture, (100, 500), (700, 500), (0, 0, 0), 8)
    with open_document(
        write_scan(tmp_path / "s.pdf", picture, dpi=200), name="s", options=Options()
    ) as document:
        raster = document.render(1)
    assert raster.gray[295:305, 390:410].min() > 180  # the top of the ring
    assert raster.gray[500, 150:650].max() < 100  # the line, also where the ring crosses it
    assert raster.coloured is not None
    assert raster.coloured[295:305, 390:410].all()
    assert not raster.coloured[500, 250:550].any()


def test_picture_without_colour_has_none(tmp_path, picture):
    with open_document(
        write_scan(tmp_path / "s.pdf", picture, dpi=200), name="s", options=Options()
    ) as document:
        assert document.render(1).coloured is None


@pytest.mark.issue(26)
def test_encryption_for_certificates_is_told_as_encryption(tmp_path):
    path = write_encrypted(tmp_path / "x.pdf", password="open")
    path.write_bytes(path.read_bytes().replace(b"/Filter/Standard/V 1/R 2", b"/Filter/Adobe.PubSec/V 4"))
    with pytest.raises(EncryptedError, match="for certificates") as caught:
        open_it(path)
    assert caught.value.exit_code == ExitCode.ENCRYPTED
