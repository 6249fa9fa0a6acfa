"""`extractor watch`: a scanner's folder that empties itself into a service."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import UsageError
from extractor.wording.said import say
from workers.batch.grouping import GroupBy
from workers.cli.commands.paths import NamedPath
from workers.cli.commands.submit import SERVER, TOKEN
from workers.files.storage import prepare_folder
from workers.remote.client import ServiceClient
from workers.remote.patience import PATIENCE
from workers.remote.watching import Watch
from workers.shown.outcomes import Outcome, exit_code
from workers.shown.speech import tell

#: Seconds for which a service that is away is asked again in one round: the next one asks anew.
_ROUND_PATIENCE = 5.0


@click.command("watch", no_args_is_help=True)
@click.argument("folder", metavar="DIR", type=NamedPath())
@SERVER
@TOKEN
@click.option("-o", "--output", metavar="DIR", type=NamedPath())
@click.option(
    "--settle",
    type=click.FloatRange(0),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.05),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
)
@click.option(
    "--group-by",
    type=click.Choice([GroupBy.FILE.value, GroupBy.FOLDER.value]),
    default=GroupBy.FILE.value,
    show_default=True,
)
@click.option("--once", is_flag=True)
def watch_command(**values: Any) -> int:
    folder: Path = values["folder"]
    if not folder.is_dir():
        raise UsageError(say("messages.watch.no_folder", path=folder))
    if values["output"] is not None:
        prepare_folder(values["output"])
    is_once = bool(values["once"])
    outcomes: list[Outcome] = []
    with (
        ServiceClient(values["server"], values["token"], PATIENCE if is_once else _ROUND_PATIENCE) as client,
        closing(
            Watch(
                client,
                folder,
                values["output"],
                values["settle"],
                outcomes.append if is_once else lambda outcome: None,
                by_folder=values["group_by"] == GroupBy.FOLDER,
                is_once=is_once,
            )
        ) as watch,
    ):
        while True:
            watch.round()
            if is_once and watch.is_idle:
                break
            time.sleep(values["interval"])
    if not outcomes:
        click.echo(tell("messages.summary.nothing_found"), err=True)
    return exit_code(outcomes)
