"""Reads a specimen and drafts the form that it shows."""

from __future__ import annotations

from pathlib import Path

from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.pipeline import read_pages
from extractor.seams.options import Options
from models.engines import load_readers


def draft_form(path: Path, form_id: str, engine: str) -> str:
    """The text of a form file for the tables on the pages of a PDF.

    Raises:
        DocumentError: it cannot be read, or shows no table with cells for figures.
        EncryptedError: it needs a password.
    """
    pages = read_pages(path, load_readers(engine, ""), Options())
    return write_draft(form_id, path.name, draft_tables(pages))
