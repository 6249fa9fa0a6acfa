from __future__ import annotations

import io

import pytest

from extractor.scan.document import read_source
from extractor.scan.foreign import tell_ending, tell_foreign
from extractor.seams.errors import DocumentError
from tests.extractor.scan.test_office import write_ole, write_zip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (write_zip("OFD.xml", "Doc_0/Document.xml"), "OFD reader"),
        (write_zip("Doc_0/Document.xml", "OFD.xml"), "OFD reader"),
        (write_zip("xl/workbook.xml"), "sheets"),
        (write_ole("Workbook"), "sheets"),
        (b"MIME-Version: 1.0\r\n", "browser"),
        (write_zip("a.txt"), r"is an archive \(zip\)"),
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
    assert tell_ending(".ofd") == tell_foreign(".ofd", io.BytesIO(write_zip("OFD.xml")))
    assert tell_ending(".txt") is None and tell_foreign("a", io.BytesIO()) is None
