"""`extractor report`: one page that tells what a folder of results holds, and findings across its documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode, NoInputError, UsageError
from extractor.wording.said import say
from workers.cli.commands.form_option import FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.files.storage import OutputError, read_result, write_bytes
from workers.shown.speech import spoken, tell
from workers.shown.terminal import printable

if TYPE_CHECKING:
    from workers.report.gather import Gathered, Knowledge

#: The page where --output does not name it.
_PAGE = "report.html"


@click.command("report", no_args_is_help=True)
@click.argument("results", metavar="RESULTS_DIR", type=NamedPath(exists=True, file_okay=False))
@click.option(
    "-o",
    "--output",
    metavar="FILE.html",
    type=NamedPath(dir_okay=False),
)
@click.option(
    "--aliases",
    metavar="FILE",
    type=NamedPath(exists=True, dir_okay=False),
)
@click.option(
    "--divisions",
    metavar="FILE.csv",
    type=NamedPath(exists=True, dir_okay=False),
)
@click.option(
    "--json",
    "findings",
    metavar="FILE",
    type=NamedPath(dir_okay=False),
)
@click.option(
    "--pdfs",
    metavar="DIR",
    type=NamedPath(exists=True, file_okay=False),
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
    # Imported here: the command line starts without Arrow and Jinja.
    from extractor.forms.definition import form_paths, load_forms
    from workers.exports.columns import all_labels
    from workers.report.page import Shown, render_page
    from workers.report.thumbnails import draw_thumbnails

    page = output or results / _PAGE
    written = [path for path in (page, findings) if path is not None]
    if findings is not None and findings.absolute() == page.absolute():
        raise UsageError(say("messages.report.same_file"))
    for path in written:
        if read_result(path) is not None:
            raise OutputError(say("messages.report.is_result", path=path))
    labels = all_labels(load_forms(form_paths(forms)))
    told = _gather(results, _read_known(**known), findings)
    worst = [document.document for document in told.tallies.worst]
    pictures = draw_thumbnails(worst, pdfs) if pdfs is not None else {}
    shown = Shown(results.resolve(), page.resolve(), labels, pictures, spoken(), pdfs)
    write_bytes(page, render_page(told, shown))
    if told.left_out:
        click.echo(tell("messages.report.no_results", count=told.left_out), err=True)
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
            raise NoInputError(say("messages.export.no_results", folder=results))
    return told
