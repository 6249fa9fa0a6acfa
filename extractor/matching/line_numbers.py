"""Columns that number the rows of a table (行次): figures, but nobody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from extractor.values.geometry import Box
from extractor.values.printed import PrintedRow

#: Fewest numbers that make a column of them, and the share of their steps that are of one: none is found on 97 pages
#: of 26 reports that have none, all are on five scans of a table that has.
_FEWEST, _STEADY = 4, 0.8
#: Subjects have codes of three digits and more.
#: ±20 %: nothing.
_LEAST_CODE = 100


def find_line_numbers(rows: Sequence[PrintedRow], *, in_labels: bool = False) -> frozenset[Box]:
    """Boxes of the cells that number the rows of their table: whole numbers, each one more than that above it.

    Half of them may stand in another half of the table, where they go on; one or two may be misread. in_labels: those
    before the words of a row (序号), else those behind; codes of three digits may count up as well.
    """
    columns: dict[tuple[int, int], list[tuple[Box, int]]] = defaultdict(list)
    for row in rows:
        for value in row.cells[: len(row.cells) - len(row.values)] if in_labels else row.values:
            # Of all that are digits only these are numbers: ① is a digit too.
            if value.text.isdecimal():
                columns[row.table_index, value.cell.column].append((value.cell.box, int(value.text)))
    found: set[Box] = set()
    for members in columns.values():
        numbers = [number for _, number in members]
        steps = [after - before for before, after in pairwise(numbers)]
        if in_labels and min(numbers) >= _LEAST_CODE:
            continue
        if len(numbers) >= _FEWEST and steps.count(1) >= _STEADY * len(steps):
            found.update(box for box, _ in members)
    return frozenset(found)
