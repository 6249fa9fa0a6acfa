"""Workbooks as another library reads them."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest

from extractor.seams.errors import UsageError
from extractor.values.reason import Reason, ReasonCode
from extractor.values.result import FieldStatus, Kind, MachineReading, Origin
from extractor.wording.catalogue import Language
from tests.workers.reports import field, forms, report, result, told_finding
from workers.exports.formats import parse_formats
from workers.exports.xlsx import to_xlsx

_KEY = "requests.granted.natural_person"


def _open(payload, reviewers=None, language=Language.ENGLISH):
    return openpyxl.load_workbook(io.BytesIO(to_xlsx(payload, forms(), reviewers, language)))


def _rows(sheet):
    names, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _noted(book):
    sheets = [sheet for sheet in book if sheet.title not in {"fields", "findings", "字段", "疑点"}]
    return [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.comment]


def test_text_of_a_scan_never_becomes_a_formula_or_a_link():
    reasons = (Reason(ReasonCode.TOLD, {"sentence": "=HYPERLINK(1)"}),)
    evil = replace(field("3", 0.5, ("=1+1", 0.3)), raw="=1+1", reasons=reasons)
    dash = replace(field("/"), raw="=cmd|' /C calc'!A0")
    made = report("=2+2", requests__granted__natural_person=evil, requests__granted__total=dash)
    book = _open(result(replace(made, findings=(told_finding("http://example.org/=1"),))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert {row["id"]: row for row in _rows(book["fields"])}[_KEY]["raw"] == "=1+1"


def test_a_sheet_looks_as_the_printed_form():
    book = _open(result(report(requests__granted__natural_person=field("7"))))
    tables = forms()["gio-2021"].tables
    assert [sheet.title for sheet in book][-2:] == ["fields", "findings"]
    assert len(book.sheetnames) == len(tables) + 2
    sheet = next(sheet for sheet in book if any(7 in row for row in sheet.iter_rows(values_only=True)))
    texts = {cell.value: cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    row = next(cell.row for row in sheet.iter_rows() for cell in row if cell.value == 7)
    assert "予以公开" in str([cell.value for cell in sheet[row]])
    assert "自然人" in texts
    assert any("申请人" in text for text in texts)
    spans = [(span.size["rows"], span.size["columns"]) for span in sheet.merged_cells.ranges]
    assert any(rows > 1 for rows, _ in spans)
    assert any(columns > 1 for _, columns in spans)
    assert any("in review" in text for text in texts)


def test_a_doubtful_cell_is_coloured_and_tells_why():
    reasons = (
        Reason(ReasonCode.READS_EITHER, {"readings": ("3", "8")}),
        Reason(ReasonCode.SUM_BROKEN, {"left": (12.0, 3.0), "right": (16.0,)}),
    )
    doubt = field("3", 0.6, ("8", 0.3), reasons=reasons)
    [cell] = _noted(_open(result(report(requests__granted__natural_person=doubt)), language=Language.CHINESE))
    assert cell.fill.start_color.rgb.endswith("FFE08A")
    assert cell.value == 3
    for told in ("可能是 3 或 8", "合计不符：12 + 3 ≠ 16", "8 30.0%", "第 1 页"):
        assert told in cell.comment.text


def test_a_workbook_is_of_one_language():
    doubt = field("3", 0.6, ("8", 0.3), reasons=(Reason(ReasonCode.SEALED, {}),))
    made = replace(report(requests__granted__natural_person=doubt), findings=(told_finding("x"),))
    english, chinese = (_open(result(made), language=language) for language in Language)
    assert "In review: a seal or other coloured ink lies over the cell" in _noted(english)[0].comment.text
    assert chinese.sheetnames[-2:] == ["字段", "疑点"]
    names, *_ = chinese["字段"].iter_rows(values_only=True)
    assert names[:5] == ("报告", "机关", "年度", "字段编号", "栏目")
    row = {item["字段编号"]: item for item in _rows(chinese["字段"])}[_KEY]
    assert (row["类别"], row["状态"], row["来源"]) == ("数", "待复核", "机器")
    words = {cell.value for sheet in english for cells in sheet.iter_rows() for cell in cells}
    assert not {"待复核：需要人看", "采信：机器有把握"} & words


def test_a_decided_cell_has_the_reviewed_value_and_names_who():
    machine = MachineReading(3.0, "3", Kind.NUMBER, 0.6, FieldStatus.REVIEW)
    decided = field("8", origin=Origin.PERSON, machine=machine)
    book = _open(result(report(requests__granted__natural_person=decided)), {(0, _KEY): "li"})
    [cell] = _noted(book)
    assert (cell.value, cell.fill.start_color.rgb[-6:]) == (8, "BFD9FF")
    assert "The machine read: 3" in cell.comment.text
    row = {row["id"]: row for row in _rows(book["fields"])}[_KEY]
    assert (row["value"], row["reviewed by"], row["origin"]) == (8, "li", "person")
    assert row["status"] == FieldStatus.ACCEPTED
    assert row["bbox"] == "100 100 160 118"


def test_blank_dash_and_unreadable_stay_apart():
    kinds = {
        "requests__granted__natural_person": field(""),
        "requests__granted__business": field("/"),
        "requests__granted__total": field("", kind=Kind.UNREADABLE),
    }
    rows = {row["id"]: row for row in _rows(_open(result(report(**kinds)))["fields"])}
    assert [rows[f"requests.granted.{key}"]["kind"] for key in ("natural_person", "business", "total")] == [
        "blank",
        "dash",
        "unreadable",
    ]


def test_a_result_without_a_report_and_two_alike_make_workbooks():
    assert _open(result()).sheetnames == ["fields", "findings"]
    names = _open(result(report(), report())).sheetnames
    assert len(set(names)) == len(names) == 2 * len(forms()["gio-2021"].tables) + 2


def test_the_same_result_gives_the_same_bytes():
    made = result(report())
    assert to_xlsx(made, forms()) == to_xlsx(made, forms())


def test_formats_are_named_by_a_list():
    assert parse_formats(" XLSX, xlsx") == ("xlsx",)
    assert parse_formats("") == ()
    with pytest.raises(UsageError, match="no export format 'docx'; there is csv, parquet, pdf, pdfa, xlsx"):
        parse_formats("xlsx,docx")
