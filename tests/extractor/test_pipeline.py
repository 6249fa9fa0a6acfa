"""End to end on scanned documents, their recognition played back: from the file to the 200 fields.

`python -m pytest tests/extractor/test_pipeline.py --regenerate` records the readings anew.
"""

from __future__ import annotations

import json
from itertools import combinations

import pikepdf
import pypdfium2
import pytest

from extractor.layout import LAYOUT_VERSION
from extractor.output.result_json import result_to_json
from extractor.pipeline import extract_document, find_status
from extractor.seams.calibrator import UNCALIBRATED, UNCALIBRATED_CODE, Judge, ReadBy
from extractor.seams.engine import NullEngine
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.result import FieldStatus, Report, ResultStatus, TextField
from models.calibration import load_judge
from models.engines import load_engine, load_readers
from models.pages import load_labeller
from models.prose import load_finder
from tests.extractor.schema import check_schema
from tests.extractor.trust.test_features import Fixed
from tests.paths import ROOT

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_SCANS = sorted(path.stem for path in (ROOT / "fixtures" / "scans").glob("*.pdf"))
#: Damage so strong that a field or two of 200 may be lost, never given wrong.
_DAMAGED = frozenset({"jinhu-2023-rough", "fax", "three-line-tables"})
_NO_ANSWER = ("missing", "unreadable")

#: Everything the seed report prints in its tables that is not 0.
_SEED = {
    "disclosure.normative_documents.in_force": 3,
    "requests.new_received.natural_person": 9,
    "requests.new_received.total": 9,
    "requests.granted.natural_person": 1,
    "requests.granted.total": 1,
    "requests.partly_granted.natural_person": 1,
    "requests.partly_granted.total": 1,
    "requests.unavailable.not_held.natural_person": 7,
    "requests.unavailable.not_held.total": 7,
    "requests.total.natural_person": 9,
    "requests.total.total": 9,
    "disputes.reconsideration.corrected": 2,
    "disputes.reconsideration.pending": 1,
    "disputes.reconsideration.total": 3,
    "disputes.direct_litigation.upheld": 1,
    "disputes.direct_litigation.total": 1,
}


def wrong_fields(payload, truth):
    """Fields that differ from the truth: id → (truth, value, status)."""
    fields = payload["reports"][0]["fields"]
    return {
        id_: (value, fields[id_]["value"], fields[id_]["status"])
        for id_, value in truth["reports"][0]["fields"].items()
        if fields[id_]["kind"] in _NO_ANSWER or fields[id_]["value"] != value
    }


@pytest.mark.parametrize("name", _SCANS)
def test_all_200_fields_are_exact(read_fixture, name):
    payload, truth = read_fixture(name)
    assert payload["status"] == "complete"
    assert len(payload["reports"]) == 1
    assert payload["reports"][0]["fields"].keys() == truth["reports"][0]["fields"].keys()
    wrong = wrong_fields(payload, truth)
    assert len(wrong) <= (2 if name in _DAMAGED else 0), wrong


@pytest.mark.parametrize("name", _SCANS)
def test_no_error_is_silent(read_fixture, name):
    wrong = wrong_fields(*read_fixture(name))
    assert {id_: w for id_, w in wrong.items() if w[2] == "accepted"} == {}


@pytest.mark.parametrize("name", _SCANS)
def test_most_fields_need_no_person(read_fixture, name):
    payload, _ = read_fixture(name)
    fields = payload["reports"][0]["fields"].values()
    assert sum(f["status"] == "accepted" for f in fields) >= 0.9 * len(fields)


@pytest.mark.parametrize("name", _SCANS)
def test_form_organ_and_year_are_right(read_fixture, name):
    payload, truth = read_fixture(name)
    report, expected = payload["reports"][0], truth["reports"][0]
    assert (report["form"], report["organ"]["value"], report["year"]["value"]) == (
        expected["form"],
        expected["organ"],
        expected["year"],
    )


@pytest.mark.parametrize("name", _SCANS)
def test_six_sections_have_their_text(read_fixture, name):
    report = read_fixture(name)[0]["reports"][0]
    assert [section["number"] for section in report["sections"]] == [1, 2, 3, 4, 5, 6]
    assert all(report["sections"][i]["text"] for i in (0, 4, 5))


@pytest.mark.parametrize("name", _SCANS)
def test_every_field_has_its_own_place_on_its_page(read_fixture, name):
    payload, _ = read_fixture(name)
    pages = {page["number"]: page for page in payload["pages"]}
    placed = [f for f in payload["reports"][0]["fields"].values() if f["kind"] != "missing"]
    for field in placed:
        left, top, right, bottom = field["bbox"]
        page = pages[field["page"]]
        assert -2 <= left < right <= page["width"] + 2
        assert -2 <= top < bottom <= page["height"] + 2
    for one, other in combinations(placed, 2):
        if one["page"] == other["page"]:
            assert _shared(one["bbox"], other["bbox"]) < 0.5


def _shared(one, other):
    """Common area over the smaller one's."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return max(wide, 0) * max(high, 0) / min(areas)


@pytest.mark.parametrize("name", _SCANS)
def test_result_follows_the_published_schema(read_fixture, name):
    schema = json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))
    assert check_schema(read_fixture(name)[0], schema) == []


@pytest.mark.parametrize("name", ["dongfeng-2025", "dongfeng-2025-born"])
def test_seed_report_is_read_cell_by_cell(read_fixture, name):
    fields = read_fixture(name)[0]["reports"][0]["fields"]
    assert {id_: f["value"] for id_, f in fields.items() if f["value"] != 0} == _SEED
    assert {id_: (f["raw"], f["kind"]) for id_, f in fields.items()} == {
        id_: (str(_SEED.get(id_, 0)), "number") for id_ in fields
    }


@pytest.mark.parametrize("name", ["dongfeng-2025", "dongfeng-2025-born"])
def test_seed_report_keeps_its_prose(read_fixture, name):
    sections = read_fixture(name)[0]["reports"][0]["sections"]
    assert "全年共受理政府信息公开申请9件，办结9件" in sections[0]["text"].replace("\n", "")
    assert sections[0]["text"].count("\n") >= 9
    assert sections[5]["text"] == "2025年，本机关未收取信息处理费。"


def test_printed_error_is_returned_as_printed_with_a_finding(read_fixture):
    payload, truth = read_fixture("wrong-total")
    report = payload["reports"][0]
    (finding,) = (f for f in report["findings"] if f["kind"] == "arithmetic")
    assert finding["rule"] == "disputes.reconsideration"
    total = report["fields"]["disputes.reconsideration.total"]
    assert total["value"] == truth["reports"][0]["fields"]["disputes.reconsideration.total"]
    parts = [report["fields"][id_]["value"] for id_ in finding["fields"][:-1]]
    assert sum(parts) != total["value"]


@pytest.mark.parametrize("name", [name for name in _SCANS if name not in {"wrong-total", *_DAMAGED}])
def test_figures_that_add_up_bring_no_finding(read_fixture, name):
    findings = read_fixture(name)[0]["reports"][0]["findings"]
    assert [f["message"] for f in findings if f["kind"] not in {"prose", "date"}] == []


#: Where prose and table were printed to differ: rules of the findings.
_CONTRADICTIONS = {
    "dongfeng-2025": ["prose:disputes.reconsideration", "report_year"],
    "dongfeng-2025-born": ["prose:disputes.reconsideration", "report_year"],
    "wrong-total": ["prose:disputes.reconsideration"],
}


@pytest.mark.parametrize("name", _SCANS)
def test_contradictions_of_the_prose_are_found_and_none_invented(read_fixture, name):
    findings = read_fixture(name)[0]["reports"][0]["findings"]
    assert [f["rule"] for f in findings if f["kind"] in {"prose", "date"}] == _CONTRADICTIONS.get(name, [])


@pytest.mark.parametrize("name", _SCANS)
def test_facts_of_the_prose_are_those_it_states(read_fixture, name):
    payload, truth = read_fixture(name)
    expected = truth["reports"][0]["facts"]
    facts = {fact["id"]: fact["value"] for fact in payload["reports"][0]["facts"]}
    assert {key: facts.get(key) for key in expected} == expected
    if not expected:
        assert (facts["requests.received"], facts["disputes.litigation"]) == (9, 1)


def test_a_fact_stands_where_its_sentence_is_printed(read_fixture):
    payload, _ = read_fixture("town-slash-zeros")
    [fact] = (f for f in payload["reports"][0]["facts"] if f["id"] == "requests.received")
    left, top, right, bottom = fact["bbox"]
    page = payload["pages"][fact["page"] - 1]
    assert 0 <= left < right <= page["width"]
    assert 0 <= top < bottom <= page["height"]
    assert bottom - top < 0.1 * page["height"]
    assert "收到政府信息公开申请9件" in fact["text"]


def test_dashes_are_told_from_zeros(read_fixture):
    payload, truth = read_fixture("town-slash-zeros")
    expected = truth["reports"][0]["fields"]
    kinds = {id_: f["kind"] for id_, f in payload["reports"][0]["fields"].items()}
    assert kinds == {id_: "dash" if value is None else "number" for id_, value in expected.items()}


def test_turned_pages_are_found_and_told(read_fixture):
    pages = read_fixture("bureau-rotated")[0]["pages"]
    assert [page["rotation"] for page in pages] == [90, 180]
    assert {page["kind"] for page in pages} == {"scan"}


def test_born_digital_pages_are_read_from_their_text_layer(read_fixture):
    payload, _ = read_fixture("dongfeng-2025-born")
    assert {page["kind"] for page in payload["pages"]} == {"text"}


def test_replay_gives_the_same_result_again(read_fixture, fixtures_folder, regenerate):
    if regenerate:
        pytest.skip("what was just recorded was not replayed")
    pdf = fixtures_folder / "scans" / "dept-2023-bilevel.pdf"
    engine = load_engine(f"replay:{fixtures_folder / 'recordings' / 'dept-2023-bilevel.npz'}")
    options = Options(finder=load_finder())
    again = extract_document(
        pdf, name=pdf.name, readers=Readers(engine, None, load_labeller()), options=options
    )
    assert result_to_json(again) | {"timing": {}} == read_fixture("dept-2023-bilevel")[0] | {"timing": {}}


def test_progress_is_told_before_the_first_and_after_every_page(fixtures_folder):
    told = []
    pdf = fixtures_folder / "scans" / "dept-2023-bilevel.pdf"
    extract_document(
        pdf,
        name="x",
        readers=Readers(NullEngine(), None, load_labeller()),
        options=Options(),
        progress=lambda done, count: told.append((done, count)),
    )
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_a_page_that_is_left_out_is_an_issue_and_the_rest_is_read(fixtures_folder):
    pdf = fixtures_folder / "scans" / "dept-2023-bilevel.pdf"
    options = Options(left_out={1: "left out: it hung"})
    result = extract_document(
        pdf, name="x", readers=Readers(NullEngine(), None, load_labeller()), options=options
    )
    (issue,) = result.issues
    assert (issue.code, issue.message, issue.page_no) == ("page_left_out", "page 1 left out: it hung", 1)
    assert len(result.pages) == 2


def _write_pages(path, *sizes):
    document = pypdfium2.PdfDocument.new()
    for size in sizes:
        document.new_page(*size).close()
    document.save(path)
    document.close()
    return path


def _extract_unread(path):
    return extract_document(
        path, name=path.name, readers=Readers(NullEngine(), None, load_labeller()), options=Options()
    )


def test_one_page_that_cannot_be_read_does_not_cost_the_document(tmp_path):
    result = _extract_unread(_write_pages(tmp_path / "a.pdf", (595, 842), (14_000, 14_000)))
    # Of the page that was not read nobody knows whether a form is on it.
    assert result.status is ResultStatus.PARTIAL
    assert [(issue.code, issue.page_no) for issue in result.issues] == [("page_too_large", 2)]
    assert result.pages[0].kind == "blank"


def test_report_with_a_page_that_cannot_be_read_is_partial():
    nowhere = TextField(None, 0.0, FieldStatus.REVIEW)
    report = Report("gio-2021", "", (1, 1), nowhere, nowhere, ())
    assert find_status((report,), 1) is ResultStatus.PARTIAL
    assert find_status((report,), 0) is ResultStatus.COMPLETE
    assert find_status((), 1) is ResultStatus.PARTIAL
    assert find_status((), 0) is ResultStatus.NO_FORM_FOUND


def test_document_none_of_whose_pages_can_be_read_is_an_error(tmp_path):
    with pytest.raises(DocumentError, match="none of its 2 pages"):
        _extract_unread(_write_pages(tmp_path / "a.pdf", (14_000, 14_000), (3, 3)))


def test_recordings_are_not_made_anew_by_accident(regenerate):
    assert not regenerate, (
        "the recordings were made anew: look at what changed, then run without --regenerate"
    )


@pytest.mark.parametrize("name", _SCANS)
def test_every_scan_has_its_recording(fixtures_folder, name):
    assert (fixtures_folder / "recordings" / f"{name}.npz").is_file()


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("name", ["dongfeng-2025", "jinhu-2023-rough"])
def test_real_weights_read_every_field(fixtures_folder, name):
    pdf = fixtures_folder / "scans" / f"{name}.pdf"
    engine = load_engine("fast")
    payload = result_to_json(
        extract_document(
            pdf, name=pdf.name, readers=Readers(engine, None, load_labeller()), options=Options()
        )
    )
    truth = json.loads(pdf.with_suffix(".truth.json").read_text(encoding="utf-8"))
    wrong = wrong_fields(payload, truth)
    assert len(wrong) <= (2 if name in _DAMAGED else 0), wrong
    assert not [w for w in wrong.values() if w[2] == "accepted"]


@pytest.mark.model
@pytest.mark.issue(26)
def test_nothing_is_accepted_from_a_page_whose_picture_is_damaged(fixtures_folder, tmp_path):
    damaged = tmp_path / "damaged.pdf"
    with pikepdf.open(fixtures_folder / "scans" / "dongfeng-2025.pdf") as pdf:
        picture = pdf.pages[1].obj.Resources.XObject.Im0
        data = bytearray(picture.read_raw_bytes())
        data[-3000:-2990] = bytes(10)
        picture.write(bytes(data), filter=pikepdf.Name.DCTDecode)
        pdf.save(damaged)
    readers, options = load_readers(), Options(judge=load_judge(1.0))
    told = extract_document(damaged, name="damaged.pdf", readers=readers, options=options)
    assert (told.status, [(issue.code, issue.page_no) for issue in told.issues]) == (
        ResultStatus.PARTIAL, [("picture_damaged", 2)],
    )  # fmt: skip
    (report,) = told.reports
    accepted = {item.page_no for item in report.fields if item.status is FieldStatus.ACCEPTED}
    seen = {item.page_no for item in report.fields}
    assert 2 in seen
    assert accepted == seen - {2}


def test_a_document_read_by_others_than_its_calibrator_was_fitted_with_says_so(fixtures_folder):
    pdf = fixtures_folder / "scans" / "dongfeng-2025.pdf"

    def codes(judge):
        options = Options(judge=judge)
        told = extract_document(
            pdf, name=pdf.name, readers=Readers(NullEngine(), None, load_labeller()), options=options
        )
        return [issue.code for issue in told.issues]

    fitted = Fixed(0.7, fitted_with=ReadBy("null", "", LAYOUT_VERSION, load_labeller().lineage))
    assert codes(Judge(Fixed(0.7))) == [UNCALIBRATED_CODE]
    assert codes(Judge(fitted)) == []
    assert codes(UNCALIBRATED) == []
