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
from extractor.wording.said import say
from workers.cli.commands.paths import NamedPath
from workers.cli.commands.submit import SERVER, TOKEN
from workers.files.storage import kept_name, prepare_folder, write_bytes
from workers.remote.calls import GoneError
from workers.remote.client import ServiceClient
from workers.shown.ages import parse_age
from workers.shown.speech import in_words, tell
from workers.shown.terminal import printable

_STATES = ["queued", "running", "done", "failed"]


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose jobs."""
    # As a stack of decorators: the one told last in the help comes first.
    for option in (
        TOKEN,
        SERVER,
        click.option("--since", metavar="AGE"),
        click.option("--name", metavar="TEXT"),
        click.option("--code", metavar="CODE"),
        click.option("--state", type=click.Choice(_STATES)),
    ):
        command = option(command)
    return command


@click.command("retry", no_args_is_help=True)
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
@click.option("--failed", is_flag=True)
@click.option("--code", metavar="CODE")
@click.option("--since", metavar="AGE")
@SERVER
@TOKEN
def retry_command(**values: Any) -> int:
    if bool(values["jobs"]) == values["failed"]:
        raise UsageError(say("messages.jobs.choose_failed"))
    if values["jobs"] and (values["code"] or values["since"]):
        raise UsageError(say("messages.jobs.among_failed"))
    with ServiceClient(values["server"], values["token"]) as client:
        wanted = _choose(client, values | {"state": "failed", "name": None})
        found = map(_named, values["jobs"]) if values["jobs"] else wanted
        return _do_to_all(found, lambda job: client.step(job["id"], "retry"), "queued_again")


@click.group("jobs", no_args_is_help=True)
def jobs_command() -> None:
    pass


@jobs_command.command("list")
@_filters
def list_jobs(**values: Any) -> int:
    with ServiceClient(values["server"], values["token"]) as client:
        for job in _choose(client, values):
            click.echo(json.dumps(job, ensure_ascii=False))
    return ExitCode.OK


@jobs_command.command("cancel", no_args_is_help=True)
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
@_filters
def cancel_jobs(**values: Any) -> int:
    if not values["jobs"] and values["state"] not in {"queued", "running"}:
        raise UsageError(say("messages.jobs.choose_state"))
    with ServiceClient(values["server"], values["token"]) as client:
        found = map(_named, values["jobs"]) if values["jobs"] else _choose(client, values)
        return _do_to_all(found, lambda job: client.step(job["id"], "cancel"), "cancelled")


@jobs_command.command("adopt")
@SERVER
@TOKEN
def adopt_jobs(*, server: str, token: str) -> int:
    with ServiceClient(server, token) as client:
        count = client.adopt()
    click.echo(tell("messages.jobs.adopted", count=count), err=True)
    return ExitCode.OK


@jobs_command.command("purge", no_args_is_help=True)
@click.option("--older-than", metavar="AGE", required=True)
@click.option("--export", metavar="DIR", type=NamedPath(file_okay=False))
@click.option("--no-export", is_flag=True)
@click.option("--dry-run", is_flag=True)
@_filters
def purge_jobs(**values: Any) -> int:
    export: Path | None = values["export"]
    if (export is None) != bool(values["no_export"] or values["dry_run"]):
        raise UsageError(say("messages.jobs.where_results"))
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
        return _do_to_all(found, forget, "would_be_forgotten" if values["dry_run"] else "forgotten")


def _named(identifier: str) -> dict[str, Any]:
    return {"id": identifier}


def _choose(client: ServiceClient, values: dict[str, Any], **more: str) -> Iterator[dict[str, Any]]:
    """Jobs that the options choose."""
    filters = {key: values[key] for key in ("state", "code", "name") if values[key]} | more
    if values["since"]:
        filters["finished_after"] = _moment(time.time() - parse_age(values["since"]))
    return client.jobs(limit="500", **filters)


def _do_to_all(
    found: Iterator[dict[str, Any]], act: Callable[[dict[str, Any]], dict[str, Any]], become: str
) -> int:
    """Does something to every job; one that is past it, or gone, is told and costs no other.

    act: gives the job. become: what the jobs have become, by its key in the catalogue.
    """
    done = left = 0
    for job in found:
        try:
            job = act(job)
        except GoneError as error:
            left += 1
            told_left = tell("messages.jobs.left", id=job["id"], why=error)
            click.echo(printable(told_left), err=True)
            continue
        done += 1
        click.echo(f"{job['id']}\t{printable(job['name'])}")
    told = say(f"messages.jobs.{become}", count=done)
    click.echo(tell("messages.jobs.told_left", done=told, left=left) if left else in_words(told), err=True)
    return ExitCode.SOME_FAILED if left else ExitCode.OK


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
