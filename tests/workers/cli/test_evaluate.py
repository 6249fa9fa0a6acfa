"""Metrics against figures worked out by hand, and the command as a user runs it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from numpy.testing import assert_allclose

from extractor.values.geometry import Box
from extractor.values.reason import FindingCode
from extractor.values.result import Fact, Field, FieldStatus, Finding, Kind, Report, TextField
from tests.workers.pdfs import write_blank
from tests.workers.reports import put, result
from workers.cli.entry import run_cli
from workers.files.storage import read_result
from workers.scoring.intervals import bound_by_document, wilson_interval
from workers.scoring.metrics import (
    calibration_error,
    coverage_curve,
    figures_by_aspect,
    figures_by_group,
    measure_burden,
    reliability,
    worst_fields,
)
from workers.scoring.truth import score_folder

_BOX = Box(100.0, 200.0, 140.0, 215.0)


def _field(
    value: float | None,
    *,
    kind: Kind = Kind.NUMBER,
    status: FieldStatus = FieldStatus.ACCEPTED,
    confidence: float = 1.0,
) -> Field:
    return Field("", value, "" if value is None else f"{value}", kind, confidence, status, 1, _BOX)


def _report(fields: dict[str, Field], form: str = "gio-2021", year: int = 2025, **more: Any) -> Report:
    return Report(
        form=form,
        title="年度报告",
        pages=(1, 1),
        organ=TextField("东风区 人民政府", 1.0, FieldStatus.ACCEPTED),
        year=TextField(year, 1.0, FieldStatus.ACCEPTED),
        fields=tuple(replace(item, id=key) for key, item in fields.items()),
        **more,
    )


def _truth(case: str, fields: dict[str, float | None]) -> dict[str, Any]:
    report = {"form": "gio-2021", "organ": "东风区人民政府", "year": 2025, "fields": fields}
    return {"case": case, "reports": [report]}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three documents: one right, one with every sort of error, one that was never read."""
    results, truths = tmp_path / "results", tmp_path / "truths"
    results.mkdir()
    truths.mkdir()

    def write(folder: Path, name: str, content: dict[str, Any]) -> None:
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    write(truths, "a.truth.json", _truth("clean", {"x": 1, "y": None}))
    put(results, "a", result(_report({"x": _field(1), "y": _field(None, kind=Kind.BLANK)})))
    write(truths, "b.truth.json", _truth("rough", {"p": 1, "q": 2, "r": None, "s": 4}))
    fields = {
        "p": _field(7, confidence=0.9),
        "q": _field(2, status=FieldStatus.REVIEW, confidence=0.6),
        "r": _field(None, kind=Kind.UNREADABLE, status=FieldStatus.REVIEW, confidence=0.2),
    }
    put(results, "b", result(_report(fields, "gio-2019", 2024)))
    write(truths, "c.truth.json", _truth("rough", {"x": 3}))
    return results, truths


def test_figures_count_every_field_of_the_truth(folders):
    clean, rough, everything = figures_by_group(score_folder(*folders))
    assert (clean.group, clean.fields, clean.exact, clean.accepted, clean.silent_errors) == (
        "clean",
        2,
        100,
        100,
        0,
    )
    assert (clean.documents_exact, clean.straight_through, clean.organ, clean.year) == (1, 1, "1/1", "1/1")
    assert (rough.documents, rough.fields, rough.exact, rough.accepted, rough.silent_errors) == (
        2,
        5,
        20,
        20,
        1,
    )
    assert (rough.documents_exact, rough.organ, rough.year, rough.form) == (0, "1/2", "0/2", "0/2")
    assert (everything.group, everything.fields, everything.silent_errors) == ("ALL", 7, 1)


def test_calibration_error_weighs_each_bin_by_its_fields(folders):
    fields = [field for document in score_folder(*folders) for field in document.fields]
    # Bins: 0 (0.2, 0, 0; none right), 0.5 (0.6; right), 0.9 (0.9; wrong), 0.9999 (1, 1; both right).
    assert_allclose(calibration_error(fields), (0.2 + 0.4 + 0.9 + 0) / 7)
    assert [(b.low, b.fields, b.exact) for b in reliability(fields)] == [
        (0.0, 3, 0.0), (0.5, 1, 1.0), (0.9, 1, 0.0), (0.9999, 2, 1.0),
    ]  # fmt: skip


def test_worst_are_the_accepted_errors_first(folders):
    fields = [field for document in score_folder(*folders) for field in document.fields]
    assert [field.id for field in worst_fields(fields, 3)] == ["p", "r", "s"]


def test_a_report_too_many_spoils_the_document(folders):
    results, truths = folders
    read = read_result(results / "a.json")
    assert read is not None
    put(results, "a", replace(read, reports=(*read.reports, _report({}))))
    assert figures_by_group(score_folder(results, truths))[0].documents_exact == 0


def test_command_prints_figures_and_writes_json_and_crops(folders, tmp_path, capsys):
    results, truths = folders
    write_blank(tmp_path / "b.PDF", pages=1)
    crops, figures = tmp_path / "crops", tmp_path / "figures.json"
    options = ("--pdfs", tmp_path, "--crops", crops, "--json", figures)
    assert run_cli([str(part) for part in ("evaluate", results, truths, *options)]) == 0
    output = capsys.readouterr().out
    assert "silent_errors" in output
    assert "b: p truth 1 got 7 (“7”) ACCEPTED 0.9000" in output
    assert [group["group"] for group in json.loads(figures.read_text())["groups"]] == [
        "clean",
        "rough",
        "ALL",
    ]
    assert sorted(path.name for path in crops.iterdir()) == ["001-b-p.png", "002-b-r.png"]
    height, width, _ = cv2.imread(str(crops / "001-b-p.png")).shape
    assert abs(width - 88 * 200 / 72) <= 1.5
    assert abs(height - 63 * 200 / 72) <= 1.5


@pytest.mark.parametrize(
    ("arguments", "code"), [(["{results}", "{results}"], 4), (["{results}", "{truths}", "--crops", "x"], 1)]
)
def test_command_names_what_is_wrong(folders, capsys, arguments, code):
    results, truths = folders
    filled = [argument.format(results=results, truths=truths) for argument in arguments]
    assert run_cli(["evaluate", *filled]) == code
    assert capsys.readouterr().err


def test_facts_are_counted_right_missed_and_wrong(tmp_path, capsys):
    truth = {"form": "f", "organ": "o", "year": 2024, "fields": {"a": 1}, "facts": {"x": 9, "y": 3}}
    (tmp_path / "d.truth.json").write_text(json.dumps({"case": "g", "reports": [truth]}), encoding="utf-8")
    facts = tuple(
        Fact(key, value, "件", "收到申请。", 1, None, 0.9)
        for key, value in (("x", 9), ("x", 8), ("unjudged", 1))
    )
    put(tmp_path, "d", result(_report({}, facts=facts)))
    [document] = score_folder(tmp_path, tmp_path)
    [report] = document.reports
    assert (report.facts, report.facts_right, report.facts_extra) == (2, 1, 1)
    assert run_cli(["evaluate", str(tmp_path), str(tmp_path)]) == 0
    assert "1/2" in capsys.readouterr().out


def _write_case(folder: Path, fields: dict[str, Field], truth: dict[str, Any]) -> None:
    told = {"form": "f", "organ": "o", "year": 2024, "fields": truth}
    (folder / "d.truth.json").write_text(json.dumps({"case": "g", "reports": [told]}), encoding="utf-8")
    put(folder, "d", result(_report(fields)))


def test_burden_counts_what_slips_past_and_what_is_left_to_people(tmp_path):
    fields = {
        "a": _field(1),
        "b": _field(2, confidence=0.9),
        "c": _field(3, status=FieldStatus.REVIEW, confidence=0.5),
    }
    _write_case(tmp_path, fields, {"a": 1, "b": 7, "c": 3})
    burden = measure_burden(score_folder(tmp_path, tmp_path))
    assert (burden.accepted, burden.silent_errors, burden.silent_documents) == (2, 1, 1)
    assert (burden.review, burden.review_documents, burden.documents) == (1, 1, 1)
    assert burden.rate == 5000
    assert burden.low < 5000 < burden.high
    assert burden.brier == pytest.approx((0 + 0.81 + 0.25) / 3, abs=1e-6)


def test_errors_of_one_document_bound_the_rate_less_tightly_than_errors_apart():
    counts = [100] * 50
    together = bound_by_document([10] + [0] * 49, counts)
    apart = bound_by_document([1] * 10 + [0] * 40, counts)
    assert together > apart >= wilson_interval(10, 5000)[1]
    assert bound_by_document([0] * 50, counts) == wilson_interval(0, 5000)[1]
    assert bound_by_document([], []) == 1.0


def test_coverage_grows_as_confidence_falls(tmp_path):
    fields = {
        key: _field(1, confidence=sure) for key, sure in zip("abcd", (0.99, 0.99, 0.9, 0.5), strict=True)
    }
    _write_case(tmp_path, fields, {"a": 1, "b": 1, "c": 2, "d": 1})
    [document] = score_folder(tmp_path, tmp_path)
    assert coverage_curve(document.fields) == [(0.5, 0), (0.75, pytest.approx(1e4 / 3)), (1.0, 2500)]


def test_reliability_is_drawn_and_the_same_figures_give_the_same_picture(tmp_path):
    _write_case(tmp_path, {"a": _field(1), "b": _field(2, confidence=0.7)}, {"a": 1, "b": 3})
    drawn = []
    for name in ("one", "two"):
        stem = tmp_path / name
        assert run_cli(["evaluate", str(tmp_path), str(tmp_path), "--plot", str(stem)]) == 0
        drawn.append((stem.with_name(f"{name}.png").read_bytes(), stem.with_name(f"{name}.svg").read_bytes()))
    assert drawn[0] == drawn[1]
    assert cv2.imread(str(tmp_path / "one.png")) is not None
    assert drawn[0][1].startswith(b"<?xml")


def test_silent_errors_are_told_by_damage_sums_and_origin(tmp_path):
    told = {"form": "f", "organ": "o", "year": 2024, "fields": {"a": 1, "b": 7, "c": 3}}
    damage = {"mode": "gray", "marks": ["scratch"], "folds": 0, "bleed": 0.2}
    truth = {"case": "g", "reports": [told], "generator": {"damage": damage}}
    (tmp_path / "d.truth.json").write_text(json.dumps(truth), encoding="utf-8")
    broken = Finding(
        "sum",
        "arithmetic",
        "error",
        FindingCode.SUM_BROKEN,
        {"identity": "a = b", "left": (1.0,), "right": (2.0,)},
        ("a", "b"),
    )
    put(tmp_path, "d", result(_report({"a": _field(1), "b": _field(2)}, findings=(broken,))))
    aspects = figures_by_aspect(score_folder(tmp_path, tmp_path))
    found = {f.aspect: (f.fields, f.accepted, f.silent_errors) for f in aspects}
    assert found == {
        "damage: mode:gray": (3, 2, 1),
        "damage: mark:scratch": (3, 2, 1),
        "damage: bleed": (3, 2, 1),
        "sum reported broken": (2, 2, 1),
        "no sum reported broken": (1, 0, 0),
        "origin: scan": (2, 2, 1),
        "origin: not found": (1, 0, 0),
    }
