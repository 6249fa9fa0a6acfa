"""`extractor retry` and `extractor jobs`: what an operator does to many jobs at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import ExitCode, UsageError
from workers.cli.commands.paths import NamedPath
from workers.cli.commands.submit import SERVER, TOKEN
from workers.files.storage import kept_name, prepare_folder, write_bytes
from workers.remote.client import GoneError, ServiceClient
from workers.shown.ages import parse_age
from workers.shown.terminal import printable

_RETRY_EPILOG = """\b
Examples:
  extractor retry 0f3a…                                one job
  extractor retry --failed                             all that failed
  extractor retry --failed --code worker_lost --since 12h
      those of last night's outage
"""
_JOBS_EPILOG = """\b
Examples:
  extractor jobs list --state failed --code lost_document
  extractor jobs cancel --state queued --name 2019
  extractor jobs purge --older-than 90d --export kept
      writes the results, as they were reviewed, to kept/, then has the service forget the jobs
"""
_STATES = ["queued", "running", "done", "failed"]


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose jobs."""
    for option in (
        click.option("--state", type=click.Choice(_STATES), help="Jobs in this state."),
        click.option("--code", metavar="CODE", help="Jobs that failed with this code."),
        click.option("--name", metavar="TEXT", help="Jobs whose document's name has this in it."),
        click.option("--since", metavar="AGE", help="Jobs that ended no longer ago than this, as 12h or 3d."),
        TOKEN,
        SERVER,
    ):
        command = option(command)
    return command


@click.command("retry", epilog=_RETRY_EPILOG, no_args_is_help=True)
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
@click.option("--failed", is_flag=True, help="All jobs that failed, or those that the other options choose.")
@click.option("--code", metavar="CODE", help="Only those that failed with this code.")
@click.option("--since", metavar="AGE", help="Only those that failed no longer ago than this, as 12h or 3d.")
@SERVER
@TOKEN
def retry_command(**values: Any) -> int:
    """Queue failed jobs again, with all their attempts and all their pages.

    Every job that is queued is a line on stdout: its id and the name of its document.
    """
    if bool(values["jobs"]) == values["failed"]:
        raise UsageError("name jobs, or choose them with --failed")
    if values["jobs"] and (values["code"] or values["since"]):
        raise UsageError("--code and --since choose among all that failed: give --failed, and no jobs")
    with ServiceClient(values["server"], values["token"]) as client:
        wanted = _choose(client, values | {"state": "failed", "name": None})
        found = map(_named, values["jobs"]) if values["jobs"] else wanted
        return _do_to_all(found, lambda job: client.step(job["id"], "retry"), "queued again")


@click.group("jobs", no_args_is_help=True, epilog=_JOBS_EPILOG)
def jobs_command() -> None:
    """List, cancel, adopt and purge the jobs of a service."""


@jobs_command.command("list")
@_filters
def list_jobs(**values: Any) -> int:
    """List jobs as JSON, one object a line, newest first."""
    with ServiceClient(values["server"], values["token"]) as client:
        for job in _choose(client, values):
            click.echo(json.dumps(job, ensure_ascii=False))
    return ExitCode.OK


@jobs_command.command("cancel", no_args_is_help=True)
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
@_filters
def cancel_jobs(**values: Any) -> int:
    """Break jobs off: those that are named, or all that are queued or running and that the options choose."""
    if not values["jobs"] and values["state"] not in {"queued", "running"}:
        raise UsageError("name jobs, or choose them with --state queued or --state running")
    with ServiceClient(values["server"], values["token"]) as client:
        found = map(_named, values["jobs"]) if values["jobs"] else _choose(client, values)
        return _do_to_all(found, lambda job: client.step(job["id"], "cancel"), "cancelled")


@jobs_command.command("adopt")
@SERVER
@TOKEN
def adopt_jobs(*, server: str, token: str) -> int:
    """Have all that waits for other settings or another version read by the service as it is now.

    Needs the role admin. Workers read only what was sent with their version and their settings.
    """
    with ServiceClient(server, token) as client:
        count = client.adopt()
    click.echo(f"{count} jobs are read by the service as it is now", err=True)
    return ExitCode.OK


@jobs_command.command("purge", no_args_is_help=True)
@click.option("--older-than", metavar="AGE", required=True, help="Jobs that ended longer ago, as 90d.")
@click.option(
    "--export", metavar="DIR", type=NamedPath(file_okay=False), help="Write their results here first."
)
@click.option("--no-export", is_flag=True, help="Forget their results as well.")
@click.option("--dry-run", is_flag=True, help="Only list what would be forgotten.")
@_filters
def purge_jobs(**values: Any) -> int:
    """Have a service forget jobs that ended, with their documents and results. Needs the role admin.

    Their results, as they were reviewed, are written to --export first; a job whose result cannot be written stays.
    """
    export: Path | None = values["export"]
    if (export is None) != bool(values["no_export"] or values["dry_run"]):
        raise UsageError("say where the results go with --export DIR, or that they may go with --no-export")
    if export is not None:
        prepare_folder(export)
    before = time.time() - parse_age(values["older_than"])
    with ServiceClient(values["server"], values["token"]) as client:

        def forget(job: dict[str, Any]) -> dict[str, Any]:
            if values["dry_run"]:
                return job
            if export is not None and job["state"] == "done":
                write_bytes(export / kept_name(job["name"], job["id"]), client.reviewed(job["id"]))
            client.delete(job["id"])
            return job

        found = _choose(client, values, finished_before=_moment(before))
        return _do_to_all(found, forget, "would be forgotten" if values["dry_run"] else "forgotten")


def _named(identifier: str) -> dict[str, Any]:
    return {"id": identifier}


def _choose(client: ServiceClient, values: dict[str, Any], **more: str) -> Iterator[dict[str, Any]]:
    """Jobs that the options choose."""
    filters = {key: values[key] for key in ("state", "code", "name") if values[key]} | more
    if values["since"]:
        filters["finished_after"] = _moment(time.time() - parse_age(values["since"]))
    return client.jobs(limit="500", **filters)


def _do_to_all(
    found: Iterator[dict[str, Any]], act: Callable[[dict[str, Any]], dict[str, Any]], told: str
) -> int:
    """Does something to every job; one that is past it, or gone, is told and costs no other. act: gives the job."""
    done = left = 0
    for job in found:
        try:
            job = act(job)
        except GoneError as error:
            left += 1
            click.echo(f"{job['id']}: {printable(str(error))}", err=True)
            continue
        done += 1
        click.echo(f"{job['id']}\t{printable(job['name'])}")
    click.echo(f"{done} {told}" + (f", {left} could not be" if left else ""), err=True)
    return ExitCode.SOME_FAILED if left else ExitCode.OK


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
