"""`extractor submit` and `extractor status`: documents into a service's queue, and where they stand."""

from __future__ import annotations

import json
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
from workers.batch.archives import Copies, archive_opener
from workers.batch.inputs import Input, LeftOut, find_inputs, tell_repeated
from workers.batch.runner import RunReport
from workers.cli.commands.paths import NamedPath
from workers.cli.summary import print_summary, tell_left_out
from workers.files.storage import prepare_folder, remove_unfinished
from workers.remote.client import DEFAULT_SERVER, PATIENCE, ServiceClient
from workers.remote.submitting import Submission
from workers.shown.outcomes import exit_code
from workers.shown.progress import choose_display
from workers.shown.terminal import printable

_PATH = NamedPath()
#: Seconds between two looks at a job that is followed.
_POLL = 0.5
#: Seconds a service is asked again by somebody who only wants to know how things stand: fewer than it asks
#: everybody to wait while a part of it is away.
_SHORT_PATIENCE = 4.0
_ENDED = {"done", "failed"}

SERVER = click.option(
    "--server",
    metavar="URL",
    default=DEFAULT_SERVER,
    envvar="EXTRACTOR_SERVER",
    show_default=True,
    show_envvar=True,
    help="Address of the service.",
)
TOKEN = click.option(
    "--token", metavar="TOKEN", default="", envvar="EXTRACTOR_TOKEN", show_envvar=True, help="Access token."
)

_SUBMIT_EPILOG = """\b
Examples:
  extractor submit scan.pdf
      prints the job's id; extractor status ID tells how it stands
  extractor submit archive/ --output results --server http://queue:8800
      sends every PDF and picture, waits for all, writes results/<name>.json as `extractor run` does
  extractor submit 2023.zip 2024.tar.gz --wait
      the PDFs within, one after the other; an archive is never unpacked as a whole
"""
_STATUS_EPILOG = """\b
Examples:
  extractor status                     the newest jobs
  extractor status --state failed      those that failed, with the reason
  extractor status 0f3a…               one job, as JSON
  extractor status 0f3a… --follow      … with its progress, until it ends
"""


@click.command("submit", epilog=_SUBMIT_EPILOG, no_args_is_help=True)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@SERVER
@TOKEN
@click.option("--wait", is_flag=True, help="Wait until every document is read.")
@click.option("-o", "--output", metavar="DIR", type=_PATH, help="Wait, and write the result JSONs to DIR.")
@click.option(
    "--window",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="With --wait or --output: documents under way at a time.",
)
@click.option("--follow-links", is_flag=True, help="Send the files that links in folders lead to.")
@click.option("--urgent", is_flag=True, help="Have them read before what was sent without this.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
def submit_command(**values: Any) -> int:
    """Send PDFs and pictures, and folders and archives (zip, tar) of them, to a service.

    For every document a line with its job's id and its name goes to stdout. A document the service already has
    is the same job; so after an interruption the same command goes on where it stopped. What cannot be sent is
    told with its reason, and does not keep the others from being sent.
    """
    console = Console(stderr=True)
    output, quiet = values["output"], bool(values["quiet"])
    if output is not None:
        prepare_folder(output)
        remove_unfinished(output)

    def tell(item: Input, job: dict[str, Any]) -> None:
        click.echo(f"{job['id']}\t{printable(item.name)}")

    display = choose_display(console, quiet=quiet)
    interrupted = False
    with (
        ServiceClient(values["server"], values["token"]) as client,
        closing(Copies(output or Path(tempfile.gettempdir()))) as copies,
        display,
    ):
        client.is_urgent = bool(values["urgent"])
        submission = Submission(
            client, display, values["window"], output, tell, lambda item: copies.release(item.path)
        )
        left_out = LeftOut()
        opener = archive_opener(copies, leave_out=left_out.add)
        found = find_inputs(values["paths"], tell_repeated, opener, follow_links=values["follow_links"])
        total = _Count(values["paths"])
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


@click.command("status", epilog=_STATUS_EPILOG)
@click.argument("job", metavar="[JOB]", required=False)
@SERVER
@TOKEN
@click.option("--state", type=click.Choice(["queued", "running", "done", "failed"]), help="Only these jobs.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Jobs listed.")
@click.option("--follow", is_flag=True, help="Show the job's progress until it ends.")
@click.option("--json", "as_json", is_flag=True, help="List jobs as JSON, one object a line.")
def status_command(**values: Any) -> int:
    """Tell how a job stands, or list the newest ones."""
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
            text = f"{job['name']}: {job['state']}, page {job['pages']['done']} of {job['pages']['total'] or '?'}"
            status.update(text)
            if text != told and not console.is_terminal:
                console.print(text, highlight=False, markup=False)
            told = text
            if job["state"] in _ENDED:
                return job
            time.sleep(_POLL)


def _print_jobs(jobs: Sequence[dict[str, Any]]) -> None:
    """A table for a person at a terminal, lines of tab-separated values for a program."""
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        for job in jobs:
            click.echo("\t".join(_columns(job)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("job", "state", "pages", "accepted", "review", "name", "reason"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"job", "state", "pages"})
    for job in jobs:
        table.add_row(*_columns(job))
    console.print(table)


def _columns(job: dict[str, Any]) -> list[str]:
    result = job["result"] or {}
    pages = f"{job['pages']['done']}/{job['pages']['total'] or '?'}"
    figures = [str(result.get(key, "")) for key in ("accepted", "review")]
    reason = job["error"]["message"] if job["error"] else ""
    return [job["id"], job["state"], pages, *figures, job["name"], printable(reason)]


class _Count:
    """Counts documents beside the work; value is None until it is through."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.value: int | None = None
        inputs = find_inputs(paths, archives=archive_opener(None))
        threading.Thread(target=self._count, args=(inputs,), daemon=True).start()

    def _count(self, inputs: Iterator[Input]) -> None:
        self.value = sum(1 for _ in inputs)


def _summarise(console: Console, report: RunReport, output: Path | None, *, is_followed: bool) -> None:
    if is_followed:
        print_summary(console, report, output or Path())
        return
    failed = [outcome for outcome in report.outcomes if outcome.failed]
    lines = [f"{len(report.outcomes) - len(failed)} documents sent"]
    lines += [outcome.failure for outcome in failed]
    lines += tell_left_out(report)
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
