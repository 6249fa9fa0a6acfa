"""`extractor doctor`: what is installed, what is set, what is missing and how to get it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode

if TYPE_CHECKING:
    from workers.shown.check import Check

_PREFIX = "EXTRACTOR_"

_EPILOG = """\b
Examples:
  extractor doctor
  extractor doctor && extractor run scan.pdf --output results
"""


@click.command("doctor", epilog=_EPILOG)
def doctor_command() -> int:
    """Check this installation: versions, weights and their checksums, settings (secrets masked).

    Where a broker, a database or a store is set, whether it answers is checked too. Ends with 1 when something
    needed is missing, with 9 when all that is wrong is that a part of the service does not answer; each line that
    is not `ok` says what to do.
    """
    from workers.cli.installation import run_checks

    checks = [*run_checks(os.environ)]
    # Whatever these import is among what has just been found missing.
    with suppress(ImportError):
        from workers.service.health import check_service

        checks += [*check_unknown(os.environ), *check_service(os.environ)]
    width = max(len(check.name) for check in checks)
    for check in checks:
        state = "ok" if check.good else "MISSING" if check.needed else "note"
        click.echo(f"{state:8}{check.topic:9}{check.name:{width}}  {check.found}")
        if not check.good:
            click.echo(f"{'':17}{'':{width}}  -> {check.remedy}")
    missing = [check for check in checks if not check.good and check.needed]
    click.echo(
        "all that is needed is there" if not missing else f"{len(missing)} needed things missing", err=True
    )
    if any(check.topic != "service" for check in missing):
        return ExitCode.USAGE
    return ExitCode.SERVICE if missing else ExitCode.OK


def check_unknown(environment: Mapping[str, str]) -> Iterator[Check]:
    """Settings nothing heeds, most likely for a slip of the pen."""
    from workers.service.settings import ServiceSettings
    from workers.shown.check import Check

    known = {f"{_PREFIX}{name.upper()}" for name in ServiceSettings.model_fields}
    known |= set(_options(click.get_current_context().find_root().command, _PREFIX))
    for name in sorted(environment.keys() - known):
        if name.startswith(_PREFIX):
            yield Check("setting", name, "nothing heeds it", "see docs/service.md", good=False, needed=False)


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
