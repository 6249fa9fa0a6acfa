"""`extractor calibrate`: what reviewers decided makes confidence truer, if it does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.errors import ExitCode
from workers.commands.paths import NamedPath

if TYPE_CHECKING:
    from models.calibration import Card
    from models.corrections import Trial
    from workers.service.learning import Decided
    from workers.service.settings import ServiceSettings

_EPILOG = """\b
Examples:
  extractor calibrate --data service --dry-run
  extractor calibrate --data service
"""


@click.command("calibrate", epilog=_EPILOG)
@click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
    help="Folder of the service, for whatever has no URL of its own.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, install nothing.")
def calibrate_command(*, data: Path | None, dry_run: bool) -> int:
    """Learn from what people decided how sure the machine may be.

    Decisions on fields in review are learned from; the audit sample never is, it measures. What was learned is tried
    on documents left out, and installed as calibration.json in the service's folder only if it does better there and
    no worse on the audit sample. Documents read from then on are judged by it; delete the file to go back.
    """
    from models.calibration import SHIPPED, read_card
    from models.corrections import try_correction
    from workers.service.learning import read_decided
    from workers.service.service import open_service
    from workers.service.settings import read_settings

    settings = read_settings(data=data)
    service = open_service(settings)
    try:
        learned, audit = (read_decided(service.database, audit=flag) for flag in (False, True))
    finally:
        service.close()
    trial = try_correction(learned.confidence, learned.right, learned.document)
    _show(trial, audit)
    if trial.correction is None:
        click.echo("nothing better was found; nothing changes")
        return ExitCode.OK
    if not _is_no_worse(trial, audit):
        click.echo("it does worse on the audit sample; nothing changes")
        return ExitCode.OK
    if dry_run:
        click.echo("it would be installed without --dry-run")
        return ExitCode.OK
    target = install(replace(read_card(SHIPPED), correction=trial.correction), settings)
    click.echo(f"installed: {target}; restart the service to use it")
    return ExitCode.OK


def install(card: Card, settings: ServiceSettings) -> Path:
    """The card and its trees in the service's folder; the card last, so that a half installed one is never read."""
    from models.calibration import SHIPPED, write_card

    target = settings.data / "calibration.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SHIPPED.with_name(card.trees), target.with_name(card.trees))
    draft = target.with_suffix(".tmp")
    write_card(card, draft)
    draft.replace(target)
    return target


def _show(trial: Trial, audit: Decided) -> None:
    click.echo(f"{trial.decisions} decisions of people, the machine was wrong in {trial.wrong}")
    click.echo(f"log loss on documents left out: before {trial.before:.4f}, after {trial.after:.4f}")
    if trial.correction is not None:
        told = trial.correction
        click.echo(f"correction: log odds × {told.slope:.3f} {told.offset:+.3f}, up to {told.highest:.4f}")
        if len(audit):
            before, after = _brier(audit, trial, corrected=False), _brier(audit, trial, corrected=True)
            click.echo(
                f"audit sample, {len(audit)} fields: Brier score before {before:.5f}, after {after:.5f}"
            )


def _is_no_worse(trial: Trial, audit: Decided) -> bool:
    return (
        not len(audit) or _brier(audit, trial, corrected=True) <= _brier(audit, trial, corrected=False) + 1e-9
    )


def _brier(audit: Decided, trial: Trial, *, corrected: bool) -> float:
    told = trial.correction.apply(audit.confidence) if corrected and trial.correction else audit.confidence
    return float(((told - audit.right) ** 2).mean())
