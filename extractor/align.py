"""Printed rows are aligned with a form's rows by label, order and structure together.

A monotone alignment (Needleman and Wunsch 1970) over all rows of a report at once: it names every row even
when half the labels are illegible, passes over added rows and repeated headers, leaves gaps for missing ones,
and joins tables over page breaks, because a page break is no more than a place between two rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rapidfuzz import fuzz

from extractor.forms import Block, Form, FormTable, Row, normalise
from extractor.rows import PrintedRow

#: Similarity at which a label speaks neither for nor against a row.
_NEUTRAL = 0.42
#: What a row without a label counts as where the form prints one: named by its neighbours.
NO_LABEL = 0.3
#: Weight of a label's similarity beyond neutral.
_LABEL_WEIGHT = 3.0
#: What passing over a printed row costs: words, or values.
_SKIP_WORDS, _SKIP_VALUES = 0.05, 0.9
#: What leaving out a form's row costs: heading or header, or data.
_MISS_WORDS, _MISS_VALUES = 0.03, 0.35
#: A table counts as found from this share of its data rows on.
_MIN_ROWS_FOUND = 0.3
#: Labels at least this alike are evidence that a form is there at all.
SURE_LABEL = 0.75


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


def form_rows(tables: Sequence[FormTable]) -> list[FormRow]:
    """All printed rows of the tables in order: headings, headers, data and label-only rows."""
    out = []
    for table in tables:
        for block in table.blocks:
            if block.heading:
                out.append(FormRow(table, block, None, (normalise(block.heading),)))
            out.append(FormRow(table, block, None, (_header_words(block),)))
            out += [FormRow(table, block, row, row.labels) for row in block.rows]
    return out


def _header_words(block: Block) -> str:
    path = dict.fromkeys(p for column in block.columns for p in column.path)
    return normalise("".join((block.corner, *path, *(c.label for c in block.columns))))


@lru_cache(maxsize=65_536)
def label_similarity(printed: str, wanted: str) -> float:
    """How alike two normalised labels are, 0 to 1; a bracket's text caught with the label is forgiven."""
    if not printed or not wanted:
        return 0.0
    whole = fuzz.ratio(printed, wanted) / 100
    if min(len(printed), len(wanted)) >= 4:
        part = fuzz.partial_ratio(printed, wanted) / 100
        length = min(len(printed), len(wanted)) / max(len(printed), len(wanted))
        return max(whole, part * (0.72 + 0.24 * length))
    return whole


def label_likeness(printed: PrintedRow, target: FormRow) -> float:
    """How alike a printed row's label and a form row's are, 0 to 1."""
    text = printed.label if target.is_data else printed.text
    return max((label_similarity(text, words) for words in target.words), default=0.0)


def _match_score(printed: PrintedRow, target: FormRow) -> tuple[float, float]:
    """Score of showing this form row, and the similarity of the labels."""
    if not target.is_data:
        similarity = label_likeness(printed, target)
        penalty = 1.0 if len(printed.values) > 2 and any(v.ink for v in printed.values) else 0.0
        return _LABEL_WEIGHT * (similarity - _NEUTRAL) - penalty, similarity
    wanted = len(target.block.columns)
    found = len(printed.values)
    structure = 0.5 if found == wanted else -min(1.0, 0.3 * abs(found - wanted))
    if found == 0:
        structure = -1.0
    if not any(target.words):
        # A row without a printed label is known by the number of its values alone.
        if printed.label or found < 2 or found != wanted:
            return -2.0, 0.0
        return 2.0, 0.5
    if not printed.label:
        if sum(1 for value in printed.values if value.ink is not None) > wanted + 1:
            # More figures than the row has, and no word that it is this one.
            return -2.0, 0.0
        return 0.1 + structure if found else -1.0, NO_LABEL
    similarity = label_likeness(printed, target)
    return _LABEL_WEIGHT * (similarity - _NEUTRAL) + structure, similarity


def align_rows(printed: Sequence[PrintedRow], targets: Sequence[FormRow]) -> list[RowMatch]:
    """Best monotone alignment of a report's printed rows with a form's rows; unmatched rows of both are left out."""
    count, wanted = len(printed), len(targets)
    pair = np.zeros((count, wanted))
    alike = np.zeros((count, wanted))
    for i, row in enumerate(printed):
        for j, target in enumerate(targets):
            pair[i, j], alike[i, j] = _match_score(row, target)
    skip = np.array(
        [
            _SKIP_VALUES if len(row.values) > 1 and any(v.ink for v in row.values) else _SKIP_WORDS
            for row in printed
        ]
    )
    miss = np.array([_MISS_VALUES if target.is_data else _MISS_WORDS for target in targets])
    best = np.zeros((count + 1, wanted + 1))
    best[1:, 0] = -np.cumsum(skip)
    # Leaving out whole tables before the first or after the last printed row costs what its rows cost.
    best[0, 1:] = -np.cumsum(miss)
    step = np.zeros((count + 1, wanted + 1), dtype=np.int8)
    step[1:, 0], step[0, 1:] = 1, 2
    for i in range(1, count + 1):
        for j in range(1, wanted + 1):
            options = (
                best[i - 1, j - 1] + pair[i - 1, j - 1],
                best[i - 1, j] - skip[i - 1],
                best[i, j - 1] - miss[j - 1],
            )
            step[i, j] = int(np.argmax(options))
            best[i, j] = options[step[i, j]]
    matches = []
    i, j = count, wanted
    while i > 0 and j > 0:
        if step[i, j] == 0:
            i, j = i - 1, j - 1
            matches.append(RowMatch(printed[i], targets[j], float(alike[i, j]), float(pair[i, j])))
        elif step[i, j] == 1:
            i -= 1
        else:
            j -= 1
    return matches[::-1]


def match_tables(printed: Sequence[PrintedRow], forms: Sequence[Form]) -> list[TableMatch]:
    """Which tables of which forms a report prints, each decided by itself, in the order of the forms' tables.

    The year of a report and the notice it cites say nothing about its form; labels and structure do.
    """
    if not printed:
        return []
    chosen: dict[str, TableMatch] = {}
    for form in forms:
        matches = align_rows(printed, form_rows(form.tables))
        for found in _by_table(form, matches, printed):
            rival = chosen.get(found.table.id)
            if (
                found.share >= _MIN_ROWS_FOUND
                and found.score > 0
                and (rival is None or found.score > rival.score + 1e-9)
            ):
                chosen[found.table.id] = found
    if not chosen:
        return []
    order = {table.id: i for form in forms for i, table in enumerate(form.tables)}
    tables = sorted(chosen.values(), key=lambda t: order[t.table.id])
    if len({t.form.id for t in tables}) == 1:
        return tables
    final = align_rows(printed, form_rows([t.table for t in tables]))
    collected = [_collect(t.form, t.table, final, printed) for t in tables]
    return [t for t in collected if t.share >= _MIN_ROWS_FOUND]


def _by_table(form: Form, matches: Sequence[RowMatch], printed: Sequence[PrintedRow]) -> list[TableMatch]:
    return [_collect(form, table, matches, printed) for table in form.tables]


def _collect(
    form: Form, table: FormTable, matches: Sequence[RowMatch], printed: Sequence[PrintedRow]
) -> TableMatch:
    own = tuple(m for m in matches if m.target.table is table)
    data = [m for m in own if m.target.is_data]
    wanted = sum(1 for block in table.blocks for row in block.rows if row.id is not None)
    headings = sum(m.score for m in own if not m.target.is_data)
    missing = _MISS_VALUES * (wanted - len(data))
    place = {id(row): i for i, row in enumerate(printed)}
    mine = [place[id(m.printed)] for m in own]
    used = {place[id(m.printed)] for m in matches}
    left = sum(
        1
        for i in range(min(mine, default=0), max(mine, default=-1))
        if i not in used and len(printed[i].values) > 1
    )
    score = sum(m.score for m in data) + headings - missing - _SKIP_VALUES * left
    return TableMatch(form, table, own, score, len(data) / wanted)
