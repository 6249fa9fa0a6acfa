"""The codec against the JSON Schema that is published beside it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.output.result_json import result_to_json
from extractor.values.geometry import Box
from extractor.values.reason import FindingCode, Reason, ReasonCode
from extractor.values.result import (
    Candidate,
    Fact,
    Field,
    FieldStatus,
    Finding,
    Issue,
    Kind,
    PageFacts,
    Report,
    Result,
    ResultStatus,
    Section,
    Source,
    TextField,
)
from tests.extractor.schema import check_schema
from tests.paths import ROOT

_SCHEMA = json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))
_BOX = Box(1.04, 2.0, 30.06, 40.0)
_REASONS = (Reason(ReasonCode.LOW_CONFIDENCE), Reason(ReasonCode.READS_EITHER, {"readings": ("7", "")}))
_SUM = {"identity": "总计", "left": (1.0,), "right": (2.5,)}


def field(id_="disclosure.fees.amount", value=1.5, kind=Kind.NUMBER):
    raw = "" if value is None else str(value)
    candidates = (Candidate(raw, 0.987654321),)
    return Field(id_, value, raw, kind, 0.5, FieldStatus.REVIEW, 1, _BOX, candidates, _REASONS)


def report(**changes):
    text = TextField("某局", 0.99, FieldStatus.ACCEPTED, 1, _BOX)
    parts = {
        "form": "gio-2021",
        "title": "某局2024年政府信息公开工作年度报告",
        "pages": (1, 3),
        "organ": text,
        "year": TextField(2024, 0.99, FieldStatus.ACCEPTED),
        "fields": (field(),),
        "sections": (Section(1, "一、总体情况", "甲\n乙", (1, 2)),),
        "facts": (Fact("requests.received", 9.0, "件", "受理申请9件", 1, _BOX, 0.9),),
        "findings": (Finding("sum", "arithmetic", "warning", FindingCode.SUM_BROKEN, _SUM, ("a", "b")),),
    }
    return Report(**(parts | changes))


def result(**changes):
    parts = {
        "source": Source("某.pdf", "0" * 64, 1000, 3),
        "status": ResultStatus.COMPLETE,
        "reports": (report(),),
        "pages": (PageFacts(1, 595.276, 841.89, "scan", 90, -0.4321, ("faint",)),),
        "issues": (Issue("broken_page", "page 2 cannot be loaded", 2), Issue("note", "whole document")),
        "engine": {"extractor": "0.1.0", "engine": "null"},
        "timing": {"read": 1.23456},
    }
    return Result(**(parts | changes))


def test_result_follows_the_published_schema():
    payload = result_to_json(result())
    assert check_schema(payload, _SCHEMA) == []
    assert json.loads(json.dumps(payload, ensure_ascii=False, allow_nan=False)) == payload


@pytest.mark.parametrize("status", list(ResultStatus))
def test_every_status_follows_the_schema(status):
    empty = result(status=status, reports=(), pages=(), issues=(), engine={}, timing={})
    assert check_schema(result_to_json(empty), _SCHEMA) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_follows_the_schema(kind):
    value = 3.0 if kind is Kind.NUMBER else None
    payload = result_to_json(result(reports=(report(fields=(field(value=value, kind=kind),)),)))
    assert check_schema(payload, _SCHEMA) == []


def test_schema_refuses_what_the_contract_forbids():
    def broken(change):
        payload = result_to_json(result())
        change(payload)
        return check_schema(payload, _SCHEMA)

    item = "disclosure.fees.amount"
    assert broken(lambda p: p.pop("status"))
    assert broken(lambda p: p["reports"][0]["fields"][item].update(kind="empty"))
    assert broken(lambda p: p["reports"][0]["fields"][item].update(confidence=1.2))
    assert broken(lambda p: p["reports"][0]["fields"][item].update(value="3"))
    assert broken(lambda p: p["reports"][0]["fields"][item].update(bbox=[1, 2, 3]))
    assert broken(lambda p: p["reports"][0]["fields"][item].update(kind="dash"))
    assert broken(lambda p: p.update(schema_version=1))


def test_whole_numbers_are_written_without_a_point():
    fields = (field("a.b", 3.0), field("a.c", 2.25), field("a.d", None, Kind.DASH), field("a.e", 0.0))
    written = result_to_json(result(reports=(report(fields=fields),)))["reports"][0]["fields"]
    assert json.dumps([f["value"] for f in written.values()]) == "[3, 2.25, null, 0]"


def test_places_are_points_with_one_decimal_and_pages_count_from_one():
    written = result_to_json(result())["reports"][0]
    assert written["organ"]["bbox"] == [1.0, 2.0, 30.1, 40.0]
    assert written["organ"]["page"] == 1
    assert (written["year"]["bbox"], written["year"]["page"]) == (None, None)


@settings(deadline=None)
@given(
    st.floats(0, 1),
    st.one_of(st.none(), st.floats(-1e9, 1e9)),
    st.text(max_size=20),
    st.lists(st.floats(0, 1), max_size=4),
)
def test_any_field_follows_the_schema(confidence, value, raw, probabilities):
    kind = Kind.BLANK if value is None else Kind.NUMBER
    candidates = tuple(Candidate(raw, p) for p in probabilities)
    made = Field("a.b", value, raw, kind, confidence, FieldStatus.REVIEW, None, None, candidates)
    payload = result_to_json(result(reports=(report(fields=(made,)),)))
    assert check_schema(payload, _SCHEMA) == []
    json.dumps(payload, allow_nan=False)
