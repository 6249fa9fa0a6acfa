"""The help of every command, worded in the language spoken: from the catalogue, and wrapped by what it takes to show.

Commands and options bring no text of their own. Click words what it says itself (Usage, errors) by gettext, for which
`locale/` holds its Chinese.
"""

from __future__ import annotations

import gettext
import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

import click
from click.formatting import HelpFormatter
from rich.cells import cell_len

from extractor.wording.catalogue import Language, fill, find_text
from workers.shown.speech import COMMANDS, speak, spoken

_LOCALE = Path(__file__).with_name("locale")
#: Click's own limit for the first column of options.
_FIRST_COLUMN = 30
#: Options whose values are named here: they may be worded again, in another language.
_WORDED: WeakSet[click.Option] = WeakSet()


class FactOption(click.Option):
    """An option whose help names something that the code knows. facts: by their names in the help."""

    def __init__(self, *arguments: Any, facts: Mapping[str, str], **told: Any) -> None:
        super().__init__(*arguments, **told)
        self.facts = facts


def speak_everywhere(language: Language) -> None:
    """Sets the language, of what click says as well."""
    speak(language)
    gettext.bindtextdomain("click", str(_LOCALE))
    gettext.textdomain("click")
    # By this gettext chooses, before any other variable.
    os.environ["LANGUAGE"] = language.value


def word_command(command: click.Command, path: Sequence[str]) -> click.Command:
    """The command with its help in the language spoken. path: its name, after those of the groups it is in."""
    name = "_".join(path) or "extractor"
    command.context_class = WideContext
    command.help = _text(name, "help")
    # In the list of commands; click would cut Chinese where the first space is.
    command.short_help = (command.help or "").partition("\n\n")[0]
    # Examples are lines of a terminal: click leaves a paragraph alone that begins with a backspace.
    epilog = _text(name, "epilog") or ""
    command.epilog = "\n\n".join(f"\b\n{paragraph}" for paragraph in epilog.split("\n\n")) if epilog else None
    command.options_metavar = _text("placeholders", "options")
    if isinstance(command, click.Group):
        command.subcommand_metavar = _text("placeholders", "command") or ""
    for option in command.params:
        if isinstance(option, click.Option):
            option.metavar = _word_placeholder(option)
            facts = option.facts if isinstance(option, FactOption) else {}
            option.help = _text(name, f"options.{option.name}", facts) or _text("shared", option.name or "")
    return command


def _word_placeholder(option: click.Option) -> str | None:
    """What stands for the value of an option that names none itself; None where click lists the choices."""
    if option.metavar is None:
        _WORDED.add(option)
    return _text("placeholders", option.type.name.replace(" ", "_")) if option in _WORDED else option.metavar


def _text(name: str, part: str, facts: Mapping[str, str] | None = None) -> str | None:
    text = find_text(f"{COMMANDS}.{name}.{part}", spoken())
    return None if text is None else fill(text, facts or {})


class WideFormatter(HelpFormatter):
    """Wraps text by the cells of a terminal that it takes, and Chinese between any two characters."""

    def write_text(self, text: str) -> None:
        super().write_text(_keep(_wrap_paragraphs(text, self.width - self.current_indent)))

    def write_dl(self, rows: Any, col_max: int = _FIRST_COLUMN, col_spacing: int = 2) -> None:
        told = list(rows)
        first = min(max(len(term) for term, _ in told), col_max) + col_spacing
        width = max(self.width - first - 2, 10)
        super().write_dl(
            [(term, _keep(_wrap_paragraphs(text, width))) for term, text in told], col_max, col_spacing
        )


def _keep(text: str) -> str:
    """The text as click leaves it alone."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(part if part.startswith("\b\n") else f"\b\n{part}" for part in paragraphs)


def _wrap_paragraphs(text: str, width: int) -> str:
    parts = text.split("\n\n")
    return "\n\n".join(part if part.startswith("\b") else "\n".join(wrap(part, width)) for part in parts)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells; a mark that closes stays with what it closes, a word stays whole."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and cell_len(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    """What a line may not be broken within, each with the white space after it."""
    pieces: list[str] = []
    for sign in " ".join(text.split()):
        if pieces and not _may_break(pieces[-1][-1], sign):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after == " " or unicodedata.category(after) in {"Pe", "Pf"} or after in "，。；：！？、…":
        return False
    if before == " ":
        return True
    opens = unicodedata.category(before) in {"Ps", "Pi"}
    return not opens and (_is_wide(before) or _is_wide(after))


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in {"W", "F"}


class WideContext(click.Context):
    """Of a command whose help is written by `WideFormatter`."""

    formatter_class = WideFormatter
