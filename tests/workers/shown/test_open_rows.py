"""What a form leaves open is shown as a document has it: labels, sheets, tables, sums, the JSON."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from extractor.deciding.redecide import report_identities, report_specs, sum_difference
from extractor.forms.definition import list_families, load_forms, parse_form
from extractor.forms.opening import OpenColumn, OpenRow
from extractor.forms.repeating import RepeatedTable
from extractor.output.result_json import ResultFormatError, result_from_json, result_to_json
from extractor.values.result import FieldStatus, Report, Result, ResultStatus, Source, TextField
from tests.workers.reports import field
from workers.exports.rows import ResultRows
from workers.exports.xlsx import to_xlsx
from workers.shown.labels import label_fields, report_tables

_FAMILY = "department-settlement"
_PATTERN = "general.{row}.{column}"
_ROWS = (("total", "合计"), ("208", "208社会保障和就业支出"), ("20805", "20805行政事业单位养老支出"))


@pytest.fixture(scope="module")
def forms():
    return load_forms([list_families()[_FAMILY]])


def printed(basic="7.00", total="12.00"):
    """One table of a settlement, in which 12 = 7 + 5 in every row."""
    raws = {"total": total, "basic": basic, "projects": "5.00"}
    fields = tuple(
        replace(field(raw), id=f"general.{row}.{column}") for row, _ in _ROWS for column, raw in raws.items()
    )
    rows = tuple(OpenRow("general", _PATTERN, row, label) for row, label in _ROWS)
    told = TextField("东湖区财政局", 0.99, FieldStatus.ACCEPTED)
    report = Report(_FAMILY, "部门决算", (1, 1), told, replace(told, value=2024), fields, open_rows=rows)
    return Result(Source("s.pdf", "0" * 64, 1, 1), ResultStatus.COMPLETE, (report,))


def test_a_result_comes_back_from_its_json_with_its_rows():
    result = printed()
    told = json.loads(json.dumps(result_to_json(result)))
    assert result_from_json(told) == result
    told["reports"][0]["open_rows"][0]["sure"] = "yes"
    with pytest.raises(ResultFormatError, match="open_rows"):
        result_from_json(told)


def test_labels_sums_and_specs_are_those_of_the_document_s_rows(forms):
    (report,) = printed().reports
    labels = label_fields(report_tables(report, forms))
    assert labels["general.20805.basic"].row == ("20805行政事业单位养老支出",)
    assert labels["general.20805.basic"].neighbours["up"] == "general.208.basic"
    assert report_specs(report, forms)["general.208.total"].unit == "万元"
    sums = {
        identity.right[0]: identity for identity in report_identities(report, forms) if len(identity.left) > 1
    }
    assert sum_difference(sums["general.208.total"], report.by_id) == 0.0
    (broken,) = printed(basic="70.00").reports
    assert sum_difference(sums["general.208.total"], broken.by_id) == 63.0


def test_sheets_and_the_dataset_have_the_rows(forms):
    result = printed()
    with zipfile.ZipFile(io.BytesIO(to_xlsx(result, forms))) as book:
        assert "行政事业单位养老支出" in book.read("xl/sharedStrings.xml").decode()
    rows = {row["id"]: row for row in ResultRows("s", result).fields()}
    assert (rows["general.20805.total"]["row"], rows["general.20805.total"]["row_label"]) == _ROWS[2]


_ACROSS = """
id: across
title: 预算执行
tables:
- id: spent
  title: 分部门支出
  repeats: true
  blocks:
  - field: 'spent.{row}.{column}'
    columns: open
    rows: [{id: pay, label: 工资}]
"""
_PATTERNS = ("spent.{row}.{column}", "spent-2.{row}.{column}")


def printed_across():
    """One table twice, for two years, with the column of another body in each."""
    names = ("财政局_基本", "教育局")
    columns = (
        OpenColumn("spent", _PATTERNS[0], names[0], "基本", ("财政局",)),
        OpenColumn("spent-2", _PATTERNS[1], names[1], "教育局"),
    )
    tables = tuple(
        RepeatedTable(f"spent{suffix}", "spent", year, (pattern,))
        for suffix, year, pattern in zip(("", "-2"), ("2022年", "2023年"), _PATTERNS, strict=True)
    )
    fields = tuple(
        replace(field("7.00"), id=pattern.format(row="pay", column=name))
        for pattern, name in zip(_PATTERNS, names, strict=True)
    )
    told = TextField("东湖区", 0.99, FieldStatus.ACCEPTED)
    report = Report(
        "across", "预算", (1, 1), told, replace(told, value=2024), fields,
        open_columns=columns, repeated_tables=tables,
    )  # fmt: skip
    return Result(Source("s.pdf", "0" * 64, 1, 1), ResultStatus.COMPLETE, (report,))


def test_columns_and_tables_come_back_from_the_json_of_a_result():
    told = json.loads(json.dumps(result_to_json(printed_across())))
    assert result_from_json(told) == printed_across()
    assert "open_rows" not in told["reports"][0]
    for key, name, wrong in (("open_columns", "path", [1]), ("repeated_tables", "name", None)):
        other = json.loads(json.dumps(told))
        other["reports"][0][key][0][name] = wrong
        with pytest.raises(ResultFormatError, match=key):
            result_from_json(other)


def test_columns_and_tables_are_laid_out_and_in_the_dataset():
    result = printed_across()
    forms = {"across": parse_form(_ACROSS, "across.yaml")}
    tables = report_tables(result.reports[0], forms)
    labels = label_fields(tables)
    assert [table.title for table in tables] == ["分部门支出 2022年", "分部门支出 2023年"]
    assert labels["spent.pay.财政局_基本"].column == ("财政局", "基本")
    with zipfile.ZipFile(io.BytesIO(to_xlsx(result, forms))) as book:
        assert "教育局" in book.read("xl/sharedStrings.xml").decode()
    first, second = ResultRows("s", result).fields()
    assert (first["column"], first["column_label"], first["table_name"]) == (
        "财政局_基本",
        "财政局/基本",
        "2022年",
    )
    assert (second["table"], second["column_label"], second["row"]) == ("spent-2", "教育局", None)
