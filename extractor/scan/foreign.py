"""Kinds of file that people have and that are not read: known by their endings or by what they begin and end with."""

from __future__ import annotations

from extractor.wording.said import Said, say

#: Endings of names by kind, lower case.
_ENDINGS = {
    "ofd": (".ofd",),
    "docx": (".docx", ".doc", ".wps", ".xlsx", ".xls", ".odt", ".rtf"),
    "html": (".html", ".htm", ".mht"),
}
#: What a zip of each kind names, in its first entry or in the list of all at its end (GB/T 33190, ECMA-376, ODF).
_ENTRIES = {"ofd": (b"OFD.xml",), "docx": (b"word/", b"xl/", b"[Content_Types].xml", b"opendocument")}
_ZIP, _OLE, _RTF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"
_PAGES = (b"<!doctype html", b"<html", b"mime-version:")
#: Bytes looked at, at the beginning and at the end.
HEAD, TAIL = 1024, 65_536


def tell_ending(ending: str) -> Said | None:
    """What to do about a file whose name ends so (lower case, with the dot); None where nothing is known."""
    for kind, endings in _ENDINGS.items():
        if ending in endings:
            return say(f"documents.unread.{kind}", name=ending)
    return None


def tell_foreign(name: str, head: bytes, tail: bytes) -> Said | None:
    """What to do about a file that begins and ends so, whatever it is called; None where nothing is known of it."""
    kind = _kind(head, tail)
    return say(f"documents.unread.{kind}", name=name) if kind else None


def _kind(head: bytes, tail: bytes) -> str:
    if head.startswith(_ZIP):
        entries = head[:HEAD] + tail[-TAIL:]
        return next((kind for kind, marks in _ENTRIES.items() if any(m in entries for m in marks)), "")
    if head.startswith((_OLE, _RTF)):
        return "docx"
    start = head[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" if start.startswith(_PAGES) else ""
