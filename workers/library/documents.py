"""A document and what was read of it, and the results that an archive left in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.output.result_json import result_to_json
from extractor.seams.errors import DocumentError, UsageError
from extractor.values.result import Field, FieldStatus, Report, Result, ResultStatus
from extractor.wording.said import say
from workers.exports.dataset import find_results
from workers.exports.rows import ResultRows, Row
from workers.files.storage import read_result
from workers.report.search import Hit, search_results
from workers.shown.extras import say_missing
from workers.shown.outcomes import failure_of


@dataclass(frozen=True, slots=True)
class Document:
    """A document and what was read of it. name: that of its result among the results, without .json."""

    name: str
    result: Result

    @property
    def status(self) -> ResultStatus:
        """Whether it was read whole, in part, or not at all."""
        return self.result.status

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports in it, in the order of their pages."""
        return self.result.reports

    def fields(self, status: FieldStatus | str | None = None) -> Iterator[Field]:
        """The fields of all its reports, or those that are accepted or in review."""
        for report in self.reports:
            yield from (item for item in report.fields if status is None or item.status == status)

    def to_dict(self) -> dict[str, Any]:
        """What `extractor run` writes as JSON."""
        return result_to_json(self.result)

    def to_rows(self) -> list[Row]:
        """A row for every field, with the columns of the dataset's table `fields`."""
        return list(ResultRows(self.name, self.result).fields())

    def to_frame(self) -> Any:
        """Its rows as a pandas.DataFrame.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise UsageError(say_missing(error) or str(error)) from error
        return pd.DataFrame(self.to_rows())


class Results:
    """The results in a folder, each read when its turn comes, in the order of their names; or one by its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Iterator[Document]:
        for name, result in find_results(self.folder):
            # Others' JSON files are passed over.
            if result is not None:
                yield Document(name, result)

    def search(self, *words: str, limit: int = 50) -> list[Hit]:
        """Sections of prose that hold all words, by body and year. An index of the folder is kept in it.

        Raises:
            UsageError: no word was given.
        """
        return search_results(self.folder, words, limit)

    def __getitem__(self, name: str) -> Document:
        result = read_result(self.folder / f"{name}.json")
        if result is None:
            raise KeyError(name)
        return Document(name, result)


def open_results(folder: str | os.PathLike[str]) -> Results:
    """The results of an archive, as `extractor run` left them in a folder.

    Raises:
        UsageError: there is no such folder.
    """
    if not Path(folder).is_dir():
        raise UsageError(say("messages.library.no_folder", folder=folder))
    return Results(Path(folder))


def check_document(document: Document) -> Document:
    """The document.

    Raises:
        DocumentError: it could not be read.
    """
    failure = failure_of(document.result)
    if failure is not None:
        raise DocumentError(failure.message, code=failure.code)
    return document
