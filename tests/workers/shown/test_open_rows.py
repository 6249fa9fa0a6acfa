"""Rows that a form leaves open are shown as a document has them: labels, sheets, tables, sums, the JSON."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from extractor.deciding.redecide import report_identities, report_specs, sum_difference
from extractor.forms.definition import list_families, load_forms
from extractor.forms.opening import OpenRow
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
