"""A result → a workbook: the printed forms filled in, and everything once more as tidy tables.

Every text is written as text: what a scan says never becomes a formula or a link.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from extractor.forms.definition import Form
from extractor.values.result import FieldStatus, Kind
from workers.exports.notes import tell_field
from workers.shown.labels import FieldLabel, Head, LaidBlock, label_fields, lay_out, report_tables

#: Who decided, by position of the report in the result (from 0) and field id.
Reviewers = Mapping[tuple[int, str], str]
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
_LEGEND = (
    ("accepted", "机器认定，可信", "accepted: read by the machine with confidence"),
    ("review", "待复核", "in review: a person should look"),
    ("corrected", "人工确定", "decided by a person"),
    ("settled", "由合计关系确定", "settled by the sums"),
    ("finding", "与其他数或正文矛盾", "part of a finding: contradicts another number or the prose"),
)
_FIELD_COLUMNS = (
    ("report", "报告", 7),
    ("organ", "机关", 22),
    ("year", "年份", 7),
    ("id", "字段", 40),
    ("label", "栏目", 48),
    ("value", "数值", 10),
    ("raw", "原文", 14),
    ("kind", "类别", 11),
    ("confidence", "置信度", 11),
    ("status", "状态", 11),
    ("origin", "来源", 10),
    ("reviewed by", "复核人", 16),
    ("page", "页", 6),
    ("bbox", "位置（磅）", 26),
)
_FINDING_COLUMNS = (
    ("report", "报告", 7),
    ("kind", "类别", 12),
    ("severity", "程度", 10),
    ("rule", "规则", 34),
    ("message", "说明", 70),
    ("fields", "字段", 70),
)


def to_xlsx(
    payload: Mapping[str, Any], forms: Mapping[str, Form], reviewers: Reviewers | None = None
) -> bytes:
    """The workbook of a result JSON, the machine's or the reviewed one."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        book.set_properties({"created": _MADE})
        writer = _Writer(book)
        labels = []
        for position, report in enumerate(payload["reports"]):
            tables = report_tables(report, forms)
            labels.append(label_fields(tables))
            for table in tables:
                blocks = [lay_out(block) for block in table.blocks]
                writer.add_form(_Printed(position, report, table.title, blocks))
        writer.add_fields(payload["reports"], labels, reviewers or {})
        writer.add_findings(payload["reports"])
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Printed:
    """A table of a report. position: of the report in the result, from 0."""

    position: int
    report: Mapping[str, Any]
    title: str
    blocks: Sequence[LaidBlock]

    @property
    def broken(self) -> set[str]:
        return {key for finding in self.report["findings"] for key in finding["fields"]}

    @property
    def width(self) -> int:
        return max(
            (block.width + len(block.rows[0].fields) for block in self.blocks if block.rows), default=1
        )


class _Writer:
    """Sheets of one workbook, with the looks of their cells."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
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
        told = [report["organ"]["value"], report["year"]["value"], table.title]
        heading = " ".join(str(part) for part in told if part is not None)
        _merge(sheet, (0, 0), Head(heading, 1, table.width), self._title)
        sheet.set_row(0, 30)
        sheet.set_column(0, table.width - 1, 13)
        row = 1
        for block in table.blocks:
            row = self._block(sheet, row, block, table)
        self._legend(sheet, row + 1)

    def add_fields(
        self,
        reports: Sequence[Mapping[str, Any]],
        labels: Sequence[Mapping[str, FieldLabel]],
        reviewers: Reviewers,
    ) -> None:
        """A sheet with one row per field."""
        rows = [
            _field_row(position, report, key, labels[position].get(key), reviewers)
            for position, report in enumerate(reports)
            for key in report["fields"]
        ]
        self._tidy("fields", _FIELD_COLUMNS, rows)

    def add_findings(self, reports: Sequence[Mapping[str, Any]]) -> None:
        """A sheet with one row per finding."""
        rows = [
            [
                position + 1,
                *(item[name] for name in ("kind", "severity", "rule", "message")),
                " ".join(item["fields"]),
            ]
            for position, report in enumerate(reports)
            for item in report["findings"]
        ]
        self._tidy("findings", _FINDING_COLUMNS, rows)

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
        broken = table.broken
        for line, laid in enumerate(block.rows):
            self._heads(sheet, row + line, laid.heads, taken)
            for column, key in enumerate(laid.fields, start=block.width):
                self._cell(sheet, (row + line, column), table.report["fields"][key], is_broken=key in broken)
        return row + len(block.rows)

    def _heads(self, sheet: Worksheet, row: int, heads: Sequence[Head], taken: set[tuple[int, int]]) -> None:
        column = 0
        for head in heads:
            while (row, column) in taken:
                column += 1
            _merge(sheet, (row, column), head, self._label)
            taken.update((row + y, column + x) for y in range(head.rows) for x in range(head.columns))

    def _cell(
        self, sheet: Worksheet, place: tuple[int, int], field: Mapping[str, Any], *, is_broken: bool
    ) -> None:
        look = _look(field, is_broken=is_broken)
        if field["kind"] == Kind.NUMBER and field["value"] is not None:
            sheet.write_number(*place, field["value"], self._looks[look])
        else:
            shown = {Kind.DASH: field["raw"] or "/", Kind.UNREADABLE: "?"}.get(Kind(field["kind"]), "")
            sheet.write_string(*place, _text(shown), self._looks[look])
        note = tell_field(field)
        if note:
            sheet.write_comment(*place, _text(note), {"x_scale": 2.2, "y_scale": 1.4, "author": ""})

    def _legend(self, sheet: Worksheet, row: int) -> None:
        for offset, (kind, chinese, english) in enumerate(_LEGEND):
            sheet.write_string(row + offset, 0, "", self._looks[kind])
            sheet.write_string(row + offset, 1, f"{chinese} · {english}", self._plain)

    def _tidy(
        self, name: str, columns: Sequence[tuple[str, str, int]], rows: Sequence[Sequence[object]]
    ) -> None:
        """A sheet of one line of names and one row each; the Chinese names are notes on them."""
        sheet = self._sheet(name)
        for number, (title, chinese, width) in enumerate(columns):
            sheet.set_column(number, number, width)
            sheet.write_string(0, number, title, self._bold)
            sheet.write_comment(0, number, chinese, {"author": ""})
        for line, row in enumerate(rows, start=1):
            for number, value in enumerate(row):
                if isinstance(value, int | float):
                    sheet.write_number(line, number, value)
                elif value is not None:
                    sheet.write_string(line, number, _text(str(value)))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)

    def _sheet(self, wanted: str) -> Worksheet:
        """A sheet of that name, as far as a workbook allows it, and of no other's."""
        plain = _FORBIDDEN.sub("", wanted)[:_NAME_LENGTH].strip() or "_"
        name, number = plain, 2
        while name.lower() in self._names:
            name = f"{plain[: _NAME_LENGTH - len(str(number)) - 1]}~{number}"
            number += 1
        self._names.add(name.lower())
        return self._book.add_worksheet(name)


def _field_row(
    position: int, report: Mapping[str, Any], key: str, label: FieldLabel | None, reviewers: Reviewers
) -> list[object]:
    field = report["fields"][key]
    parts = (label.table, *label.row, *label.column) if label is not None else ()
    box = " ".join(f"{edge:g}" for edge in field["bbox"]) if field["bbox"] else None
    return [
        position + 1,
        report["organ"]["value"],
        report["year"]["value"],
        key,
        " › ".join(part for part in parts if part),
        *(field[name] for name in ("value", "raw", "kind", "confidence", "status")),
        field.get("origin", "machine"),
        reviewers.get((position, key)),
        field["page"],
        box,
    ]


def _look(field: Mapping[str, Any], *, is_broken: bool) -> str:
    if field["status"] == FieldStatus.REVIEW:
        return "review"
    if is_broken:
        return "finding"
    return {"person": "corrected", "settled": "settled"}.get(field.get("origin", ""), "accepted")


def _merge(sheet: Worksheet, place: tuple[int, int], head: Head, look: Format) -> None:
    row, column = place
    if head.rows * head.columns > 1:
        sheet.merge_range(row, column, row + head.rows - 1, column + head.columns - 1, "", look)
    sheet.write_string(row, column, _text(head.text), look)


def _text(value: str) -> str:
    """A text as a cell can hold it."""
    return value.encode("utf-8", "replace").decode()[:_TEXT_LENGTH]
