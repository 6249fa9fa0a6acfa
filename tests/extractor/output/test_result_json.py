"""The codec against the JSON Schema that is published beside it."""

from __future__ import annotations

import json
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.output.result_json import ResultFormatError, result_from_json, result_to_json
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
    MachineReading,
    Origin,
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


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
_SHARES, _NUMBERS = st.floats(0, 1), st.floats(-1e12, 1e12)
_PAGES = st.integers(1, 99)
_BOXES = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height), *[st.floats(0, 900)] * 4
)
_STATUSES = st.sampled_from(FieldStatus)
_ITEMS = st.one_of(
    st.builds(Reason, st.just(ReasonCode.LOW_CONFIDENCE)),
    st.builds(lambda text: Reason(ReasonCode.SECOND_READER, {"text": text}), _TEXTS),
    st.builds(
        lambda texts: Reason(ReasonCode.READS_EITHER, {"readings": texts}),
        st.lists(_TEXTS, min_size=2, max_size=3).map(tuple),
    ),
)
_MACHINES = st.builds(MachineReading, st.none() | _NUMBERS, _TEXTS, st.sampled_from(Kind), _SHARES, _STATUSES)
_FIELDS = st.builds(
    Field,
    id=st.text("abc._", min_size=1, max_size=9),
    value=st.none() | _NUMBERS,
    raw=_TEXTS,
    kind=st.sampled_from(Kind),
    confidence=_SHARES,
    status=_STATUSES,
    page_no=st.none() | _PAGES,
    box=st.none() | _BOXES,
    candidates=st.lists(st.builds(Candidate, _TEXTS, _SHARES), max_size=2).map(tuple),
    reasons=st.lists(_ITEMS, max_size=2).map(tuple),
    origin=st.none() | st.sampled_from(Origin),
    machine=st.none() | _MACHINES,
    printed_so=st.booleans(),
)
_FINDINGS = st.builds(
    lambda left, right, fields: Finding(
        "sum", "arithmetic", "warning", FindingCode.SUM_BROKEN,
        {"identity": "总计", "left": left, "right": right}, fields,
    ),
    *[st.lists(_NUMBERS, min_size=1, max_size=3).map(tuple)] * 2,
    st.lists(_TEXTS, max_size=2).map(tuple),
)  # fmt: skip
_REPORTS = st.builds(
    Report,
    form=_TEXTS,
    title=_TEXTS,
    pages=st.tuples(_PAGES, _PAGES),
    organ=st.builds(TextField, st.none() | _TEXTS, _SHARES, _STATUSES, st.none() | _PAGES, st.none() | _BOXES),
    year=st.builds(TextField, st.none() | st.integers(1990, 2100), _SHARES, _STATUSES),
    fields=st.lists(_FIELDS, max_size=3, unique_by=lambda item: item.id).map(tuple),
    sections=st.lists(st.builds(Section, _PAGES, _TEXTS, _TEXTS, st.tuples(_PAGES)), max_size=2).map(tuple),
    facts=st.lists(
        st.builds(
            Fact, _TEXTS, _NUMBERS, _TEXTS, _TEXTS, _PAGES, st.none() | _BOXES, _SHARES, st.booleans(),
            st.sampled_from(["own", "area", "part"]), st.none() | st.integers(1990, 2100),
        ),
        max_size=2,
    ).map(tuple),
    findings=st.lists(_FINDINGS, max_size=2).map(tuple),
    reviewed=st.none() | st.booleans(),
)  # fmt: skip
_RESULTS = st.builds(
    Result,
    source=st.builds(Source, _TEXTS, st.just("0" * 64), _PAGES, _PAGES, _TEXTS),
    status=st.sampled_from(ResultStatus),
    reports=st.lists(_REPORTS, max_size=2).map(tuple),
    pages=st.lists(
        st.builds(
            PageFacts, _PAGES, st.floats(0, 9e3), st.floats(0, 9e3), st.just("scan"),
            st.sampled_from([0, 90, 180, 270]), st.floats(-9, 9), st.lists(_TEXTS, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    issues=st.lists(st.builds(Issue, _TEXTS, _TEXTS, st.none() | _PAGES), max_size=2).map(tuple),
    engine=st.dictionaries(_TEXTS, _TEXTS, max_size=2),
    timing=st.dictionaries(_TEXTS, st.floats(0, 1e4), max_size=2),
)  # fmt: skip


def _rounded(value: Any, name: str = "") -> Any:
    """A result as it comes back: what is written is rounded, of everything else nothing is lost."""
    if isinstance(value, Box):
        edges = (value.left, value.top, value.right, value.bottom)
        return Box(*(round(edge, 1) for edge in edges))
    if is_dataclass(value) and not isinstance(value, type):
        told = {part.name: _rounded(getattr(value, part.name), part.name) for part in dataclass_fields(value)}
        return type(value)(**told)
    if isinstance(value, tuple):
        return tuple(_rounded(part) for part in value)
    if isinstance(value, dict):
        return {key: _rounded(part, "seconds" if name == "timing" else "") for key, part in value.items()}
    places = {"confidence": 6, "probability": 6, "width": 1, "height": 1, "skew": 2, "seconds": 3}
    return round(value, places[name]) if name in places else value


@settings(deadline=None, max_examples=60)
@given(_RESULTS)
def test_what_is_written_is_read_back(made):
    text = json.dumps(result_to_json(made), ensure_ascii=False, allow_nan=False)
    read = result_from_json(json.loads(text))
    assert read == _rounded(made)
    assert json.dumps(result_to_json(read), ensure_ascii=False, allow_nan=False) == text


def test_a_result_from_before_there_were_codes_keeps_its_sentences():
    payload = result_to_json(result())
    old = payload["reports"][0]
    item, finding = old["fields"]["disclosure.fees.amount"], old["findings"][0]
    del item["reason_codes"], finding["code"], finding["parameters"]
    item["reasons"], finding["message"] = ["reads {3} or 8", "something {new}"], "2 + 2 is printed as 5"
    [report] = result_from_json(payload).reports
    assert report.fields[0].reasons == (
        Reason(ReasonCode.READS_EITHER, {"readings": ("{3}", "8")}),
        Reason(ReasonCode.TOLD, {"sentence": "something {new}"}),
    )
    assert report.findings[0].code is FindingCode.TOLD
    written = result_to_json(result_from_json(payload))["reports"][0]
    assert written["fields"]["disclosure.fees.amount"]["reasons"] == item["reasons"]
    assert written["findings"][0]["message"] == finding["message"]


def test_facts_from_before_they_told_whose_they_are_are_the_reports_own():
    payload = result_to_json(result())
    for name in ("approximate", "scope", "year"):
        del payload["reports"][0]["facts"][0][name]
    [fact] = result_from_json(payload).reports[0].facts
    assert (fact.approximate, fact.scope, fact.year) == (False, "own", None)


@pytest.mark.parametrize(
    "odd", [{"code": "of_tomorrow"}, {"parameters": {}}, {"parameters": {"readings": [{}]}}]
)
def test_a_code_of_a_later_version_is_told_as_it_was_worded(odd):
    payload = result_to_json(result())
    item = payload["reports"][0]["fields"]["disclosure.fees.amount"]
    item["reason_codes"][1] |= odd
    *_, read = result_from_json(payload).reports[0].fields[0].reasons
    assert read == Reason(ReasonCode.TOLD, {"sentence": item["reasons"][1]})


_FIELD = "disclosure.fees.amount"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda p: p.update(schema_version="2"), "schema version '2'"),
        (lambda p: p.pop("timing"), "'timing' is missing"),
        (lambda p: p.update(status="done"), "'done' is not a valid ResultStatus"),
        (lambda p: p["source"].update(pages="3"), "source: '3' is no int"),
        (lambda p: p.update(reports={}), "'{}' is no list"),
        (lambda p: p["reports"].append({}), r"reports\[1\]: 'pages' is missing"),
        (lambda p: p["reports"].append(None), r"reports\[1\]: "),
        (lambda p: p["reports"][0].update(pages=[1]), r"reports\[0\]: "),
        (lambda p: p["reports"][0]["year"].update(value=[2024]), r"reports\[0\]: year: "),
        (lambda p: p["reports"][0]["fields"][_FIELD].pop("raw"), f"fields.{_FIELD}: 'raw' is missing"),
        (lambda p: p["reports"][0]["fields"][_FIELD].update(value="3"), f"fields.{_FIELD}: '3' is no number"),
        (lambda p: p["reports"][0]["fields"][_FIELD].update(value=float("nan")), "'nan' is no number"),
        (lambda p: p["reports"][0]["fields"][_FIELD].update(value=10**400), "is no number"),
        (lambda p: p["reports"][0]["fields"][_FIELD].update(value=True), "'True' is no number"),
        (lambda p: p["reports"][0]["fields"][_FIELD].update(bbox=[9, 9, 1, 1]), "inverted box"),
        (lambda p: p["reports"][0]["fields"][_FIELD].update(reasons=[]), f"fields.{_FIELD}: "),
        (lambda p: p["reports"][0]["facts"][0].pop("unit"), r"facts\[0\]: 'unit' is missing"),
        (lambda p: p["pages"][0].update(width=None), r"pages\[0\]: 'None' is no number"),
    ],
)
def test_what_is_no_result_is_told_with_the_part_that_is_none(change, named):
    payload = result_to_json(result())
    change(payload)
    with pytest.raises(ResultFormatError, match=named):
        result_from_json(payload)


@pytest.mark.parametrize("payload", [None, [], "result", 3])
def test_another_json_is_no_result(payload):
    with pytest.raises(ResultFormatError):
        result_from_json(payload)


def test_numbers_too_large_for_a_sentence_leave_it_as_it_was_told():
    payload = result_to_json(result())
    item = payload["reports"][0]["fields"]["disclosure.fees.amount"]
    item["reason_codes"] = [{"code": "sum_broken", "parameters": {"left": [10**400], "right": [1]}}]
    item["reasons"] = ["does not add up: much ≠ 1"]
    [report] = result_from_json(payload).reports
    assert report.fields[0].reasons == (Reason(ReasonCode.TOLD, {"sentence": "does not add up: much ≠ 1"}),)
