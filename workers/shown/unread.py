"""Kinds of file that people have and this program does not read, with what to do about each."""

from __future__ import annotations

from extractor.wording.said import Said, say

_KINDS = {
    "ofd": (".ofd",),
    "docx": (".docx", ".doc", ".wps", ".xlsx", ".xls"),
    "html": (".html", ".htm", ".mht"),
}


def tell_unread(ending: str) -> Said | None:
    """What to do about a file whose name ends so (lower case, with the dot); None where nothing is known."""
    for kind, endings in _KINDS.items():
        if ending in endings:
            return say(f"messages.unread.{kind}", ending=ending)
    return None
