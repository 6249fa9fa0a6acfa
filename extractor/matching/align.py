"""Printed rows are aligned with a form's rows by label, order and structure together.

A monotone alignment (Needleman and Wunsch 1970) over all rows of a report at once: it names every row even
when half the labels are illegible, passes over added rows and repeated headers, leaves gaps for missing ones,
and joins tables over page breaks, because a page break is no more than a place between two rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from extractor.forms.definition import Block, Form, FormTable, normalise
from extractor.matching.wording import label_similarities, says_other
from extractor.values.matched import SURE_LABEL, FormRow, NamedBy, RowMatch, RowName, TableMatch
from extractor.values.printed import PrintedRow

#: Similarity at which a label speaks neither for nor against a row.
#: ±20 %: nothing.
_NEUTRAL = 0.42
#: Weight of a label's similarity beyond neutral.
#: ±20 %: nothing.
_LABEL_WEIGHT = 3.0
#: What passing over a printed row of values costs, and leaving out a form's row of data.
#: ±20 %: nothing.
_SKIP_VALUES, _MISS_VALUES = 0.9, 0.35
#: What either costs of words alone.
_WORDS = 0.04
#: A table counts as found from this share of its data rows on.
#: ±20 %: nothing.
_MIN_ROWS_FOUND = 0.3
#: So many of its first rows, all that its piece shows, are the beginning of a table whose other page is lost.
_FIRST = 2
#: Tables that share more than this part of their printed rows are not both there.
#: ±20 %: nothing.
_RIVAL = 0.5
#: Values of a row that are enough to know it by their number, give or take an empty cell.
#: ±20 %: nothing.
_MANY = 8
#: Share of a row's columns that must be there for it to be known without a label.
#: ±20 %: nothing.
_MOST_COLUMNS = 0.75
#: What empty cells cost a row known by their number, times their share.
#: ±20 %: nothing.
_EMPTY_CELLS = 0.5
#: What may name a printed row, and the places of these.
_NAMES = tuple(NamedBy)
_LABEL, _COUNT, _NEIGHBOURS, _NOTHING = (_NAMES.index(by) for by in NamedBy)
#: Score of a printed row and a form's that are of different tables.
_NEVER = -1e9
#: Steps of the alignment: the printed row shows the form's row, is passed over, or the form's row is left out.
_SHOWN, _PASSED, _LEFT_OUT = range(3)


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


def count_bare(forms: Iterable[Form]) -> set[int]:
    """Numbers of columns of rows for which a form prints no label, where they are many enough to know them by."""
    rows = [row for form in forms for row in form_rows(form.tables) if row.is_data and not any(row.words)]
    return {len(row.block.columns) for row in rows if len(row.block.columns) >= _MANY}


def _header_words(block: Block) -> str:
    path = dict.fromkeys(p for column in block.columns for p in column.path)
    return normalise("".join((block.corner, *path, *(c.label for c in block.columns))))


def compare_labels(printed: Sequence[str], targets: Sequence[FormRow]) -> NDArray[np.float64]:
    """What `label_similarity` says of every text and every row of the form, shape (texts, targets)."""
    texts, words = list(dict.fromkeys(printed)), list(dict.fromkeys(w for t in targets for w in t.words))
    place = {word: i for i, word in enumerate(words)}
    alike = label_similarities(texts, words)
    best = np.zeros((len(texts), len(targets)))
    for j, target in enumerate(targets):
        if target.words:
            best[:, j] = alike[:, [place[word] for word in target.words]].max(axis=1)
    row = {text: i for i, text in enumerate(texts)}
    return best[[row[text] for text in printed]]


@dataclass(frozen=True, slots=True)
class _Scores:
    """Of each printed row showing each row of the form, shape (printed, targets).

    score: what speaks for it. alike: likeness of the labels, 0 to 1. by: what names the row, as its place in
    `_NAMES`.
    """

    score: NDArray[np.float64]
    alike: NDArray[np.float64]
    by: NDArray[np.int8]

    def likeness(self) -> NDArray[np.float64]:
        """Likeness of the labels where they name the row, else 0."""
        return np.where(self.by == _LABEL, self.alike, 0.0)

    def name(self, row: int, target: int) -> RowName:
        by = _NAMES[self.by[row, target]]
        return RowName(by, float(self.alike[row, target])) if by is NamedBy.LABEL else RowName(by)


def _match_scores(printed: Sequence[PrintedRow], targets: Sequence[FormRow]) -> _Scores:
    is_data = np.array([target.is_data for target in targets], dtype=bool)
    alike = np.empty((len(printed), len(targets)))
    data = [target for target in targets if target.is_data]
    words = [target for target in targets if not target.is_data]
    alike[:, is_data] = np.maximum(
        compare_labels([row.label for row in printed], data),
        compare_labels([row.plain_label for row in printed], data),
    )
    alike[:, ~is_data] = compare_labels([row.text for row in printed], words)
    score = _LABEL_WEIGHT * (alike - _NEUTRAL)
    found = np.array([len(row.values) for row in printed])[:, None]
    inked = np.array([sum(1 for value in row.values if value.ink is not None) for row in printed])[:, None]
    score[:, ~is_data] -= np.where((found > 2) & (inked > 0), 1.0, 0.0)
    wanted = np.array([len(target.block.columns) for target in data])[None, :]
    structure = np.where(found == wanted, 0.5, -np.minimum(1.0, 0.3 * np.abs(found - wanted)))
    structure = np.where(found == 0, -1.0, structure)
    own = score[:, is_data] + structure
    # A printed row without a label: named by its neighbours, unless it has more figures than the form's row.
    bare = np.array([not row.label for row in printed])[:, None]
    unnamed = np.where(inked > wanted + 1, -2.0, np.where(found > 0, 0.1 + structure, -1.0))
    # Beside a half that goes on nothing is printed in rows that have a place for their label.
    unnamed = np.where(np.array([_is_hollow(row) for row in printed])[:, None], -2.0, unnamed)
    own = np.where(bare, unnamed, own)
    named = np.where(bare, np.where(inked > wanted + 1, _NOTHING, _NEIGHBOURS), _LABEL)
    # A row for which the form prints no label is known by the number of its values alone.
    blank = np.array([not any(target.words) for target in data])[None, :]
    # One empty cell too many is a label nobody printed, or the strip between a ruling and its ghost.
    spare = np.array([any(value.ink is None for value in row.values) for row in printed])[:, None]
    fits = bare & (found >= 2) & ((found == wanted) | (spare & (found == wanted + 1) & (wanted >= _MANY)))
    # Strips of nothing between two rulings are as many cells as the row, which seldom shows nothing itself.
    # With a few of many columns lost, the words above them can still name the others.
    partly = bare & (wanted >= _MANY) & (found >= _MOST_COLUMNS * wanted) & (found < wanted) & (inked > 2)
    # Strips beside it that show a speck are told from it by how much of them is empty.
    told = np.where(inked > 0, 2.0 - _EMPTY_CELLS * (1.0 - inked / np.maximum(found, 1)), 0.5)
    value = np.where(fits, told, np.where(partly, 0.8, -2.0))
    own = np.where(blank, value, own)
    score[:, is_data] = own
    by = np.full(score.shape, _LABEL, dtype=np.int8)
    by[:, is_data] = np.where(blank, np.where(fits, _COUNT, np.where(partly, _NEIGHBOURS, _NOTHING)), named)
    return _Scores(score, alike, by)


def _is_hollow(row: PrintedRow) -> bool:
    """Whether nothing is printed in a row from its first column on, where a label over several rows is no cell."""
    starts = [cell.cell.box.left for cell in row.cells]
    return bool(starts) and min(starts) <= row.box.left and all(cell.ink is None for cell in row.cells)


def sure_names(printed: Sequence[PrintedRow], forms: Iterable[Form]) -> list[str]:
    """For each printed row the wording under which a form has it once, and beyond doubt; "" for none.

    What several tables of a form print tells neither a place nor a report, nor does what is more like such a row.
    """
    own: list[FormRow] = []
    others: list[FormRow] = []
    for form in forms:
        rows = [row for row in form_rows(form.tables) if row.is_data and row.words]
        times = Counter(word for row in rows for word in set(row.words))
        for row in rows:
            (own if all(times[word] == 1 for word in row.words) else others).append(row)
    if not printed or not own:
        return [""] * len(printed)
    alike = compare_labels([row.label for row in printed], [*own, *others])
    best = alike.argmax(axis=1)
    sure = (alike.max(axis=1) >= SURE_LABEL) & (best < len(own))
    return [own[j].words[0] if found else "" for j, found in zip(best, sure, strict=True)]


def align_rows(
    printed: Sequence[PrintedRow],
    targets: Sequence[FormRow],
    elsewhere: Mapping[str, Collection[int]] | None = None,
) -> list[RowMatch]:
    """Best monotone alignment of a report's printed rows with a form's rows; unmatched rows of both are left out.

    elsewhere: by the id of a form's table the indexes of printed tables that are none of it.
    """
    scores = _match_scores(printed, targets)
    for j, target in enumerate(targets) if elsewhere else ():
        out = elsewhere.get(target.table.id, ()) if elsewhere else ()
        scores.score[[row.table_index in out for row in printed], j] = _NEVER
    is_data = np.array([target.is_data for target in targets], dtype=bool)
    named = [max(row, default=0.0) >= SURE_LABEL for row in scores.likeness()[:, is_data].tolist()]
    skip = [
        _SKIP_VALUES if len(row.values) > 1 and (sure or any(v.ink for v in row.values)) else _WORDS
        for row, sure in zip(printed, named, strict=True)
    ]
    miss = [_MISS_VALUES if target.is_data else _WORDS for target in targets]
    steps = _find_steps(scores.score.tolist(), skip, miss)
    matches = []
    i, j = len(printed), len(targets)
    while i > 0 and j > 0:
        if steps[i - 1][j - 1] == _SHOWN:
            i, j = i - 1, j - 1
            name = scores.name(i, j)
            if name.by is NamedBy.LABEL and targets[j].is_data:
                texts = (printed[i].label, printed[i].plain_label)
                other = says_other(
                    texts, printed[i].legibility, targets[j].words, before=_letters_before(targets[j])
                )
                name = replace(name, other=other, printed=printed[i].label)
            matches.append(RowMatch(printed[i], targets[j], name, float(scores.score[i, j])))
        elif steps[i - 1][j - 1] == _PASSED:
            i -= 1
        else:
            j -= 1
    return matches[::-1]


def _letters_before(target: FormRow) -> str:
    """What a form prints before a row's label, as what spans it and others, and may be read with it."""
    block, row = target.block, target.row
    return "".join((block.heading, block.corner, *block.label_columns, *(row.group if row else ())))


def _find_steps(pair: list[list[float]], skip: list[float], miss: list[float]) -> list[bytearray]:
    """The best last step for every number of printed rows and of rows of the form; plain lists are fastest here."""
    # Leaving out whole tables before the first or after the last printed row costs what its rows cost.
    above = [0.0, *(-cost for cost in accumulate(miss))]
    steps = []
    for scores, cost in zip(pair, skip, strict=True):
        left = above[0] - cost
        row, step = [left], bytearray(len(miss))
        for j, score in enumerate(scores):
            best, taken = above[j] + score, _SHOWN
            if above[j + 1] - cost > best:
                best, taken = above[j + 1] - cost, _PASSED
            if left - miss[j] > best:
                best, taken = left - miss[j], _LEFT_OUT
            step[j] = taken
            left = best
            row.append(best)
        above = row
        steps.append(step)
    return steps


def match_tables(
    printed: Sequence[PrintedRow],
    forms: Sequence[Form],
    named: Mapping[str, Mapping[int, str]] | None = None,
) -> list[TableMatch]:
    """Which tables of which forms a report prints, each decided by itself, in the order of the forms' tables.

    named: by a form's id and the index of a printed table which of the form's it is; "" for none of them, whatever
    rows it has.

    The year of a report and the notice it cites say nothing about its form; labels and structure do.
    """
    if not printed:
        return []
    chosen: dict[str, TableMatch] = {}
    begun: list[TableMatch] = []
    for form in forms:
        known = (named or {}).get(form.id, {})
        own = [row for row in printed if known.get(row.table_index) != ""]
        matches = align_rows(own, form_rows(_as_printed(form, known)), _part(form, own, known)) if own else []
        if not matches or not _is_told(matches):
            continue
        for found in _by_table(form, matches, printed):
            rival = chosen.get(found.table.id)
            if found.share < _MIN_ROWS_FOUND or found.score <= 0:
                begun += [found] if _is_begun(found, printed) else []
            elif rival is None or found.score > rival.score + 1e-9:
                chosen[found.table.id] = found
    chosen = _with_begun(chosen, begun)
    order = {table.id: i for form in forms for i, table in enumerate(form.tables)}
    tables = sorted(_without_rivals(list(chosen.values())), key=lambda t: order[t.table.id])
    if len({t.form.id for t in tables}) <= 1:
        return tables
    final = align_rows(printed, form_rows([t.table for t in tables]))
    collected = [_collect(t.form, t.table, final, printed) for t in tables]
    return [t for t in collected if t.share >= _MIN_ROWS_FOUND or _is_begun(t, printed)]


def _as_printed(form: Form, named: Mapping[int, str]) -> list[FormTable]:
    """The form's tables in the order in which a report prints those that are known; others behind the one before."""
    first: dict[str, int] = {}
    for index, table in sorted(named.items()):
        first.setdefault(table, index)
    places, before = [], -1
    for at, own in enumerate(form.tables):
        before = first.get(own.id, before)
        places.append((before, own.id not in first, at))
    return [form.tables[at] for *_, at in sorted(places)]


def _part(form: Form, printed: Sequence[PrintedRow], named: Mapping[int, str]) -> dict[str, set[int]]:
    """By the id of a form's table the printed tables that are none of it; {} where labels part tables well enough.

    A printed table that is known is no other; one that is not may go on with what stands before it, but not with a
    table that is known elsewhere.
    """
    if not named or not _share_words(form):
        return {}
    own: dict[int, str] = {}
    last = ""
    for index in sorted({row.table_index for row in printed}):
        last = own[index] = named.get(index, last)
    known = set(named.values())
    return {
        table.id: {
            index for index, of in own.items() if of != table.id and (index in named or table.id in known)
        }
        for table in form.tables
    }


def _share_words(form: Form) -> bool:
    """Whether two tables of a form have rows that are called alike."""
    found: dict[str, str] = {}
    rows = [row for row in form_rows(form.tables) if row.is_data]
    return any(
        found.setdefault(word, row.table.id) != row.table.id for row in rows for word in row.words if word
    )


def _with_begun(chosen: Mapping[str, TableMatch], begun: Iterable[TableMatch]) -> dict[str, TableMatch]:
    """The tables found and, where nothing else shows them, those that begin: forms begin alike.

    Which form such a table is of its report's other tables tell.
    """
    known = {match.form.id for match in chosen.values()}
    fitting = {t.table.id: t for t in reversed(list(begun)) if not known or t.form.id in known}
    return {**fitting, **chosen}


def _is_begun(match: TableMatch, printed: Sequence[PrintedRow]) -> bool:
    """Whether the first rows of a table are there, each by its own label, and the rest on a page that is lost.

    Its piece then has a header, and no row with figures that is not one of them.
    """
    data = [m for m in match.matches if m.target.is_data]
    first = [row for block in match.table.blocks for row in block.rows if row.id is not None][: len(data)]
    if len(data) < _FIRST or [m.target.row for m in data] != first:
        return False
    pieces = {m.printed.table_index for m in data}
    figured = [row for row in printed if row.table_index in pieces and any(v.ink for v in row.values)]
    has_header = any(not m.target.is_data and m.printed.table_index in pieces for m in match.matches)
    is_sure = all(m.name.by is NamedBy.LABEL and m.name.is_sure for m in data)
    return has_header and is_sure and len(pieces) == 1 and len(figured) == len(data)


def _without_rivals(found: Sequence[TableMatch]) -> list[TableMatch]:
    """The tables without those that only a worse form sees in the same printed rows, whatever they are called."""
    kept: list[TableMatch] = []
    for match in sorted(found, key=lambda t: -t.score):
        rows = {id(m.printed) for m in match.matches if m.target.is_data}
        taken = {id(m.printed) for other in kept for m in other.matches if m.target.is_data}
        if not rows or len(rows & taken) <= _RIVAL * len(rows):
            kept.append(match)
    return kept


def _is_told(matches: Sequence[RowMatch]) -> bool:
    """Some label speaks for the form; rows without labels fit any form that has enough rows."""
    worded = [m for m in matches if m.target.is_data and any(m.target.words)]
    return not worded or any(m.name.by is NamedBy.LABEL and m.name.is_sure for m in worded)


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
    return TableMatch(form, table, own, score, len(data) / max(1, wanted))
