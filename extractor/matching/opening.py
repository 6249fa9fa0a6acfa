"""Rows that a form leaves open, found on the pages: every row under its header that has a code, or a name.

The words above the columns tell which block a piece of a table is of, its title where two blocks have the same ones;
a piece without a header goes on with the block before it. A code is as much to be doubted as a figure is: it names
one, and is read from the same page.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from extractor.forms.definition import Block, Form, FormTable, RowKey, normalise
from extractor.forms.meaning import TOTAL
from extractor.forms.opening import OpenRow, has_open_rows, is_open
from extractor.matching.headers import find_named, read_headers
from extractor.matching.indents import read_indents
from extractor.matching.line_numbers import find_line_numbers
from extractor.matching.rows import follows, goes_on
from extractor.matching.titles import find_title, is_foreign, is_other_title, title_likeness
from extractor.matching.wording import label_similarity
from extractor.reading.readings import guess_texts
from extractor.values.geometry import Box
from extractor.values.matched import SURE_LABEL
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow

#: Share of a block's columns that must stand above a table under their words for it to be the block's.
#: ±20 %: a fifth more loses 210 of 4,660 fields (a header one word of which is lost).
_MOST = 0.7
#: Share of a block's columns that a row must have room for, and of those that must stand under their words below the
#: title of its table.
#: ±20 %: nothing.
_HALF = 0.5
#: What the likeness of a title counts beside the share of the columns: it decides between equals.
#: ±20 %: nothing.
_TITLE = 0.5
#: Labels of rows that number the columns.
NUMBERING = frozenset({"栏次", "栏目", "栏"})
#: Digits of a code, and least letters of a name.
_CODE, _LEAST = re.compile(r"(\d{2,12})(.*)"), 2
#: Digits that are no part of a name.
_FIGURES = re.compile(r"\d(?!\d*年)")
#: Score of a code's worst line, 0 to 1, from which on it is what is printed.
#: ±20 %: a fifth less accepts 23 fields of 4,660 more, 1.0 holds 1,918 back.
_LEGIBLE_CODE = 0.95


@dataclass(frozen=True, slots=True)
class _Place:
    """A block of open rows of a form."""

    table: FormTable
    block: Block


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A printed row with what names it. level: how deep it is indented, where that tells what nests."""

    printed: PrintedRow
    key: str
    is_sure: bool
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a report prints in a form's blocks of open rows.

    rows: in printed order. tables: by the index of a printed table the id of the form's whose open rows it has; ""
    where it has a block's columns under another table's title. printed: where each of the rows stands.
    """

    rows: tuple[OpenRow, ...] = ()
    tables: Mapping[int, str] = field(default_factory=dict)
    printed: tuple[PrintedRow, ...] = ()


def find_open_rows(
    form: Form,
    rows: Sequence[PrintedRow],
    titles: Mapping[int, str],
    known: Mapping[int, str] | None = None,
) -> Opened:
    """The rows that a report prints in the form's blocks of open rows.

    titles: by a table's index the lines that stand above it. known: by its index which of the form's it is, where
    that is told otherwise.
    """
    if not is_open(form):
        return Opened()
    places = [
        _Place(table, block) for table in form.tables for block in table.blocks if block.open_rows is not None
    ]
    found: dict[str, list[PrintedRow]] = {}
    tables: dict[int, str] = {}
    before: tuple[_Place, list[PrintedRow]] | None = None
    # A header at the end of a page, and the title above it; rows under the title of a table that is not open.
    header, told = list[PrintedRow](), ""
    closed = list[PrintedRow]()
    for index, members in groupby(rows, key=lambda row: row.table_index):
        piece, title = list(members), titles.get(index, "")
        if not any(map(_is_data, piece)):
            before, header, told = None, piece, title
            continue
        if header and piece[0].values and follows(header[-1].page_no, piece[0].page_no):
            headed, title = [*header, *piece], told
        else:
            # What was taken for a table of words is the title.
            headed, title = piece, title or "".join(row.text for row in header)
        told_table = form.table((known or {}).get(index, ""))
        titled = told_table or find_title(title, form.tables)
        if (not title and goes_on(closed, piece)) or (titled and not has_open_rows(titled)):
            before, header, closed = None, [], piece
            continue
        closed = []
        own_places = [place for place in places if told_table in {None, place.table}]
        is_before = before is not None and before[0] in own_places
        place = _place(own_places, before if is_before else None, headed, title, form)
        if place is None and is_foreign(title, form.tables) and _choose(places, headed, "", form) is not None:
            tables[index] = ""
        header, before = [], None if place is None else (place, piece)
        if place is not None:
            if any(_read_key(row, place.block, ()) for row in piece):
                tables |= {row.table_index: place.table.id for row in headed}
            own = found.setdefault(place.block.field, [])
            own += [row for row in piece if row.label not in NUMBERING]
    named = [pair for place in places for pair in _name_rows(place, found.get(place.block.field, ()))]
    return Opened(tuple(row for row, _ in named), tables, tuple(printed for _, printed in named))


def _place(
    places: Sequence[_Place],
    before: tuple[_Place, list[PrintedRow]] | None,
    piece: Sequence[PrintedRow],
    title: str,
    form: Form,
) -> _Place | None:
    """The block of a piece: that of the piece before it whose header comes once more or none, else by its header."""
    if before is not None and not title and _choose([before[0]], piece, title, form):
        return before[0]
    titled = find_title(title, form.tables)
    own = [place for place in places if titled is None or titled.id in {place.table.id, place.table.copy_of}]
    place = _choose(own, piece, title, form)
    return before[0] if place is None and before is not None and _goes_on(before[1], piece) else place


def has_figures(row: PrintedRow) -> bool:
    """Whether a row shows any figure where values stand."""
    return any(value.has_digits for value in row.values)


def _goes_on(before: Sequence[PrintedRow], piece: Sequence[PrintedRow]) -> bool:
    """Whether a piece has no header, and as many columns as the one before it, on the page before."""
    if not piece[0].values or not follows(before[-1].page_no, piece[0].page_no):
        return False
    return _usual_count(before) == _usual_count(piece)


def _usual_count(piece: Iterable[PrintedRow]) -> int:
    """How many figures most rows of a piece have room for."""
    counts = Counter(len(row.values) for row in piece if row.label and row.values)
    return counts.most_common(1)[0][0] if counts else 0


def _choose(places: Sequence[_Place], piece: Sequence[PrintedRow], title: str, form: Form) -> _Place | None:
    """The block whose columns stand above a piece; of several the one whose title does."""
    first = next((i for i, row in enumerate(piece) if _is_data(row)), None)
    if first is None:
        return None
    model = max(piece[first:], key=lambda row: (len(row.values) == _usual_count(piece), len(row.values)))
    scored, titled = [], find_title(title, form.tables)
    for place in places:
        named = find_named(read_headers(piece[:first], model.values, place.block), place.block)
        count = max(len(place.block.columns), sum(1 for value in model.values if value.ink is not None))
        share = len(named) / max(1, count)
        is_titled = titled is not None and titled.title == place.table.title
        if len(named) >= (_HALF if is_titled else _MOST) * len(place.block.columns):
            scored.append((share + _TITLE * title_likeness(title, place.table), place))
    if not scored:
        return None
    best = max(scored, key=lambda one: one[0])[1]
    if is_other_title(title, best.table):
        return None
    own = title_likeness(title, best.table)
    # Above it stands the title of another table of the form.
    others = [table for table in form.tables if table is not best.table]
    is_anothers = any(title_likeness(title, other) > max(own, SURE_LABEL) for other in others)
    return None if is_anothers else best


def _is_data(row: PrintedRow) -> bool:
    return bool(row.label) and row.label not in NUMBERING and has_figures(row)


def _name_rows(place: _Place, rows: Sequence[PrintedRow]) -> list[tuple[OpenRow, PrintedRow]]:
    """The rows of a block that name themselves, each key once as it is and then with a number."""
    total = [normalise(row.label) for row in place.block.rows if row.id == TOTAL]
    keyed: list[_Keyed] = []
    counters = find_line_numbers(rows, in_labels=True)
    for row in rows:
        if len(row.values) < _HALF * len(place.block.columns):
            continue
        if total and label_similarity(row.label, total[0]) >= SURE_LABEL:
            keyed.append(_Keyed(row, TOTAL, is_sure=True))
        elif (found := _read_key(row, place.block, counters)) is not None:
            keyed.append(found)
    ordered = _doubt_order(_indent(keyed, place.block), place.block)
    if sum(1 for row in ordered if row.key == TOTAL) > 1:
        # Two tables, or one that is printed twice: whose rows are whose nobody says.
        ordered = [replace(row, is_sure=False) for row in ordered]
    return _number(place, ordered)


def _read_key(row: PrintedRow, block: Block, counters: Collection[Box]) -> _Keyed | None:
    """What names a row; None where nothing that can be read does. counters: cells that only number the rows."""
    opening = block.open_rows
    cells = [c for c in row.cells[: len(row.cells) - len(row.values)] if c.cell.box not in counters]
    label = normalise("".join(cell.text for cell in cells))
    if opening is None or row.label in {normalise(text) for text in block.label_columns}:
        return None
    if opening.key is RowKey.NAME:
        is_sure = not _FIGURES.search(label)
        # No word begins so: the stroke of 一 passes for a ruling.
        label = f"一{label}" if label.startswith("般") else label
        return _Keyed(row, label, is_sure) if len(label) >= _LEAST and has_figures(row) else None
    # Of a row that the end of a page cuts the name may stand on the other side.
    match = _CODE.fullmatch(label or normalise(row.cells[0].text if row.cells else ""))
    cells = cells or list(row.cells[:1])
    if match is None or (not label and match[2]):
        return None
    code = match[1]
    is_level = not opening.levels or len(code) in opening.levels
    # Figures among the words are another column's, or another row's.
    is_whole = not _FIGURES.search(match[2])
    return _Keyed(row, code, is_level and is_whole and _is_legible(cells, code))


def _is_legible(cells: Sequence[ReadCell], code: str) -> bool:
    """Whether nothing in the cells that print a code reads otherwise."""
    own: list[ReadCell] = []
    for cell in cells:
        if sum(len(normalise(one.text)) for one in own) >= len(code):
            break
        own.append(cell)
    if min((line.score for cell in own for line in cell.lines), default=0.0) < _LEGIBLE_CODE:
        return False
    told = [(cell, guess_texts(cell.reading)) for cell in own if cell.reading is not None]
    return all(
        not guesses or (guesses[0].text == normalise(cell.text) and guesses[0].probability >= _LEGIBLE_CODE)
        for cell, guesses in told
    )


def _doubt_order(rows: Sequence[_Keyed], block: Block) -> list[_Keyed]:
    """The rows, those in doubt whose codes do not rise as the others' do, or are none's part where others are.

    Codes are printed in their order, on every page and in every half of a table; of a misread one the order often
    tells.
    """
    if block.open_rows is None or block.open_rows.key is not RowKey.CODE:
        return list(rows)
    known = {row.key for row in rows}
    printed = {len(code) for code in known}
    levels = [level for level in block.open_rows.levels if level in printed]
    out: list[_Keyed] = []
    for _, half in groupby(rows, key=lambda row: (row.printed.table_index, row.printed.box.left)):
        members = list(half)
        coded = [row for row in members if row.key != TOTAL]
        rising = {id(coded[place]) for place in _find_rising([row.key for row in coded])}
        out += [
            replace(
                row,
                is_sure=row.is_sure
                and id(row) in rising
                and all(row.key[:level] in known for level in levels if level < len(row.key)),
            )
            if row.key != TOTAL
            else row
            for row in members
        ]
    return out


def _indent(rows: Sequence[_Keyed], block: Block) -> list[_Keyed]:
    """The rows with their levels, where the form says that labels nest by how far they are indented."""
    if block.open_rows is None or not block.open_rows.by_indent:
        return list(rows)
    # That of their sum may stand in the middle.
    own = [row for row in rows if row.key != TOTAL]
    levels = dict(zip(map(id, own), read_indents([row.printed for row in own]), strict=True))
    return [replace(row, level=levels.get(id(row))) for row in rows]


def _find_rising(codes: Sequence[str]) -> set[int]:
    """Places of the longest strictly rising run of codes, others between them left out (patience sorting)."""
    tails: list[str] = []
    ends: list[int] = []
    before: list[int] = []
    for place, code in enumerate(codes):
        at = bisect_left(tails, code)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [code]
        ends[at : at + 1] = [place]
    found: set[int] = set()
    place = ends[-1] if ends else -1
    while place >= 0:
        found.add(place)
        place = before[place]
    return found


def _number(place: _Place, rows: Sequence[_Keyed]) -> list[tuple[OpenRow, PrintedRow]]:
    times: Counter[str] = Counter()
    out = []
    all_times = Counter(row.key for row in rows)
    for row in rows:
        times[row.key] += 1
        name = row.key if times[row.key] == 1 else f"{row.key}-{times[row.key]}"
        is_sure = row.is_sure and all_times[row.key] == 1
        label = row.printed.label or row.key
        opened = OpenRow(place.table.id, place.block.field, name, label, is_sure, row.level)
        out.append((opened, row.printed))
    return out
