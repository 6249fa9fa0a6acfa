"""What was read can be found again in the copy: the same words, at the place they are printed at.

One of the scans lies on its side, the other is skewed and bent.
"""

from __future__ import annotations

import io

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pytest
from rapidfuzz.distance import LCSseq

from extractor.output.searchable import write_searchable
from extractor.pipeline import read_pages
from extractor.seams.errors import DocumentError, StorageError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.geometry import Box
from extractor.values.page import Page, PageKind, TextLine
from models.engines import load_engine
from models.pages import load_labeller
from tests.extractor.drawn import blank_image, straight_image
from tests.paths import ROOT

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FIXTURES = ROOT / "fixtures"
_SCANS = ["bureau-rotated", "jinhu-2023-rough"]


@pytest.mark.parametrize("name", _SCANS)
def test_a_round_trip_finds_the_words_where_they_are_printed_and_the_pages_upright(tmp_path, name):
    # One test, because reading the pages is what takes the time.
    pdf, copy = _FIXTURES / "scans" / f"{name}.pdf", tmp_path / "copy.pdf"
    pages = read_pages(
        pdf,
        Readers(load_engine(f"replay:{_FIXTURES / 'recordings' / f'{name}.npz'}"), None, load_labeller()),
        Options(),
    )
    write_searchable(pdf, copy, pages)
    check_words(copy, pages)
    check_places(copy, pages)
    check_sheets(pdf, copy, pages)


def words_of(page):
    lines = [*page.lines, *(line for table in page.tables for cell in table.cells for line in cell.lines)]
    return [line for line in lines if line.text.strip()]


def squeezed(text):
    return "".join(text.split())


def check_words(copy, pages):
    with pypdfium2.PdfDocument(copy) as document:
        found = "".join(squeezed(page.get_textpage().get_text_range()) for page in document)
    read = "".join(squeezed(line.text) for page in pages for line in words_of(page))
    # A dash may be copied as another one, and a zero read as a ring is a zero.
    assert abs(len(found) - len(read)) <= 0.01 * len(read)
    for page in pages:
        for line in page.lines:
            assert squeezed(line.text) in found


def check_places(copy, pages):
    alike, total = 0, 0
    with pypdfium2.PdfDocument(copy) as document:
        for page in pages:
            sheet = document[page.page_no - 1]
            text = sheet.get_textpage()
            for line in words_of(page):
                # As the page was shown before it was turned; none of these has a rotation of its own.
                box = page.to_points(line.box)
                found = text.get_text_bounded(
                    box.left - 1, page.height - box.bottom - 1, box.right + 1, page.height - box.top + 1
                )
                alike += LCSseq.similarity(squeezed(found), squeezed(line.text))
                total += len(squeezed(line.text))
    assert alike >= 0.98 * total


def check_sheets(pdf, copy, pages):
    with pikepdf.open(pdf) as before, pikepdf.open(copy) as after:
        assert after.check_pdf_syntax() == []
        assert len(after.pages) == len(before.pages)
        turned = {page.page_no: page.image.rotation for page in pages if page.image is not None}
        for number, (old, new) in enumerate(zip(before.pages, after.pages, strict=True), start=1):
            assert int(new.obj.get("/Rotate", 0)) == turned.get(number, 0)
            drawn = [dict(sheet.obj.Resources.XObject.items()) for sheet in (old, new)]
            assert drawn[0].keys() == drawn[1].keys()
            for name, image in drawn[0].items():
                assert drawn[1][name].read_raw_bytes() == image.read_raw_bytes()


def blank_pdf(path, rotate, *, password=None):
    with pikepdf.new() as pdf:
        sheet = pdf.add_blank_page(page_size=(300, 400))
        # A page may begin anywhere, and leave its contents scaled and unbalanced.
        sheet.obj.MediaBox = [50, 70, 350, 470]
        sheet.obj.Rotate = rotate
        sheet.contents_add(pdf.make_stream(b"q 0.5 0 0 0.5 9 9 cm"))
        locked = pikepdf.Encryption(user=password, owner=password) if password else False
        pdf.save(path, encryption=locked)
    return path


def page_with(lines, width, height):
    flat = np.full((height, width), 255, dtype=np.uint8)
    image = straight_image(flat)
    return Page(1, PageKind.SCAN, float(width), float(height), image, (), tuple(lines))


def test_what_is_seen_does_not_change_and_the_same_pages_make_the_same_bytes(tmp_path):
    pdf = blank_pdf(tmp_path / "a.pdf", 90)
    with pikepdf.open(pdf, allow_overwriting_input=True) as document:
        document.pages[0].contents_add(document.make_stream(b"0 g 100 120 200 90 re f"))
        document.save(pdf)
    page = page_with([TextLine(Box(40, 60, 160, 80), "政府", 1.0)], 400, 300)
    for name in ("one.pdf", "two.pdf"):
        write_searchable(pdf, tmp_path / name, [page])
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    drawn = []
    for path in (pdf, tmp_path / "one.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            drawn.append(np.asarray(document[0].render(scale=1).to_numpy()))
    assert drawn[0].min() < 100
    assert np.array_equal(*drawn)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_page_shown_turned_gets_its_words_as_shown(tmp_path, rotate):
    width, height = (400, 300) if rotate in (90, 270) else (300, 400)
    line = TextLine(Box(40, 60, 160, 80), "政府信息公开2025", 0.9)
    copy = tmp_path / "copy.pdf"
    write_searchable(blank_pdf(tmp_path / "a.pdf", rotate), copy, [page_with([line], width, height)])
    with pdfplumber.open(copy) as document:
        sheet = document.pages[0]
        chars = [char for char in sheet.chars if char["text"].strip()]
        assert "".join(char["text"] for char in chars) == line.text
        left, top = min(c["x0"] for c in chars), min(c["top"] for c in chars)
        right, bottom = max(c["x1"] for c in chars), max(c["bottom"] for c in chars)
    assert (left, right) == pytest.approx((40 + sheet.bbox[0], 160 + sheet.bbox[0]), abs=0.5)
    assert (top, bottom) == pytest.approx((60 + sheet.bbox[1], 80 + sheet.bbox[1]), abs=0.5)


def test_a_page_read_by_its_own_text_is_left_alone(tmp_path):
    page = page_with([TextLine(Box(40, 60, 160, 80), "政府", 1.0)], 300, 400)
    own = Page(1, PageKind.TEXT, 300.0, 400.0, blank_image(), (), page.lines)
    copy = tmp_path / "copy.pdf"
    write_searchable(blank_pdf(tmp_path / "a.pdf", 0), copy, [own])
    with pikepdf.open(copy) as document:
        assert "/Font" not in document.pages[0].obj.get("/Resources", {})


def test_a_file_under_a_password_stays_under_it(tmp_path):
    pdf, copy = blank_pdf(tmp_path / "a.pdf", 0, password="geheim"), tmp_path / "copy.pdf"
    page = page_with([TextLine(Box(40, 60, 160, 80), "政府", 1.0)], 300, 400)
    write_searchable(pdf, copy, [page], password="geheim")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(copy.read_bytes()))
    with pikepdf.open(copy, password="geheim") as document:
        assert document.pages[0].obj.Resources.Font


def test_an_archival_copy_says_what_it_is_and_brings_what_that_asks(tmp_path):
    pdf = blank_pdf(tmp_path / "a.pdf", 0)
    with pikepdf.open(pdf, allow_overwriting_input=True) as document:
        document.docinfo.Title = "年度报告"
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        image = document.make_stream(b"\x00", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        image.Width = image.Height = 1
        image.BitsPerComponent, image.ColorSpace = 8, pikepdf.Name.DeviceGray
        image.Interpolate = True
        document.pages[0].add_resource(image, pikepdf.Name.XObject)
        document.save(pdf)
    page = page_with([TextLine(Box(40, 60, 160, 80), "政府", 1.0)], 300, 400)
    copies = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    for copy in copies:
        write_searchable(pdf, copy, [page], is_archival=True)
    assert copies[0].read_bytes() == copies[1].read_bytes()
    with pikepdf.open(copies[0]) as document:
        metadata = document.open_metadata()
        assert metadata.pdfa_status == "2U"
        assert metadata["dc:title"] == "年度报告"
        (intent,) = document.Root.OutputIntents
        assert (intent.S, intent.DestOutputProfile.N) == (pikepdf.Name.GTS_PDFA1, 3)
        assert "/OpenAction" not in document.Root
        (drawn,) = document.pages[0].obj.Resources.XObject.values()
        assert drawn.Interpolate is False
        (font,) = document.pages[0].obj.Resources.Font.values()
        assert font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
        assert document.pdf_version >= "1.7"


def test_a_copy_that_cannot_be_written_is_told(tmp_path):
    pdf = blank_pdf(tmp_path / "a.pdf", 0)
    with pytest.raises(StorageError, match=r"cannot write .*copy\.pdf"):
        write_searchable(pdf, tmp_path / "missing" / "copy.pdf", [])


@pytest.mark.issue(26)
@pytest.mark.parametrize("damage", ["no pages", "a loop"])
def test_a_document_that_cannot_be_written_again_has_no_copy(tmp_path, damage):
    with pikepdf.open(blank_pdf(tmp_path / "a.pdf", 0)) as pdf:
        if damage == "no pages":
            del pdf.Root.Pages.Kids
        else:
            pdf.Root.Pages.Kids.append(pdf.Root.Pages)
        pdf.save(tmp_path / "b.pdf")
    copy = tmp_path / "copy.pdf"
    copy.touch()
    with pytest.raises(DocumentError, match="no searchable copy") as error:
        write_searchable(
            tmp_path / "b.pdf", copy, [page_with([TextLine(Box(40, 60, 160, 80), "东", 1.0)], 300, 400)]
        )
    assert error.value.code == "no_copy"
    # The same words in every run.
    assert "0x" not in str(error.value)
    assert not copy.exists()


@pytest.mark.issue(26)
@pytest.mark.parametrize(("rotate", "taken"), [(45, 0), (7, 0), (135, 90), (-90, 270), (-45, 0), (3600, 0)])
def test_a_turn_that_is_none_is_taken_as_the_reader_of_pictures_takes_it(tmp_path, rotate, taken):
    pdf = blank_pdf(tmp_path / "a.pdf", rotate)
    with pypdfium2.PdfDocument(pdf) as document:
        assert document[0].get_rotation() == taken
    width, height = (300, 400) if taken in (0, 180) else (400, 300)
    write_searchable(
        pdf, tmp_path / "c.pdf", [page_with([TextLine(Box(40, 60, 160, 80), "东", 1.0)], width, height)]
    )
    assert (tmp_path / "c.pdf").exists()


def test_what_two_bytes_cannot_say_is_shown_as_missing(tmp_path):
    page = page_with([TextLine(Box(40, 60, 160, 80), "𠮷野", 1.0)], 300, 400)
    copy = tmp_path / "copy.pdf"
    write_searchable(blank_pdf(tmp_path / "a.pdf", 0), copy, [page])
    with pypdfium2.PdfDocument(copy) as document:
        assert document[0].get_textpage().get_text_range().strip() == "\ufffd野"
