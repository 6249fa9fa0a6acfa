"""Reads a specimen, drafts the form that it shows, and reads the specimen by it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import Form, list_families, load_forms, parse_form
from extractor.layout import LAYOUT_VERSION
from extractor.pipeline import name_forms, read_pages
from extractor.reports import decode_report, make_report
from extractor.seams.calibrator import ERROR_BUDGET
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.values.result import Report
from models.calibration import load_judge
from models.engines import load_readers
from workers.reading.office import draw, find_program, tell_kind_of
from workers.reading.protocol import ReadLimits


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted form: the text of its file, and what it reads in its specimen; None where that is none of it.

    known: ids of forms that come along and read the specimen already.
    """

    text: str
    form: Form
    report: Report | None
    known: tuple[str, ...]


def draft_form(path: Path, form_id: str, engine: str) -> Draft:
    """A form for the tables on the pages of a document.

    Raises:
        DocumentError: it cannot be read, or shows no table with cells for figures.
        EncryptedError: it needs a password.
    """
    readers = load_readers(engine, "")
    judge = load_judge(ERROR_BUDGET).for_fields(readers.read_by(LAYOUT_VERSION))
    with tempfile.TemporaryDirectory() as folder:
        pages = read_pages(path, readers, Options(drawn=_draw(path, Path(folder, "drawn.pdf"))))
    text = write_draft(form_id, path.name, draft_tables(pages))
    form = parse_form(text, path.name)
    printed = decode_report(pages, {form.id: form}, readers.second)
    report = None if printed is None else make_report(printed, judge)
    known = name_forms(pages, load_forms(tuple(list_families().values())))
    return Draft(text, form, report, tuple(name for name in known if name != form_id))


def _draw(path: Path, target: Path) -> Path | None:
    """The PDF that is made of a document of an office; None where there is no need, or no LibreOffice."""
    kind, program = tell_kind_of(path), find_program()
    if kind is None or program is None:
        return None
    failure = draw(path, target, kind, program, ReadLimits())
    if failure is not None:
        raise DocumentError(failure.message, code=failure.code)
    return target
