"""`extractor forms`: the form definitions, built in and the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from extractor.errors import UsageError
from extractor.forms import Form, load_forms, parse_form, table_specs

_EPILOG = """\b
Examples:
  extractor forms list
  extractor forms show gio-2021
  extractor forms check my-form.yaml
      then: extractor run scan.pdf --output results --forms my-form.yaml
"""
_OWN = click.option(
    "--forms",
    "folders",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="Your own form files (*.yaml), beside the built-in ones.",
)


@click.group("forms", epilog=_EPILOG)
def forms_command() -> None:
    """List, show and check form definitions: which tables a printed form has and what must add up."""


@forms_command.command("list")
@_OWN
def list_command(folders: tuple[Path, ...]) -> None:
    """List the known forms: id, number of fields, number of sums, title."""
    for form in load_forms(folders).values():
        click.echo(f"{form.id}\t{len(form.specs())} fields\t{len(form.identities)} sums\t{form.title}")


@forms_command.command("show")
@click.argument("form_id", metavar="ID")
@_OWN
def show_form_command(form_id: str, folders: tuple[Path, ...]) -> None:
    """Print a form: its sections, every field with what is printed beside and above it, and its sums."""
    forms = load_forms(folders)
    if form_id not in forms:
        raise UsageError(f"no form {form_id!r}; there are: {', '.join(forms)}")
    click.echo("\n".join(_describe(forms[form_id])))


@forms_command.command("check")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def check_command(file: Path) -> None:
    """Check a form file; ends with 1 and says what is wrong when it is no form."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error
    form = parse_form(text, str(file))
    check_form(form, str(file))
    click.echo(f"{file}: form {form.id}, {len(form.specs())} fields, {len(form.identities)} sums: good")


def check_form(form: Form, name: str) -> None:
    """Makes sure that a form can be used: it has fields.

    Raises:
        UsageError: it has none.
    """
    if not form.specs():
        raise UsageError(f"{name}: the form has no fields")


def _describe(form: Form) -> Iterator[str]:
    yield f"{form.id}: {form.title}"
    for number, title in form.sections:
        yield f"section {number}: {title}"
    for table in form.tables:
        yield ""
        yield f"table {table.id}: {table.title}"
        for spec in table_specs(table):
            unit = f" ({spec.unit})" if spec.unit else ""
            yield f"  {spec.id}\t{spec.row_label}\t{spec.column_label}{unit}"
    if form.identities:
        yield ""
    for identity in form.identities:
        yield f"sum {identity.id}: {' + '.join(identity.left)} = {' + '.join(identity.right)}"
