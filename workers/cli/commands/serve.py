"""`extractor serve` and `extractor worker`: a service on one machine, and hands for one that spans several."""

from __future__ import annotations

from typing import Any

import click

from extractor.seams.errors import ExitCode, UsageError
from extractor.wording.said import say
from workers.batch.settings import default_jobs
from workers.cli.commands.paths import NamedPath
from workers.shown.speech import tell

#: What a worker has in common with the service it works for.
_SHARED = ("broker_url", "database_url", "store")
_DATA = click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
)
_JOBS = click.option("-j", "--jobs", type=click.IntRange(1))
_ENGINE = click.option("--engine", metavar="NAME", envvar="EXTRACTOR_ENGINE")


@click.command("serve")
@_DATA
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8800, show_default=True)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(0),
)
@click.option(
    "--require-token",
    is_flag=True,
)
@_ENGINE
@click.option("-v", "--verbose", is_flag=True)
def serve_command(**values: Any) -> int:
    # Imported here: the other commands need none of it.
    from workers.files.privacy import keep_private
    from workers.service.logs import set_up_logs
    from workers.service.running.supervisor import Supervisor
    from workers.service.settings import read_settings

    if values["data"] is None:
        raise UsageError(say("messages.serve.needs_folder"))
    set_up_logs(verbose=values["verbose"])
    told = {
        "data": values["data"],
        "engine": values["engine"],
        "require_token": values["require_token"] or None,
    }
    settings = read_settings(**told)
    keep_private(settings.data)
    from workers.service.notices.addresses import is_loopback

    if settings.require_token or not is_loopback(values["host"]):
        _require_token(settings)
    jobs = default_jobs() if values["jobs"] is None else values["jobs"]
    if not jobs and not settings.broker_url:
        raise UsageError(say("messages.serve.needs_broker"))
    supervisor = Supervisor(settings, values["host"], values["port"], jobs)
    supervisor.run(
        ready=lambda address: click.echo(tell("messages.serve.serving", address=address), err=True)
    )
    return ExitCode.OK


@click.command("worker")
@_DATA
@_JOBS
@_ENGINE
@click.option("-v", "--verbose", is_flag=True)
def worker_command(**values: Any) -> int:
    from workers.cli.service_process import run_worker
    from workers.files.privacy import write_privately
    from workers.service.logs import set_up_logs
    from workers.service.settings import read_settings

    set_up_logs(verbose=values["verbose"])
    settings = read_settings(data=values["data"], engine=values["engine"])
    write_privately()
    missing = [f"EXTRACTOR_{name.upper()}" for name in _SHARED if not getattr(settings, name)]
    if missing and (values["data"] is None or "EXTRACTOR_BROKER_URL" in missing):
        # A store of its own would be empty, and the broker's messages taken for nothing.
        raise UsageError(say("messages.serve.shares", names=", ".join(missing)))
    run_worker(settings, values["jobs"] or default_jobs())
    return ExitCode.OK


def _require_token(settings: Any) -> None:
    from workers.service.store.database import Database
    from workers.service.store.tokens import TokenStore

    database = Database(settings.database)
    try:
        database.migrate()
        has_token = any(token.revoked is None for token in TokenStore(database).list())
    finally:
        database.close()
    if not has_token:
        raise UsageError(say("messages.serve.no_token", folder=settings.data))
