from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from extractor.scan.packed import PackedKind, tell_packed
from extractor.scan.pictures import is_document

_PDF = b"%PDF-1.7\n"


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.pdf", _PDF)
    return made.getvalue()


def _tar(kind: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
        entry = tarfile.TarInfo("a.pdf")
        entry.size = len(_PDF)
        archive.addfile(entry, io.BytesIO(_PDF))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (_zip(), PackedKind.ZIP),
        (_tar(tarfile.USTAR_FORMAT), PackedKind.TAR),
        (_tar(tarfile.GNU_FORMAT), PackedKind.TAR),
        (b"Rar!\x1a\x07\x01\x00head" + _PDF, PackedKind.RAR),
        (b"7z\xbc\xaf\x27\x1c" + bytes(26) + _PDF, PackedKind.SEVEN_Z),
    ],
)
def test_an_archive_of_stored_pdfs_is_no_pdf(content, kind):
    assert _PDF in content[:1024]
    assert tell_packed(content) is kind
    assert not is_document(content)


@pytest.mark.parametrize("before", [b"", b"\n" * 600, bytes(600), b"From: a scanner\r\n\r\n"])
def test_a_pdf_stays_one_whatever_else_stands_before_it(before):
    assert tell_packed(before + _PDF) is None
    assert is_document(before + _PDF)
