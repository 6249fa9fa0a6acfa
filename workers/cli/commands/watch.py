"""`extractor watch`: a scanner's folder that empties itself into a service."""

from __future__ import annotations

import time
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
from workers.remote.watching import Watch
from workers.shown.outcomes import Outcome, exit_code


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
    with ServiceClient(values["server"], values["token"], patience=5.0) as client:
        outcomes: list[Outcome] = []
        by_folder = values["group_by"] == GroupBy.FOLDER
        tell = outcomes.append if values["once"] else lambda outcome: None
        watch = Watch(client, folder, values["output"], values["settle"], tell, by_folder)
        while True:
            watch.round()
            if values["once"] and watch.is_idle:
                return exit_code(outcomes)
            time.sleep(values["interval"])
