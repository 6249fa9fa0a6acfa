"""Documents of offices and of the web (DOCX, DOC, ODT, RTF, HTML), of which LibreOffice makes a PDF.

What one has inside tells what it is, not its name. Nothing of it is opened here: who reads documents has the PDF made
by a process that may do nothing else (`workers.reading.office`).
"""

from __future__ import annotations

import re
import struct
from enum import StrEnum
from typing import BinaryIO

from extractor.scan.packed import ZIP


class OfficeKind(StrEnum):
    """Kinds by the ending that belongs to each."""

    DOCX = "docx"
    DOC = "doc"
    ODT = "odt"
    RTF = "rtf"
    HTML = "html"


#: Endings of the names of files that may be such documents, lower case; WPS writes DOC under its own ending.
OFFICE_ENDINGS = (".docx", ".doc", ".wps", ".odt", ".rtf", ".html", ".htm")
#: What a zip of each kind names, in its first entries or in the list of all at its end (ECMA-376, ODF 1.2).
_ENTRIES = {
    OfficeKind.DOCX: b"word/document.xml",
    OfficeKind.ODT: b"mimetypeapplication/vnd.oasis.opendocument.text",
}
OLE, _RTF = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"
_BLANK = b"\xef\xbb\xbf \t\r\n"
#: A page begins with markup, and says within its first bytes that it is HTML.
_PAGE = re.compile(rb"<(!doctype\s+html|html)[\s>]", re.IGNORECASE)
#: Bytes looked at, at the beginning and at the end.
HEAD, TAIL = 4096, 65_536
#: Of OLE (MS-CFB 2.2, 2.6.1): where the sector size and the first sector of the folder stand in the head, and how
#: many bytes of that folder are looked at: 32 entries.
_SECTOR_SHIFT, _FOLDER = 30, 48
_FOLDER_BYTES = 4096
_WORD, _LOCKED = "WordDocument".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")


def tell_office_kind(stream: BinaryIO) -> OfficeKind | None:
    """What kind of document a file is; None for another kind of file. The stream is left anywhere."""
    head = _read(stream, 0, HEAD)
    if head.startswith(ZIP):
        entries = head + read_tail(stream)
        return next((kind for kind, mark in _ENTRIES.items() if mark in entries), None)
    if head.startswith(OLE):
        return OfficeKind.DOC if _WORD in read_folder(stream, head) else None
    if head.startswith(_RTF):
        return OfficeKind.RTF
    start = head.lstrip(_BLANK)
    return OfficeKind.HTML if start.startswith(b"<") and _PAGE.search(start) else None


def is_locked(stream: BinaryIO) -> bool:
    """Whether it is a document of Office under a password (MS-OFFCRYPTO 2.3.4.4)."""
    head = _read(stream, 0, HEAD)
    return head.startswith(OLE) and _LOCKED in read_folder(stream, head)


def read_tail(stream: BinaryIO) -> bytes:
    """The last bytes of a file, where a zip lists what is in it."""
    size = stream.seek(0, 2)
    return _read(stream, max(0, size - TAIL), TAIL)


def read_folder(stream: BinaryIO, head: bytes) -> bytes:
    """The beginning of the list of what is in an OLE file; nothing where it is cut off or nonsense."""
    try:
        (shift,) = struct.unpack_from("<H", head, _SECTOR_SHIFT)
        (sector,) = struct.unpack_from("<I", head, _FOLDER)
    except struct.error:
        return b""
    return _read(stream, (sector + 1) << min(shift, 16), _FOLDER_BYTES)


def _read(stream: BinaryIO, place: int, count: int) -> bytes:
    stream.seek(place)
    return stream.read(count)
