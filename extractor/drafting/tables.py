"""Pages of a specimen → the tables of a form to be: headers, labels and the figures that stand in it.

What is told here is a proposal that a person looks over; where a table could be taken in two ways the simpler wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from extractor.forms.definition import normalise
from extractor.matching.indents import read_indents
from extractor.matching.rows import CODE, is_label, list_halves, split_rows
from extractor.reading.numbers import parse_annotated, parse_content
from extractor.seams.errors import DocumentError
from extractor.values.geometry import overlap
from extractor.values.page import Page, ReadCell, Table
from extractor.values.printed import PrintedRow
from extractor.wording.said import say

#: Headers of columns that number the rows, and labels of rows that number the columns.
_COUNTERS = frozenset({"行次", "栏次", "序号", "编号", "列次", "代码"})
_UNITS = ("万元", "亿元", "千元", "元", "件", "条", "次", "人", "个", "项", "户", "亩", "吨", "公里", "%")
_UNIT = re.compile(rf"(?:单位|[(（])[:：]?({'|'.join(_UNITS)})")
_MONEY = frozenset({"万元", "亿元", "千元", "元", "%"})
_UNIT_HEADERS = frozenset({"单位", "计量单位"})
#: Rows that count up before their column is taken for a counter; columns that do before their row is.
_MIN_COUNTED_ROWS, _MIN_COUNTED_COLUMNS = 4, 2
#: Rows with a code before their name, and their share, that make a table a list of codes.
_MIN_CODED, _MOST_CODED = 3, 0.6
_TOTALS = frozenset({"合计", "总计", "共计"})
#: Lines above a table among which its title is looked for, and the Han characters of a title.
_TITLE_LINES, _MIN_TITLE = 4, 4


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """A column of figures. left, right: ends in the frame of its page. path: headers above, outermost first."""

    label: str
    path: tuple[str, ...]
    left: float
    right: float
    unit: str = ""
    decimals: bool = False


def is_total(label: str) -> bool:
    """Whether a row is called the sum of all."""
    return normalise(label) in _TOTALS


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A row. values: one for each column, None where there is no number. is_field False: it only numbers columns.

    code: digits that stand before its label, "" for none. level: how deep it is indented, None where that cannot be
    told. optional: not all specimens print it. others: its values in
    the other specimens.
    """

    label: str
    group: tuple[str, ...]
    values: tuple[float | None, ...]
    unit: str = ""
    is_field: bool = True
    code: str = ""
    level: int | None = None
    optional: bool = False
    others: tuple[tuple[float | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class DraftBlock:
    """Rows under one header. half: which of the halves side by side it stands in, from 0.

    differs: other specimens print other rows. differs_across: they print other columns.
    """

    heading: str
    corner: str
    label_columns: tuple[str, ...]
    columns: tuple[DraftColumn, ...]
    rows: tuple[DraftRow, ...]
    half: int = 0
    differs: bool = False
    differs_across: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its rows differ from body to body: in several specimens, or as lists of codes do."""
        return self.differs or self.is_coded

    @property
    def is_coded(self) -> bool:
        """Whether its rows are a list of codes."""
        fields = [row for row in self.rows if row.is_field]
        coded = sum(1 for row in fields if row.code)
        return coded >= max(_MIN_CODED, _MOST_CODED * len(fields))

    @property
    def levels(self) -> tuple[int, ...]:
        """Digits of the codes of each level, () where codes are no part of each other."""
        codes = {row.code for row in self.rows if row.code}
        lengths = sorted({len(code) for code in codes})
        longer = [code for code in codes if len(code) > lengths[0]] if lengths else []
        nested = sum(1 for code in longer if any(code[:n] in codes for n in lengths if n < len(code)))
        return tuple(lengths) if longer and nested >= _MOST_CODED * len(longer) else ()

    @property
    def total(self) -> str:
        """Label of the row that is the sum of all, "" for none."""
        labels = (row.label for row in self.rows if row.is_field and not row.code)
        return next(filter(is_total, labels), "")


@dataclass(frozen=True, slots=True)
class DraftTable:
    title: str
    blocks: tuple[DraftBlock, ...]


def draft_tables(pages: Sequence[Page]) -> tuple[DraftTable, ...]:
    """The tables that stand on the pages, in reading order.

    Raises:
        DocumentError: there is none with a row of cells for figures.
    """
    tables: list[DraftTable] = []
    halves = iter(list_halves([table for page in pages for table in page.tables]))
    for page in pages:
        for table in page.tables:
            unit = _page_unit(page)
            blocks = _draft_blocks(table, unit, next(halves))
            if not blocks:
                continue
            if tables and not any(block.has_header for block in blocks) and _go_on(tables[-1], blocks):
                tables[-1] = _join(tables[-1], blocks)
            else:
                tables.append(DraftTable(_find_title(page, table), tuple(b.block for b in blocks)))
    if not tables:
        raise DocumentError(say("documents.no_table"), code="no_table")
    return tuple(replace(table, blocks=_join_lists(table.blocks)) for table in tables)


def _join_lists(blocks: Sequence[DraftBlock]) -> tuple[DraftBlock, ...]:
    """The blocks, of lists of codes under the same words one: whatever rows a document prints are its."""
    kept: dict[object, DraftBlock] = {}
    for block in blocks:
        words = tuple((column.path, column.label) for column in block.columns)
        key = words if block.is_open else block
        same = kept.get(key)
        kept[key] = block if same is None else replace(same, rows=same.rows + block.rows)
    return tuple(kept.values())


@dataclass(frozen=True, slots=True)
class _Found:
    block: DraftBlock
    has_header: bool


def _go_on(table: DraftTable, blocks: Sequence[_Found]) -> bool:
    """Blocks without a header that have as many columns as the last ones of the table before."""
    last = {block.half: len(block.columns) for block in table.blocks}
    return all(last.get(found.block.half) == len(found.block.columns) for found in blocks)


def _join(table: DraftTable, blocks: Sequence[_Found]) -> DraftTable:
    joined = list(table.blocks)
    for found in blocks:
        at = max(i for i, block in enumerate(joined) if block.half == found.block.half)
        pairs = zip(joined[at].columns, found.block.columns, strict=True)
        columns = tuple(replace(one, decimals=one.decimals or other.decimals) for one, other in pairs)
        joined[at] = replace(joined[at], columns=columns, rows=joined[at].rows + found.block.rows)
    return replace(table, blocks=tuple(joined))


def _page_unit(page: Page) -> str:
    """The unit that a line of the page states for its tables, "" when none does."""
    found = (_UNIT.search(_fold(line.text)) for line in page.lines if "单位" in line.text)
    return next((match[1] for match in found if match), "")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def _find_title(page: Page, table: Table) -> str:
    """The nearest line above the table that may be its title; "" for none."""
    above = sorted(
        (line for line in page.lines if line.box.bottom <= table.grid.box.top), key=lambda x: -x.box.bottom
    )
    for line in above[:_TITLE_LINES]:
        text = line.text.strip()
        if len(re.findall(r"[\u4e00-\u9fff]", text)) >= _MIN_TITLE and not re.search(
            r"单位|公开\d+表|[:：。]", _fold(text)
        ):
            return text
    return ""


def _draft_blocks(table: Table, unit: str, ends: Sequence[tuple[int, int]]) -> list[_Found]:
    rows = split_rows(table, 0, ends)
    halves = [list(group) for _, group in groupby(rows, key=lambda row: (row.box.left, row.box.right))]
    return [found for half, members in enumerate(halves) for found in _blocks_of(table, members, half, unit)]


def _blocks_of(table: Table, rows: Sequence[PrintedRow], half: int, unit: str) -> list[_Found]:
    """Blocks of one half: a run of rows without values, then the rows with values under it."""
    found = []
    runs = [(is_data, list(run)) for is_data, run in groupby(rows, key=lambda row: bool(row.values))]
    for (is_data, run), header in zip(runs, [(False, []), *runs], strict=False):
        block = _draft_block(table, header[1], run, half, unit) if is_data else None
        if block is not None and any(row.is_field for row in block.rows):
            found.append(_Found(block, bool(header[1])))
    return found


def _draft_block(
    table: Table, header: Sequence[PrintedRow], rows: Sequence[PrintedRow], half: int, unit: str
) -> DraftBlock | None:
    shown = _value_columns(table, header, rows)
    if not shown:
        return None
    first = min(left for left, _ in shown)
    top = header[0].box.top if header else rows[0].box.top
    ends = rows[0].box.left, rows[0].box.right
    heads = _header_cells(table, (top, rows[0].box.top), ends)
    heading = "".join(c.text for c in heads if _spans(c, ends))
    inner = [cell for cell in heads if not _spans(cell, ends)]
    columns = [_draft_column(inner, left, right, unit) for left, right in shown]
    names = tuple(cell.text for cell in inner if cell.cell.box.right <= first + _slack(table))
    # The row of a sum may stand in the middle.
    own = [row for row in rows if not is_total(row.label)]
    levels = dict(zip(map(id, own), read_indents(own), strict=True))
    drafted = [_draft_row(table, row, columns, first, inner, levels.get(id(row))) for row in rows]
    only = sum(1 for row in drafted if row is not None and row.is_field)
    kept = tuple(row for row in drafted if row is not None and (row.label or only == 1))
    columns = [_with_decimals(column, [row.values[i] for row in kept]) for i, column in enumerate(columns)]
    corner = names[0] if len(names) == 1 and len(normalise(names[0])) > 6 else ""
    return DraftBlock(heading, corner, () if corner else names, tuple(columns), kept, half)


def _slack(table: Table) -> float:
    return 0.01 * table.grid.box.width


def _spans(cell: ReadCell, ends: tuple[float, float]) -> bool:
    return cell.cell.box.width >= 0.95 * (ends[1] - ends[0])


def _header_cells(table: Table, band: tuple[float, float], ends: tuple[float, float]) -> list[ReadCell]:
    """Words between two heights, from top to bottom and left to right."""
    cells = [
        cell
        for cell in table.cells
        if is_label(cell)
        and band[0] <= cell.cell.box.center_y < band[1]
        and ends[0] <= (cell.cell.box.left + cell.cell.box.right) / 2 <= ends[1]
    ]
    return sorted(cells, key=lambda c: (c.cell.row, c.cell.column))


def _value_columns(
    table: Table, header: Sequence[PrintedRow], rows: Sequence[PrintedRow]
) -> list[tuple[float, float]]:
    """Ends of the columns of figures, without those that only number the rows and gaps between drawn cells."""
    height = _text_height(table)
    labelled = [row for row in rows if row.label] or list(rows)
    usual = Counter(len(row.values) for row in labelled).most_common(1)[0][0]
    members = [row for row in labelled if len(row.values) == usual]
    shown = []
    for place in range(usual):
        cells = [row.values[place] for row in members]
        is_gap = cells[0].cell.box.width < height and all(cell.ink is None for cell in cells)
        if not is_gap and not _counts_up(cells) and not _is_counter(cells[0], header):
            shown.append((cells[0].cell.box.left, cells[0].cell.box.right))
    return shown


def _text_height(table: Table) -> float:
    """How high lines of a table are in the middle, 0 where it shows none: nothing is printed in a narrower column."""
    return median([line.box.height for cell in table.cells for line in cell.lines] or [0.0])


def _counts_up(cells: Sequence[ReadCell]) -> bool:
    """Whole numbers of which nearly each is one more than the one above, whatever rows lie between."""
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
    if len(numbers) < _MIN_COUNTED_ROWS or len(numbers) < 0.8 * len(cells):
        return False
    rising = sum(1 for one, other in pairwise(numbers) if 0 < other - one <= 30 and other == int(other))
    single = sum(1 for one, other in pairwise(numbers) if other - one == 1)
    return rising >= 0.9 * (len(numbers) - 1) and single >= 0.6 * (len(numbers) - 1)


def _is_counter(value: ReadCell, header: Sequence[PrintedRow]) -> bool:
    box = value.cell.box
    over = [c.text for row in header for c in row.cells if _covers(c, box.left, box.right)]
    return bool(over) and normalise(over[-1]) in _COUNTERS


def _covers(cell: ReadCell, left: float, right: float) -> bool:
    box = cell.cell.box
    return overlap(box.left, box.right, left, right) > 0.6 * (right - left)


def _draft_column(heads: Sequence[ReadCell], left: float, right: float, unit: str) -> DraftColumn:
    over = [cell.text for cell in heads if _covers(cell, left, right)]
    told = _UNIT.search(_fold(over[-1])) if over else None
    own = told[1] if told else unit
    return DraftColumn(over[-1] if over else "", tuple(over[:-1]), left, right, own, own in _MONEY)


def _with_decimals(column: DraftColumn, values: Sequence[float | None]) -> DraftColumn:
    broken = any(value is not None and value != int(value) for value in values)
    return replace(column, decimals=column.decimals or broken)


def _draft_row(
    table: Table,
    row: PrintedRow,
    columns: Sequence[DraftColumn],
    first: float,
    heads: Sequence[ReadCell],
    level: int | None,
) -> DraftRow | None:
    """The row, None where neither a label nor a figure tells that there is one."""
    words = [cell for cell in row.cells if cell.cell.box.right <= first + _slack(table) and is_label(cell)]
    units = [cell for cell in words if _is_unit(cell, heads)] or [
        c for c in words[1:] if _fold(c.text) in _UNITS
    ]
    label = "".join(cell.text for cell in words if cell not in units)
    code = _find_code(row, first + _slack(table), label)
    label = label.strip().removeprefix(code).strip()
    values = tuple(_value_at(row, column) for column in columns)
    if not label and all(value is None for value in values) and len(row.values) < len(columns):
        return None
    unit = units[0].text if units and units[0].text.strip("-—–") else ""
    is_field = normalise(label) not in _COUNTERS and (bool(label) or not _numbers_columns(values))
    return DraftRow(label, _brackets(table, row, first), values, unit, is_field, code, level)


def _find_code(row: PrintedRow, first: float, label: str) -> str:
    """The digits that stand before a row's name, in a cell of their own or in its; "" for none."""
    own = [cell.text.strip() for cell in row.cells if cell.cell.box.right <= first and not is_label(cell)]
    if own and CODE.fullmatch("".join(own)):
        return "".join(own)
    found = CODE.match(label.strip())
    return found[0] if found else ""


def _is_unit(cell: ReadCell, heads: Sequence[ReadCell]) -> bool:
    """It stands below a header that says so."""
    return any(normalise(head.text) in _UNIT_HEADERS and _over(head, cell) for head in heads)


def _over(head: ReadCell, cell: ReadCell) -> bool:
    return _covers(head, cell.cell.box.left, cell.cell.box.right)


def _value_at(row: PrintedRow, column: DraftColumn) -> float | None:
    cells = [cell for cell in row.values if _covers(cell, column.left, column.right)]
    return next((value for cell in cells if (value := _number(cell)) is not None), None)


def _number(cell: ReadCell) -> float | None:
    content = parse_content(cell.text, decimals=True) or parse_annotated(cell.text, decimals=True)
    return content.value if content is not None else None


def _numbers_columns(values: Sequence[float | None]) -> bool:
    """Columns numbered 1, 2, 3 … below their headers."""
    return len(values) >= _MIN_COUNTED_COLUMNS and list(values) == [i + 1 for i in range(len(values))]


def _brackets(table: Table, row: PrintedRow, first: float) -> tuple[str, ...]:
    """Labels beside the row that span other rows as well, outermost first."""
    cells = [
        cell
        for cell in table.cells
        if cell not in row.cells
        and is_label(cell)
        and row.box.left <= cell.cell.box.left
        and cell.cell.box.right <= first + _slack(table)
        and cell.cell.box.top <= row.box.center_y < cell.cell.box.bottom
    ]
    return tuple(cell.text for cell in sorted(cells, key=lambda c: c.cell.box.left))
