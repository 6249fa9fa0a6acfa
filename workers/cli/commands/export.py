"""`extractor export`: the dataset of results that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from extractor.forms.definition import form_paths, load_forms
from extractor.seams.errors import ExitCode, UsageError
from extractor.wording.said import say
from workers.cli.commands.form_option import FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.exports.formats import DATASET_FORMATS, split_formats
from workers.shown.speech import tell
from workers.shown.terminal import printable

#: Files and ids listed; the rest is counted.
_LISTED = 10


@click.command("export", no_args_is_help=True)
@click.argument("results", metavar="RESULTS_DIR", type=NamedPath(exists=True, file_okay=False))
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    default="parquet,csv",
    show_default=True,
)
@click.option("-o", "--output", metavar="DIR", type=NamedPath())
@FORMS_OPTION
def export_command(results: Path, formats: str, output: Path | None, forms: tuple[Path, ...]) -> int:
    export_dataset(results, output or results, _parse(formats), forms)
    return ExitCode.OK


def export_dataset(
    results: Path, output: Path, formats: Sequence[str], forms: Sequence[Path], *, tell: bool = True
) -> None:
    """Writes the dataset and tells on stderr what is odd about it; with `tell` its files on stdout.

    Raises:
        NoInputError: there is no result.
        OutputError: it cannot be written.
    """
    # Imported here: the command line starts without Arrow.
    from workers.exports.dataset import PACKAGE, write_dataset

    report = write_dataset(results, output, formats, load_forms(form_paths(forms)))
    _warn([str(path) for path in report.left_out], "no_result")
    _warn(report.unknown, "no_column")
    if tell:
        names = [f"{table}.{kind}" for kind in formats for table in report.rows]
        for name in (*names, PACKAGE):
            click.echo(printable(str(report.folder / name)))


def _parse(told: str) -> tuple[str, ...]:
    names = split_formats(told)
    for name in names:
        if name not in DATASET_FORMATS:
            known = ", ".join(DATASET_FORMATS)
            raise UsageError(say("messages.options.no_dataset", name=name, known=known))
    if not names:
        raise UsageError(say("messages.options.no_format", known=", ".join(DATASET_FORMATS)))
    return names


def _warn(items: Sequence[str], what: str) -> None:
    for item in items[:_LISTED]:
        click.echo(printable(tell(f"messages.export.{what}", name=item)), err=True)
    if len(items) > _LISTED:
        click.echo(tell(f"messages.export.more_{what}", count=len(items) - _LISTED), err=True)
