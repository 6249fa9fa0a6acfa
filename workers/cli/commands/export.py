"""`extractor export`: the dataset of results that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from extractor.forms.definition import form_paths, load_forms
from extractor.seams.errors import ExitCode, UsageError
from workers.cli.commands.form_option import FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.exports.formats import DATASET_FORMATS, split_formats
from workers.shown.terminal import printable

#: Files and ids listed; the rest is counted.
_LISTED = 10

_EPILOG = """\b
Examples:
  extractor export results
      writes results/dataset/*.parquet, results/manifest.parquet and the same as CSV
  extractor export results --format parquet --output published
"""


@click.command("export", epilog=_EPILOG, no_args_is_help=True)
@click.argument("results", metavar="RESULTS_DIR", type=NamedPath(exists=True, file_okay=False))
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    default="parquet,csv",
    show_default=True,
    help="Formats with commas between: csv, parquet.",
)
@click.option(
    "-o", "--output", metavar="DIR", type=NamedPath(), help="Folder for dataset/. [default: RESULTS_DIR]"
)
@FORMS_OPTION
def export_command(results: Path, formats: str, output: Path | None, forms: tuple[Path, ...]) -> int:
    """Write the dataset of all results in a folder: tables of fields, reports, findings, facts and sections.

    The paths of the files are written to stdout. Nothing is read again, and an export that is broken off leaves
    the dataset that was there.
    """
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
    _warn([str(path) for path in report.left_out], "no result, left out")
    _warn(report.unknown, "in `fields`, without a column in `wide`: no known form has it (--forms)")
    if tell:
        names = [f"{table}.{kind}" for kind in formats for table in report.rows]
        for name in (*names, PACKAGE):
            click.echo(printable(str(report.folder / name)))


def _parse(told: str) -> tuple[str, ...]:
    names = split_formats(told)
    for name in names:
        if name not in DATASET_FORMATS:
            known = ", ".join(DATASET_FORMATS)
            raise UsageError(f"a dataset cannot have the format {name!r}; there is {known}")
    if not names:
        raise UsageError(f"--format is empty; there is {', '.join(DATASET_FORMATS)}")
    return names


def _warn(items: Sequence[str], what: str) -> None:
    for item in items[:_LISTED]:
        click.echo(printable(f"{item}: {what}"), err=True)
    if len(items) > _LISTED:
        click.echo(f"and {len(items) - _LISTED} more: {what}", err=True)
