"""`extractor submit` and `extractor status`: documents into a service's queue, and where they stand."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from extractor.seams.errors import ExitCode
from extractor.values.result import ResultStatus
from workers.batch.archives import Copies, archive_opener
from workers.batch.binding import bind_groups
from workers.batch.grouping import GroupBy
from workers.batch.inputs import Input, LeftOut, find_inputs, may_be_document, tell_repeated
from workers.batch.runner import RunReport
from workers.cli.commands.form_option import GROUP_OPTION
from workers.cli.commands.paths import NamedPath
from workers.cli.summary import print_summary
from workers.files.storage import prepare_folder, remove_unfinished
from workers.remote.client import DEFAULT_SERVER, ServiceClient
from workers.remote.patience import PATIENCE
from workers.remote.submitting import Submission, say_job_error
from workers.shown.left_out import tell_left_out
from workers.shown.outcomes import exit_code, say_status
from workers.shown.progress import choose_display
from workers.shown.speech import in_words, tell
from workers.shown.terminal import printable

_PATH = NamedPath()
#: Seconds between two looks at a job that is followed.
_POLL = 0.5
#: Seconds a service is asked again by somebody who only wants to know how things stand: fewer than it asks
#: everybody to wait while a part of it is away.
_SHORT_PATIENCE = 4.0
_ENDED = {"done", "failed"}
_COLUMNS = ("job", "state", "pages", "accepted", "review", "name", "reason", "status")

SERVER = click.option(
    "--server",
    metavar="URL",
    default=DEFAULT_SERVER,
    envvar="EXTRACTOR_SERVER",
    show_default=True,
    show_envvar=True,
)
TOKEN = click.option("--token", metavar="TOKEN", default="", envvar="EXTRACTOR_TOKEN", show_envvar=True)


@click.command("submit", no_args_is_help=True)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@SERVER
@TOKEN
@click.option("--wait", is_flag=True)
@click.option("-o", "--output", metavar="DIR", type=_PATH)
@click.option(
    "--window",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
)
@GROUP_OPTION
@click.option("--follow-links", is_flag=True)
@click.option("--urgent", is_flag=True)
@click.option("--batch", metavar="NAME", default="")
@click.option("-q", "--quiet", is_flag=True)
def submit_command(**values: Any) -> int:
    console = Console(stderr=True)
    output, quiet = values["output"], bool(values["quiet"])
    if output is not None:
        prepare_folder(output)
        remove_unfinished(output)

    has_bar = console.is_terminal and not quiet and sys.stdout.isatty()

    def tell_job(item: Input, job: dict[str, Any], is_again: bool) -> None:  # noqa: FBT001 - a callback
        if is_again and not quiet:
            told = tell("messages.status.again", name=printable(item.name))
            console.print(told, markup=False, highlight=False, soft_wrap=True)
        line = f"{job['id']}\t{printable(item.name)}"
        if has_bar:
            # On the terminal on which the bar stands; written past it, it would break it in two.
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(line)

    display = choose_display(console, quiet=quiet)
    interrupted = False
    with (
        ServiceClient(values["server"], values["token"]) as client,
        closing(Copies(output or Path(tempfile.gettempdir()))) as copies,
        display,
    ):
        client.is_urgent, client.batch = bool(values["urgent"]), values["batch"].strip()
        submission = Submission(
            client, display, values["window"], output, tell_job, lambda item: copies.release(item.path)
        )
        left_out = LeftOut()
        opener = archive_opener(copies, leave_out=left_out.add, is_document=may_be_document)
        group_by = GroupBy(values["group_by"])
        found = find_inputs(
            values["paths"], tell_repeated, opener, follow_links=values["follow_links"], group_by=group_by
        )
        found = bind_groups(found, copies)
        total = _Count(values["paths"], group_by)
        try:
            if output is None and not values["wait"]:
                submission.send(found, lambda: total.value)
            else:
                submission.send_and_follow(found, lambda: total.value)
        except KeyboardInterrupt:
            interrupted = True
    seconds = time.monotonic() - submission.started
    report = RunReport(tuple(submission.outcomes), seconds, interrupted, left_out.counts)
    if not quiet:
        _summarise(console, report, output, is_followed=output is not None or values["wait"])
    return ExitCode.INTERRUPTED if interrupted else exit_code(report.outcomes)


@click.command("status")
@click.argument("job", metavar="[JOB]", required=False)
@SERVER
@TOKEN
@click.option("--state", type=click.Choice(["queued", "running", "done", "failed"]))
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.option("--follow", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def status_command(**values: Any) -> int:
    patience = PATIENCE if values["follow"] else _SHORT_PATIENCE
    with ServiceClient(values["server"], values["token"], patience) as client:
        if values["job"]:
            job = _follow(client, values["job"]) if values["follow"] else client.job(values["job"])
            click.echo(json.dumps(job, ensure_ascii=False, indent=1))
            return ExitCode.SOME_FAILED if job["state"] == "failed" else ExitCode.OK
        filters = {"limit": str(min(values["limit"], 500))}
        if values["state"]:
            filters["state"] = values["state"]
        jobs = [job for job, _ in zip(client.jobs(**filters), range(values["limit"]), strict=False)]
    if values["as_json"]:
        for job in jobs:
            click.echo(json.dumps(job, ensure_ascii=False))
    else:
        _print_jobs(jobs)
    return ExitCode.OK


def _follow(client: ServiceClient, identifier: str) -> dict[str, Any]:
    console = Console(stderr=True)
    told = ""
    with console.status("", spinner="line") as status:
        while True:
            job = client.job(identifier)
            text = _tell_progress(job)
            status.update(text)
            if text != told and not console.is_terminal:
                console.print(text, highlight=False, markup=False)
            told = text
            if job["state"] in _ENDED:
                return job
            time.sleep(_POLL)


def _tell_progress(job: dict[str, Any]) -> str:
    """Where a job stands, in one line."""
    if job.get("step") == "understanding":
        return tell("messages.status.understanding", name=job["name"], total=job["pages"]["total"])
    return tell(
        "messages.status.following",
        name=job["name"],
        state=_tell_state(job),
        done=job["pages"]["done"],
        total=job["pages"]["total"] or "?",
    )


def _tell_state(job: dict[str, Any]) -> str:
    """The state for people; of what is done but not read whole also what became of it."""
    told = tell(f"messages.words.{job['state']}")
    status = (job["result"] or {}).get("status", ResultStatus.COMPLETE)
    if status == ResultStatus.COMPLETE:
        return told
    return tell("messages.status.lacking", state=told, status=say_status(ResultStatus(status)))


def _print_jobs(jobs: Sequence[dict[str, Any]]) -> None:
    """A table for a person at a terminal, lines of tab-separated values for a program."""
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        # Of a program's own words: columns and states are named alike in every language.
        for line in (_COLUMNS, *(_columns(job, job["state"]) for job in jobs)):
            click.echo("\t".join(line))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS[:-1]:
        heading = tell(f"messages.status.{name}")
        table.add_column(heading, overflow="fold", no_wrap=name in {"job", "state", "pages"})
    for job in jobs:
        table.add_row(*_columns(job, _tell_state(job))[:-1])
    console.print(table)


def _columns(job: dict[str, Any], state: str) -> list[str]:
    result = job["result"] or {}
    pages = f"{job['pages']['done']}/{job['pages']['total'] or '?'}"
    figures = [str(result.get(key, "")) for key in ("accepted", "review")]
    reason = in_words(say_job_error(job["error"])) if job["error"] else ""
    return [job["id"], state, pages, *figures, job["name"], printable(reason), str(result.get("status", ""))]


class _Count:
    """Counts documents beside the work; value is None until it is through."""

    def __init__(self, paths: Sequence[Path], group_by: GroupBy) -> None:
        self.value: int | None = None
        # What LibreOffice draws is sent from machines without it: whether the service has it, it says itself.
        archives = archive_opener(None, is_document=may_be_document)
        inputs = find_inputs(paths, archives=archives, group_by=group_by)
        threading.Thread(target=self._count, args=(inputs,), daemon=True).start()

    def _count(self, inputs: Iterator[Input]) -> None:
        self.value = sum(1 for _ in inputs)


def _summarise(console: Console, report: RunReport, output: Path | None, *, is_followed: bool) -> None:
    if is_followed:
        print_summary(console, report, output or Path())
        return
    failed = [outcome for outcome in report.outcomes if outcome.failed]
    lines = [tell("messages.summary.sent", count=len(report.outcomes) - len(failed))]
    lines += [outcome.failure for outcome in failed]
    lines += tell_left_out(report.left_out)
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
