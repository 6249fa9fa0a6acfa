from __future__ import annotations

import io
import zipfile

import pytest

from extractor.scan.document import read_source
from extractor.scan.foreign import HEAD, TAIL, tell_ending, tell_foreign
from extractor.seams.errors import DocumentError


def _zip(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"<a/>" * 5000)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (_zip("OFD.xml", "Doc_0/Document.xml"), "OFD reader"),
        (_zip("Doc_0/Document.xml", "OFD.xml"), "OFD reader"),
        (_zip("[Content_Types].xml", "word/document.xml"), "soffice"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "soffice"),
        (b"{\\rtf1", "soffice"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>", "browser"),
        (_zip("a.txt"), "neither a PDF"),
        (b"words", "neither a PDF"),
    ],
)
def test_a_document_of_another_kind_says_what_to_do_whatever_it_is_called(tmp_path, content, told):
    path = tmp_path / "report.pdf"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=told) as failed:
        read_source(path, path.name)
    assert failed.value.code == "not_a_pdf"
    assert str(failed.value).startswith("report.pdf")


def test_what_is_found_by_its_ending_says_the_same():
    content = _zip("OFD.xml")
    assert tell_ending(".ofd") == tell_foreign(".ofd", content[:HEAD], content[-TAIL:])
    assert tell_ending(".txt") is None and tell_foreign("a", b"", b"") is None
