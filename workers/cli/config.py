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
        UsageError: a name in it is no option and no command, or a value none of its option.
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
            found[options[name].name or ""] = _default_of(
                options[name], value, context, (path, f"{above}{name}")
            )
        else:
            raise UsageError(say("messages.config.no_option", path=path, name=f"{above}{name}"))
    return found


def _default_of(
    option: click.Option, value: Any, context: click.Context, where: tuple[Path, str]
) -> str | bool | tuple[str, ...]:
    """A value as it would stand on the command line; one that is given several times may be a list."""
    told = value if isinstance(value, list) else [value]
    is_plain = all(isinstance(part, str | int | float) for part in told)
    if option.is_flag:
        if isinstance(value, bool):
            return value
        is_plain = False
    is_plain = is_plain and not any(isinstance(part, bool) for part in told)
    if not is_plain or (len(told) != 1 and not option.multiple):
        raise UsageError(say("messages.config.no_value", path=where[0], name=where[1], value=repr(value)))
    texts = tuple(map(str, told))
    given = texts if option.multiple else texts[0]
    # Whether a path is there is for the command that is asked to go there.
    if not isinstance(option.type, click.Path):
        try:
            option.type_cast_value(context, given)
        except click.BadParameter as error:
            raise UsageError(
                say("messages.config.bad_value", path=where[0], name=where[1], why=error.message)
            ) from error
    return given


def _options(command: click.Command) -> dict[str, click.Option]:
    """Options by their long names."""
    return {
        name.removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }
