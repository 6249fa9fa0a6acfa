"""`extractor calibrate`: what reviewers decided makes confidence truer, if it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.seams.errors import ExitCode
from extractor.wording.said import say
from workers.cli.commands.admin import require_store
from workers.cli.commands.paths import NamedPath
from workers.shown.speech import tell

if TYPE_CHECKING:
    from workers.service.reviewing.calibrating import CalibrationTrial, Verdict


@click.command("calibrate")
@click.option(
    "--data",
    metavar="DIR",
    type=NamedPath(file_okay=False),
    envvar="EXTRACTOR_DATA",
)
@click.option("--dry-run", is_flag=True)
def calibrate_command(*, data: Path | None, dry_run: bool) -> int:
    from workers.service.reviewing.calibrating import Verdict, install_calibration, try_calibration
    from workers.service.settings import read_settings
    from workers.service.store.database import Database

    settings = read_settings(data=data)
    require_store(settings)
    database = Database(settings.database)
    try:
        database.migrate()
        trial = try_calibration(database, settings.read_options.fingerprint())
    finally:
        database.close()
    _show(trial)
    verdict = trial.verdict
    if verdict in {Verdict.TOO_LITTLE, Verdict.NOTHING_BETTER}:
        click.echo(tell("messages.calibrate.nothing", why=_why_not(verdict)))
    elif verdict is Verdict.WORSE:
        click.echo(tell("messages.calibrate.worse"))
    elif dry_run:
        click.echo(tell("messages.calibrate.would"))
    else:
        click.echo(tell("messages.calibrate.installed", path=install_calibration(settings, trial)))
    return ExitCode.OK


def _show(found: CalibrationTrial) -> None:
    trial = found.trial
    click.echo(tell("messages.calibrate.decisions", count=trial.decisions, wrong=trial.wrong))
    click.echo(tell("messages.calibrate.loss", before=trial.before, after=trial.after))
    if trial.correction is None:
        return
    told = trial.correction
    click.echo(
        tell("messages.calibrate.correction", slope=told.slope, offset=told.offset, highest=told.highest)
    )
    if found.brier is not None:
        before, after = found.brier
        click.echo(tell("messages.calibrate.audit", count=found.audit, before=before, after=after))


def _why_not(verdict: Verdict) -> str:
    from models.corrections import FOLDS, LEAST, LEAST_EACH
    from workers.service.reviewing.calibrating import Verdict

    if verdict is Verdict.NOTHING_BETTER:
        return say("messages.calibrate.nothing_better")
    return say("messages.calibrate.too_little", least=LEAST, folds=FOLDS, each=LEAST_EACH)
