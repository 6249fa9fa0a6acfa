"""`extractor.toml`: options that are always the same, by command; what the command line says goes before."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import UsageError
from extractor.wording.said import say, tell_os_error

#: Read where it lies in the folder that a command is started in, unless --config names another.
CONFIG = Path("extractor.toml")


def read_config(path: Path) -> dict[str, Any]:
    """What a file of options says: tables by command, names as on the command line without the dashes.

    Raises:
        UsageError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(say("messages.config.unreadable", path=path, why=tell_os_error(error))) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(say("messages.config.no_toml", path=path, why=error)) from error


def defaults_of(
    command: click.Command, told: Mapping[str, Any], path: Path, above: str = ""
) -> dict[str, Any]:
    """What a file says of a command and those below it, as click takes defaults.

    Raises:
        UsageError: a name in it is no option and no command.
    """
    options = _options(command)
    found: dict[str, Any] = {}
    context = click.Context(command)
    for name, value in told.items():
        if isinstance(value, dict):
            below = command.get_command(context, name) if isinstance(command, click.Group) else None
            if below is None:
                raise UsageError(say("messages.config.no_command", path=path, name=f"{above}{name}"))
            found[name] = defaults_of(below, value, path, f"{above}{name}.")
        elif name in options:
            found[options[name]] = value
        else:
            raise UsageError(say("messages.config.no_option", path=path, name=f"{above}{name}"))
    return found


def _options(command: click.Command) -> dict[str, str]:
    """Options by their long names, as click calls them inside."""
    return {
        name.removeprefix("--"): option.name or ""
        for option in command.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }
