"""`extractor forms`: the form definitions, built in and the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extractor.forms.definition import (
    Form,
    built_in_forms,
    form_paths,
    form_schema,
    list_families,
    load_forms,
    parse_form,
    read_form_file,
)
from extractor.forms.meaning import is_form_id
from extractor.output.sentences import tell_finding, tell_reason
from extractor.seams.errors import UsageError
from extractor.values.result import FieldStatus, Report
from extractor.wording.said import say
from models.engines import check_engine_name, engine_names
from workers.cli.commands.form_option import FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.cli.help import FactOption
from workers.files.form_paths import near_name
from workers.files.storage import prepare_folder
from workers.shown.form_print import print_form
from workers.shown.speech import spoken, tell
from workers.shown.terminal import printable

if TYPE_CHECKING:
    from workers.reading.specimen import Specimen

_NOT_ID = re.compile(r"[^a-z0-9]+")
_ENGINE_OPTION = click.option(
    "--engine",
    cls=FactOption,
    facts={"engines": ", ".join(engine_names())},
    default="fast",
    show_default=True,
    metavar="NAME",
)


@click.group("forms")
def forms_command() -> None:
    pass


@forms_command.command("list")
@FORMS_OPTION
def list_command(forms: tuple[Path, ...]) -> None:
    known = load_forms(forms)
    for form in known.values():
        click.echo(_line_of(form))
    # Those that are read only where they are asked for.
    for name, path in list_families().items():
        if name not in known:
            line = _line_of(parse_form(read_form_file(path), str(path)))
            click.echo(tell("messages.forms.by_name", line=line, id=name))


def _line_of(form: Form) -> str:
    told = {"id": form.id, "fields": len(form.specs()), "sums": len(form.identities), "title": form.title}
    # How many fields such a table has is told by each document.
    opened = sum(
        any(block.open_rows or block.open_columns for block in table.blocks) for table in form.tables
    )
    if opened:
        return tell("messages.forms.line_open", tables=opened, **told)
    return tell("messages.forms.line", **told)


@forms_command.command("show")
@click.argument("form_id", metavar="ID")
@click.option("--fields", is_flag=True)
@FORMS_OPTION
def show_form_command(form_id: str, *, fields: bool, forms: tuple[Path, ...]) -> None:
    known = load_forms((*forms, *(path for name, path in list_families().items() if name == form_id)))
    if form_id not in known:
        near = near_name(form_id, (*known, *list_families()))
        told = {"name": form_id, "known": ", ".join(known)}
        if near:
            raise UsageError(say("messages.forms.unknown_near", near=near, **told))
        raise UsageError(say("messages.forms.unknown", **told))
    click.echo("\n".join(print_form(known[form_id], as_fields=fields)))


@forms_command.command("check")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=NamedPath())
@click.option("--specimen", metavar="FILE.pdf", type=NamedPath(exists=True, dir_okay=False))
@_ENGINE_OPTION
def check_command(paths: tuple[Path, ...], *, specimen: Path | None, engine: str) -> None:
    check_engine_name(engine)
    for path in paths:
        _check_path(path)
    from extractor.drafting.looking_over import look_over

    faults = []
    for file in form_paths(paths):
        try:
            form = parse_form(read_form_file(file), str(file))
        except UsageError as error:
            faults.append(str(error))
            continue
        sizes = {"fields": len(form.specs()), "sums": len(form.identities)}
        click.echo(tell("messages.forms.good", path=file, id=form.id, **sizes))
        looks = look_over(form)
        if specimen is not None:
            from workers.cli.commands.drafting import try_form

            report, shown = try_form(form, specimen, engine)
            looks += shown
        for look in looks:
            click.echo(tell("messages.forms.look", path=file, look=look), err=True)
        for line in _tell_read_back(report, specimen.name) if specimen is not None else ():
            click.echo(line, err=True)
    if faults:
        raise UsageError(reduce(lambda first, second: say("forms.both", first=first, second=second), faults))


def _check_path(path: Path) -> None:
    """Raises UsageError where it is not there; a form that comes along is called by its name, and is no file."""
    if not path.exists():
        known = (*built_in_forms(), *list_families())
        near = near_name(str(path), known)
        key = "is_name" if str(path) in known else "near_file" if near else "no_file"
        raise UsageError(say(f"messages.forms.{key}", path=path, name=near))


@forms_command.command("schema")
def schema_command() -> None:
    click.echo(form_schema(), nl=False)


@forms_command.command("new")
@click.argument(
    "files", metavar="FILE.pdf...", nargs=-1, required=True, type=NamedPath(exists=True, dir_okay=False)
)
@click.option(
    "--output",
    metavar="FILE.yaml",
    type=NamedPath(dir_okay=False),
)
@click.option("--id", "form_id", metavar="ID")
@click.option("--force", is_flag=True)
@click.option("--serve", is_flag=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0)
@_ENGINE_OPTION
def new_command(
    files: tuple[Path, ...],
    *,
    output: Path | None,
    form_id: str | None,
    force: bool,
    engine: str,
    **served: Any,
) -> None:
    check_engine_name(engine)
    if form_id is not None and not is_form_id(form_id):
        raise UsageError(say("messages.forms.bad_id", name=form_id))
    if served["serve"] and output is None:
        raise UsageError(say("messages.drafts.needs_file"))
    is_there = output is not None and output.exists() and not force
    if is_there and not served["serve"]:
        raise UsageError(say("messages.forms.there", path=output))
    if output is not None:
        # Said before the specimen is read, which takes a while.
        prepare_folder(output.parent)
    # What reads documents takes a moment to import, which the other commands are spared.
    from workers.reading.specimen import read_specimens

    specimens = read_specimens(files, engine)
    if not is_there:
        _write_draft(specimens, output, form_id or _make_id(files[0]))
    if served["serve"] and output is not None:
        # A file that is there is gone on with.
        _serve(output, specimens, served["port"])


def _write_draft(specimens: Sequence[Specimen], output: Path | None, form_id: str) -> None:
    """Drafts a form, writes it and says what it reads in its specimens."""
    from extractor.drafting.looking_over import look_over
    from workers.cli.commands.drafting import draft_form

    draft = draft_form(specimens, form_id)
    if output is None:
        click.echo(draft.text, nl=False)
    else:
        output.write_text(draft.text, encoding="utf-8")
        click.echo(output)
    if draft.known:
        told = {"name": printable(specimens[0].name), "known": ", ".join(draft.known)}
        click.echo(tell("messages.forms.read_already", **told), err=True)
    sizes = {"fields": len(draft.form.specs()), "sums": len(draft.form.identities)}
    click.echo(tell("messages.forms.drafted", **sizes), err=True)
    for specimen, report in zip(specimens, draft.reports, strict=True):
        for line in _tell_read_back(report, specimen.name):
            click.echo(line, err=True)
    for look in look_over(draft.form):
        click.echo(tell("messages.forms.look", path=output or "-", look=look), err=True)


def _serve(path: Path, specimens: Sequence[Specimen], port: int) -> None:
    """Shows a form beside its specimens, to be corrected, until it is interrupted."""
    from workers.api.drafts.app import serve_draft

    serve_draft(
        path,
        specimens,
        port,
        ready=lambda address: click.echo(tell("messages.serve.serving", address=address), err=True),
    )


def _tell_read_back(report: Report | None, name: str) -> Iterator[str]:
    """What a form reads in a specimen, and field by field what it is unsure of."""
    fields = () if report is None else report.fields
    sure = sum(1 for field in fields if field.status is FieldStatus.ACCEPTED)
    yield tell("messages.forms.read_back", name=printable(name), sure=sure, count=len(fields))
    for field in fields:
        if field.status is not FieldStatus.ACCEPTED:
            why = "; ".join(tell_reason(reason, spoken()) for reason in field.reasons)
            yield tell("messages.forms.unsure", field=field.id, raw=field.raw or "-", why=why)
    for finding in () if report is None else report.findings:
        yield f"  {tell_finding(finding, spoken())}"


def _make_id(file: Path) -> str:
    return _NOT_ID.sub("-", file.stem.lower()).strip("-") or "form"
