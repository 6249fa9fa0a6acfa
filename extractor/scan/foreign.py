"""Kinds of file that people have and that are not read: known by their endings or by what they begin and end with."""

from __future__ import annotations

from typing import BinaryIO

from extractor.scan.office import HEAD, OFFICE_ENDINGS, OLE, read_folder, read_tail
from extractor.scan.packed import ZIP, tell_packed
from extractor.wording.said import Said, say

#: Endings of names by kind, lower case.
_ENDINGS = {
    "ofd": (".ofd",),
    "workbook": (".xlsx", ".xls", ".et"),
    "mht": (".mht", ".mhtml"),
}
#: What a zip of each kind names, in its first entry or in the list of all at its end (GB/T 33190, ECMA-376, ODF).
_ENTRIES = {"ofd": (b"OFD.xml",), "workbook": (b"xl/workbook", b"opendocument.spreadsheet")}
_MHT, _BOOK = (b"mime-version:", b"from: <saved by"), "Workbook".encode("utf-16-le")


def tell_ending(ending: str) -> Said | None:
    """What to do about a file whose name ends so (lower case, with the dot); None where nothing is known.

    What could be read, were LibreOffice there, is told so.
    """
    if ending in OFFICE_ENDINGS:
        return say("documents.no_libreoffice", name=ending)
    for kind, endings in _ENDINGS.items():
        if ending in endings:
            return say(f"documents.unread.{kind}", name=ending)
    return None


def tell_foreign(name: str, stream: BinaryIO) -> Said | None:
    """What to do about a file that is not read, whatever it is called; None where nothing is known of it.

    The stream is left anywhere.
    """
    stream.seek(0)
    head = stream.read(HEAD)
    if kind := _kind(stream, head):
        return say(f"documents.unread.{kind}", name=name)
    packed = tell_packed(head)
    return say("documents.unread.archive", name=name, kind=packed.value) if packed else None


def _kind(stream: BinaryIO, head: bytes) -> str:
    if head.startswith(ZIP):
        entries = head + read_tail(stream)
        return next((kind for kind, marks in _ENTRIES.items() if any(m in entries for m in marks)), "")
    if head.startswith(OLE):
        return "workbook" if _BOOK in read_folder(stream, head) else ""
    return "mht" if head.lower().startswith(_MHT) else ""
