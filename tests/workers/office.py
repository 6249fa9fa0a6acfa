"""A program that stands in for LibreOffice, and whether the real one is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.workers.pdfs import write_blank
from workers.reading.office import find_program

#: A document that LibreOffice would make a PDF of.
RTF = b"{\\rtf1 a document}"
#: What the program does when it is well: it is told the document last, and the folder before.
WELL = 'cp "$(dirname "$0")/made.pdf" "$made"'
needs_office = pytest.mark.skipif(
    find_program() is None, reason="LibreOffice is not here (apt-get install libreoffice-writer-nogui)"
)


def write_program(folder: Path, what: str = WELL, *, pages: int = 2) -> Path:
    """A folder with a `soffice` in it, a script of the shell. $made: where the PDF is to go; $own: its folder."""
    folder.mkdir(exist_ok=True)
    write_blank(folder / "made.pdf", pages=pages)
    program = folder / "soffice"
    program.write_text(
        f'#!/bin/sh\nfor document; do :; done\nown=$(dirname "$document")\nmade="$own/document.pdf"\n{what}\n'
    )
    program.chmod(0o755)
    return folder


def search_path(*first: Path) -> str:
    """A search path on which there is no LibreOffice but one in these folders."""
    return os.pathsep.join(map(str, first)) or "/nowhere"
