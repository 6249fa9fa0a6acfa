"""The option --forms, alike in every command that reads forms."""

from __future__ import annotations

from collections.abc import Sequence

import click

from extractor.errors import UsageError
from workers.commands.paths import NamedPath
from workers.form_paths import split_form_paths


class FormPath(NamedPath):
    """A form file or a folder of them; the environment may hold several."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        try:
            return split_form_paths(rv)
        except UsageError as error:
            raise UsageError(f"EXTRACTOR_FORMS: {error}") from error


FORMS_OPTION = click.option(
    "--forms",
    metavar="DIR",
    type=FormPath(exists=True),
    multiple=True,
    envvar="EXTRACTOR_FORMS",
    show_envvar=True,
    help="Your own form files (*.yaml), or folders of them, beside the built-in ones.",
)
