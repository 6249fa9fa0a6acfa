"""`extractor doctor`: what is installed, what is set, what is missing and how to get it."""

from __future__ import annotations

import os

import click

from extractor.errors import ExitCode

_EPILOG = """\b
Examples:
  extractor doctor
  extractor doctor && extractor run scan.pdf --output results
"""


@click.command("doctor", epilog=_EPILOG)
def doctor_command() -> int:
    """Check this installation: versions, weights and their checksums, settings (secrets masked).

    Ends with 1 when something needed is missing; each line that is not `ok` says what to do.
    """
    from workers.health import run_checks

    checks = run_checks(os.environ)
    width = max(len(check.name) for check in checks)
    for check in checks:
        state = "ok" if check.good else "MISSING" if check.needed else "note"
        click.echo(f"{state:8}{check.topic:9}{check.name:{width}}  {check.found}")
        if not check.good:
            click.echo(f"{'':17}{'':{width}}  -> {check.remedy}")
    missing = sum(not check.good and check.needed for check in checks)
    click.echo("all that is needed is there" if not missing else f"{missing} needed things missing", err=True)
    return ExitCode.USAGE if missing else ExitCode.OK
