"""What sentences state: the annotated set, and each trap by itself."""

from __future__ import annotations

import json

import pytest

from models.prose import FactsError, load_finder
from tests.paths import ROOT

_SENTENCES = ROOT / "fixtures" / "prose" / "sentences.jsonl"


@pytest.fixture(scope="module")
def finder():
    return load_finder()


@pytest.fixture
def stated(finder):
    return lambda text: {(found.id, found.value) for found in finder.find(text)}


def test_the_annotated_sentences(finder):
    right = extra = missing = 0
    lines = _SENTENCES.read_text("utf-8").splitlines()
    assert len(lines) >= 300
    for line in map(json.loads, lines):
        told = {(item["id"], float(item["value"]), item.get("approximate", False)) for item in line["facts"]}
        found = {(item.id, item.value, item.approximate) for item in finder.find(line["text"])}
        right += len(told & found)
        extra += len(found - told)
        missing += len(told - found)
    assert right >= 240
    assert right / (right + extra) >= 0.99
    assert right / (right + missing) >= 0.99


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("行政复议和行政诉讼分别为6件和2件。", {("disputes.reconsideration", 6), ("disputes.litigation", 2)}),
        ("行政复议、行政诉讼均为0件。", {("disputes.reconsideration", 0), ("disputes.litigation", 0)}),
        ("行政复议、行政诉讼共8件。", set()),
        ("未收到政府信息公开申请。", {("requests.received", 0)}),
        ("受理申请较上年增加15件。", set()),
        ("上年受理申请40件，今年受理申请38件。", {("requests.received", 38)}),
        ("未办结5件。", set()),
        ("受理政府信息公开申请o件。", {("requests.received", 0)}),
        ("全年受理申请27-件，均已办理。", {("requests.received", 27)}),
        (
            "按时答复并办结225件·被提起行政复议49件。",
            {("requests.closed", 225), ("disputes.reconsideration", 49)},
        ),
        ("上年结转3件，本年新收到25件申请。", {("requests.carried_over", 3), ("requests.received", 25)}),
    ],
)
def test_traps(stated, text, facts):
    assert stated(text) == facts


def test_who_and_when_are_told(finder):
    [whole] = finder.find("全县共收到政府信息公开申请389件。")
    assert (whole.scope, whole.year) == ("area", None)
    [office] = finder.find("2024 年，区政府办代表区政府受理政府信息公开申请17件。")
    assert (office.scope, office.year) == ("part", 2024)
    [last, this] = [item for item in finder.find("2023年受理申请33件。2024年受理申请28件。")]
    assert (last.year, this.year) == (2023, 2024)


def test_the_place_is_that_of_the_number_and_its_sentence(finder):
    text = "一是加强领导。全年收到申请１２件；办结3件。"
    first, second = finder.find(text)
    assert text[first.at : first.at + 3] == "１２件"
    assert text[first.start : first.end] == "全年收到申请１２件；"
    assert text[second.start : second.end] == "办结3件。"


def test_a_file_of_ones_own_adds_facts(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("facts:\n- {id: hotline.calls, units: [件], says: [12345…工单]}\n", encoding="utf-8")
    found = load_finder([path]).find("办理“12345”热线工单1,245件，收到申请3件。")
    assert [(item.id, item.value) for item in found] == [("hotline.calls", 1245), ("requests.received", 3)]
    assert load_finder([path]).fingerprint != load_finder().fingerprint


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- 1", "a list named facts"),
        ("facts: [1]", "a mapping with an id"),
        ("facts: [{id: a, units: [件], says: [b], sayz: [c]}]", "a: unknown key 'sayz'"),
        ("facts: [{id: a, units: [], says: [b]}]", "a: units must be"),
        ("facts: [{id: a, units: [件], says: [b], same_as: [x]}]", "a: same_as must be"),
        ("facts: [", "mine.yaml"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path, content, told):
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FactsError, match=told):
        load_finder([path])


def test_fields_named_by_facts_exist():
    """A slip in a field's id would silence a comparison for ever."""
    from extractor.forms.definition import load_forms
    from models.prose import SHIPPED, read_facts

    known = {key for form in load_forms().values() for key in form.specs()}
    named = {key for fact in read_facts(SHIPPED) for keys in fact.same_as for key in keys}
    assert named <= known
