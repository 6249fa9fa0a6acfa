"""Reads a specimen and drafts the form that it shows."""

from __future__ import annotations

from pathlib import Path

from extractor.draft_tables import draft_tables
from extractor.draft_yaml import write_draft
from extractor.options import Options
from extractor.pipeline import read_pages
from models.engines import load_engine


def draft_form(path: Path, form_id: str, engine: str) -> str:
    """The text of a form file for the tables on the pages of a PDF.

    Raises:
        DocumentError: it cannot be read, or shows no table with cells for figures.
        EncryptedError: it needs a password.
    """
    pages = read_pages(path, load_engine(engine), Options())
    return write_draft(form_id, path.name, draft_tables(pages))
