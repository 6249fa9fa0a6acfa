"""`extractor doctor`: what is installed, what is set, what is missing and how to get it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from rich.cells import cell_len

from extractor.seams.errors import ExitCode
from extractor.wording.said import say
from workers.shown.speech import in_words, tell

if TYPE_CHECKING:
    from workers.shown.check import Check

_PREFIX = "EXTRACTOR_"


@click.command("doctor")
def doctor_command() -> int:
    from workers.cli.installation import run_checks

    checks = [*run_checks(os.environ)]
    # Whatever these import is among what has just been found missing.
    with suppress(ImportError):
        from workers.service.health import check_service

        checks += [*check_unknown(os.environ), *check_service(os.environ)]
    width = max(cell_len(in_words(check.name)) for check in checks)
    for check in checks:
        state = "ok" if check.good else "missing" if check.needed else "note"
        topic, name = tell(f"messages.doctor.topics.{check.topic}"), in_words(check.name)
        columns = (_pad(tell(f"messages.doctor.{state}"), 8), _pad(topic, 9), _pad(name, width))
        click.echo(f"{''.join(columns)}  {in_words(check.found)}")
        if not check.good:
            click.echo(f"{'':17}{'':{width}}  -> {in_words(check.remedy)}")
    missing = [check for check in checks if not check.good and check.needed]
    click.echo(
        tell("messages.doctor.count_missing", count=len(missing))
        if missing
        else tell("messages.doctor.all_there"),
        err=True,
    )
    if any(check.topic != "service" for check in missing):
        return ExitCode.USAGE
    return ExitCode.SERVICE if missing else ExitCode.OK


def _pad(text: str, width: int) -> str:
    """Padded by the cells it takes on a terminal."""
    return text + " " * (width - cell_len(text))


def check_unknown(environment: Mapping[str, str]) -> Iterator[Check]:
    """Settings nothing heeds, most likely for a slip of the pen."""
    from workers.service.settings import ServiceSettings
    from workers.shown.check import Check

    known = {f"{_PREFIX}{name.upper()}" for name in ServiceSettings.model_fields}
    known |= set(_options(click.get_current_context().find_root().command, _PREFIX))
    for name in sorted(environment.keys() - known):
        if name.startswith(_PREFIX):
            yield Check(
                "setting",
                name,
                say("messages.doctor.unheeded"),
                say("messages.doctor.see_service"),
                good=False,
                needed=False,
            )


def _options(command: click.Command, prefix: str) -> Iterator[str]:
    """Environment variables of a command's options, and of the commands below it."""
    for parameter in command.params:
        yield f"{prefix}{(parameter.name or '').upper()}"
        yield from [parameter.envvar] if isinstance(parameter.envvar, str) else []
    if not isinstance(command, click.Group):
        return
    # Commands are imported when they are asked for, not listed beforehand.
    context = click.get_current_context()
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from _options(below, f"{prefix}{name.upper()}_")
