"""Forms of the user's own whose columns are called otherwise in the document, born digital and scanned."""

from __future__ import annotations

import pytest

from extractor.output.result_json import result_to_json
from extractor.pipeline import extract_document
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from fixtures.generator.faces import FontsMissingError, require_faces
from models.engines import load_engine
from models.pages import load_labeller
from tests.table_pdfs import scan, write_table

pytestmark = [pytest.mark.model, pytest.mark.issue(24)]

_ROWS = ("货币资金", "存货", "应收账款", "固定资产")
_FORM = """
id: own
title: 资产情况表
tables:
- id: assets
  blocks:
  - field: 'assets.{row}.{column}'
    label_columns: [项目]
    columns: [%s]
    rows: [%s]
"""


@pytest.fixture(scope="module")
def readers():
    try:
        require_faces()
    except FontsMissingError as error:
        pytest.skip(str(error))
    return Readers(load_engine("fast"), None, load_labeller())


@pytest.fixture(params=["born digital", "scanned"])
def read(request, readers, tmp_path):
    """The one report of a document that prints `printed` above its columns, by a form with `wanted` above them."""

    def get(wanted, printed, figures=None):
        rows = [[name, *(figures or _figures(row, len(printed)))] for row, name in enumerate(_ROWS)]
        path = write_table(tmp_path / "own.pdf", "某局2023年度资产年报", [["项目", *printed], *rows])
        if request.param == "scanned":
            path = scan(path)
        form = tmp_path / "own.yaml"
        columns = ", ".join(f'{{id: c{i}, label: "{label}"}}' for i, label in enumerate(wanted))
        names = ", ".join(f"{{id: r{i}, label: {label}}}" for i, label in enumerate(_ROWS))
        form.write_text(_FORM % (columns, names), encoding="utf-8")
        result = extract_document(path, name=path.name, readers=readers, options=Options(forms=(form,)))
        (report,) = result_to_json(result)["reports"]
        return report

    return get


def _figures(row, count):
    """Figures of which each tells its row and column."""
    return [f"{1000 * (place + 1) + 37 * (row + 2)}" for place in range(count)]


def column(report, place):
    """The fields of a column of the form, top to bottom."""
    return [report["fields"][f"assets.r{row}.c{place}"] for row in range(len(_ROWS))]


def values(report, place):
    return [field["value"] for field in column(report, place)]


def codes(report, place):
    return {reason["code"] for field in column(report, place) for reason in field["reason_codes"]}


def printed_values(place, count):
    return [float(_figures(row, count)[place]) for row in range(len(_ROWS))]


def findings(report, code):
    return [found["parameters"] for found in report["findings"] if found["code"] == code]


@pytest.mark.parametrize(
    ("wanted", "printed", "foreign"),
    [
        (("本年数", "上年数"), ("本月数", "上年数"), {0}),
        (("年初数", "年末数"), ("年初数", "完成率"), {1}),
        (("年初数", "年末数"), ("计划额", "实际额"), {0, 1}),
        (("年初数", "本年数", "年末数"), ("年初数", "本月数", "年末数"), {1}),
        (("年初数", "本年数", "年末数"), ("年初数", "本年数", "同比增幅"), {2}),
        (("年初数", "本年数", "年末数"), ("册页", "班组", "场馆"), {0, 1, 2}),
        (("年初数", "增加", "减少", "折旧", "年末数"), ("年初数", "增加", "减少", "面积", "年末数"), {3}),
        (
            ("人数", "次数", "本年数", "面积", "合计"),
            ("女性人数", "次数", "预算完成率", "面积", "合计"),
            {0, 2},
        ),
        (("本年数",), ("本月数",), {0}),
    ],
)
def test_what_stands_under_other_words_is_never_accepted(read, wanted, printed, foreign):
    report = read(wanted, printed)
    told = findings(report, "unknown_column")
    assert [item["words"] for item in told] == [printed[place] for place in sorted(foreign)]
    assert [item["place"] for item in told] == [place + 1 for place in sorted(foreign)]
    for place in range(len(wanted)):
        assert values(report, place) == printed_values(place, len(printed))
        if place in foreign:
            assert {field["status"] for field in column(report, place)} == {"review"}
            assert "header_other" in codes(report, place)
        else:
            assert "header_other" not in codes(report, place)


def test_columns_one_year_on_are_told_and_those_of_the_form_are_read_where_they_stand(read):
    report = read(("2023年", "2022年"), ("2024年", "2023年"))
    assert values(report, 0) == printed_values(1, 2)
    assert values(report, 1) == [None] * len(_ROWS)
    assert codes(report, 1) == {"column_missing"}
    assert [item["words"] for item in findings(report, "unknown_column")] == ["2024年"]
    assert findings(report, "column_missing") == [
        {"table": "assets", "column": "2022年", "count": len(_ROWS)}
    ]


def test_years_that_changed_places_are_read_where_they_stand(read):
    report = read(("2023", "2022"), ("2022", "2023"))
    assert [values(report, place) for place in (0, 1)] == [printed_values(place, 2) for place in (1, 0)]
    assert report["findings"] == []


def test_a_column_that_stands_elsewhere_is_read_there(read):
    report = read(("年初数", "年末数"), ("年末数", "本月数"))
    assert values(report, 1) == printed_values(0, 2)
    assert codes(report, 0) == {"column_missing"}
    assert [item["words"] for item in findings(report, "unknown_column")] == ["本月数"]


@pytest.mark.parametrize("wanted", [("年末数",), ("年初数", "年末数"), ("年初数", "减少", "年末数")])
def test_columns_that_the_form_does_not_have_are_told_and_cost_nothing(read, wanted):
    printed = ("年初数", "增加", "减少", "折旧", "年末数")
    report = read(wanted, printed)
    for place, label in enumerate(wanted):
        assert values(report, place) == printed_values(printed.index(label), len(printed))
        assert not codes(report, place) & {"header_other", "columns_unnamed", "column_missing"}
    told = {item["words"] for item in findings(report, "unknown_column")}
    assert told == set(printed) - set(wanted)


@pytest.mark.parametrize(
    ("wanted", "printed"),
    [
        (("已公开", "末审结", "合计"), ("己公开", "未审结", "合计")),
        (("年初数", "年末数"), ("年初数（万元）", "年末数")),
        (("金额",), ("金额（万元）",)),
    ],
)
def test_misread_letters_and_units_are_forgiven(read, wanted, printed):
    report = read(wanted, printed)
    assert findings(report, "unknown_column") == []
    for place in range(len(wanted)):
        assert values(report, place) == printed_values(place, len(printed))
        assert not codes(report, place) & {"header_other", "columns_unnamed"}
