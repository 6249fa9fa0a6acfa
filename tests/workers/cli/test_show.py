from __future__ import annotations

import json
from dataclasses import replace

from extractor.forms.definition import load_forms
from extractor.output.result_json import result_to_json
from extractor.values.geometry import Box
from extractor.values.reason import FindingCode, Reason, ReasonCode
from extractor.values.result import (
    Field,
    FieldStatus,
    Finding,
    Kind,
    Report,
    Result,
    ResultStatus,
    Section,
    Source,
    TextField,
)
from workers.cli.entry import run_cli

_UNCLEAR = Reason(ReasonCode.READS_UNCLEARLY, {"reading": "7"})
_SURE, _DOUBT = FieldStatus.ACCEPTED, FieldStatus.REVIEW


def _result() -> Result:
    fields = (
        Field("a.b", 22.0, "22（其中修订16件）", Kind.NUMBER, 0.999, _SURE, 1, Box(0, 0, 9, 9)),
        Field("a.c", None, "—", Kind.DASH, 0.6, _DOUBT, 1, reasons=(_UNCLEAR,)),
    )
    report = Report(
        form="gio-2021",
        title="2025年度报告",
        pages=(1, 3),
        organ=TextField("东风区人民政府", 0.9, _SURE),
        year=TextField(2025, 1.0, _SURE),
        fields=fields,
        sections=(Section(1, "总体情况", "文字", (1,)),),
        findings=(
            Finding("sum", "arithmetic", "warning", FindingCode.TOLD, {"sentence": "2 + 2 is printed as 5"}),
        ),
    )
    return Result(Source("x.pdf", "00", 9, 3), ResultStatus.COMPLETE, (report,))


def test_show_prints_every_field_and_finding(tmp_path, capsys):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(result_to_json(_result()), ensure_ascii=False), encoding="utf-8")
    assert run_cli(["show", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "x.pdf: complete, 3 pages"
    assert "  a.b           22（其中修订16件）  22     0.9990      accepted" in lines
    assert "  a.c           —                   dash   0.6000      review    reads 7, but unclearly" in lines
    assert "  warning: 2 + 2 is printed as 5" in lines
    assert run_cli(["show", str(path), "--doubtful"]) == 0
    assert "a.b" not in capsys.readouterr().out


def test_show_tells_labels_and_reasons_in_chinese(tmp_path, capsys):
    field = "disclosure.fees.amount"
    doubt = Field(field, 7.0, "7", Kind.NUMBER, 0.6, _DOUBT, 1, reasons=(_UNCLEAR,))
    form = load_forms()["gio-2021"]
    others = tuple(
        Field(name, None, "", Kind.BLANK, 0.999, _SURE, 1) for name in form.specs() if name != field
    )
    report = replace(_result().reports[0], fields=(doubt, *others))
    path = tmp_path / "x.json"
    told = result_to_json(replace(_result(), reports=(report,)))
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    assert run_cli(["--lang", "zh", "show", str(path), "--doubtful"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "x.pdf：完整，3 页"
    heading = next(line for line in lines if "置信度" in line)
    assert heading.split() == ["字段", "栏目", "原文", "数值", "置信度", "状态", "原因"]
    row = next(line for line in lines if field in line)
    assert row.endswith("  7     7     0.6000  待复核  像是 7，但不清楚")
    assert "行政事业性收费" in row
    assert "  警告：2 + 2 is printed as 5" in lines


def test_show_refuses_what_is_no_result(tmp_path, capsys):
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    assert run_cli(["show", str(path)]) == 4
    assert "no result" in capsys.readouterr().err
