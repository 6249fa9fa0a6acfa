"""Paths on the command line: an empty one, as an unset variable leaves behind, is a mistake and not this folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from workers.shown.speech import tell


class NamedPath(click.Path):
    """A `click.Path` that gives `pathlib.Path` and refuses the empty name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if not os.fspath(value):
            self.fail(tell("messages.options.empty_path"), param, ctx)
        return super().convert(value, param, ctx)
