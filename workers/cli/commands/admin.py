"""`extractor fsck` and `extractor token`: looking after a service, on the machine that holds its store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode, UsageError
from extractor.wording.said import say
from workers.cli.commands.paths import NamedPath
from workers.shown.speech import in_words, tell

if TYPE_CHECKING:
    from workers.service.settings import ServiceSettings
    from workers.service.store.tokens import TokenStore

_DATA = click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
)
_ROLES = ("submit", "review", "admin")


@click.command("fsck")
@_DATA
@click.option("--repair", is_flag=True)
def fsck_command(*, data: Path | None, repair: bool) -> int:
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
            message = in_words(problem.message)
            told = tell("messages.fsck.mended", problem=message) if problem.repaired else message
            click.echo(f"{problem.kind}\t{problem.subject}\t{told}")
    finally:
        service.close()
    click.echo(tell("messages.fsck.counts", left=left, mended=mended), err=True)
    return ExitCode.SOME_FAILED if left else ExitCode.OK


@click.group("token", no_args_is_help=True)
def token_command() -> None:
    pass


@token_command.command("create", no_args_is_help=True)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    default="submit",
    show_default=True,
)
@_DATA
def create_token(*, name: str, role: str, data: Path | None) -> int:
    from workers.service.store.tokens import Role

    with _tokens(data, is_new=True) as store:
        token, secret = store.create(name, Role(role))
    click.echo(secret)
    told = tell("messages.token.created", id=token.id, name=token.name, role=token.role.value)
    click.echo(told, err=True)
    return ExitCode.OK


@token_command.command("list")
@_DATA
def list_tokens(*, data: Path | None) -> int:
    with _tokens(data) as store:
        for token in store.list():
            created = datetime.fromtimestamp(token.created, UTC).strftime("%Y-%m-%d %H:%M")
            state = tell(f"messages.token.{'good' if token.revoked is None else 'revoked_state'}")
            click.echo(f"{token.id}\t{token.role}\t{created}\t{state}\t{token.name}")
    return ExitCode.OK


@token_command.command("revoke", no_args_is_help=True)
@click.argument("identifier", metavar="ID")
@_DATA
def revoke_token(*, identifier: str, data: Path | None) -> int:
    with _tokens(data) as store:
        token = store.revoke(identifier)
    click.echo(tell("messages.token.revoked", id=token.id, name=token.name), err=True)
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
        raise UsageError(say("messages.token.which_service"))
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
        raise UsageError(say("messages.token.no_service", folder=settings.data))
