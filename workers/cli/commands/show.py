"""`extractor show`: a result JSON as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.cells import cell_len

from extractor.output.result_json import number_to_json
from extractor.output.sentences import tell_finding
from extractor.seams.errors import NoInputError
from extractor.values.result import Field, FieldStatus, Report, Result
from workers.files.storage import read_result
from workers.shown.outcomes import count_fields

_EPILOG = """\b
Examples:
  extractor show results/scan.json
  extractor show results/scan.json --doubtful
      only what a person should look at
"""


@click.command("show", epilog=_EPILOG, no_args_is_help=True)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--doubtful", is_flag=True, help="Only the fields in review.")
def show_command(file: Path, *, doubtful: bool) -> None:
    """Print a result as a table: every field with what is printed, its value and its confidence."""
    result = read_result(file)
    if result is None:
        what = "is no result of `extractor run`" if file.exists() else "does not exist"
        raise NoInputError(f"{file} {what}")
    click.echo("\n".join(_describe(result, doubtful=doubtful)))


def _describe(result: Result, *, doubtful: bool) -> Iterator[str]:
    yield f"{result.source.name}: {result.status}, {result.source.pages} pages"
    for issue in result.issues:
        yield f"  {issue.code}: {issue.message}"
    for report in result.reports:
        yield ""
        yield from _describe_report(report, doubtful=doubtful)


def _describe_report(report: Report, *, doubtful: bool) -> Iterator[str]:
    accepted = count_fields([report])[FieldStatus.ACCEPTED]
    yield f"{report.title} ({report.form}, pages {report.pages[0]} to {report.pages[1]})"
    for label, told in (("organ", report.organ), ("year", report.year)):
        yield f"  {label}: {told.value}  {told.confidence:.4f} {told.status}"
    yield f"  {accepted} of {len(report.fields)} fields accepted, {len(report.findings)} findings"
    shown = (item for item in report.fields if not doubtful or item.status is FieldStatus.REVIEW)
    rows = [("field", "printed", "value", "confidence", "status"), *(_row(item) for item in shown)]
    yield from (f"  {line}" for line in _align(rows))
    for section in report.sections:
        yield f"  section {section.number} {section.title}: {len(section.text)} characters"
    for finding in report.findings:
        yield f"  {finding.severity}: {tell_finding(finding)}"


def _row(field: Field) -> tuple[str, ...]:
    value = field.kind.value if field.value is None else str(number_to_json(field.value))
    return field.id, field.raw.replace("\n", " "), value, f"{field.confidence:.4f}", field.status.value


def _align(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns padded by what they take on a terminal, where a Han character takes two cells."""
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
