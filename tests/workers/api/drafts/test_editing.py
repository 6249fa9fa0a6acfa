"""Corrections of a form's file leave the rest of it as it was written, and sums follow what is called otherwise."""

from __future__ import annotations

import pytest

from extractor.forms.check import check_form_text
from extractor.seams.errors import UsageError
from tests.workers.api.drafts.specimens import FORM
from workers.api.drafts.editing import Act, Edit, edit_text

pytestmark = pytest.mark.issue(24)

_BLOCK = ("tables", 0, "blocks", 0)


def edited(act, path, value=None, parts=(), text=FORM):
    told = edit_text(text, Edit(act, path, value, parts))
    assert check_form_text(told)[1] == []
    return told


def changed(told, text=FORM):
    """Lines that came and went."""
    before, after = text.splitlines(), told.splitlines()
    return [line for line in before if line not in after], [line for line in after if line not in before]


def test_words_are_corrected_and_nothing_else():
    told = edited(Act.SET, (*_BLOCK, "rows", 1, "label"), "应收账款")
    assert changed(told) == (
        ["    - {id: r2, label: 应收账欺}"],
        ["    - {id: r2, label: 应收账款}"],
    )
    assert edited(Act.SET, (*_BLOCK, "columns", 1, "label"), "年末数").count("# misread") == 1


@pytest.mark.parametrize(
    "words", ["no", "2023", "一: 二", "# 元", "1.5", "[x", "{year-1}年", "a, b", "- x", "'"]
)
def test_words_that_yaml_would_take_for_something_else_stay_words(words):
    told = edited(Act.SET, (*_BLOCK, "rows", 1, "label"), words)
    assert check_form_text(told)[0]["tables"][0]["blocks"][0]["rows"][1]["label"] == words


def test_sums_follow_an_id_that_changes():
    told = edited(Act.SET, (*_BLOCK, "rows", 0, "id"), "cash")
    assert '["t1.cash.{column}", t1.r2' in told.replace('"t1.r2', "t1.r2") or "t1.cash.{column}" in told
    assert "t1.r1" not in told
    told = edited(Act.SET, (*_BLOCK, "field"), "assets.{row}.{column}")
    assert "assets.r4.{column}" in told and '"t1.r' not in told.partition("left:")[2]
    assert "columns: assets" in edited(Act.SET, ("tables", 0, "id"), "assets")


def test_a_row_taken_out_is_no_part_of_sums_and_a_sum_without_its_total_goes():
    told = edited(Act.DELETE, (*_BLOCK, "rows", 1))
    assert "应收账欺" not in told and "t1.r2" not in told and "t1.r3" in told
    assert "identities" not in edited(Act.DELETE, (*_BLOCK, "rows", 3))
    # One that holds no field is in no sum.
    assert "t1.r1" not in edited(Act.FIELD, (*_BLOCK, "rows", 0))


def test_rows_are_left_open_and_listed_again():
    told = edited(Act.OPEN, _BLOCK)
    block = check_form_text(told)[0]["tables"][0]["blocks"][0]
    assert (block["rows"], block["key"]) == ("open", "name") and "identities" not in told
    assert "# ids of the fields" in told
    again = edited(Act.OPEN, _BLOCK, ["货币资金", "存货"], text=told)
    assert [row["label"] for row in check_form_text(again)[0]["tables"][0]["blocks"][0]["rows"]] == [
        "货币资金",
        "存货",
    ]


def test_a_sum_of_marked_rows_and_one_of_columns():
    rows = (*_BLOCK, "rows")
    told = edited(Act.SUM, (*rows, 3), parts=((*rows, 0), (*rows, 2)))
    item = check_form_text(told)[0]["identities"][1]
    assert (item["left"], item["right"]) == (["t1.r1.{column}", "t1.r3.{column}"], ["t1.r4.{column}"])
    assert item["columns"] == "t1" and item["message"] == "资产总计 = 货币资金 + 存货"
    columns = (*_BLOCK, "columns")
    item = check_form_text(edited(Act.SUM, (*columns, 1), parts=((*columns, 0),)))[0]["identities"][1]
    assert (item["left"], item["rows"]) == (["t1.{row}.c1"], "t1")
    with pytest.raises(UsageError):
        edit_text(FORM, Edit(Act.SUM, (*rows, 3)))


def test_a_sum_is_written_as_it_is_read():
    told = edited(Act.FORMULA, ("identities", 0), "t1.r1.{column}+t1.r3.{column} = t1.r4.{column}")
    assert check_form_text(told)[0]["identities"][0]["left"] == ["t1.r1.{column}", "t1.r3.{column}"]
    with pytest.raises(UsageError):
        edit_text(FORM, Edit(Act.FORMULA, ("identities", 0), "t1.r1.{column}"))


@pytest.mark.parametrize(
    "edit",
    [
        Edit(Act.DELETE, ("tables", 7)),
        Edit(Act.SET, ("nothing", 0, "id"), "x"),
        Edit(Act.OPEN, ("tables",)),
        Edit(Act.FIELD, ()),
        Edit(Act.DELETE, ()),
        Edit(Act.ADD_ROW, ("id",)),
    ],
)
def test_what_is_not_there_is_refused(edit):
    with pytest.raises(UsageError):
        edit_text(FORM, edit)


def test_a_file_that_sets_its_lists_in_keeps_that():
    text = (
        "id: a\ntitle: b\ntables:\n  - id: t\n    blocks:\n      - field: 'x.{row}'\n"
        "        columns: [{id: c, label: 数}]\n        rows:\n          - {id: one, label: 一}\n"
    )
    told = edited(Act.SET, (*_BLOCK, "rows", 0, "label"), "二", text=text)
    assert changed(told, text)[1] == ["          - {id: one, label: 二}"]


def test_sums_of_open_columns_follow_the_rows_that_they_are_of():
    head, _, rest = FORM.partition("    columns:\n")
    columns, _, rest = rest.partition("    rows:")
    text = f"{head}    columns: open\n    total_columns: [合计]\n    rows:{rest}"
    assert "{id: c1" in columns and check_form_text(text)[1] == []
    told = edited(Act.SET, (*_BLOCK, "rows", 0, "id"), "cash", text=text)
    assert "t1.cash.{column}" in told and "t1.r1" not in told
