"""`extractor forms`: the form definitions, built in and the user's own."""

from __future__ import annotations

import re
from pathlib import Path

import click

from extractor.forms.check import is_form_id
from extractor.forms.definition import form_schema, load_forms, parse_form, read_form_file
from extractor.seams.errors import UsageError
from models.engines import check_engine_name, engine_names
from workers.cli.commands.form_option import FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.shown.form_print import print_form

_EPILOG = """\b
Examples:
  extractor forms list
  extractor forms show gio-2021
  extractor forms new specimen.pdf --output my-form.yaml
      then look it over, and: extractor forms check my-form.yaml
      then: extractor run scan.pdf --output results --forms my-form.yaml
  extractor forms schema > form.schema.json
      lets an editor complete form files
"""
_NOT_ID = re.compile(r"[^a-z0-9]+")


@click.group("forms", epilog=_EPILOG)
def forms_command() -> None:
    """List, show, draft and check form definitions: which tables a printed form has and what must add up."""


@forms_command.command("list")
@FORMS_OPTION
def list_command(forms: tuple[Path, ...]) -> None:
    """List the known forms: id, number of fields, number of sums, title."""
    for form in load_forms(forms).values():
        click.echo(f"{form.id}\t{len(form.specs())} fields\t{len(form.identities)} sums\t{form.title}")


@forms_command.command("show")
@click.argument("form_id", metavar="ID")
@click.option(
    "--fields", is_flag=True, help="One line a field instead: its id, what stands beside it and above it."
)
@FORMS_OPTION
def show_form_command(form_id: str, *, fields: bool, forms: tuple[Path, ...]) -> None:
    """Print a form as the tables it describes, with the ids of rows and columns, and its sums."""
    known = load_forms(forms)
    if form_id not in known:
        raise UsageError(f"no form {form_id!r}; there are: {', '.join(known)}")
    click.echo("\n".join(print_form(known[form_id], as_fields=fields)))


@forms_command.command("check")
@click.argument("file", metavar="FILE", type=NamedPath(exists=True, dir_okay=False))
def check_command(file: Path) -> None:
    """Check a form file; ends with 1 and tells every fault with its line and column when it is no form."""
    form = parse_form(read_form_file(file), str(file))
    click.echo(f"{file}: form {form.id}, {len(form.specs())} fields, {len(form.identities)} sums: good")


@forms_command.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of form files, by which editors complete and check them."""
    click.echo(form_schema(), nl=False)


@forms_command.command("new")
@click.argument("file", metavar="FILE.pdf", type=NamedPath(exists=True, dir_okay=False))
@click.option(
    "--output",
    metavar="FILE.yaml",
    type=NamedPath(dir_okay=False),
    help="Where to write; stdout if not told.",
)
@click.option("--id", "form_id", metavar="ID", help="Id of the form; made from the file's name if not told.")
@click.option("--force", is_flag=True, help="Replace FILE.yaml if it is there.")
@click.option(
    "--engine",
    default="fast",
    show_default=True,
    metavar="NAME",
    help=f"What reads the pages: {', '.join(engine_names())}.",
)
def new_command(file: Path, *, output: Path | None, form_id: str | None, force: bool, engine: str) -> None:
    """Draft a form file from a filled or empty specimen, scanned or born digital.

    The tables on its pages become blocks, columns and rows with made-up ids; sums that hold in its figures are
    proposed. What is drafted is a beginning: look over wordings and ids.
    """
    check_engine_name(engine)
    if form_id is not None and not is_form_id(form_id):
        raise UsageError(
            f"--id must be letters a-z, digits and _, with single . or - between, not {form_id!r}"
        )
    if output is not None and output.exists() and not force:
        raise UsageError(f"{output} is there already; --force replaces it")
    # What reads documents takes a moment to import, which the other commands are spared.
    from workers.cli.commands.drafting import draft_form

    text = draft_form(file, form_id or _make_id(file), engine)
    form = parse_form(text, str(output or "draft"))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(output)
    click.echo(
        f"{len(form.specs())} fields and {len(form.identities)} sums; look over wordings and ids", err=True
    )


def _make_id(file: Path) -> str:
    return _NOT_ID.sub("-", file.stem.lower()).strip("-") or "form"
