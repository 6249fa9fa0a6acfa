"""The `extractor` command: stdout carries data only, the rest goes to stderr, exit codes are a contract."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from extractor import __version__
from extractor.seams.errors import ExitCode, ExtractorError
from workers.shown.terminal import printable

_EPILOG = """\b
Examples:
  extractor run reports/ --output results
  extractor run scan.pdf --output results --debug-overlays overlays
  extractor show results/scan.json
  extractor export results --format parquet
  extractor export results --format parquet,csv
  extractor report results --output report.html
  extractor evaluate results truth
  extractor doctor
  extractor serve --data service
  extractor submit reports/ --output results

\b
Exit codes:
  0 all done                  1 usage or configuration    2 some documents failed
  4 no input could be read    5 input/output, permission  8 encrypted, no password
  9 store or broker away      130 interrupted
"""


#: Where each command is made, by its name.
_COMMANDS = {
    "run": "run:run_command",
    "export": "export:export_command",
    "report": "report:report_command",
    "show": "show:show_command",
    "evaluate": "evaluate:evaluate_command",
    "forms": "forms:forms_command",
    "doctor": "doctor:doctor_command",
    "serve": "serve:serve_command",
    "worker": "serve:worker_command",
    "submit": "submit:submit_command",
    "status": "submit:status_command",
    "watch": "watch:watch_command",
    "retry": "jobs:retry_command",
    "jobs": "jobs:jobs_command",
    "token": "admin:token_command",
    "fsck": "admin:fsck_command",
    "calibrate": "calibrate:calibrate_command",
}


class _Commands(click.Group):
    """Imports a command when it is asked for: all of them take a quarter of a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"workers.cli.commands.{module}"), name)
        return command


@click.group(
    cls=_Commands,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "EXTRACTOR"},
)
@click.version_option(__version__, message="%(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr, with tracebacks of internal errors.")
def extractor(*, verbose: bool) -> None:
    """Read scanned annual reports on government information disclosure into numbers.

    Every option can also be set as EXTRACTOR_<COMMAND>_<OPTION> in the environment.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(message)s",
        stream=sys.stderr,
        force=True,
    )
    for noisy in ("PIL", "pdfminer", "matplotlib", "httpx", "httpcore", "alembic", "pikepdf"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def run_cli(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line (that of the process when None) and returns its exit code; never raises."""
    try:
        returned = extractor.main(args=arguments, prog_name="extractor", standalone_mode=False)
        # What is written only when the process ends fails where nobody can tell of it (exit code 120).
        sys.stdout.flush()
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except ExtractorError as error:
        _tell(error)
        return error.exit_code
    except SystemExit:
        # Click's answer to a reader of our output that went away; nothing else here exits by itself.
        _drop_output()
        return ExitCode.STORAGE
    except OSError as error:
        # The reader of our output went away, as `head` does: then there is nobody left to tell.
        if not isinstance(error, BrokenPipeError):
            _tell(error)
        _drop_output()
        return ExitCode.STORAGE
    return returned if isinstance(returned, int) else ExitCode.OK


def _drop_output() -> None:
    """Sends what stdout still holds nowhere: Python would try once more to write it when the process ends."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    except (OSError, ValueError):
        # A stream without a file of its own (a caller's buffer) has nothing left to fail.
        return


def _tell(error: Exception) -> None:
    lines = [printable(line) for line in str(error).splitlines()]
    click.echo("\n".join(["extractor: " + "".join(lines[:1]), *lines[1:]]), err=True)
