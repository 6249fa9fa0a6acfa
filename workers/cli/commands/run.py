"""`extractor run`: documents in, one result JSON each."""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console

from extractor.forms.definition import form_paths
from extractor.seams.errors import ExitCode, UsageError
from extractor.seams.options import Limits
from models.engines import engine_names
from workers.batch.runner import RunReport, run_documents
from workers.batch.settings import RunSettings, default_jobs
from workers.cli.commands.form_option import FACTS_OPTION, FORMS_OPTION
from workers.cli.commands.paths import NamedPath
from workers.cli.summary import print_summary, summary_to_json
from workers.exports.formats import asks_for_copies, parse_formats
from workers.files.storage import prepare_folder
from workers.reading.options import ReadOptions
from workers.reading.protocol import ReadLimits
from workers.shown.outcomes import Outcome, exit_code
from workers.shown.progress import choose_display
from workers.shown.terminal import printable

_PATH = NamedPath()
_DEFAULTS = RunSettings(Path())
_SECONDS = click.FloatRange(0, 7 * 86_400, min_open=True)


def _refuse_nan(context: click.Context, option: click.Parameter, value: float) -> float:
    """No range keeps out what is no number."""
    if math.isnan(value):
        raise click.BadParameter("it is no number", context, option)
    return value


_EPILOG = """\b
Examples:
  extractor run scan.pdf --output results
      writes results/scan.json
  extractor run archive/ --output results --jobs 4
      every PDF and picture under archive/, sub-folders kept; run it again to go on where it stopped
  extractor run archive/ --output results --json > summary.json
  extractor run archive.zip more.tar.gz --output results --export parquet
      the PDFs within, as archive.zip/<name>.json, and tables of all results in results/dataset/
  extractor run archive/ --output results --retry-failed
  extractor run locked.pdf --output results --password-file secret.txt
"""


@click.command("run", epilog=_EPILOG, no_args_is_help=True)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default="results",
    show_default=True,
    type=_PATH,
    help="Folder for the results.",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 1024), help="Processes. [default: what this machine bears]"
)
@click.option("--force", is_flag=True, help="Redo documents whose result is already there.")
@click.option("--follow-links", is_flag=True, help="Read the files that links in folders lead to.")
@click.option("--retry-failed", is_flag=True, help="Read only documents that failed before.")
@click.option(
    "--engine",
    metavar="NAME",
    default=_DEFAULTS.options.engine,
    show_default=True,
    help=f"Recogniser: {', '.join(engine_names())}.",
)
@click.option(
    "--second-engine",
    metavar="NAME",
    default=_DEFAULTS.options.second_engine,
    show_default=True,
    help="Recogniser asked again about cells in doubt; 'none' for no second opinion.",
)
@click.option(
    "--error-budget",
    metavar="N",
    type=click.FloatRange(min=0, max=10_000, min_open=True),
    callback=_refuse_nan,
    default=_DEFAULTS.options.error_budget,
    show_default=True,
    help="Accept so much that N of 10,000 accepted fields may be wrong; the rest goes to review.",
)
@click.option("--password", metavar="TEXT", help="For encrypted PDFs; better in a file or the environment.")
@click.option(
    "--password-file",
    metavar="FILE",
    type=NamedPath(exists=True, dir_okay=False),
    help="File whose first line is the password.",
)
@click.option(
    "--max-pages",
    type=click.IntRange(1),
    default=_DEFAULTS.options.max_pages,
    show_default=True,
    help="Refuse documents with more pages.",
)
@click.option(
    "--limit",
    "limits",
    metavar="NAME=VALUE",
    multiple=True,
    help=f"What a document may hold otherwise; may be repeated. Names: {', '.join(asdict(Limits()))}.",
)
@click.option(
    "--timeout",
    type=_SECONDS,
    default=_DEFAULTS.limits.document_timeout,
    show_default=True,
    metavar="SECONDS",
    help="Wall-clock limit for one document.",
)
@click.option(
    "--page-timeout",
    type=_SECONDS,
    default=_DEFAULTS.limits.page_timeout,
    show_default=True,
    metavar="SECONDS",
    help="Wall-clock limit for one page; a page that passes it is left out.",
)
@click.option(
    "--max-memory",
    type=click.IntRange(256),
    default=_DEFAULTS.limits.memory_mb,
    show_default=True,
    metavar="MB",
    help="What each process may take; a page that takes more is left out.",
)
@FORMS_OPTION
@FACTS_OPTION
@click.option(
    "--export",
    metavar="LIST",
    default="",
    help="Also write, with commas between: xlsx (DIR/<name>.xlsx), pdf (DIR/<name>.pdf, a copy that can be"
    " searched), pdfa (the same as PDF/A-2u), parquet, csv (of all results: DIR/dataset/).",
)
@click.option("--debug-overlays", metavar="DIR", type=_PATH, help="Draw what each stage decided into DIR.")
@click.option("--json", "as_json", is_flag=True, help="Write a summary as JSON to stdout instead of paths.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
def run_command(**values: Any) -> int:
    """Extract PDFs and pictures, and folders and archives (zip, tar) of them, on this machine.

    For every document a result is written to DIR/<name>.json and its path to stdout. A result that is there
    already and still stands is kept; one that failed is tried again. A document that fails has its reason
    in its JSON and in the summary, and does not keep the others from being read. Of documents with the same
    bytes one is read, and the others are given its reading.
    """
    settings = _settings(values)
    console = Console(stderr=True)
    quiet, as_json = bool(values["quiet"]), bool(values["as_json"])

    def tell(outcome: Outcome) -> None:
        if outcome.output is not None and not as_json:
            click.echo(printable(outcome.output) if sys.stdout.isatty() else outcome.output)

    _keep_copies_apart(values["paths"], settings)
    signal.signal(signal.SIGTERM, _interrupt)
    settings.options.check()
    if settings.overlays is not None:
        prepare_folder(settings.overlays)
    display = choose_display(console, quiet=quiet)
    report = run_documents(values["paths"], settings, display, tell=tell)
    if settings.dataset_formats and report.outcomes and not report.interrupted:
        from workers.cli.commands.export import export_dataset

        own = settings.options.forms
        export_dataset(settings.output, settings.output, settings.dataset_formats, own, tell=not as_json)
    code = _exit_code(report, settings)
    if as_json:
        click.echo(json.dumps(summary_to_json(report, code), ensure_ascii=False, indent=1))
    if not quiet:
        print_summary(console, report, settings.output, settings)
    elif code is not ExitCode.OK:
        for outcome in report.outcomes:
            if outcome.is_lacking:
                click.echo(outcome.failure, err=True)
    return code


def _keep_copies_apart(paths: Sequence[Path], settings: RunSettings) -> None:
    """Copies that stand among the scans would be taken for scans by the next run.

    Raises:
        UsageError: that is where they would stand.
    """
    output = settings.output.resolve()
    for path in paths:
        if asks_for_copies(settings.exports) and path.is_dir() and output.is_relative_to(path.resolve()):
            raise UsageError(
                f"--output {settings.output} is in {path}, where searchable copies would be taken for scans:"
                " choose a folder outside"
            )


def _exit_code(report: RunReport, settings: RunSettings) -> ExitCode:
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if settings.retry_failed and not report.outcomes:
        return ExitCode.OK
    return exit_code(report.outcomes)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _settings(values: dict[str, Any]) -> RunSettings:
    return RunSettings(
        output=values["output"],
        options=ReadOptions(
            engine=values["engine"],
            second_engine=values["second_engine"],
            forms=tuple(form_paths(values["forms"])),
            facts=values["facts"],
            max_pages=values["max_pages"],
            limits=values["limits"],
            error_budget=values["error_budget"],
            password=_password(values["password"], values["password_file"]),
        ),
        limits=ReadLimits(values["page_timeout"], values["timeout"], values["max_memory"]),
        overlays=values["debug_overlays"],
        jobs=values["jobs"] or default_jobs(),
        force=values["force"],
        exports=parse_formats(values["export"]),
        retry_failed=values["retry_failed"],
        follow_links=values["follow_links"],
    )


def _password(given: str | None, file: Path | None) -> str | None:
    if given is not None and file is not None:
        raise UsageError("give either --password or --password-file, not both")
    if file is None:
        return given
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error
    if not lines:
        raise UsageError(f"{file} is empty: its first line must be the password")
    return lines[0]
