"""`extractor show`: a result JSON as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from extractor.seams.errors import NoInputError
from workers.files.storage import read_result

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
    payload = read_result(file)
    if payload is None:
        what = "is no result of `extractor run`" if file.exists() else "does not exist"
        raise NoInputError(f"{file} {what}")
    try:
        text = "\n".join(_describe(payload, doubtful=doubtful))
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise NoInputError(f"{file} is no result of `extractor run`: {error!r}") from error
    click.echo(text)


def _describe(payload: dict[str, Any], *, doubtful: bool) -> Iterator[str]:
    source = payload["source"]
    yield f"{source['name']}: {payload['status']}, {source['pages']} pages"
    for issue in payload["issues"]:
        yield f"  {issue['code']}: {issue['message']}"
    for report in payload["reports"]:
        yield ""
        yield from _describe_report(report, doubtful=doubtful)


def _describe_report(report: dict[str, Any], *, doubtful: bool) -> Iterator[str]:
    fields = report["fields"]
    accepted = sum(field["status"] == "accepted" for field in fields.values())
    yield f"{report['title']} ({report['form']}, pages {report['pages'][0]} to {report['pages'][1]})"
    for label, key in (("organ", "organ"), ("year", "year")):
        yield f"  {label}: {report[key]['value']}  {report[key]['confidence']:.4f} {report[key]['status']}"
    yield f"  {accepted} of {len(fields)} fields accepted, {len(report['findings'])} findings"
    shown = [(id_, f) for id_, f in fields.items() if not doubtful or f["status"] != "accepted"]
    rows = [("field", "printed", "value", "confidence", "status"), *(_row(id_, f) for id_, f in shown)]
    yield from (f"  {line}" for line in _align(rows))
    for section in report["sections"]:
        yield f"  section {section['number']} {section['title']}: {len(section['text'])} characters"
    for finding in report["findings"]:
        yield f"  {finding['severity']}: {finding['message']}"


def _row(field_id: str, field: dict[str, Any]) -> tuple[str, ...]:
    value = field["kind"] if field["value"] is None else str(field["value"])
    return field_id, field["raw"].replace("\n", " "), value, f"{field['confidence']:.4f}", field["status"]


def _align(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns padded by what they take on a terminal, where a Han character takes two cells."""
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
