"""`extractor serve` and `extractor worker`: a service on one machine, and hands for one that spans several."""

from __future__ import annotations

from typing import Any

import click

from extractor.seams.errors import ExitCode, UsageError
from workers.batch.settings import default_jobs
from workers.cli.commands.paths import NamedPath

_SERVE_EPILOG = """\b
Examples:
  extractor serve --data service
      API and pages on http://127.0.0.1:8800/, everything kept in service/
  extractor token create scanner --role submit --data service
  extractor serve --data service --host 0.0.0.0
      for others too; everybody then needs a token

\b
Elsewhere than in the folder:
  EXTRACTOR_BROKER_URL    Redis or Valkey, rediss:// for TLS   [default: a Valkey of its own]
  EXTRACTOR_DATABASE_URL  PostgreSQL                           [default: SQLite in the folder]
  EXTRACTOR_STORE         folder or s3://bucket/prefix         [default: the folder]
"""
_WORKER_EPILOG = """\b
Examples:
  EXTRACTOR_BROKER_URL=redis://queue:6379/0 \\
  EXTRACTOR_DATABASE_URL=postgresql://extractor:secret@store/extractor \\
  EXTRACTOR_STORE=/mnt/archive/blobs \\
  extractor worker --jobs 8
"""
#: What a worker has in common with the service it works for.
_SHARED = ("broker_url", "database_url", "store")
_DATA = click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
    help="Folder for whatever has no URL of its own.",
)
_JOBS = click.option(
    "-j", "--jobs", type=click.IntRange(1), help="Documents at once. [default: what this machine bears]"
)
_ENGINE = click.option(
    "--engine", metavar="NAME", envvar="EXTRACTOR_ENGINE", help="Recogniser. [default: fast]"
)


@click.command("serve", epilog=_SERVE_EPILOG)
@_DATA
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8800, show_default=True, help="Port; 0 picks one."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(0),
    help="Documents read at once here; 0 where others do the work. [default: what this machine bears]",
)
@click.option(
    "--require-token",
    is_flag=True,
    help="Ask for a token here too, as is needed behind a proxy. [env: EXTRACTOR_REQUIRE_TOKEN]",
)
@_ENGINE
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def serve_command(**values: Any) -> int:
    """Run the whole service on this machine: API, pages, broker, worker, store.

    Ctrl-C ends it: documents in hand go back to the queue. A second Ctrl-C ends it at once; nothing is lost
    then either.
    """
    # Imported here: the other commands need none of it.
    from workers.files.privacy import keep_private
    from workers.service.logs import set_up_logs
    from workers.service.running.supervisor import Supervisor
    from workers.service.settings import read_settings

    if values["data"] is None:
        raise UsageError("serve needs a folder to keep its documents and results in: --data DIR")
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
        raise UsageError("with --jobs 0 others do the work, and they need a broker: set EXTRACTOR_BROKER_URL")
    supervisor = Supervisor(settings, values["host"], values["port"], jobs)
    supervisor.run(
        ready=lambda address: click.echo(f"extractor: serving on {address}  (Ctrl-C ends it)", err=True)
    )
    return ExitCode.OK


@click.command("worker", epilog=_WORKER_EPILOG)
@_DATA
@_JOBS
@_ENGINE
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def worker_command(**values: Any) -> int:
    """Work for a service that spans machines, until Ctrl-C or SIGTERM.

    It needs the broker, the database and the store of that service, given in the environment.
    """
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
        raise UsageError(f"a worker shares these with its service: set {', '.join(missing)}")
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
        raise UsageError(
            "this service asks for a token, and nobody has a token yet: "
            f"extractor token create NAME --role admin --data {settings.data}"
        )
