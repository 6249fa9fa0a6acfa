"""Reads a specimen, drafts the form that it shows, and reads the specimen by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import Form, parse_form
from extractor.layout import LAYOUT_VERSION
from extractor.pipeline import read_pages
from extractor.reports import decode_report, make_report
from extractor.seams.calibrator import ERROR_BUDGET
from extractor.seams.options import Options
from extractor.values.result import Report
from models.calibration import load_judge
from models.engines import load_readers


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted form: the text of its file, and what it reads in its specimen; None where that is none of it."""

    text: str
    form: Form
    report: Report | None


def draft_form(path: Path, form_id: str, engine: str) -> Draft:
    """A form for the tables on the pages of a PDF.

    Raises:
        DocumentError: it cannot be read, or shows no table with cells for figures.
        EncryptedError: it needs a password.
    """
    readers = load_readers(engine, "")
    judge = load_judge(ERROR_BUDGET).for_fields(readers.read_by(LAYOUT_VERSION))
    pages = read_pages(path, readers, Options())
    text = write_draft(form_id, path.name, draft_tables(pages))
    form = parse_form(text, path.name)
    printed = decode_report(pages, {form.id: form}, readers.second)
    return Draft(text, form, None if printed is None else make_report(printed, judge))
