"""`extractor calibrate`: what reviewers decided makes confidence truer, if it does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode, StorageError
from workers.cli.commands.admin import require_store
from workers.cli.commands.paths import NamedPath

if TYPE_CHECKING:
    from models.calibration import Card
    from models.corrections import Trial
    from workers.service.reviewing.learning import Decided
    from workers.service.settings import ServiceSettings

_EPILOG = """\b
Examples:
  extractor calibrate --data service --dry-run
      says what would change
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
    on documents left out, and installed as calibration.json in the service's folder (or where EXTRACTOR_CALIBRATION
    says) only if it does better there and no worse on the audit sample. Documents submitted after the next start are
    judged by it; delete the file to go back.
    """
    from models.calibration import read_card
    from models.corrections import try_correction
    from workers.service.reviewing.learning import read_decided
    from workers.service.settings import read_settings
    from workers.service.store.database import Database

    settings = read_settings(data=data)
    require_store(settings)
    database = Database(settings.database)
    try:
        database.migrate()
        pipeline = settings.read_options.fingerprint()
        learned, audit = (read_decided(database, pipeline, audit=flag) for flag in (False, True))
    finally:
        database.close()
    trial = try_correction(learned.confidence, learned.right, learned.document)
    _show(trial, audit)
    if trial.correction is None:
        click.echo(f"{_why_not(trial)}; nothing changes")
    elif not _is_no_worse(trial, audit):
        click.echo("it does worse on the audit sample; nothing changes")
    elif dry_run:
        click.echo("it would be installed without --dry-run")
    else:
        card = read_card(settings.card)
        target = _install(replace(card, corrections=(*card.corrections, trial.correction)), settings)
        click.echo(f"installed: {target}; restart the service to use it")
    return ExitCode.OK


def _install(card: Card, settings: ServiceSettings) -> Path:
    """The card and its trees where the service looks; the card last, so that a half installed one is never read."""
    from models.calibration import write_card

    target = settings.own_calibration
    draft = target.with_suffix(".tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if settings.card != target:
            shutil.copyfile(settings.card.with_name(card.trees), target.with_name(card.trees))
        write_card(card, draft)
        draft.replace(target)
    except OSError as error:
        raise StorageError(f"cannot install {target}: {error.strerror or error}") from error
    return target


def _show(trial: Trial, audit: Decided) -> None:
    click.echo(f"{trial.decisions} decisions of people, the machine was wrong in {trial.wrong}")
    click.echo(f"log loss on documents left out: before {trial.before:.4f}, after {trial.after:.4f}")
    if trial.correction is None:
        return
    told = trial.correction
    click.echo(f"correction: log odds × {told.slope:.3f} {told.offset:+.3f}, up to {told.highest:.4f}")
    if len(audit):
        before, after = _brier(audit, None), _brier(audit, trial)
        click.echo(f"audit sample, {len(audit)} fields: Brier score before {before:.5f}, after {after:.5f}")


def _why_not(trial: Trial) -> str:
    from models.corrections import FOLDS, LEAST, LEAST_EACH

    if min(trial.wrong, trial.decisions - trial.wrong) >= LEAST_EACH and trial.decisions >= LEAST:
        return "nothing better was found"
    return (
        f"too little to learn from: it takes {LEAST} decisions on {FOLDS} documents read with this "
        f"calibrator, the machine wrong in {LEAST_EACH} and right in {LEAST_EACH} of them"
    )


def _is_no_worse(trial: Trial, audit: Decided) -> bool:
    return not len(audit) or _brier(audit, trial) <= _brier(audit, None) + 1e-9


def _brier(audit: Decided, trial: Trial | None) -> float:
    """Mean squared error of what is told of the audit sample, by what a trial learned or as it was."""
    told = trial.correction.apply(audit.confidence) if trial and trial.correction else audit.confidence
    return float(((told - audit.right) ** 2).mean())
