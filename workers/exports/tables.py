"""Rows → Parquet and CSV, a row group at a time: no more of a table than one batch is ever in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from workers.exports.columns import INTEGER, NUMBER, TEXT, TRUTH, Table
from workers.exports.rows import Row

_TYPES: Mapping[str, pa.DataType] = {
    TEXT: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    TRUTH: pa.bool_(),
}
#: What makes a text a formula; a dash alone, or before a figure, makes none.
_FORMULA = r"^([=+@\t\r\n]|-[^\d\s.,-])"
#: Characters of text held before a batch is written although it has not all its rows.
_TEXT_HELD = 16_000_000


class _Writer(Protocol):
    """What the writers of all formats can do."""

    def write_batch(self, batch: Any) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class TableWriter:
    """Writes one table to a file per format, `<name>.<format>` in a folder; `written` counts rows."""

    table: Table
    folder: Path
    formats: Sequence[str]
    written: int = 0
    _schema: Any = None
    #: Values in the order of the table's columns, for a name each would take thrice the memory.
    _rows: list[tuple[object, ...]] = field(default_factory=list)
    _held: int = 0
    _open: ExitStack = field(default_factory=ExitStack)
    _writers: list[_Writer] = field(default_factory=list)

    def __enter__(self) -> TableWriter:
        self._schema = table_schema(self.table)
        for name in self.formats:
            writer = _OPENERS[name](self.folder / f"{self.table.name}.{name}", self._schema)
            self._writers.append(writer)
            self._open.callback(writer.close)
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._open.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Takes rows, and writes them when there are enough of them.

        Raises:
            ValueError: a row has not the columns of the table.
        """
        names = [column.name for column in self.table.columns]
        known = set(names)
        for row in rows:
            if row.keys() != known:
                odd = ", ".join(sorted(row.keys() ^ known))
                raise ValueError(f"a row of {self.table.name} and its columns differ in {odd}")
            values = tuple(row[name] for name in names)
            self._rows.append(values)
            self._held += sum(len(value) for value in values if isinstance(value, str))
            if len(self._rows) >= self.table.batch or self._held >= _TEXT_HELD:
                self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = [
            pa.array(values, type=column.type)
            for values, column in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        batch = pa.record_batch(columns, schema=self._schema)
        for writer in self._writers:
            writer.write_batch(batch)
        self.written += len(self._rows)
        self._rows.clear()
        self._held = 0


def table_schema(table: Table) -> Any:
    """The table's Arrow schema; titles, meanings and units travel in the Parquet file as metadata of columns."""
    return pa.schema(
        [
            pa.field(
                column.name,
                _TYPES[column.type],
                nullable=not column.required,
                metadata={"title": column.title, "description": column.meaning, "unit": column.unit},
            )
            for column in table.columns
        ]
    )


def _open_parquet(path: Path, schema: Any) -> _Writer:
    writer: _Writer = pa.parquet.ParquetWriter(path, schema, compression="zstd")
    return writer


class _CsvWriter:
    """Texts that a spreadsheet would take for formulas begin with an apostrophe, by which it takes them for texts.

    An empty text is "" and null is nothing between the commas: the two stay apart.
    """

    def __init__(self, path: Path, schema: Any) -> None:
        self._writer = pa.csv.CSVWriter(path, schema)

    def write_batch(self, batch: Any) -> None:
        columns = [
            pa.compute.replace_substring_regex(column, _FORMULA, r"'\1")
            if column.type == pa.string()
            else column
            for column in batch.columns
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=batch.schema))

    def close(self) -> None:
        self._writer.close()


def _open_csv(path: Path, schema: Any) -> _Writer:
    return _CsvWriter(path, schema)


_OPENERS = {"parquet": _open_parquet, "csv": _open_csv}
