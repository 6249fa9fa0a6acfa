"""A specimen of a form that is being made: read once, and then by every wording of the form."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.drafting.tables import DraftTable, draft_tables
from extractor.forms.definition import Form, list_families, load_forms
from extractor.layout import LAYOUT_VERSION
from extractor.pipeline import name_forms, read_pages
from extractor.reports import PrintedReport, decode_report, make_report
from extractor.scan.document import as_pdf
from extractor.seams.calibrator import ERROR_BUDGET, Judge
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.page import Page
from extractor.values.result import Report
from models.calibration import load_judge
from models.engines import load_readers
from workers.reading.office import draw, find_program, tell_kind_of
from workers.reading.protocol import ReadLimits


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a form reads in a specimen: where its rows are printed, and the report."""

    printed: PrintedReport
    report: Report


@dataclass(frozen=True, slots=True)
class Specimen:
    """A document with the tables of a form, as it was read. pdf: its bytes, or those of the PDF made of it."""

    name: str
    pdf: bytes
    pages: Sequence[Page]
    readers: Readers
    judge: Judge

    def draft(self) -> tuple[DraftTable, ...]:
        """Its tables as those of a form. Raises as `draft_tables`."""
        return draft_tables(self.pages)

    def read_by(self, form: Form) -> ReadBack | None:
        """What a form reads in it; None where it is none of that form."""
        printed = decode_report(self.pages, {form.id: form}, self.readers.second)
        return None if printed is None else ReadBack(printed, make_report(printed, self.judge))

    def known_forms(self) -> list[str]:
        """Ids of forms that come along and read it already."""
        return name_forms(self.pages, load_forms(tuple(list_families().values())))


def read_specimens(paths: Sequence[Path], engine: str) -> list[Specimen]:
    """Documents read whole, one after the other.

    Raises:
        DocumentError: one cannot be read.
        EncryptedError: it needs a password.
    """
    readers = load_readers(engine, "")
    judge = load_judge(ERROR_BUDGET).for_fields(readers.read_by(LAYOUT_VERSION))
    return [_read(path, readers, judge) for path in paths]


def _read(path: Path, readers: Readers, judge: Judge) -> Specimen:
    with tempfile.TemporaryDirectory() as folder:
        drawn = _draw(path, Path(folder, "drawn.pdf"))
        options = Options(drawn=drawn)
        pdf = as_pdf(path, options) if drawn is None else drawn.read_bytes()
        return Specimen(path.name, pdf, read_pages(path, readers, options), readers, judge)


def _draw(path: Path, target: Path) -> Path | None:
    """The PDF that is made of a document of an office; None where there is no need, or no LibreOffice."""
    kind, program = tell_kind_of(path), find_program()
    if kind is None or program is None:
        return None
    failure = draw(path, target, kind, program, ReadLimits())
    if failure is not None:
        raise DocumentError(failure.message, code=failure.code)
    return target
