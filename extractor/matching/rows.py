"""Cells of a page's table → printed rows: what is label, what may be a value.

A row is what the last column shows as one cell; label cells may span several rows and are not needed whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from extractor.forms.definition import normalise
from extractor.matching.wording import LEGIBLE
from extractor.reading.numbers import parse_annotated, parse_content
from extractor.reading.readings import guess_texts
from extractor.values.geometry import Box, overlap
from extractor.values.page import ReadCell, Table
from extractor.values.printed import PrintedRow

_HAN = re.compile(r"[\u3007\u4e00-\u9fff]")
#: An amount between words of one cell.
_AMOUNT = re.compile(r"(?<=[\u4e00-\u9fff])\s*\d[\d,]*\.\d{1,4}(?=\D{0,3}[\u4e00-\u9fff]{2})")
#: Letters that no figure is read as, and how many of them make a word: 0, 1, 2, 5, 6, 8 and 9 are read as all others.
_LATIN, _LEAST_LATIN = re.compile(r"[AC-HJ-NPRT-Yac-fhjkmnprt-y]"), 2
#: What may be a code before a name: digits alone, more than number the rows.
CODE = re.compile(r"\d{3,12}")
#: Han characters that a lone stroke or ring in a number cell may be read as.
_LOOK_ALIKE = frozenset("一〇丨二三十日曰")
#: A cell taller than this many rows is a bracket beside them.
#: ±20 %: nothing.
_BRACKET_ROWS = 1.6
#: Share of the rows with two labels in which other cells than labels part them, and of these in which a number does;
#: fewer rows of either kind tell nothing.
#: ±20 %: nothing.
_MOST, _SOME, _FEWEST = 0.7, 0.3, 3
#: Columns of two pages are the same that stand no further from each other than this share of their table.
#: ±20 %: nothing.
_SAME_PLACE = 0.02
#: Pages on from which a table goes on, where backs are scanned that are blank.
#: ±20 %: nothing.
_WITH_BACK = 2
#: A cell of so few Han characters is no name, and behind so many figures a value that something lies over.
#: ±20 %: nothing.
_AMONG_FIGURES, _FEW_CHARACTERS = 2, 2


def is_label(cell: ReadCell) -> bool:
    """True when the cell holds words rather than a number, a dash or nothing; Latin ones too, not scraps of ink."""
    han = _HAN.findall(cell.text)
    if not han:
        is_legible = all(line.score >= LEGIBLE for line in cell.lines)
        return is_legible and len(_LATIN.findall(cell.text)) >= _LEAST_LATIN
    if parse_annotated(cell.text, decimals=True) is not None:
        return False
    if cell.shape.slope is not None and len(cell.text) == 1:
        # One straight stroke: what an unusual slash is read as (八, 丿).
        return False
    if all(c in _LOOK_ALIKE for c in han) and cell.has_digits:
        return False
    if cell.reading is not None and len(han) <= 2 and len(cell.text) <= 3:
        if all(c in _LOOK_ALIKE for c in han):
            return False
        guesses = guess_texts(cell.reading)
        if not guesses or not guesses[0].text or guesses[0].probability <= 0.3:
            return True
        return parse_content(guesses[0].text, decimals=True) is None
    return True


def list_rows(tables: Sequence[Table]) -> list[PrintedRow]:
    """Rows of all tables of a report; halves side by side that go on overleaf are read through one by one."""
    rows: list[PrintedRow] = []
    halves: list[list[PrintedRow]] = []
    for index, (table, ends) in enumerate(zip(tables, list_halves(tables), strict=True)):
        found = [_split_half(table, index, half) for half in ends]
        if len(found) > 1 and len(found) == len(halves) and goes_on(halves[0], found[0]):
            halves = [before + after for before, after in zip(halves, found, strict=True)]
        else:
            rows += [row for half in halves for row in half]
            halves = found
    return rows + [row for half in halves for row in half]


def list_halves(tables: Sequence[Table]) -> list[list[tuple[int, int]]]:
    """The halves of every table (`find_halves`), of one whose columns go on overleaf those of the table before.

    Where the end of a page leaves too few rows to tell them, the rest of the table does.
    """
    halves = [find_halves(table) for table in tables]
    for index, (before, table) in enumerate(pairwise(tables)):
        if len(halves[index + 1]) == 1 and _stand_alike(before, table):
            halves[index + 1] = halves[index]
    for index, (table, after) in reversed(list(enumerate(pairwise(tables)))):
        if len(halves[index]) == 1 and _stand_alike(table, after):
            halves[index] = halves[index + 1]
    return halves


def _stand_alike(before: Table, after: Table) -> bool:
    """Whether the columns of the next page's table are those of a table: what parts its halves parts the other's."""
    one, two = before.grid.columns, after.grid.columns
    if not follows(before.page_no, after.page_no) or len(one) != len(two):
        return False
    width = one[-1] - one[0]
    return all(abs((x - one[0]) - (y - two[0])) <= _SAME_PLACE * width for x, y in zip(one, two, strict=True))


def drop_spare(rows: Sequence[PrintedRow], counts: Collection[int]) -> list[PrintedRow]:
    """The rows, those without a label that show as many values as there are columns without their empty cells.

    counts: numbers of columns of the rows for which a form prints no label. Columns that only words above the figures
    tell may be twice as many: the words stand left of the figures.
    """
    out = []
    for row in rows:
        shown = tuple(cell for cell in row.values if cell.ink is not None)
        is_spare = not row.label and len(row.values) not in counts and len(shown) in counts
        out.append(replace(row, cells=shown, values=shown) if is_spare else row)
    return out


def follows(before: int, after: int) -> bool:
    """Whether a page is the next one but for the blank back of the one before."""
    return 1 <= after - before <= _WITH_BACK


def goes_on(before: Sequence[PrintedRow], after: Sequence[PrintedRow]) -> bool:
    """Whether rows go on with a table on the next page, without a header or with the same once more."""
    if not before or not after or not follows(before[-1].page_no, after[0].page_no):
        return False
    return bool(after[0].values) or after[0].label == before[0].label


def split_rows(
    table: Table, table_index: int, halves: Sequence[tuple[int, int]] | None = None
) -> list[PrintedRow]:
    """Rows of one page's table from top to bottom; of halves printed side by side, all of the left one first.

    halves: None where nothing but the table tells them.
    """
    return [row for half in halves or find_halves(table) for row in _split_half(table, table_index, half)]


def _split_half(table: Table, table_index: int, half: tuple[int, int]) -> list[PrintedRow]:
    left, right = half
    own = [cell for cell in table.cells if left <= cell.cell.column < right]
    last = [c for c in table.grid.cells if left <= c.column < right <= c.column_end]
    rows = []
    for edge in sorted(last, key=lambda c: c.row):
        top, bottom = edge.box.top, edge.box.bottom
        members = sorted(
            (cell for cell in own if _belongs(cell.cell.box, top, bottom)), key=lambda c: c.cell.box.left
        )
        ends = table.grid.columns[left], table.grid.columns[right]
        rows.append(_make_row(table, table_index, Box(ends[0], top, ends[1], bottom), members))
    return rows


def find_halves(table: Table) -> list[tuple[int, int]]:
    """Half-open ranges of the grid's columns that are read one after the other; nearly always just one.

    A new half begins where row for row words, or codes and words, follow on figures, as in 项目 金额 项目 金额. Where
    they follow on empty cells, the header above these comes once more.
    """
    count = len(table.grid.columns) - 1
    by_row: dict[int, dict[int, ReadCell]] = defaultdict(dict)
    for cell in table.cells:
        if cell.cell.row_end == cell.cell.row + 1:
            by_row[cell.cell.row][cell.cell.column] = cell
    starts = [0]
    is_empty = not any(_is_figure(cell) for cell in table.cells)
    for column in range(2, count - 1):
        if column - starts[-1] >= 2 and _begins_half(
            list(by_row.values()), starts[-1], column, is_empty=is_empty
        ):
            starts.append(column)
    return list(zip(starts, [*starts[1:], count], strict=True))


def _begins_half(
    rows: Collection[Mapping[int, ReadCell]], start: int, column: int, *, is_empty: bool
) -> bool:
    """Rows with words at both columns nearly all show no words just before the second, and many a figure between.

    An empty table, or half of one, shows nothing where figures would stand; its header tells.
    Rows that show a figure there are fewer: where a ruling is worn, some figures run into the words after them.
    """
    worded = parted = figures = against = 0
    for row in rows:
        if not _begins_with_name(row, start) or column not in row:
            continue
        is_name = _begins_with_name(row, column)
        against += _is_figure(row[column]) and not is_name
        if not is_name:
            continue
        between = [row[place] for place in range(start + 1, column) if place in row]
        worded += 1
        if between and not is_label(between[-1]):
            parted += 1
            figures += any(_is_figure(cell) for cell in between)
    is_told = figures >= max(_FEWEST, _SOME * parted) and not is_empty
    is_told = is_told or _comes_again(rows, start, column)
    return parted >= max(_FEWEST, _MOST * worded, against) and is_told


def _begins_with_name(row: Mapping[int, ReadCell], column: int) -> bool:
    """Whether a row has a name from a column on, or a code and its name."""
    if column not in row:
        return False
    if column + 1 in row and CODE.fullmatch(row[column].text):
        return _is_name(row[column + 1])
    return _is_name(row[column])


def _comes_again(rows: Iterable[Mapping[int, ReadCell]], start: int, column: int) -> bool:
    """Whether a row has the same words at two columns, as 项目 or 总计, or behind both."""
    for row in rows:
        behind_start = [row[place].text if place in row else "" for place in range(start + 1, column)]
        behind = [row[column + i + 1].text if column + i + 1 in row else "" for i in range(len(behind_start))]
        is_same = start in row and column in row and row[start].text == row[column].text
        if (is_same and is_label(row[start])) or (all(behind) and behind == behind_start):
            return True
    return False


def count_among_words(row: PrintedRow) -> int:
    """How many figures stand among the words of a row: two halves not told apart, or a column taken for one.

    Each stands between two names, in a cell of its own or with decimals in theirs.
    """
    cells = row.cells[: len(row.cells) - len(row.values)]
    names = [place for place, cell in enumerate(cells) if _is_name(cell)]
    within = sum(len(_AMOUNT.findall(cell.text)) for cell in cells)
    if not names:
        return within
    return within + sum(1 for cell in cells[names[0] : names[-1]] if _is_figure(cell))


def _is_figure(cell: ReadCell) -> bool:
    content = parse_content(cell.text, decimals=True)
    return content is not None and content.value is not None


def _is_name(cell: ReadCell) -> bool:
    return len(_HAN.findall(cell.text)) > _FEW_CHARACTERS and is_label(cell)


def _belongs(box: Box, top: float, bottom: float) -> bool:
    height = bottom - top
    if box.height > _BRACKET_ROWS * height:
        return False
    return (
        overlap(box.top, box.bottom, top, bottom) > 0.5 * min(box.height, height)
        and top <= box.center_y < bottom
    )


def _make_row(table: Table, index: int, box: Box, cells: Sequence[ReadCell]) -> PrintedRow:
    first_value = len(cells)
    while first_value > 0 and (not is_label(cells[first_value - 1]) or _is_covered(cells, first_value - 1)):
        first_value -= 1
    label = normalise("".join(cell.text for cell in cells[:first_value]))
    return PrintedRow(index, table.page_no, box, tuple(cells), tuple(cells[first_value:]), label)


def _is_covered(cells: Sequence[ReadCell], place: int) -> bool:
    """Whether a cell that looks like a short word follows on figures: no label, but what a seal made of a value."""
    if len(_HAN.findall(cells[place].text)) > _FEW_CHARACTERS or not is_label(cells[place]):
        return False
    figures = 0
    for cell in reversed(cells[:place]):
        if len(_HAN.findall(cell.text)) > _FEW_CHARACTERS:
            break
        figures += _is_figure(cell)
    return figures >= _AMONG_FIGURES
