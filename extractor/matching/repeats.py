"""Tables of a form that a report prints several times: which printed one is which, and what its heading calls it.

A table begins again where rows under the same labels come again; where it goes on overleaf they are others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from extractor.forms.definition import Form, FormTable, normalise
from extractor.forms.meaning import TOTAL
from extractor.forms.opening import has_open_rows
from extractor.forms.repeating import RepeatedTable, number_table
from extractor.forms.titles import find_body
from extractor.matching.opening import NUMBERING, has_figures
from extractor.matching.titles import find_title
from extractor.matching.wording import are_same
from extractor.values.printed import PrintedRow

#: Rows that come again, and share of a piece's rows, from which on its table begins once more.
_FEWEST, _MOST = 2, 0.5
#: Lines and what is left of them that are no name: units, numbers of tables and of pages.
_NO_NAME = re.compile(r"(?:公开|附)?(?:件|表)?[\d一二三四五六七八九十]*表?|.*单位[:：].*|金额.*")
#: What numbers a heading.
_NUMBER = re.compile(r"^[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]\s*")
#: The longest name in letters.
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Repeats:
    """What a report prints several times.

    tables: those that the form says may be. own: by the index of a printed table the id of the one it is; "" where
    it comes again though the form does not say that it may. left_out: such tables, and the pages they are on.
    """

    tables: tuple[RepeatedTable, ...] = ()
    own: Mapping[int, str] = field(default_factory=dict)
    left_out: tuple[tuple[str, int], ...] = ()


def find_repeats(
    form: Form, rows: Sequence[PrintedRow], titles: Mapping[int, str], known: Mapping[int, str]
) -> Repeats:
    """Which of the form's tables a report prints several times.

    rows: of all its tables. titles: by a table's index the lines above it. known: by a table's index the id of the
    form's that it is, where that is told; else its title and its rows tell.
    """
    titled = [table.id for title in titles.values() if (table := find_title(title, form.tables)) is not None]
    if not any(table.repeats for table in form.tables) and len(set(titled)) == len(titled):
        # None comes again under its title, and nothing else would be told.
        return Repeats()
    by_index = groupby(sorted(rows, key=lambda row: row.table_index), key=lambda row: row.table_index)
    pieces = {index: [row for row in members if _is_data(row)] for index, members in by_index}
    tables, left_out = list[RepeatedTable](), list[tuple[str, int]]()
    own: dict[int, str] = {}
    for key, found in _find_copies(form, pieces, titles, known).items():
        table = form.table(key)
        if table is None or len(found) == 1:
            continue
        if not table.repeats:
            own |= {index: "" for indexes in found[1:] for index in indexes}
            left_out += [(key, pieces[indexes[0]][0].page_no) for indexes in found[1:]]
            continue
        names = _name([titles.get(indexes[0], "") for indexes in found], table)
        for number, (indexes, name) in enumerate(zip(found, names, strict=True), start=1):
            one = replace(number_table(table, number), name=name)
            tables.append(one)
            own |= dict.fromkeys(indexes, one.table)
    return Repeats(tuple(tables), own, tuple(left_out))


def _find_copies(
    form: Form,
    pieces: Mapping[int, Sequence[PrintedRow]],
    titles: Mapping[int, str],
    known: Mapping[int, str],
) -> dict[str, list[list[int]]]:
    """By the id of a form's table the indexes of the printed ones that it is, those of one printed table together."""
    copies: dict[str, list[list[int]]] = defaultdict(list)
    seen: dict[str, list[str]] = {}
    for index, piece in pieces.items():
        title = titles.get(index, "")
        table = _choose(form, piece, title, known.get(index, ""))
        if table is None or not piece:
            continue
        labels = [row.label for row in piece]
        before = titles.get(copies[table.id][-1][0], "") if table.id in seen else ""
        is_titled = find_title(title, form.tables) is table
        # Of a form that does not say so only what stands under the title once more is the table again, and rows that
        # it leaves open are told apart by the numbers behind them.
        may_repeat = table.repeats or (is_titled and not has_open_rows(table))
        is_other = is_titled and _is_of_another(title, before)
        is_again = is_other or _comes_again(labels, seen.get(table.id, ()), table)
        if table.id not in seen or (may_repeat and is_again):
            copies[table.id].append([index])
            seen[table.id] = labels
        else:
            copies[table.id][-1].append(index)
            seen[table.id] += labels
    return copies


def _comes_again(labels: Sequence[str], seen: Sequence[str], table: FormTable) -> bool:
    """Whether rows with these labels were there before, or the one of their sum, of which a table has one."""
    again = {label for label in labels if any(are_same(label, other) for other in seen)}
    totals = [
        words
        for block in table.blocks
        if block.open_rows is not None
        for row in block.rows
        if row.id == TOTAL
        for words in row.labels
    ]
    has_total = any(are_same(label, words) for label in again for words in totals)
    return has_total or sum(label in again for label in labels) >= max(_FEWEST, _MOST * len(labels))


def _is_of_another(title: str, before: str) -> bool:
    """Whether the lines above a table say that it is another body's than those above the one before it."""
    own, other = (list(filter(None, map(find_body, text.split("\n")))) for text in (title, before))
    return bool(own and other) and normalise(own[-1]) != normalise(other[-1])


def _is_data(row: PrintedRow) -> bool:
    return bool(row.label) and row.label not in NUMBERING and has_figures(row)


def _choose(form: Form, piece: Sequence[PrintedRow], title: str, known: str) -> FormTable | None:
    """The table that a printed one is of; None where nothing tells."""
    if known:
        return form.table(known)
    titled = find_title(title, form.tables)
    if titled is not None:
        return titled
    counts = {table.id: sum(_is_of(row, table) for row in piece) for table in form.tables}
    most = max(counts.values(), default=0)
    likest = [table for table in form.tables if counts[table.id] == most]
    return likest[0] if len(likest) == 1 and most >= max(_FEWEST, _MOST * len(piece)) else None


def _is_of(row: PrintedRow, table: FormTable) -> bool:
    known = [words for block in table.blocks for own in block.rows if own.id for words in own.labels if words]
    return any(are_same(row.label, words) for words in known)


def _name(titles: Sequence[str], table: FormTable) -> list[str]:
    """What the lines above each of several tables say that those above the others do not; "" for nothing."""
    lines = [[line.strip() for line in title.split("\n") if normalise(line)] for title in titles]
    common = set.intersection(*({normalise(line) for line in own} for own in lines))
    return [_choose_name([line for line in own if normalise(line) not in common], table) for own in lines]


def _choose_name(lines: Sequence[str], table: FormTable) -> str:
    for line in reversed(lines):
        if body := find_body(line):
            return body
    own = normalise(table.title)
    for line in reversed(lines):
        rest = normalise(_NUMBER.sub("", line))
        if own and own in rest:
            rest = rest.replace(own, "", 1)
        if rest and not _NO_NAME.fullmatch(rest) and not _NO_NAME.fullmatch(line):
            return rest[:_LONGEST]
    return ""
