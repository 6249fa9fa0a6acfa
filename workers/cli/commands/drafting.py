"""Reads a specimen and drafts the form that it shows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import list_families, load_forms
from extractor.pipeline import name_forms, read_pages
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from models.engines import load_readers
from workers.reading.office import draw, find_program, tell_kind_of
from workers.reading.protocol import ReadLimits


@dataclass(frozen=True, slots=True)
class Draft:
    """text: of a form file. known: ids of forms that come along and read the specimen already."""

    text: str
    known: tuple[str, ...]


def draft_form(path: Path, form_id: str, engine: str) -> Draft:
    """A form for the tables on the pages of a document.

    Raises:
        DocumentError: it cannot be read, or shows no table with cells for figures.
        EncryptedError: it needs a password.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = Options(drawn=_draw(path, Path(folder, "drawn.pdf")))
        pages = read_pages(path, load_readers(engine, ""), options)
    text = write_draft(form_id, path.name, draft_tables(pages))
    known = name_forms(pages, load_forms(tuple(list_families().values())))
    return Draft(text, tuple(name for name in known if name != form_id))


def _draw(path: Path, target: Path) -> Path | None:
    """The PDF that is made of a document of an office; None where there is no need, or no LibreOffice."""
    kind, program = tell_kind_of(path), find_program()
    if kind is None or program is None:
        return None
    failure = draw(path, target, kind, program, ReadLimits())
    if failure is not None:
        raise DocumentError(failure.message, code=failure.code)
    return target
