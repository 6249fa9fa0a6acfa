"""`extractor watch`: a scanner's folder that empties itself into a service."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import ExitCode, UsageError
from workers.cli.commands.paths import NamedPath
from workers.cli.commands.submit import SERVER, TOKEN
from workers.files.storage import prepare_folder
from workers.remote.client import ServiceClient
from workers.remote.watching import Watch

_EPILOG = """\b
Examples:
  extractor watch /scans/inbox --output /scans/results
      /scans/inbox/a.pdf  →  inbox/done/a.pdf and results/a.json
                          →  or inbox/failed/a.pdf and failed/a.pdf.reason.txt
"""


@click.command("watch", epilog=_EPILOG, no_args_is_help=True)
@click.argument("folder", metavar="DIR", type=NamedPath())
@SERVER
@TOKEN
@click.option("-o", "--output", metavar="DIR", type=NamedPath(), help="Folder for result JSONs.")
@click.option(
    "--settle",
    type=click.FloatRange(0),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a file must not have changed before it is taken.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.05),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between two looks.",
)
@click.option("--once", is_flag=True, help="Stop when nothing is left to take or to wait for.")
def watch_command(**values: Any) -> int:
    """Send every PDF and picture that appears in DIR to a service.

    A file is taken once it has stopped growing. When it has been read it moves to DIR/done, otherwise to
    DIR/failed with the reason beside it. Ctrl-C ends the watch; what is under way stays in DIR and is taken up
    again by the next one.
    """
    folder: Path = values["folder"]
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    if values["output"] is not None:
        prepare_folder(values["output"])
    with ServiceClient(values["server"], values["token"], patience=5.0) as client:
        watch = Watch(client, folder, values["output"], values["settle"])
        while True:
            watch.round()
            if values["once"] and watch.is_idle:
                return ExitCode.OK
            time.sleep(values["interval"])
