"""A result → a workbook: the printed forms filled in, and everything once more as tidy tables.

Every text is written as text: what a scan says never becomes a formula or a link.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from extractor.forms.definition import Form
from extractor.output.sentences import tell_finding
from extractor.values.geometry import Box
from extractor.values.result import Field, FieldStatus, Finding, Kind, Origin, Report, Result
from extractor.wording.catalogue import Language, find_text
from extractor.wording.said import say, word
from workers.exports.notes import tell_field
from workers.shown.labels import FieldLabel, Head, LaidBlock, label_fields, lay_out, report_tables

#: Who decided, by position of the report in the result (from 0) and field id.
Reviewers = Mapping[tuple[int, str], str]
_Item = TypeVar("_Item")
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
#: The same result gives the same bytes.
_MADE = datetime.datetime(2000, 1, 1)  # noqa: DTZ001 - the format knows no time zones
_FORBIDDEN = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_NAME_LENGTH, _TEXT_LENGTH = 31, 32_000
_COLOURS = {"review": "#FFE08A", "corrected": "#BFD9FF", "settled": "#D3EFD3", "finding": "#FFC9C2"}
_LEGEND = ("accepted", "review", "corrected", "settled", "finding")


@dataclass(frozen=True, slots=True)
class _Column(Generic[_Item]):
    """A column of a tidy sheet. width: in characters. value: what an item has in it; None leaves its cell empty."""

    title: str
    width: int
    value: Callable[[_Item, Language], str | float | None]


@dataclass(frozen=True, slots=True)
class _FieldRow:
    """A field. position: of its report in the result, from 0. reviewer: who decided it, None for nobody."""

    position: int
    report: Report
    field: Field
    label: FieldLabel | None
    reviewer: str | None


@dataclass(frozen=True, slots=True)
class _FindingRow:
    """A finding. position: of its report in the result, from 0."""

    position: int
    finding: Finding


_FIELD_COLUMNS: Sequence[_Column[_FieldRow]] = (
    _Column("report", 7, lambda row, language: row.position + 1),
    _Column("organ", 22, lambda row, language: row.report.organ.value),
    _Column("year", 7, lambda row, language: row.report.year.value),
    _Column("id", 40, lambda row, language: row.field.id),
    _Column("label", 48, lambda row, language: _whole_label(row.label)),
    _Column("value", 10, lambda row, language: row.field.value),
    _Column("raw", 14, lambda row, language: row.field.raw),
    _Column("kind", 11, lambda row, language: _word("words", row.field.kind, language)),
    _Column("confidence", 11, lambda row, language: row.field.confidence),
    _Column("status", 11, lambda row, language: _word("words", row.field.status, language)),
    _Column("origin", 10, lambda row, language: _origin(row.field, language)),
    _Column("reviewed_by", 16, lambda row, language: row.reviewer),
    _Column("page", 6, lambda row, language: row.field.page_no),
    _Column("bbox", 26, lambda row, language: _edges(row.field.box)),
)
_FINDING_COLUMNS: Sequence[_Column[_FindingRow]] = (
    _Column("report", 7, lambda row, language: row.position + 1),
    _Column("kind", 12, lambda row, language: _word("kinds", row.finding.kind, language)),
    _Column("severity", 10, lambda row, language: _word("words", row.finding.severity, language)),
    _Column("rule", 34, lambda row, language: row.finding.rule),
    _Column("message", 70, lambda row, language: tell_finding(row.finding, language)),
    _Column("fields", 70, lambda row, language: " ".join(row.finding.fields)),
)


def to_xlsx(
    result: Result,
    forms: Mapping[str, Form],
    reviewers: Reviewers | None = None,
    language: Language = Language.ENGLISH,
) -> bytes:
    """The workbook of a result, the machine's or the reviewed one; names, headings and notes in a language."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        book.set_properties({"created": _MADE})
        writer = _Writer(book, language)
        fields: list[_FieldRow] = []
        for position, report in enumerate(result.reports):
            tables = report_tables(report, forms)
            labels = label_fields(tables)
            for table in tables:
                blocks = [lay_out(block) for block in table.blocks]
                writer.add_form(_Printed(position, report, table.title, blocks))
            fields += [
                _FieldRow(
                    position, report, item, labels.get(item.id), (reviewers or {}).get((position, item.id))
                )
                for item in report.fields
            ]
        writer.add_table("fields", _FIELD_COLUMNS, fields)
        findings = [
            _FindingRow(position, item)
            for position, report in enumerate(result.reports)
            for item in report.findings
        ]
        writer.add_table("findings", _FINDING_COLUMNS, findings)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Printed:
    """A table of a report. position: of the report in the result, from 0."""

    position: int
    report: Report
    title: str
    blocks: Sequence[LaidBlock]

    @property
    def broken(self) -> set[str]:
        return {key for finding in self.report.findings for key in finding.fields}

    @property
    def width(self) -> int:
        return max(
            (block.width + len(block.rows[0].fields) for block in self.blocks if block.rows), default=1
        )


class _Writer:
    """Sheets of one workbook, with the looks of their cells."""

    def __init__(self, book: xlsxwriter.Workbook, language: Language) -> None:
        self._book, self._language = book, language
        self._names: set[str] = set()
        line = {"border": 1, "valign": "vcenter", "align": "center", "text_wrap": True}
        self._title = book.add_format({"bold": True, "font_size": 14, "align": "center", "valign": "vcenter"})
        self._label = book.add_format(line | {"bg_color": "#F2F2F2"})
        self._bold = book.add_format({"bold": True, "bg_color": "#F2F2F2", "border": 1})
        self._plain = book.add_format({})
        self._looks = {kind: book.add_format(line | {"bg_color": tone}) for kind, tone in _COLOURS.items()}
        self._looks["accepted"] = book.add_format(line)

    def add_form(self, table: _Printed) -> None:
        """A sheet that looks as the printed table does."""
        sheet = self._sheet(f"{table.position + 1} {table.title}")
        report = table.report
        told = [report.organ.value, report.year.value, table.title]
        heading = " ".join(str(part) for part in told if part is not None)
        _merge(sheet, (0, 0), Head(heading, 1, table.width), self._title)
        sheet.set_row(0, 30)
        sheet.set_column(0, table.width - 1, 13)
        row = 1
        for block in table.blocks:
            row = self._block(sheet, row, block, table)
        self._legend(sheet, row + 1)

    def add_table(self, name: str, columns: Sequence[_Column[_Item]], items: Sequence[_Item]) -> None:
        """A sheet of one line of names and one row each."""
        sheet = self._sheet(self._tell(f"{name}.name"))
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, self._tell(f"{name}.{column.title}"), self._bold)
        for line, item in enumerate(items, start=1):
            for number, column in enumerate(columns):
                value = column.value(item, self._language)
                if isinstance(value, int | float):
                    sheet.write_number(line, number, value)
                elif value is not None:
                    sheet.write_string(line, number, _text(value))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(items)), len(columns) - 1)

    def _block(self, sheet: Worksheet, row: int, block: LaidBlock, table: _Printed) -> int:
        """Writes a block from a row on; the row after it."""
        if not block.rows:
            return row
        if block.heading:
            _merge(sheet, (row, 0), Head(block.heading, 1, table.width), self._label)
            row += 1
        taken: set[tuple[int, int]] = set()
        corner = Head(block.corner, len(block.head), block.width)
        for level, cells in enumerate(block.head):
            heads = (corner, *cells) if level == 0 else cells
            self._heads(sheet, row + level, heads, taken)
        row += len(block.head)
        broken, fields = table.broken, table.report.by_id
        for line, laid in enumerate(block.rows):
            self._heads(sheet, row + line, laid.heads, taken)
            for column, key in enumerate(laid.fields, start=block.width):
                self._cell(sheet, (row + line, column), fields[key], is_broken=key in broken)
        return row + len(block.rows)

    def _heads(self, sheet: Worksheet, row: int, heads: Sequence[Head], taken: set[tuple[int, int]]) -> None:
        column = 0
        for head in heads:
            while (row, column) in taken:
                column += 1
            _merge(sheet, (row, column), head, self._label)
            taken.update((row + y, column + x) for y in range(head.rows) for x in range(head.columns))

    def _cell(self, sheet: Worksheet, place: tuple[int, int], field: Field, *, is_broken: bool) -> None:
        look = _look(field, is_broken=is_broken)
        if field.kind is Kind.NUMBER and field.value is not None:
            sheet.write_number(*place, field.value, self._looks[look])
        else:
            shown = {Kind.DASH: field.raw or "/", Kind.UNREADABLE: "?"}.get(field.kind, "")
            sheet.write_string(*place, _text(shown), self._looks[look])
        note = tell_field(field, self._language)
        if note:
            sheet.write_comment(*place, _text(note), {"x_scale": 2.2, "y_scale": 1.4, "author": ""})

    def _legend(self, sheet: Worksheet, row: int) -> None:
        for offset, kind in enumerate(_LEGEND):
            sheet.write_string(row + offset, 0, "", self._looks[kind])
            sheet.write_string(row + offset, 1, self._tell(f"legend.{kind}"), self._plain)

    def _tell(self, key: str) -> str:
        return word(say(f"sheets.{key}"), self._language)

    def _sheet(self, wanted: str) -> Worksheet:
        """A sheet of that name, as far as a workbook allows it, and of no other's."""
        plain = _FORBIDDEN.sub("", wanted)[:_NAME_LENGTH].strip() or "_"
        name, number = plain, 2
        while name.lower() in self._names:
            name = f"{plain[: _NAME_LENGTH - len(str(number)) - 1]}~{number}"
            number += 1
        self._names.add(name.lower())
        return self._book.add_worksheet(name)


def _word(group: str, name: str, language: Language) -> str:
    """What a result calls something; a program's own word in English, a person's in other languages."""
    text = find_text(f"messages.{group}.{name}", language)
    return name if language is Language.ENGLISH or text is None else text


def _origin(field: Field, language: Language) -> str:
    return word(say(f"sheets.origin.{field.origin or Origin.MACHINE}"), language)


def _whole_label(label: FieldLabel | None) -> str:
    parts = (label.table, *label.row, *label.column) if label is not None else ()
    return " › ".join(part for part in parts if part)


def _edges(box: Box | None) -> str | None:
    if box is None:
        return None
    return " ".join(f"{edge:g}" for edge in (box.left, box.top, box.right, box.bottom))


def _look(field: Field, *, is_broken: bool) -> str:
    if field.status is FieldStatus.REVIEW:
        return "review"
    if is_broken:
        return "finding"
    return {Origin.PERSON: "corrected", Origin.SETTLED: "settled"}.get(
        field.origin or Origin.MACHINE, "accepted"
    )


def _merge(sheet: Worksheet, place: tuple[int, int], head: Head, look: Format) -> None:
    row, column = place
    if head.rows * head.columns > 1:
        sheet.merge_range(row, column, row + head.rows - 1, column + head.columns - 1, "", look)
    sheet.write_string(row, column, _text(head.text), look)


def _text(value: str) -> str:
    """A text as a cell can hold it."""
    return value.encode("utf-8", "replace").decode()[:_TEXT_LENGTH]
