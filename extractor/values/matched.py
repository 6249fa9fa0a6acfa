"""Printed rows named by a form's rows."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.forms.definition import Block, Form, FormTable, Row
from extractor.values.printed import PrintedRow


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row of a form as a target of alignment; row None for a heading or header of the block."""

    table: FormTable
    block: Block
    row: Row | None
    words: tuple[str, ...]

    @property
    def is_data(self) -> bool:
        return self.row is not None and self.row.id is not None


@dataclass(frozen=True, slots=True)
class RowMatch:
    """A printed row and the form's row it shows; similarity of the labels 0 to 1, 0.5 where the form has none."""

    printed: PrintedRow
    target: FormRow
    similarity: float
    score: float


@dataclass(frozen=True, slots=True)
class TableMatch:
    """A form's table as found in a report; share of its data rows that were found, 0 to 1."""

    form: Form
    table: FormTable
    matches: tuple[RowMatch, ...]
    score: float
    share: float
