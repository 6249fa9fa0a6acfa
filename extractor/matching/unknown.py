"""Printed rows with figures that are none of the form's: told, so that nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.forms.definition import normalise
from extractor.matching.wording import LEGIBLE, may_be_misread
from extractor.values.matched import RowName, TableMatch
from extractor.values.printed import PrintedRow

#: Letters of a label from which on it says something.
_LEAST = 2


def find_unknown(rows: Sequence[PrintedRow], matches: Sequence[TableMatch]) -> tuple[PrintedRow, ...]:
    """Rows of the form's tables with a legible label and figures that name none of its rows, in printed order.

    A row that was taken for one of the form's by its place alone is one of them if its label says something else.
    """
    used = {id(found.printed): found for match in matches for found in match.matches}
    blocks = [block for match in matches for block in match.table.blocks]
    headers = {normalise(text) for block in blocks for text in block.label_columns}
    tables = {found.printed.table_index for found in used.values() if found.target.is_data}
    return tuple(
        row
        for row in rows
        if row.table_index in tables
        and (id(row) not in used or _is_another(row, used[id(row)].name))
        and row.legibility >= LEGIBLE
        and len(row.label) >= _LEAST
        and row.label not in headers
        and any(value.has_digits for value in row.values)
    )


def _is_another(row: PrintedRow, name: RowName) -> bool:
    """Whether a row's label is another than the form's, and not that label misread."""
    return name.other and not may_be_misread(name.likeness, row.legibility)
