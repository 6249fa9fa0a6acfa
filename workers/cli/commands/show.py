"""`extractor show`: a result JSON as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from rich.cells import cell_len

from extractor.forms.definition import Form, form_paths, load_forms
from extractor.output.result_json import number_to_json
from extractor.output.sentences import tell_finding, tell_reason
from extractor.seams.errors import NoInputError
from extractor.values.result import Field, FieldStatus, Report, Result
from extractor.wording.catalogue import Language
from extractor.wording.said import say
from workers.cli.commands.form_option import FORMS_OPTION
from workers.files.storage import read_result
from workers.shown.labels import FieldLabel, label_fields, report_tables
from workers.shown.outcomes import count_fields, say_status
from workers.shown.speech import spoken, tell


@click.command("show", no_args_is_help=True)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--doubtful", is_flag=True)
@FORMS_OPTION
def show_command(file: Path, *, doubtful: bool, forms: tuple[Path, ...]) -> None:
    result = read_result(file)
    if result is None:
        raise NoInputError(say(f"messages.show.{'no_result' if file.exists() else 'missing'}", path=file))
    known = load_forms(form_paths(forms))
    click.echo("\n".join(_describe(result, known, doubtful=doubtful)))


def _describe(result: Result, forms: Mapping[str, Form], *, doubtful: bool) -> Iterator[str]:
    told = {"name": result.source.name, "status": say_status(result.status), "pages": result.source.pages}
    yield tell("messages.show.document", **told)
    for issue in result.issues:
        yield f"  {tell('messages.show.issue', code=issue.code, message=issue.message)}"
    for report in result.reports:
        yield ""
        yield from _describe_report(report, label_fields(report_tables(report, forms)), doubtful=doubtful)


def _describe_report(report: Report, labels: Mapping[str, FieldLabel], *, doubtful: bool) -> Iterator[str]:
    first, last = report.pages
    yield tell("messages.show.report", title=report.title, form=report.form, first=first, last=last)
    for name, printed in (("organ", report.organ), ("year", report.year)):
        told = {"confidence": printed.confidence, "status": say(f"messages.words.{printed.status}")}
        value = say("messages.show.not_found") if printed.value is None else str(printed.value)
        yield f"  {tell('messages.show.label', name=say(f'messages.show.{name}'), value=value, **told)}"
    accepted = count_fields([report])[FieldStatus.ACCEPTED]
    counts = {"accepted": accepted, "fields": len(report.fields), "findings": len(report.findings)}
    yield f"  {tell('messages.show.counts', **counts)}"
    shown = (item for item in report.fields if not doubtful or item.status is FieldStatus.REVIEW)
    rows = [_headings(), *(_row(item, labels.get(item.id)) for item in shown)]
    yield from (f"  {line}" for line in _align(rows))
    for section in report.sections:
        told = {"number": section.number, "title": section.title, "count": len(section.text)}
        yield f"  {tell('messages.show.section', **told)}"
    for finding in report.findings:
        severity = say(f"messages.words.{finding.severity}")
        yield f"  {tell('messages.show.finding', severity=severity, message=tell_finding(finding, spoken()))}"


def _headings() -> tuple[str, ...]:
    names = ("field", "printed_label", "printed", "value", "confidence", "status", "reasons")
    return tuple(tell(f"messages.show.{name}") for name in names)


def _row(field: Field, label: FieldLabel | None) -> tuple[str, ...]:
    kind = tell(f"messages.words.{field.kind}")
    value = kind if field.value is None else str(number_to_json(field.value))
    reasons = "; " if spoken() is Language.ENGLISH else "；"
    return (
        field.id,
        "" if label is None else label.short,
        field.raw.replace("\n", " "),
        value,
        f"{field.confidence:.4f}",
        tell(f"messages.words.{field.status}"),
        reasons.join(tell_reason(reason, spoken()) for reason in field.reasons),
    )


def _align(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns padded by what they take on a terminal, where a Han character takes two cells."""
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
