"""`extractor report`: one page that tells what a folder of results holds, and findings across its documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode, NoInputError, UsageError
from workers.cli.commands.form_option import FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.files.storage import OutputError, read_result, write_bytes
from workers.shown.terminal import printable

if TYPE_CHECKING:
    from workers.report.gather import Gathered, Knowledge

#: The page where --output does not name it.
_PAGE = "report.html"

_EPILOG = """\b
Examples:
  extractor report results
      writes results/report.html
  extractor report results --output overview.html --aliases names.yaml --json findings.json
  extractor report results --pdfs reports
      with pictures of the worst scans
"""


@click.command("report", epilog=_EPILOG, no_args_is_help=True)
@click.argument("results", metavar="RESULTS_DIR", type=NamedPath(exists=True, file_okay=False))
@click.option(
    "-o",
    "--output",
    metavar="FILE.html",
    type=NamedPath(dir_okay=False),
    help="The page. [default: RESULTS_DIR/report.html]",
)
@click.option(
    "--aliases",
    metavar="FILE",
    type=NamedPath(exists=True, dir_okay=False),
    help="Names of one public body that belong together, and bodies that are part of another (YAML): "
    "`aliases: {formal name: [other, …]}`, `parts: {parent: [child, …]}`.",
)
@click.option(
    "--divisions",
    metavar="FILE.csv",
    type=NamedPath(exists=True, dir_okay=False),
    help="Areas and what they lie in (columns code, name, parent), where the names of bodies do not tell.",
)
@click.option(
    "--json",
    "findings",
    metavar="FILE",
    type=NamedPath(dir_okay=False),
    help="All findings across documents, as JSON.",
)
@click.option(
    "--pdfs",
    metavar="DIR",
    type=NamedPath(exists=True, file_okay=False),
    help="The PDFs, named and placed as the results are: first pages of the worst are shown.",
)
@FORMS_OPTION
def report_command(
    results: Path,
    output: Path | None,
    findings: Path | None,
    pdfs: Path | None,
    forms: tuple[Path, ...],
    **known: Path | None,
) -> int:
    """Draw one HTML page of all results in a folder: coverage, what is in review, and findings across documents.

    The same public body is followed from year to year; values that look misread come first. The page needs nothing
    beside itself. The paths of the files are written to stdout.
    """
    # Imported here: the command line starts without Arrow and Jinja.
    from extractor.forms.definition import form_paths, load_forms
    from workers.exports.columns import all_labels
    from workers.report.page import Shown, render_page
    from workers.report.thumbnails import draw_thumbnails

    page = output or results / _PAGE
    written = [path for path in (page, findings) if path is not None]
    if findings is not None and findings.absolute() == page.absolute():
        raise UsageError("--json and --output name the same file")
    for path in written:
        if read_result(path) is not None:
            raise OutputError(f"{path} is the result of a document; give another name")
    labels = all_labels(load_forms(form_paths(forms)))
    told = _gather(results, _read_known(**known), findings)
    worst = [document.document for document in told.tallies.worst]
    pictures = draw_thumbnails(worst, pdfs) if pdfs is not None else {}
    write_bytes(page, render_page(told, Shown(results.resolve(), page.resolve(), labels, pictures)))
    if told.left_out:
        click.echo(f"{told.left_out} JSON files are no results, left out", err=True)
    for path in written:
        click.echo(printable(str(path)))
    return ExitCode.OK


def _read_known(aliases: Path | None, divisions: Path | None) -> Knowledge:
    from workers.report.areas import Divisions, read_divisions
    from workers.report.gather import Knowledge
    from workers.report.organs import read_aliases, read_parts

    names = read_aliases(aliases) if aliases is not None else {}
    parts = read_parts(aliases, names) if aliases is not None else {}
    return Knowledge(names, parts, read_divisions(divisions) if divisions is not None else Divisions())


def _gather(results: Path, known: Knowledge, findings: Path | None) -> Gathered:
    from workers.exports.dataset import find_results
    from workers.report.finding_file import write_beside
    from workers.report.gather import gather

    with write_beside(findings) as stream:
        told = gather(find_results(results), known, stream)
        if not told.tallies.documents:
            raise NoInputError(
                f"{results} holds no result JSON: give the folder that `extractor run` had as --output"
            )
    return told
