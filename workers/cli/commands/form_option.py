"""Options that are alike in every command that has them: --forms, --facts, --group-by."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from extractor.seams.errors import UsageError
from extractor.wording.said import say
from workers.batch.grouping import GroupBy
from workers.cli.commands.paths import NamedPath
from workers.files.form_paths import find_family, near_family, split_form_paths
from workers.shown.speech import tell


class ListedPath(NamedPath):
    """A file or folder; the environment variable `variable` may hold several."""

    def __init__(self, variable: str, **told: Any) -> None:
        super().__init__(**told)
        self._variable = variable

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        try:
            return split_form_paths(rv)
        except UsageError as error:
            raise UsageError(
                say("messages.options.of_variable", variable=self._variable, why=error)
            ) from error


class FormPath(ListedPath):
    """The same, or the name of a form that comes along."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        named = find_family(Path(value)) if os.fspath(value) else value
        if near := near_family(os.fspath(named)):
            self.fail(tell("messages.options.near_form", path=os.fspath(value), near=near), param, ctx)
        return super().convert(named, param, ctx)


FORMS_OPTION = click.option(
    "--forms",
    metavar="DIR",
    type=FormPath("EXTRACTOR_FORMS", exists=True),
    multiple=True,
    envvar="EXTRACTOR_FORMS",
    show_envvar=True,
)
FACTS_OPTION = click.option(
    "--facts",
    metavar="FILE",
    type=ListedPath("EXTRACTOR_FACTS", exists=True, dir_okay=False),
    multiple=True,
    envvar="EXTRACTOR_FACTS",
    show_envvar=True,
)
GROUP_OPTION = click.option(
    "--group-by",
    type=click.Choice([str(by) for by in GroupBy]),
    default=GroupBy.FILE.value,
    show_default=True,
)
