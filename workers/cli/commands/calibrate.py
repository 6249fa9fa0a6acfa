"""`extractor calibrate`: what reviewers decided makes confidence truer, if it does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode, StorageError
from extractor.wording.said import say, tell_os_error
from workers.cli.commands.admin import require_store
from workers.cli.commands.paths import NamedPath
from workers.shown.speech import tell

if TYPE_CHECKING:
    from models.calibration import Card
    from models.corrections import Trial
    from workers.service.reviewing.learning import Decided
    from workers.service.settings import ServiceSettings


@click.command("calibrate")
@click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
)
@click.option("--dry-run", is_flag=True)
def calibrate_command(*, data: Path | None, dry_run: bool) -> int:
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
        click.echo(tell("messages.calibrate.nothing", why=_why_not(trial)))
    elif not _is_no_worse(trial, audit):
        click.echo(tell("messages.calibrate.worse"))
    elif dry_run:
        click.echo(tell("messages.calibrate.would"))
    else:
        card = read_card(settings.card)
        target = _install(replace(card, corrections=(*card.corrections, trial.correction)), settings)
        click.echo(tell("messages.calibrate.installed", path=target))
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
        raise StorageError(say("messages.calibrate.cannot", path=target, why=tell_os_error(error))) from error
    return target


def _show(trial: Trial, audit: Decided) -> None:
    click.echo(tell("messages.calibrate.decisions", count=trial.decisions, wrong=trial.wrong))
    click.echo(tell("messages.calibrate.loss", before=trial.before, after=trial.after))
    if trial.correction is None:
        return
    told = trial.correction
    click.echo(
        tell("messages.calibrate.correction", slope=told.slope, offset=told.offset, highest=told.highest)
    )
    if len(audit):
        before, after = _brier(audit, None), _brier(audit, trial)
        click.echo(tell("messages.calibrate.audit", count=len(audit), before=before, after=after))


def _why_not(trial: Trial) -> str:
    from models.corrections import FOLDS, LEAST, LEAST_EACH

    if min(trial.wrong, trial.decisions - trial.wrong) >= LEAST_EACH and trial.decisions >= LEAST:
        return say("messages.calibrate.nothing_better")
    return say("messages.calibrate.too_little", least=LEAST, folds=FOLDS, each=LEAST_EACH)


def _is_no_worse(trial: Trial, audit: Decided) -> bool:
    return not len(audit) or _brier(audit, trial) <= _brier(audit, None) + 1e-9


def _brier(audit: Decided, trial: Trial | None) -> float:
    """Mean squared error of what is told of the audit sample, by what a trial learned or as it was."""
    told = trial.correction.apply(audit.confidence) if trial and trial.correction else audit.confidence
    return float(((told - audit.right) ** 2).mean())
