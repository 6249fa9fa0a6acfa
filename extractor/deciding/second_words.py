"""Words that are not the form's, read once more: a row or a column is another's only if both looks say so.

The first reader sees words squeezed, and a narrow crop loses the left half of a letter: 结 is 乡 then, and 理 is 里.
The second one sees the same line as wide as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from extractor.deciding.second_reader import AGAIN_PAD
from extractor.forms.definition import Form, RowKey, normalise
from extractor.forms.meaning import TOTAL
from extractor.forms.opening import OpenColumn, OpenRow
from extractor.matching.open_columns import HeadedColumn
from extractor.matching.opening import Opened
from extractor.matching.wording import CERTAIN, HAN, LEGIBLE
from extractor.reading.page_reader import TITLE_SCALE, cut_line
from extractor.seams.engine import OcrEngine, Reading
from extractor.values.geometry import overlap
from extractor.values.matched import TableMatch
from extractor.values.page import Page, ReadCell, TextLine
from extractor.values.printed import PrintedRow
from extractor.values.slot import Header, Slot

#: Score of the surer one of two readers, 0 to 1, from which on what both read is what is printed. Both read 凤 as 风
#: with .98 and .95.
_CLEARLY = 0.99


def read_words_again(
    pages: Sequence[Page], matches: Sequence[TableMatch], slots: Sequence[Slot], second: OcrEngine
) -> list[Page]:
    """The pages with the words in doubt as the second reader has them; what a file says itself is left alone.

    Those are labels of rows that say something else than the form's, and what stands above columns that do. Pages of
    which nothing is read again are returned as they are.
    """
    by_page: dict[int, list[ReadCell]] = {}
    for match in matches:
        for row in match.matches:
            if row.name.other and row.target.is_data:
                cells = row.printed.cells[: len(row.printed.cells) - len(row.printed.values)]
                by_page.setdefault(row.printed.page_no, []).extend(cells)
    for page in pages:
        by_page.setdefault(page.page_no, []).extend(_list_headers(page, slots))
    return [_read_cells(page, by_page[page.page_no], second) for page in pages]


def _list_headers(page: Page, slots: Sequence[Slot]) -> Iterator[ReadCell]:
    """The words above the columns of a page that are called otherwise than the form's."""
    columns = [
        slot.cell.cell.box
        for slot in slots
        if slot.header is Header.OTHER and slot.cell is not None and slot.page_no == page.page_no
    ]
    for table in page.tables if columns else ():
        for cell in table.cells:
            own = cell.cell.box
            is_above = any(
                own.bottom <= box.center_y and overlap(own.left, own.right, box.left, box.right) > 0
                for box in columns
                if table.grid.box.top <= box.center_y <= table.grid.box.bottom
            )
            if is_above and HAN.search(cell.text):
                yield cell


def _read_cells(page: Page, cells: Sequence[ReadCell], second: OcrEngine) -> Page:
    lines = {
        id(line): (line, cell)
        for cell in cells
        for line in cell.lines
        if line.score < CERTAIN and HAN.search(line.text)
    }
    if not lines:
        return page
    readings = _read_lines(page, list(lines.values()), second)
    said = {
        key: TextLine(line.box, reading.text, reading.score)
        for (key, (line, _)), reading in zip(lines.items(), readings, strict=True)
        if reading.text.strip()
    }
    tables = [
        replace(table, cells=tuple(_with_lines(cell, said) for cell in table.cells)) for table in page.tables
    ]
    return replace(page, tables=tuple(tables))


def _read_lines(
    page: Page, lines: Sequence[tuple[TextLine, ReadCell]], second: OcrEngine
) -> Sequence[Reading]:
    crops = [
        cut_line(page.image.flat, line.box, AGAIN_PAD, cell.cell.box.shrink(2), line.box.height)
        for line, cell in lines
    ]
    return second.read(crops, width_scale=TITLE_SCALE)


def bear_out_columns(
    pages: Sequence[Page], columns: Sequence[HeadedColumn], second: OcrEngine | None
) -> list[OpenColumn]:
    """Columns that a form leaves open, those in doubt whose words the second reader does not read as the first does.

    Nothing else bears a name out but the file that says it itself. Without a second reader none is of a scan.
    """
    by_page = {page.page_no: page for page in pages}
    return [
        replace(
            one.column,
            is_sure=one.column.is_sure and _is_read_twice(one.cells, by_page[one.page_no], second),
        )
        for one in columns
    ]


def bear_out_rows(
    pages: Sequence[Page], opened: Opened, form: Form, second: OcrEngine | None
) -> tuple[OpenRow, ...]:
    """The same of rows that a form leaves open and that their words name; codes bear themselves out."""
    by_page = {page.page_no: page for page in pages}
    by_name = {
        block.field
        for table in form.tables
        for block in table.blocks
        if block.open_rows is not None and block.open_rows.key is RowKey.NAME
    }
    return tuple(
        replace(row, is_sure=_is_read_twice(_label_cells(printed), by_page[printed.page_no], second))
        if row.is_sure and row.id != TOTAL and row.field in by_name
        else row
        for row, printed in zip(opened.rows, opened.printed, strict=True)
    )


def _label_cells(row: PrintedRow) -> Sequence[ReadCell]:
    return row.cells[: len(row.cells) - len(row.values)]


def _is_read_twice(cells: Sequence[ReadCell], page: Page, second: OcrEngine | None) -> bool:
    lines = [(line, cell) for cell in cells for line in cell.lines if line.score < CERTAIN]
    if not lines:
        return True
    told = _read_lines(page, lines, second) if second is not None else []
    return len(told) == len(lines) and all(
        normalise(reading.text) == normalise(line.text)
        and min(reading.score, line.score) >= LEGIBLE
        and max(reading.score, line.score) >= _CLEARLY
        for reading, (line, _) in zip(told, lines, strict=True)
    )


def _with_lines(cell: ReadCell, said: Mapping[int, TextLine]) -> ReadCell:
    lines = tuple(said.get(id(line), line) for line in cell.lines)
    return cell if lines == cell.lines else replace(cell, lines=lines)
