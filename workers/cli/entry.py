"""The `extractor` command: stdout carries data only, the rest goes to stderr, exit codes are a contract."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from gettext import gettext
from importlib import import_module
from pathlib import Path

import click

from extractor import __version__
from extractor.seams.errors import ExitCode, ExtractorError, UsageError
from extractor.wording.catalogue import Language
from extractor.wording.said import say, tell_os_error
from workers.cli.commands.paths import NamedPath
from workers.cli.config import CONFIG, defaults_of, read_config
from workers.cli.help import WideContext, speak_everywhere, word_command
from workers.cli.start import ending_at_once
from workers.shown.extras import say_missing
from workers.shown.speech import find_language, in_words
from workers.shown.terminal import printable

#: Where each command is made, by its name.
_COMMANDS = {
    "run": "run:run_command",
    "export": "export:export_command",
    "report": "report:report_command",
    "search": "search:search_command",
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


_LANG = "lang"
_LANGUAGES = click.Choice([str(language) for language in Language])


class _Commands(click.Group):
    """Imports a command when it is asked for: all of them take a quarter of a second."""

    context_class = WideContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        with ending_at_once():
            command: click.Command = getattr(import_module(f"{__package__}.commands.{module}"), name)
        return _word(command, (cmd_name,))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # Click looks for the one that was meant among those that have been imported, of which there are none.
            raise click.NoSuchCommand(error.command_name, possibilities=_COMMANDS, ctx=ctx) from error


def _word(command: click.Command, path: tuple[str, ...]) -> click.Command:
    """Words a command and those below it, and lets each be told the language after its name too."""
    if not any(option.name == _LANG for option in command.params):
        command.params.append(
            click.Option(
                [f"--{_LANG}"],
                type=_LANGUAGES,
                is_eager=True,
                expose_value=False,
                hidden=True,
                callback=_choose_late,
            )
        )
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            _word(below, (*path, name))
    return word_command(command, path)


def _choose_late(context: click.Context, option: click.Parameter, value: str | None) -> None:
    """Chooses the language of a command that is already worded in another."""
    if value is not None:
        speak_everywhere(Language(value))
        _word(context.command, tuple(context.command_path.split()[1:]))
        _word_help_option(context)


def _choose_language(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        speak_everywhere(Language(value))
        word_command(context.command, ())
        _word_help_option(context)
    return value


def _word_help_option(context: click.Context) -> None:
    """Words `--help`, which click made in the language spoken before."""
    helping = context.command.get_help_option(context)
    if helping is not None:
        helping.help = gettext("Show this message and exit.")


def _read_defaults(context: click.Context, option: click.Parameter, value: Path | None) -> Path | None:
    if value is not None or CONFIG.is_file():
        path = value or CONFIG
        told = defaults_of(context.command, read_config(path), path)
        context.default_map = {**(context.default_map or {}), **told}
    return value


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "EXTRACTOR"},
)
@click.version_option(__version__, message="%(version)s")
@click.option("--config", metavar="FILE", type=NamedPath(), is_eager=True, callback=_read_defaults)
@click.option(f"--{_LANG}", type=_LANGUAGES, is_eager=True, callback=_choose_language)
@click.option("-v", "--verbose", is_flag=True)
def extractor(*, config: Path | None, lang: str | None, verbose: bool) -> None:
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
    speak_everywhere(find_language(os.environ))
    word_command(extractor, ())
    try:
        returned = extractor.main(args=arguments, prog_name="extractor", standalone_mode=False)
        # What is written only when the process ends fails where nobody can tell of it (exit code 120).
        sys.stdout.flush()
    except click.ClickException as error:
        _word_hint(error)
        error.show(file=sys.stderr)
        _tell_place(error)
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
    except ImportError as error:
        # What is not part of every installation is told by the extra that brings it; all else is a fault of ours.
        told = say_missing(error)
        if told is None:
            raise
        _tell(UsageError(told))
        return ExitCode.USAGE
    except OSError as error:
        # The reader of our output went away, as `head` does: then there is nobody left to tell.
        if not isinstance(error, BrokenPipeError):
            _tell(error)
        _drop_output()
        return ExitCode.STORAGE
    return returned if isinstance(returned, int) else ExitCode.OK


def _word_hint(error: click.ClickException) -> None:
    """Words where else an option may have its value from, which click does in English alone."""
    if isinstance(error, click.BadParameter) and error.param is not None and error.param_hint is None:
        hint, also, variable = error.param.get_error_hint(error.ctx).partition(" (env var: ")
        if also:
            named = variable.removesuffix(")").strip("'")
            error.param_hint = hint + in_words(say("messages.options.or_variable", name=named))


def _tell_place(error: click.ClickException) -> None:
    """Where an option stands that no command knows, and all of them have."""
    known = {name for option in extractor.params for name in option.opts}
    if isinstance(error, click.NoSuchOption) and error.option_name in known:
        click.echo(in_words(say("messages.options.before_command", name=error.option_name)), err=True)


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
    lines = [printable(line) for line in in_words(_said(error)).splitlines()]
    click.echo("\n".join(["extractor: " + "".join(lines[:1]), *lines[1:]]), err=True)


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        why = tell_os_error(error)
        return str(error) if error.filename is None else say("system.of_file", path=error.filename, why=why)
    return str(error)
