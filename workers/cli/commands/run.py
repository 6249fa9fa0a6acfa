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
from extractor.seams.calibrator import MAX_ERROR_BUDGET
from extractor.seams.errors import ExitCode, UsageError
from extractor.seams.options import Limits
from extractor.wording.said import say
from models.engines import engine_names
from workers.batch.grouping import GroupBy
from workers.batch.runner import RunReport, run_documents
from workers.batch.settings import RunSettings, default_jobs
from workers.cli.commands.form_option import FACTS_OPTION, FORMS_OPTION, GROUP_OPTION
from workers.cli.commands.paths import NamedPath
from workers.cli.dry_run import tell_plan
from workers.cli.help import FactOption
from workers.cli.summary import print_summary, summary_to_json
from workers.exports.formats import asks_for_copies, parse_formats
from workers.files.storage import prepare_folder
from workers.reading.options import ReadOptions
from workers.reading.protocol import ReadLimits
from workers.shown.outcomes import Outcome, exit_code
from workers.shown.progress import choose_display
from workers.shown.speech import tell
from workers.shown.terminal import printable

_PATH = NamedPath()
_DEFAULTS = RunSettings(Path())
_SECONDS = click.FloatRange(0, 7 * 86_400, min_open=True)


def _refuse_nan(context: click.Context, option: click.Parameter, value: float) -> float:
    """No range keeps out what is no number."""
    if math.isnan(value):
        raise click.BadParameter(tell("messages.options.no_number"), context, option)
    return value


@click.command("run", no_args_is_help=True)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default="results",
    show_default=True,
    type=_PATH,
)
@click.option("-j", "--jobs", type=click.IntRange(1, 1024))
@click.option("--force", is_flag=True)
@click.option("--follow-links", is_flag=True)
@GROUP_OPTION
@click.option("--retry-failed", is_flag=True)
@click.option("--dry-run", is_flag=True)
@click.option(
    "--engine",
    cls=FactOption,
    facts={"engines": ", ".join(engine_names())},
    metavar="NAME",
    default=_DEFAULTS.options.engine,
    show_default=True,
)
@click.option(
    "--second-engine",
    metavar="NAME",
    default=_DEFAULTS.options.second_engine,
    show_default=True,
)
@click.option(
    "--error-budget",
    metavar="N",
    type=click.FloatRange(min=0, max=MAX_ERROR_BUDGET, min_open=True),
    callback=_refuse_nan,
    default=_DEFAULTS.options.error_budget,
    show_default=True,
)
@click.option("--password", metavar="TEXT")
@click.option(
    "--password-file",
    metavar="FILE",
    type=NamedPath(exists=True, dir_okay=False),
)
@click.option(
    "--max-pages",
    type=click.IntRange(1),
    default=_DEFAULTS.options.max_pages,
    show_default=True,
)
@click.option(
    "--limit",
    "limits",
    cls=FactOption,
    facts={"limits": ", ".join(asdict(Limits()))},
    metavar="NAME=VALUE",
    multiple=True,
)
@click.option(
    "--timeout",
    type=_SECONDS,
    default=_DEFAULTS.limits.document_timeout,
    show_default=True,
    metavar="SECONDS",
)
@click.option(
    "--page-timeout",
    type=_SECONDS,
    default=_DEFAULTS.limits.page_timeout,
    show_default=True,
    metavar="SECONDS",
)
@click.option(
    "--max-memory",
    type=click.IntRange(256),
    default=_DEFAULTS.limits.memory_mb,
    show_default=True,
    metavar="MB",
)
@FORMS_OPTION
@FACTS_OPTION
@click.option(
    "--export",
    metavar="LIST",
    default="",
)
@click.option("--debug-overlays", metavar="DIR", type=_PATH)
@click.option("--json", "as_json", is_flag=True)
@click.option("-q", "--quiet", is_flag=True)
def run_command(**values: Any) -> int:
    settings = _settings(values)
    console = Console(stderr=True)
    quiet, as_json = bool(values["quiet"]), bool(values["as_json"])

    # A path written to the terminal on which the bar stands would break it in two.
    has_bar = console.is_terminal and not quiet and sys.stdout.isatty()

    def tell_path(outcome: Outcome) -> None:
        if outcome.output is not None and not as_json and not has_bar:
            click.echo(printable(outcome.output) if sys.stdout.isatty() else outcome.output)

    _keep_copies_apart(values["paths"], settings)
    signal.signal(signal.SIGTERM, _interrupt)
    settings.options.check()
    if values["dry_run"]:
        return tell_plan(values["paths"], settings, as_json=as_json)
    if settings.overlays is not None:
        prepare_folder(settings.overlays)
    display = choose_display(console, quiet=quiet)
    report = run_documents(values["paths"], settings, display, tell=tell_path)
    if settings.dataset_formats and report.outcomes and not report.interrupted:
        from workers.cli.commands.export import export_dataset

        own = settings.options.forms
        export_dataset(settings.output, settings.output, settings.dataset_formats, own, tell=not as_json)
    return _tell_end(report, settings, console, quiet=quiet, as_json=as_json)


def _tell_end(
    report: RunReport, settings: RunSettings, console: Console, *, quiet: bool, as_json: bool
) -> ExitCode:
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
    """Copies and overlays that stand among the scans would be taken for scans, by this run or the next.

    Raises:
        UsageError: that is where they would stand.
    """
    folders = [path for path in paths if path.is_dir()]
    if asks_for_copies(settings.exports):
        _keep_outside(settings.output, folders, "messages.run.copies_among_scans")
    if settings.overlays is not None:
        _keep_outside(settings.overlays, folders, "messages.run.overlays_among_scans")


def _keep_outside(own: Path, folders: Sequence[Path], told: str) -> None:
    for folder in folders:
        if own.resolve().is_relative_to(folder.resolve()):
            raise UsageError(say(told, output=own, folder=folder))


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
        group_by=GroupBy(values["group_by"]),
    )


def _password(given: str | None, file: Path | None) -> str | None:
    if given is not None and file is not None:
        raise UsageError(say("messages.options.both_passwords"))
    if file is None:
        return given
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(say("messages.options.unreadable_file", path=file, why=error)) from error
    if not lines:
        raise UsageError(say("messages.options.password_empty", path=file))
    return lines[0]
