from __future__ import annotations

from collections import Counter

import pytest

from extractor.forms.definition import load_forms, normalise, parse_form
from extractor.forms.sums import choose_identities
from extractor.seams.errors import UsageError
from tests.paths import ROOT

_GOLDEN = ROOT / "tests" / "extractor" / "data" / "field_ids.tsv"

_FORM = """
id: mine
title: 我的表
sections: [{number: 1, title: 概述}]
tables:
  - id: t
    blocks:
      - field: "a.{row}.{column}"
        unit: 件
        columns: [{id: x, label: 甲}, {id: y, label: 乙, unit: 元, decimals: true}]
        rows: [{id: one, label: 一}, {label: 只是标题}, {id: two, label: 二}]
identities:
  - {id: "sum.{row}", rows: t, left: ["a.{row}.x"], right: ["a.{row}.y"]}
"""


@pytest.fixture(scope="module")
def forms():
    return load_forms()


def golden(form):
    rows = [line.split("\t") for line in _GOLDEN.read_text(encoding="utf-8").splitlines()]
    return [(id_, unit) for name, id_, unit in rows if name == form]


@pytest.mark.parametrize(("form", "count"), [("gio-2021", 200), ("gio-2019", 198), ("gio-2014", 58)])
def test_built_in_form_has_exactly_the_canonical_fields(forms, form, count):
    specs = forms[form].specs()
    assert len(specs) == count
    assert sorted((spec.id, spec.unit) for spec in specs.values()) == sorted(golden(form))


def test_form_of_2021_has_42_identities(forms):
    identities = forms["gio-2021"].identities
    assert len(identities) == 42
    assert Counter(i.id.split(".")[0] for i in identities) == {
        "balance": 7,
        "closed": 7,
        "applicants": 25,
        "disputes": 3,
    }
    assert len({i.id for i in identities}) == 42


def test_every_sum_of_the_2021_form_is_spelled_out(forms):
    identities = {i.id: i for i in forms["gio-2021"].identities}
    closed = identities["closed.business"]
    assert len(closed.left) == 21
    assert closed.right == ("requests.total.business",)
    balance = identities["balance.total"]
    assert balance.left == ("requests.new_received.total", "requests.carried_over.total")
    assert balance.right == ("requests.total.total", "requests.carried_forward.total")


def test_every_built_in_identity_holds_on_an_empty_form_and_names_known_fields(forms):
    for form in forms.values():
        known = form.specs().keys()
        assert all(set(i.fields) <= known and i.left and i.right for i in form.identities)


def test_only_fees_hold_decimals(forms):
    specs = forms["gio-2021"].specs()
    assert [id_ for id_, spec in specs.items() if spec.decimals] == ["disclosure.fees.amount"]
    assert specs["disclosure.fees.amount"].unit == "万元"


def test_specs_follow_the_printed_order(forms):
    ids = list(forms["gio-2021"].specs())
    assert ids[0] == "disclosure.regulations.issued"
    assert ids[10] == "requests.new_received.natural_person"
    assert ids[-1] == "disputes.litigation_after_reconsideration.total"


def test_own_form_is_read_with_units_and_label_only_rows():
    form = parse_form(_FORM, "mine.yaml")
    specs = form.specs()
    assert list(specs) == ["a.one.x", "a.one.y", "a.two.x", "a.two.y"]
    assert (specs["a.one.x"].unit, specs["a.one.y"].unit) == ("件", "元")
    assert [i.id for i in form.identities] == ["sum.one", "sum.two"]


def test_own_form_replaces_the_built_in_one_of_its_id(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(_FORM.replace("id: mine", "id: gio-2014"), encoding="utf-8")
    forms = load_forms((path,))
    assert forms["gio-2014"].title == "我的表"
    assert len(forms["gio-2021"].specs()) == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("tables:", "tabels:"), "tables"),
        (("label: 甲", "lable: 甲"), "label"),
        (("- field:", "- fields:"), "field"),
        (("id: mine", "ident: mine"), "id"),
        (('left: ["a.{row}.x"]', 'left: ["a.{row}.z"]'), "unknown fields: a.one.z"),
        (("rows: t", "rows: no_such_table"), "no_such_table"),
        (("number: 1", "number: eins"), "eins"),
        (("id: two", "id: one"), "a.one.x"),
        (("title: 我的表", "title: ]"), "YAML"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_faulty_form_is_a_usage_error_that_names_file_and_fault(change, message):
    with pytest.raises(UsageError, match=message) as caught:
        parse_form(_FORM.replace(*change), "mine.yaml")
    assert "mine.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["", "5", "- a\n- b\n", "just words", "tables: 3\nid: x\ntitle: y\n", "{"])
def test_what_is_no_form_is_a_usage_error(text):
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        parse_form(text, "mine.yaml")


def test_form_file_that_is_not_utf8_is_a_usage_error(tmp_path):
    path = tmp_path / "gbk.yaml"
    path.write_bytes(_FORM.encode("gbk"))
    with pytest.raises(UsageError, match=r"gbk\.yaml"):
        load_forms((path,))


def test_labels_are_compared_without_punctuation_and_width():
    assert normalise("（一） 予以公开") == normalise("(一)予以公开") == "一予以公开"
    assert normalise("１、属于国家秘密。") == "1属于国家秘密"
    assert normalise("⼀、总体情况") == "一总体情况"  # a radical code point, as browsers print it


def test_sums_that_say_the_same_of_other_rows_are_of_one_sort_however_they_are_worded():
    form = load_forms(())["gio-2021"]
    sorts = {}
    for identity in form.identities:
        sorts.setdefault(identity.sort, set()).add(identity.id.partition(".")[0])
    disputes = [i for i in form.identities if i.id.startswith("disputes.")]
    assert len(disputes) == 3
    assert len({i.sort for i in disputes}) == 1
    assert len(sorts) == 4


def test_a_sum_of_the_same_name_is_that_of_the_form_whose_rows_there_are(forms):
    newer, older = forms["gio-2021"], forms["gio-2019"]
    by_id = {identity.id: identity for identity in older.identities}
    printed = set(older.specs())
    chosen = {identity.id: identity for identity in choose_identities([newer, older], printed)}
    differing = [key for key, one in by_id.items() if key in chosen and one not in newer.identities]
    assert differing
    assert all(chosen[key] == by_id[key] for key in differing)
    both = {
        identity.id: identity for identity in choose_identities([newer, older], printed | set(newer.specs()))
    }
    assert all(both[identity.id] == identity for identity in newer.identities)


def test_a_row_that_is_left_out_counts_nothing_in_the_sums():
    form = parse_form(
        "id: f\ntitle: 预算\ntables:\n- id: t\n  blocks:\n  - field: 't.{row}'\n    columns: [{id: c, label: 数}]\n"
        "    rows:\n    - {id: a, label: 甲, optional: true}\n    - {id: b, label: 乙}\n"
        "    - {id: all, label: 合计}\n"
        "identities:\n- {id: s, left: [t.a, t.b], right: [t.all]}\n",
        "f.yaml",
    )
    assert [one.left for one in choose_identities([form], {"t.a", "t.b", "t.all"})] == [("t.a", "t.b")]
    assert [one.left for one in choose_identities([form], {"t.b", "t.all"})] == [("t.b",)]
    # One that must be there and is not makes the sum none.
    assert choose_identities([form], {"t.a", "t.all"}) == []
