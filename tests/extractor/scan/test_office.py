from __future__ import annotations

import io
import struct
import zipfile

import pytest

from extractor.scan.document import open_document, read_source
from extractor.scan.office import OfficeKind, tell_office_kind
from extractor.seams.errors import DocumentError, EncryptedError
from extractor.seams.options import Options
from tests.workers.pdfs import write_blank


def write_zip(*names: str, first: bytes = b"") -> bytes:
    """A zip of so many members, of which the first may say what it is."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if first:
            archive.writestr("mimetype", first)
        for name in names:
            archive.writestr(name, b"<a/>" * 5000)
    return made.getvalue()


def write_ole(*names: str, sector: int = 2) -> bytes:
    """An OLE file whose folder, in a sector of 512 bytes, has these entries (MS-CFB 2.2 and 2.6.1)."""
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<H", head, 30, 9)
    struct.pack_into("<I", head, 48, sector)
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *names))
    return bytes(head) + bytes(512 * sector) + entries


_WORD = write_zip("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (_WORD, OfficeKind.DOCX),
        (write_zip("content.xml", first=b"application/vnd.oasis.opendocument.text"), OfficeKind.ODT),
        (write_ole("1Table", "WordDocument"), OfficeKind.DOC),
        (b"{\\rtf1 a}", OfficeKind.RTF),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE  html><p>", OfficeKind.HTML),
        (b'<?xml version="1.0"?>\n<!-- saved -->\n<HTML lang="zh">', OfficeKind.HTML),
        (write_zip("xl/workbook.xml"), None),
        (write_zip("notes/word/document.txt"), None),
        (write_ole("Workbook"), None),
        (write_ole("WordDocument")[:400], None),
        (write_ole("WordDocument", sector=2)[:1500], None),
        (b"<htmlish>", None),
        (b"to <html> or not", None),
        (b'<?xml version="1.0"?><svg>', None),
        (b"", None),
    ],
)
def test_what_it_has_inside_tells_what_it_is(content, kind):
    assert tell_office_kind(io.BytesIO(content)) is kind


def test_without_a_pdf_of_it_a_document_says_what_would_help(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(_WORD)
    with pytest.raises(DocumentError, match="apt-get install libreoffice") as failed:
        read_source(path, path.name)
    assert failed.value.code == "no_libreoffice"


def test_one_under_a_password_is_told_to_be(tmp_path):
    path = tmp_path / "report.docx"
    path.write_bytes(write_ole("EncryptionInfo", "EncryptedPackage"))
    with pytest.raises(EncryptedError, match="password"):
        read_source(path, path.name)


def test_pages_are_those_of_the_pdf_and_bytes_and_digest_those_of_the_document(tmp_path):
    path = tmp_path / "report.docx"
    path.write_bytes(_WORD)
    drawn = write_blank(tmp_path / "drawn.pdf", pages=3)
    with open_document(path, name=path.name, options=Options(drawn=drawn)) as document:
        told = document.source
        assert (told.pages, told.bytes, told.name) == (3, len(_WORD), "report.docx")
        assert told.sha256 == read_source(path, path.name, is_drawn=True)[1]
        assert document.reopen().read() == drawn.read_bytes()
        assert set(document.drawn_by) == {"drawn_by"}
    with open_document(drawn, name="a.pdf", options=Options()) as document:
        assert document.drawn_by == {}
