"""Reports of the generator as a page of the web and as documents of an office: their figures are those of the PDF."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from html import escape
from itertools import groupby
from pathlib import Path

import pytest

from extractor.pipeline import extract_document
from extractor.seams.options import Options
from fixtures.generator.blocks import PrintedReport, PrintedTable
from fixtures.generator.reports import write_report
from fixtures.generator.specs import ReportSpec
from models.engines import load_readers
from tests.workers.office import needs_office
from workers.reading.office import draw, find_program, tell_kind_of
from workers.reading.protocol import ReadLimits

#: Whole documents, and LibreOffice, which takes two seconds for each.
pytestmark = [pytest.mark.slow, needs_office]
_WRITERS = {"docx": "MS Word 2007 XML", "doc": "MS Word 97", "odt": "writer8", "rtf": "Rich Text Format"}


def _write_page(report: PrintedReport) -> str:
    """A page as the sites of offices have them: a title, paragraphs, and tables ruled by a style sheet."""
    parts = ["<style>td { border: 1px solid black }</style>"]
    for is_title, blocks in groupby(report.blocks, lambda block: getattr(block, "kind", "") == "title"):
        if is_title:
            parts.append(f"<h1>{'<br>'.join(escape(block.text) for block in blocks)}</h1>")
            continue
        for block in blocks:
            parts.append(
                _write_table(block) if isinstance(block, PrintedTable) else f"<p>{escape(block.text)}</p>"
            )
    return f'<!DOCTYPE html><html lang="zh"><meta charset="utf-8">{"".join(parts)}</html>'


def _write_table(table: PrintedTable) -> str:
    rows = [""] * table.row_count
    for cell in table.cells:
        spans = f'rowspan="{cell.row_span}" colspan="{cell.column_span}"'
        rows[cell.row] += f"<td {spans}>{escape(cell.text) or '&nbsp;'}</td>"
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


@pytest.fixture(scope="module")
def report():
    return write_report(ReportSpec(), 3)


@pytest.fixture(scope="module")
def pages(tmp_path_factory, report):
    """The report as a page, and as what LibreOffice writes of it; paths by ending."""
    folder = tmp_path_factory.mktemp("office")
    page = folder / "a.html"
    page.write_text(_write_page(report.printed).replace("<table>", '<table border="1">'), encoding="utf-8")
    for ending, writer in _WRITERS.items():
        subprocess.run(
            [
                find_program(), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
                "--infilter=HTML (StarWriter)", "--convert-to", f"{ending}:{writer}", "--outdir", folder, page,
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
    page.write_text(_write_page(report.printed), encoding="utf-8")
    return {ending: folder / f"a.{ending}" for ending in ("html", *_WRITERS)}


@pytest.mark.model
@pytest.mark.parametrize("ending", ["html", *_WRITERS])
def test_its_figures_body_and_year_are_those_of_the_report(pages, report, tmp_path, ending):
    path, drawn = pages[ending], tmp_path / "drawn.pdf"
    kind, program = tell_kind_of(path), find_program()
    assert kind is not None and kind.value == ending and program is not None
    assert draw(path, drawn, kind, program, ReadLimits(page_timeout=120.0)) is None
    options = replace(Options(), drawn=drawn)
    result = extract_document(path, name=path.name, readers=load_readers("fast", ""), options=options)
    (read,) = result.reports
    truth = report.truth
    assert {field.id: field.value for field in read.fields} == truth["fields"]
    assert (read.form, read.organ.value, read.year.value) == (truth["form"], truth["organ"], truth["year"])
    assert result.source.bytes == path.stat().st_size
    assert result.engine["drawn_by"].startswith("LibreOffice")
    assert Path(drawn).is_file()
