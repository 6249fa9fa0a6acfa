"""`extractor fsck` and `extractor token`: looking after a service, on the machine that holds its store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode, UsageError
from workers.cli.commands.paths import NamedPath

if TYPE_CHECKING:
    from workers.service.settings import ServiceSettings
    from workers.service.store.tokens import TokenStore

_DATA = click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
    help="Folder of the service, for whatever has no URL of its own.",
)
_ROLES = ("submit", "review", "admin")


_FSCK_EPILOG = """\b
Examples:
  extractor fsck --data service
  extractor fsck --data service --repair
"""
_TOKEN_EPILOG = """\b
Examples:
  extractor token create scanner --role submit --data service
  extractor token list --data service
  extractor token revoke 3f0c9a… --data service
"""


@click.command("fsck", epilog=_FSCK_EPILOG)
@_DATA
@click.option("--repair", is_flag=True, help="Mend what can be mended without losing anything.")
def fsck_command(*, data: Path | None, repair: bool) -> int:
    """Check a service's store: every document in one state, every file there and unspoilt.

    Every problem is a line on stdout: its kind, the job or file, what is wrong. Lost results are read again with
    --repair, and files no job needs are deleted. It may be run while the service runs. Exit code 2 when problems
    are left.
    """
    from workers.service.running.fsck import check_service
    from workers.service.running.valkey import broker_url
    from workers.service.service import open_service
    from workers.service.settings import read_settings

    settings = read_settings(data=data)
    require_store(settings)
    if not settings.broker_url:
        settings = settings.model_copy(update={"broker_url": broker_url(settings.data / "broker")})
    service = open_service(settings)
    left = mended = 0
    try:
        for problem in check_service(service, repair=repair):
            mended += problem.repaired
            left += not problem.repaired
            note = " (mended)" if problem.repaired else ""
            click.echo(f"{problem.kind}\t{problem.subject}\t{problem.message}{note}")
    finally:
        service.close()
    click.echo(f"{left} problems, {mended} mended", err=True)
    return ExitCode.SOME_FAILED if left else ExitCode.OK


@click.group("token", no_args_is_help=True, epilog=_TOKEN_EPILOG)
def token_command() -> None:
    """Create, list and revoke the tokens by which others may use a service."""


@token_command.command("create", no_args_is_help=True)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    default="submit",
    show_default=True,
    help="submit: send documents and fetch results; review: settle doubts too; admin: everything.",
)
@_DATA
def create_token(*, name: str, role: str, data: Path | None) -> int:
    """Create a token for NAME; its secret goes to stdout, this once."""
    from workers.service.store.tokens import Role

    with _tokens(data, is_new=True) as store:
        token, secret = store.create(name, Role(role))
    click.echo(secret)
    click.echo(f"token {token.id} for {token.name} ({token.role}); the secret is shown only now", err=True)
    return ExitCode.OK


@token_command.command("list")
@_DATA
def list_tokens(*, data: Path | None) -> int:
    """List all tokens: id, role, when created, whether revoked, name."""
    with _tokens(data) as store:
        for token in store.list():
            created = datetime.fromtimestamp(token.created, UTC).strftime("%Y-%m-%d %H:%M")
            state = "revoked" if token.revoked is not None else "good"
            click.echo(f"{token.id}\t{token.role}\t{created}\t{state}\t{token.name}")
    return ExitCode.OK


@token_command.command("revoke", no_args_is_help=True)
@click.argument("identifier", metavar="ID")
@_DATA
def revoke_token(*, identifier: str, data: Path | None) -> int:
    """Make the token ID worthless, at once."""
    with _tokens(data) as store:
        token = store.revoke(identifier)
    click.echo(f"revoked {token.id} ({token.name})", err=True)
    return ExitCode.OK


@contextmanager
def _tokens(data: Path | None, *, is_new: bool = False) -> Iterator[TokenStore]:
    """Tokens of a service; `is_new` where it may be one that has not been started yet."""
    from workers.files.privacy import keep_private
    from workers.service.settings import read_settings
    from workers.service.store.database import Database
    from workers.service.store.tokens import TokenStore

    settings = read_settings(data=data)
    if not is_new:
        require_store(settings)
    elif not settings.database_url and "data" not in settings.model_fields_set:
        raise UsageError("for which service? name its folder with --data, or set EXTRACTOR_DATABASE_URL")
    if not settings.database_url:
        keep_private(settings.data)
    database = Database(settings.database)
    try:
        database.migrate()
        yield TokenStore(database)
    finally:
        database.close()


def require_store(settings: ServiceSettings) -> None:
    """A mistyped folder is not a service without problems."""
    if not settings.database_url and not (settings.data / "service.sqlite3").is_file():
        raise UsageError(
            f"there is no service in {settings.data}: name its folder with --data, or set EXTRACTOR_DATABASE_URL"
        )
