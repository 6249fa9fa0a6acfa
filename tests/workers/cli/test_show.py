from __future__ import annotations

import json

from extractor.output.result_json import result_to_json
from extractor.values.geometry import Box
from extractor.values.reason import FindingCode
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

_SURE, _DOUBT = FieldStatus.ACCEPTED, FieldStatus.REVIEW


def _result() -> Result:
    fields = (
        Field("a.b", 22.0, "22（其中修订16件）", Kind.NUMBER, 0.999, _SURE, 1, Box(0, 0, 9, 9)),
        Field("a.c", None, "—", Kind.DASH, 0.6, _DOUBT, 1),
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
    assert "  a.b    22（其中修订16件）  22     0.9990      accepted" in lines
    assert "  a.c    —                   dash   0.6000      review" in lines
    assert "  warning: 2 + 2 is printed as 5" in lines
    assert run_cli(["show", str(path), "--doubtful"]) == 0
    assert "a.b" not in capsys.readouterr().out


def test_show_refuses_what_is_no_result(tmp_path, capsys):
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    assert run_cli(["show", str(path)]) == 4
    assert "no result" in capsys.readouterr().err
