"""Pages of one report → the report: tables matched, fields decoded, prose in sections, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractor.align import SURE_LABEL, TableMatch, match_tables
from extractor.candidates import list_options
from extractor.columns import Slot, fill_slots
from extractor.decoding import decode
from extractor.engine import OcrEngine
from extractor.fields import doubt_odd_blanks, make_field, table_trust
from extractor.findings import check_identities
from extractor.forms import Form
from extractor.geometry import Box
from extractor.pages import Page
from extractor.prose import PlacedLine, is_title, list_lines, read_heading, read_sections
from extractor.result import Finding, Report
from extractor.rows import PrintedRow, split_rows
from extractor.second import ask_second

#: Rows whose labels are beyond doubt that a document must have to count as a report.
_MIN_SURE_ROWS = 3


def split_reports(pages: Sequence[Page]) -> list[list[Page]]:
    """Runs of pages that belong together: a title after tables were seen begins a new report."""
    runs: list[list[Page]] = [[]]
    seen_tables = False
    for page in pages:
        titled = any(is_title(placed) for placed in list_lines([page])[:6])
        if titled and seen_tables:
            runs.append([])
            seen_tables = False
        runs[-1].append(page)
        seen_tables = seen_tables or bool(page.tables)
    return [run for run in runs if run]


def build_report(
    pages: Sequence[Page], forms: Mapping[str, Form], second: OcrEngine | None = None
) -> Report | None:
    """The report that stands on these pages; None when they print no known form.

    `second` reads the cells in doubt once more; None leaves them as they are.
    """
    rows: list[PrintedRow] = []
    tables = [table for page in pages for table in page.tables]
    for index, table in enumerate(tables):
        rows += split_rows(table, index)
    matches = match_tables(rows, list(forms.values()))
    sure = sum(1 for m in matches for row in m.matches if row.target.is_data and row.similarity >= SURE_LABEL)
    if sure < _MIN_SURE_ROWS:
        return None
    return _assemble(pages, matches, rows, second)


def _assemble(
    pages: Sequence[Page], matches: Sequence[TableMatch], rows: Sequence[PrintedRow], second: OcrEngine | None
) -> Report:
    form = matches[0].form
    slots = [slot for match in _with_missing(matches, form) for slot in fill_slots(match, rows)]
    by_page = {page.page_no: page for page in pages}

    def to_points(page_no: int, box: Box) -> Box:
        return by_page[page_no].to_points(box)

    options = {slot.spec.id: list_options(slot) for slot in slots}
    identities = {i.id: i for match in matches for i in match.form.identities}
    known = {slot.spec.id for slot in slots}
    usable = [i for i in identities.values() if all(field in known for field in i.fields)]
    tables = {slot.spec.id: slot.spec.table for slot in slots}
    beliefs = decode(options, usable, tables)
    if second is not None:
        images = {page.page_no: page.image for page in pages if page.image is not None}
        options |= ask_second(slots, options, beliefs, images, second)
        beliefs = decode(options, usable, tables)
    trust = table_trust(slots, options)
    slots = doubt_odd_blanks(slots, options)
    fields = [
        make_field(
            slot, options[slot.spec.id], beliefs[slot.spec.id], to_points, trust=trust[slot.spec.table]
        )
        for slot in slots
    ]
    lines = list_lines(pages)
    heading = read_heading(_from_title(lines))
    findings = check_identities({field.id: field for field in fields}, usable) + _form_findings(
        matches, slots, form
    )
    used = sorted({slot.page_no for slot in slots if slot.page_no is not None} | {p.page_no for p in lines})
    return Report(
        form=form.id,
        title=heading.title,
        pages=(used[0], used[-1]),
        organ=heading.organ,
        year=heading.year,
        fields=tuple(fields),
        sections=read_sections(lines, form.sections),
        findings=tuple(findings),
    )


def _from_title(lines: Sequence[PlacedLine]) -> Sequence[PlacedLine]:
    """Lines from a few above the title on."""
    for i, placed in enumerate(lines):
        if is_title(placed):
            return lines[max(0, i - 3) :]
    return lines


def _with_missing(matches: Sequence[TableMatch], form: Form) -> list[TableMatch]:
    """The tables found and, as missing, those the form has besides; in the form's order."""
    found = {match.table.id: match for match in matches}
    ordered = [found.pop(table.id, TableMatch(form, table, (), 0.0, 0.0)) for table in form.tables]
    return ordered + list(found.values())


def _form_findings(matches: Sequence[TableMatch], slots: Sequence[Slot], form: Form) -> list[Finding]:
    findings = []
    for match in matches:
        if match.form.id != form.id and match.table != form.table(match.table.id):
            findings.append(
                Finding(
                    rule="mixed_forms",
                    kind="form",
                    severity="info",
                    message=f"table {match.table.id} is printed as in {match.form.id}, the report as in {form.id}",
                )
            )
    missing = sorted({slot.spec.table for slot in slots if slot.page_no is None})
    for table in missing:
        absent = tuple(s.spec.id for s in slots if s.spec.table == table and s.page_no is None)
        findings.append(
            Finding(
                rule="missing_rows",
                kind="form",
                severity="warning",
                message=f"{len(absent)} fields of table {table} were not found in the document",
                fields=absent,
            )
        )
    return findings
