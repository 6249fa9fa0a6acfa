"""A folder of result JSONs → the dataset: tables of all reports, the manifest of all documents, and what they mean.

Results are read one at a time. All files are written under other names first and renamed at the end, so that an
export that is killed leaves the dataset that was there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.forms.definition import Form
from extractor.forms.opening import find_columns, find_rows
from extractor.forms.repeating import find_repeated
from extractor.seams.errors import NoInputError
from extractor.values.result import Result
from extractor.wording.said import say, tell_os_error
from workers.exports.columns import FACTS, FIELDS, FINDINGS, MANIFEST, SECTIONS, Table, all_labels, wide_table
from workers.exports.formats import DATASET_FORMATS
from workers.exports.package import describe_dataset
from workers.exports.rows import ResultRows, Row
from workers.files.scratch import scratch_folder
from workers.files.storage import OutputError, read_result

if TYPE_CHECKING:
    from workers.exports.tables import TableWriter

#: The folder of the tables in the output folder, and what describes them.
DATASET, PACKAGE = "dataset", "datapackage.json"


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What an export did.

    folder: of the tables. rows: by table. left_out: JSON files that are no results. unknown: ids of fields that no
    known form has; they are in `fields` and have no column in `wide`.
    """

    folder: Path
    rows: Mapping[str, int]
    left_out: tuple[Path, ...]
    unknown: tuple[str, ...]


def write_dataset(
    results: Path, output: Path, formats: Sequence[str], forms: Mapping[str, Form]
) -> DatasetReport:
    """Writes the dataset of all results under `results` into `output`; what it had in other formats goes.

    Raises:
        NoInputError: there is no result.
        OutputError: a file cannot be written, or the place of one is taken by a result.
    """
    wide = wide_table(forms)
    tables = (FIELDS, wide, FINDINGS, FACTS, SECTIONS, MANIFEST)
    with scratch_folder(output, "dataset") as folder:
        try:
            writers, left_out, unknown = _write_tables(
                results, folder, (tables, formats), tuple(all_labels(forms))
            )
            rows = {name: writer.written for name, writer in writers.items()}
            if not rows[MANIFEST.name]:
                raise NoInputError(say("messages.export.no_results", folder=results))
            package = describe_dataset(folder, tables, formats, rows)
            (folder / PACKAGE).write_text(
                json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
            _publish(folder, output, tables, formats)
        except OSError as error:
            raise OutputError(
                say("messages.files.dataset", folder=output, why=tell_os_error(error))
            ) from error
    return DatasetReport(output / DATASET, rows, tuple(left_out), tuple(sorted(unknown)))


def find_results(folder: Path) -> Iterator[tuple[str, Result | None]]:
    """Every JSON under a folder, as its name without `.json` and the result in it, None if it is none; sorted."""
    for name, path in find_result_files(folder):
        yield name, read_result(path)


def find_result_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every JSON under a folder, by its name without `.json`, whatever is in it; sorted."""
    for parent, subfolders, files in os.walk(folder):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent) / name
            if name.endswith(".json") and not name.startswith("."):
                yield path.relative_to(folder).as_posix().removesuffix(".json"), path


def _write_tables(
    results: Path, folder: Path, told: tuple[Sequence[Table], Sequence[str]], ids: tuple[str, ...]
) -> tuple[dict[str, TableWriter], list[Path], set[str]]:
    # Imported here: results are found and read without what writes tables, which an extra brings.
    from workers.exports.tables import TableWriter

    tables, formats = told
    left_out: list[Path] = []
    unknown: set[str] = set()
    known = set(ids)
    with ExitStack() as stack:
        writers = {table.name: stack.enter_context(TableWriter(table, folder, formats)) for table in tables}
        for document, result in find_results(results):
            if result is None:
                if (Path(document).parent.name, Path(document).name) != (
                    DATASET,
                    PACKAGE.removesuffix(".json"),
                ):
                    left_out.append(results / f"{document}.json")
                continue
            for name, made in _rows(ResultRows(document, result), ids).items():
                writers[name].add(made)
            for report in result.reports:
                strange = {item.id for item in report.fields} - known
                # Rows and columns that a form leaves open, and tables that come again, have no columns of their own.
                strange -= find_rows(strange, report.open_rows).keys()
                strange -= find_columns(strange, report.open_columns).keys()
                unknown |= strange - find_repeated(strange, report.repeated_tables).keys()
    return writers, left_out, unknown


def _rows(result: ResultRows, ids: tuple[str, ...]) -> dict[str, Iterable[Row]]:
    """All rows of one result, by table."""
    return {
        "manifest": [result.manifest()],
        "fields": result.fields(),
        "wide": result.wide(ids),
        "findings": result.findings(),
        "facts": result.facts(),
        "sections": result.sections(),
    }


def _publish(folder: Path, output: Path, tables: Sequence[Table], formats: Sequence[str]) -> None:
    """Puts the finished files in place; the description last, so that it never tells of files not there."""
    target = output / DATASET
    target.mkdir(exist_ok=True)
    description = target / PACKAGE
    if read_result(description) is not None:
        raise OutputError(say("messages.files.dataset_is_result", path=description))
    for path in (file for file in folder.iterdir() if not file.name.startswith(".")):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    for name in formats:
        made = folder / f"{MANIFEST.name}.{name}"
        beside = folder / f"beside.{name}"
        _copy(made, beside)
        beside.replace(output / made.name)
        for table in tables:
            (folder / f"{table.name}.{name}").replace(target / f"{table.name}.{name}")
    for name in set(DATASET_FORMATS) - set(formats):
        (output / f"{MANIFEST.name}.{name}").unlink(missing_ok=True)
        for table in tables:
            (target / f"{table.name}.{name}").unlink(missing_ok=True)
    (folder / PACKAGE).replace(description)


def _copy(source: Path, target: Path) -> None:
    """A second name of a file, or a copy where the file system knows no second names."""
    try:
        target.hardlink_to(source)
    except OSError:
        target.write_bytes(source.read_bytes())
