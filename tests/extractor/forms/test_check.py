from __future__ import annotations

import json
import random
import re
from importlib import resources

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractor.forms.check import PARTS, check_form_text
from extractor.forms.definition import load_forms, parse_form
from extractor.seams.errors import UsageError
from tests.extractor.schema import check_schema
from tests.paths import ROOT

_FORM = """\
id: mine
title: 我的表
tables:
  - id: t
    blocks:
      - field: "a.{row}.{column}"
        columns: [{id: x, label: 甲}, {id: y, label: 乙}]
        rows:
          - {id: one, label: 一}
          - {id: two, label: 二}
identities:
  - id: sum
    left: [a.one.x]
    right: [a.one.y]
"""
_FILES = resources.files("extractor") / "form_files"
_BUILT_IN = sorted(entry.name for entry in _FILES.iterdir() if entry.name.endswith(".yaml"))
_SCHEMA = json.loads((_FILES / "form.schema.json").read_text(encoding="utf-8"))


def problems_of(text):
    return [(p.line, p.column, p.message) for p in check_form_text(text)[1]]


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "message"),
    [
        ("columns: [", "colums: [", 7, 9, "unknown key 'colums' of a block; did you mean 'columns'?"),
        ("tables:", "tabels:", 3, 1, "unknown key 'tabels' of a form; did you mean 'tables'?"),
        ("id: mine\n", "", 1, 1, "a form needs the key 'id'"),
        ("title: 我的表", "title:", 2, 1, "'title' is empty"),
        (
            "title: 我的表",
            "title: 2024",
            2,
            1,
            "YAML takes 2024 for something else: put it in quotation marks",
        ),
        ("title: 我的表", "title: 2024-01-01", 2, 1, "put it in quotation marks"),
        ("id: one", "id: no", 9, 14, "'id' must be words; YAML takes false for something else"),
        ("id: one", "id: 一", 9, 14, "must be letters a-z"),
        ("id: two", "id: one", 10, 14, "id 'one' stands already in line 9"),
        ("label: 二}", "label: 二, decimals: 1}", 10, 33, "'decimals' must be true or false, not 1"),
        ("label: 二}", "label: 二, aliases: 两}", 10, 33, "'aliases' must be a list, like [两]"),
        ("label: 二}", "label: 二, label: 两}", 10, 33, "key 'label' stands here a second time"),
        ("{row}", "{rows}", 6, 9, "{rows} means nothing here; there may be {row} or {column}"),
        ("a.{row}.{column}", "a.{column}", 6, 9, "fields that stand in two places: a.x, a.y"),
        ("a.{row}", "a..{row}", 6, 9, "does not make a field id"),
        ("right: [a.one.y]", "right: [a.one.z]", 14, 13, "unknown fields: a.one.z; did you mean 'a.one."),
        ("right: [a.one.y]", "right: []", 14, 5, "'right' must name at least one field"),
        ("right: [a.one.y]", "right: [a.one.x]", 14, 13, "'a.one.x' stands twice in this identity"),
        ("id: sum", "id: sum\n    columns: u", 13, 5, "there is no table 'u'"),
        ("id: sum", "id: sum\n    columns: t", 12, 5, "put {column} into its id"),
        ("id: sum", "id: sum\n    columns: t\n    rows: t", 14, 5, "either 'columns' or 'rows', not both"),
        ("[a.one.x]", "['a.one.{column}']", 13, 12, "{column} means nothing here; there may be no braces"),
        ("id: two, label", "label", 9, 14, ""),
        ("title: 我的表", "title: [", 4, 3, "not valid YAML"),
        ("title: 我的表", "title: &t 我的表", 2, 8, "anchors and aliases"),
        ("title: 我的表", "title: !!python/name:os.system x", 2, 1, "put it in quotation marks"),
        ("title: 我的表", "title: 我\x07的表", 2, 9, "not valid YAML"),
        (
            "title: 我的表",
            "title: 我的表\nsections: [{number: 一, title: 概述}]",
            3,
            13,
            "from 1 to 99, not 一",
        ),
        ("title: 我的表", "title: 我的表\n<<: {a: b}", 3, 1, "a key must be a word"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(old, new, line, column, message):
    assert _FORM.count(old) >= 1
    found = problems_of(_FORM.replace(old, new, 1))
    if not message:
        assert found == []
        return
    assert [(at, col) for at, col, text in found if message in text] == [(line, column)], found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- a\n- b\n", "not a list of keys"),
        ("a: b\n---\na: b\n", "not valid YAML"),
        (_FORM.replace("blocks:", "blocks: []\n    x:"), "must have at least one block"),
        (re.sub(r"rows:\n.*\n.*\n", "rows: []\n", _FORM), "must have at least one row"),
        (_FORM.replace("id: one, ", "").replace("id: two, ", ""), "the form has no fields"),
        ("[" * 5000, "nested deeper"),
        ("id: " + "x" * 1_000_001, "characters"),
    ],
)
def test_a_file_that_is_no_form_is_told_as_such(text, message):
    assert any(message in told for _, _, told in problems_of(text)), problems_of(text)


def test_all_faults_are_told_at_once_from_top_to_bottom():
    text = _FORM.replace("title: 我的表", "titel: 我的表").replace("label: 二", "label: 2")
    found = problems_of(text)
    assert [line for line, _, _ in found] == [1, 2, 10]


def test_an_unknown_key_does_not_hide_what_is_wrong_with_the_sums():
    text = _FORM.replace("label: 二}", "label: 二, colour: red}").replace("[a.one.y]", "[b.one.y]")
    assert [line for line, _, _ in problems_of(text)] == [10, 14]


def test_a_bomb_of_aliases_is_refused_before_it_goes_off():
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    assert "anchors and aliases" in problems_of("\n".join(lines))[0][2]


def test_a_wrong_file_raises_one_error_with_a_line_for_each_fault():
    with pytest.raises(UsageError) as caught:
        parse_form(_FORM.replace("label:", "lable:"), "mine.yaml")
    lines = str(caught.value).splitlines()
    assert all(re.match(r"mine\.yaml:\d+:\d+: ", line) for line in lines)
    assert any("did you mean 'label'?" in line for line in lines)
    assert len(lines) == 8


def test_faults_beyond_what_anybody_reads_are_counted():
    rows = "\n".join(f"          - {{id: r{i}, lable: x}}" for i in range(200))
    text = _FORM.replace("          - {id: one, label: 一}", rows)
    with pytest.raises(UsageError, match=r"and 350 more"):
        parse_form(text, "mine.yaml")


@pytest.mark.parametrize("name", _BUILT_IN)
def test_built_in_forms_are_good_and_follow_the_schema(name):
    text = (_FILES / name).read_text(encoding="utf-8")
    assert problems_of(text) == []
    assert check_schema(yaml.safe_load(text), _SCHEMA) == []


def test_schema_and_check_know_the_same_keys():
    parts = {"form": _SCHEMA, **_SCHEMA["$defs"]}
    assert parts.keys() == PARTS.keys()
    for name, part in PARTS.items():
        assert parts[name]["properties"].keys() == part.keys.keys()
        assert sorted(parts[name]["required"]) == sorted(part.needed)
        assert all(value.get("description") for value in parts[name]["properties"].values())


def test_two_files_of_one_form_are_refused(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(_FORM, encoding="utf-8")
    with pytest.raises(UsageError, match=r"b\.yaml: the form 'mine' is defined in .*a\.yaml as well"):
        load_forms([tmp_path])
    assert "mine" in load_forms([tmp_path / "a.yaml", tmp_path / "a.yaml"])


_PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "  ",
    "&a ",
    "*a",
    "!!int ",
    "'",
    '"',
    "null",
    "1",
    "|",
    "\t",
    "#",
    "<<",
    "?",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), times=st.integers(1, 6))
def test_a_mangled_file_is_good_or_told_what_is_wrong(seed, times):
    chance = random.Random(seed)
    text = _FORM
    for _ in range(times):
        at, length = chance.randrange(len(text) + 1), chance.randrange(8)
        middle = chance.choice([*_PIECES, "", text[chance.randrange(len(text) + 1) :][:30]])
        text = text[:at] + middle + text[at + length :]
    data, problems = check_form_text(text)
    assert (data is None) == bool(problems)
    assert all(p.line >= 1 and p.column >= 1 and p.message for p in problems)
    if data is not None:
        parse_form(text, "mangled.yaml").specs()
        assert check_schema(data, _SCHEMA) == []


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_told_what_is_wrong(text):
    assert check_form_text(text)[1]


def test_examples_of_the_manual_are_good_forms():
    text = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    examples = [example for example in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "id:" in example]
    assert len(examples) == 4
    assert [problems_of(example) for example in examples] == [[], [], [], []]


def test_the_manual_tells_every_key():
    text = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", text))
    assert {key for name, part in PARTS.items() if name != "section" for key in part.keys} <= told
