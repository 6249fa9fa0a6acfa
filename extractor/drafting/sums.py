"""Figures of a specimen → the sums that hold in them: a total and the run of rows or columns it is made of.

Only what holds everywhere it can be tested is proposed, and only where chance can hardly be the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from extractor.drafting.tables import DraftBlock, DraftRow, DraftTable
from extractor.forms.definition import normalise

_TOTAL = re.compile(r"[合总小共]计|总额|总数$|合计数")
#: Digits of the totals that must agree before a sum is no chance: where words say it is a total, and elsewhere.
_MIN_DIGITS, _MIN_DIGITS_UNNAMED = 3, 6
_NEAR = 0.005


@dataclass(frozen=True, slots=True)
class _Line:
    """A row or column: group are the brackets or headers that span it, values run along it, None for no number."""

    label: str
    group: tuple[str, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class DraftSum:
    """Positions in one block: the line `total` is the sum of the lines `parts`. across: lines are columns."""

    total: int
    parts: tuple[int, ...]
    across: bool


@dataclass(frozen=True, slots=True)
class DraftEqual:
    """Two rows of two blocks of a table that come to the same: pairs of block and row."""

    one: tuple[int, int]
    other: tuple[int, int]


def find_sums(block: DraftBlock) -> list[DraftSum]:
    """The sums that hold in a block, of rows first."""
    rows = [i for i, row in enumerate(block.rows) if row.is_field]
    lines = [_Line(row.label, row.group, _all_values(row)) for row in block.rows if row.is_field]
    sums = [
        DraftSum(rows[total], tuple(rows[part] for part in parts), across=False)
        for total, parts in _sums_of(lines)
    ]
    columns = [
        _Line(column.label, column.path, tuple(own[place] for i in rows for own in _samples(block.rows[i])))
        for place, column in enumerate(block.columns)
    ]
    return sums + [DraftSum(total, parts, across=True) for total, parts in _sums_of(columns)]


def nests_by_indent(block: DraftBlock) -> bool:
    """Whether rows are the sums of those below them that are indented further, wherever they have several."""
    rows = [row for row in block.rows if row.is_field and normalise(row.label) != normalise(block.total)]
    if any(row.level is None for row in rows):
        return False
    wholes = []
    for place, row in enumerate(rows):
        level = row.level or 0
        end = next((i for i in range(place + 1, len(rows)) if (rows[i].level or 0) <= level), len(rows))
        parts = [one for one in rows[place + 1 : end] if one.level == level + 1]
        if len(parts) > 1:
            wholes.append((row, parts))
    return bool(wholes) and all(
        _adds_up(whole.values[c], [part.values[c] for part in parts])
        for whole, parts in wholes
        for c in range(len(block.columns))
    )


def _adds_up(whole: float | None, parts: Sequence[float | None]) -> bool:
    return abs((whole or 0) - sum(part or 0 for part in parts)) <= _NEAR


def _samples(row: DraftRow) -> Iterator[tuple[float | None, ...]]:
    """The values of a row in each specimen: a sum has to hold in all of them."""
    yield row.values
    yield from row.others


def _all_values(row: DraftRow) -> tuple[float | None, ...]:
    return tuple(value for own in _samples(row) for value in own)


def find_equals(table: DraftTable) -> list[DraftEqual]:
    """Rows named as totals, alike in two neighbouring blocks of one column, that show the same figure."""
    found = []
    for b in range(len(table.blocks) - 1):
        one, other = table.blocks[b], table.blocks[b + 1]
        if len(one.columns) != 1 or len(other.columns) != 1:
            continue
        for i, row in enumerate(one.rows):
            for j, rival in enumerate(other.rows):
                named = row.is_field and rival.is_field and _is_total(row.label)
                same = normalise(row.label) == normalise(rival.label) and _all_values(row) == _all_values(
                    rival
                )
                if named and same and _digits(row.values[0]) >= _MIN_DIGITS:
                    found.append(DraftEqual((b, i), (b + 1, j)))
    return found


def _is_total(label: str) -> bool:
    return bool(_TOTAL.search(normalise(label)))


def _sums_of(lines: Sequence[_Line]) -> list[tuple[int, tuple[int, ...]]]:
    found = []
    for total in range(len(lines)):
        runs = [run for run in _runs(total, len(lines)) if _holds(lines, total, run)]
        if runs:
            found.append((total, max(runs, key=lambda run: _likeliness(lines, total, run))))
    return found


def _runs(total: int, count: int) -> list[tuple[int, ...]]:
    """Runs of at least two lines that end just before the total, or begin just after it."""
    before = [tuple(range(start, total)) for start in range(total - 1)]
    after = [tuple(range(total + 1, end)) for end in range(total + 3, count + 1)]
    return before + after


def _likeliness(lines: Sequence[_Line], total: int, run: tuple[int, ...]) -> tuple[int, bool, bool, int]:
    """Of runs that differ by zeros only: one bracket's lines, from its first or a subtotal on, without another."""
    inside = min(_common(lines[total], lines[i]) for i in run)
    first = run[0] == 0 or _common(lines[total], lines[run[0] - 1]) < inside
    begins = first or _is_total(lines[run[0]].label) or _is_total(lines[run[0] - 1].label)
    whole = not any(_is_total(lines[i].label) for i in run[1:])
    return inside, begins and whole, total > run[-1], len(run)


def _common(one: _Line, other: _Line) -> int:
    """How many brackets or headers span both lines."""
    pairs = zip(one.group, other.group, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _holds(lines: Sequence[_Line], total: int, run: Sequence[int]) -> bool:
    """The sum holds wherever the total is a number, and its figures are too many to agree by chance."""
    named = _is_total(lines[total].label)
    digits = 0
    for place, wanted in enumerate(lines[total].values):
        parts = [value for i in run if (value := lines[i].values[place]) is not None]
        if wanted is None:
            if any(parts):
                return False
            continue
        if abs(sum(parts) - wanted) > _NEAR:
            return False
        if sum(1 for value in parts if value) >= (1 if named else 2):
            digits += _digits(wanted)
    return digits >= (_MIN_DIGITS if named else _MIN_DIGITS_UNNAMED)


def _digits(value: float | None) -> int:
    """Significant digits of a figure, decimals among them."""
    return len(f"{abs(value):.2f}".replace(".", "").strip("0")) if value else 0
