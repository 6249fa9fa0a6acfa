"""Rows are named by label, order and structure together: what is wrong with one must not shift its neighbours.

Every printed value differs, so that a value under a wrong name is seen.
"""

from __future__ import annotations

import random

import pytest

from extractor.forms.definition import load_forms, parse_form, table_specs
from extractor.matching.align import match_tables
from extractor.matching.rows import split_rows
from extractor.matching.wording import label_similarity
from extractor.values.matched import SURE_LABEL
from tests.extractor.printed import lay_out, list_rows, read_tables, texts_of

_TABLE_THREE_HEADER = 1


@pytest.fixture(scope="module")
def forms():
    return load_forms()


@pytest.fixture(scope="module")
def every_form(forms):
    return list(forms.values())


def numbers_for(table, start=100):
    specs = list(table_specs(table))
    return {spec.id: str(start + i) for i, spec in enumerate(specs)}


@pytest.fixture
def requests(forms):
    """Rows of the 2021 table three, and what is printed in each field."""
    table = forms["gio-2021"].table("requests")
    expected = numbers_for(table)
    return list_rows(table, expected.values()), expected


def read(tables, every_form):
    slots, found = read_tables(tables, every_form)
    return texts_of(slots), found


@pytest.mark.parametrize("form", ["gio-2021", "gio-2019"])
@pytest.mark.parametrize("table_id", ["disclosure", "requests", "disputes"])
def test_clean_table_is_read_field_by_field(forms, every_form, form, table_id):
    table = forms[form].table(table_id)
    expected = numbers_for(table)
    printed = lay_out(list_rows(table, expected.values()), labelled=table_id != "disputes")
    texts, found = read([printed], every_form)
    assert texts == expected
    assert found.keys() == {table_id}


@pytest.mark.parametrize("place", ["above", "below"])
def test_a_row_without_label_is_told_from_a_strip_that_shows_specks(forms, every_form, place):
    table = forms["gio-2021"].table("disputes")
    expected = numbers_for(table)
    rows = list_rows(table, expected.values())
    strip = ["", "1", *[""] * 13]
    rows.insert(len(rows) - (place == "above"), strip)
    texts, _ = read([lay_out(rows, labelled=False)], every_form)
    assert texts == expected


def test_whole_report_tells_its_form(forms, every_form):
    tables, expected = [], {}
    for number, table in enumerate(forms["gio-2021"].tables):
        own = numbers_for(table, start=100 + 300 * number)
        expected |= own
        tables.append(
            lay_out(list_rows(table, own.values()), page_no=1 + number, labelled=table.id != "disputes")
        )
    texts, found = read(tables, every_form)
    assert texts == expected
    assert set(found.values()) == {"gio-2021"}


def test_every_row_may_be_missing_without_shifting_the_others(requests, every_form):
    rows, expected = requests
    for gone in range(_TABLE_THREE_HEADER, len(rows)):
        printed = [row for i, row in enumerate(rows) if i != gone]
        texts, _ = read([lay_out(printed)], every_form)
        lost = set(rows[gone][1:])
        wrong = {
            i: (texts.get(i), v) for i, v in expected.items() if texts.get(i) != (None if v in lost else v)
        }
        assert not wrong, f"without {rows[gone][0]}"


@pytest.mark.issue(24)
def test_a_row_that_prints_nothing_is_none_of_the_forms(requests, every_form):
    """As the rest of a half does beside which the other goes on: blank was accepted for what stands overleaf."""
    rows, expected = requests
    gone = 12
    lost = {value: key for key, value in expected.items()}
    lost_keys = {lost[value] for value in rows[gone][1:]}
    printed = [row if i != gone else [""] * len(row) for i, row in enumerate(rows)]
    texts, _ = read([lay_out(printed)], every_form)
    assert {key for key in expected if texts.get(key) is None} == lost_keys
    assert all(texts[key] == value for key, value in expected.items() if key not in lost_keys)


def test_added_row_is_passed_over(requests, every_form):
    rows, expected = requests
    for place in (3, 10, 20):
        added = [*rows[:place], ["其他主动公开文件的说明", *("77777",) * 7], *rows[place:]]
        assert read([lay_out(added)], every_form)[0] == expected


@pytest.mark.parametrize("place", [0, 1])
def test_blank_row_takes_no_figures_from_an_added_row_beside_it(forms, every_form, place):
    table = forms["gio-2021"].table("disclosure")
    expected = numbers_for(table)
    blank = [key for key in expected if ".normative_documents." in key]
    expected.update(dict.fromkeys(blank, ""))
    rows = list_rows(table, expected.values())
    at = next(i for i, row in enumerate(rows) if row[0].endswith("规范性文件")) + place
    rows.insert(at, ["政策性文件", "136", "355", "341"])
    assert read([lay_out(rows)], every_form)[0] == expected


@pytest.mark.parametrize("seed", range(12))
def test_half_the_labels_may_be_illegible(requests, every_form, seed):
    rows, expected = requests
    chosen = random.Random(seed)
    damaged = [
        [chosen.choice(["", "口口", row[0], row[0]]), *row[1:]] if i else row for i, row in enumerate(rows)
    ]
    assert read([lay_out(damaged)], every_form)[0] == expected


@pytest.mark.parametrize("garbled", ["", "口口"])
def test_illegible_rows_of_other_handling_are_not_taken_for_the_2019_form(requests, every_form, garbled):
    rows, expected = requests
    damaged = [[garbled if "不再处理" in row[0] or row[0] == "3.其他" else row[0], *row[1:]] for row in rows]
    texts, found = read([lay_out(damaged)], every_form)
    assert found == {"requests": "gio-2021"}
    assert texts == expected


@pytest.mark.parametrize("seed", range(4))
def test_labels_may_drift(requests, every_form, seed):
    rows, expected = requests
    chosen = random.Random(seed)

    def drift(label):
        kept = "".join(c for c in label if chosen.random() > 0.2)
        return kept.replace(".", "、")

    assert read([lay_out([[drift(r[0]), *r[1:]] for r in rows])], every_form)[0] == expected


@pytest.mark.parametrize("repeated", [False, True], ids=["header once", "header repeated"])
def test_table_may_break_after_any_row(requests, every_form, repeated):
    rows, expected = requests
    for place in range(_TABLE_THREE_HEADER + 1, len(rows)):
        lower = rows[:_TABLE_THREE_HEADER] * repeated + rows[place:]
        pieces = [lay_out(rows[:place]), lay_out(lower, page_no=2)]
        assert read(pieces, every_form)[0] == expected, f"broken before row {place}"


def test_the_first_rows_of_a_table_whose_other_page_is_lost_are_read(requests, every_form):
    rows, expected = requests
    texts, found = read([lay_out(rows[: _TABLE_THREE_HEADER + 2])], every_form)
    read_fields = {key: text for key, text in texts.items() if text}
    assert list(read_fields.items()) == list(expected.items())[:14]
    assert found == {"requests": "gio-2021"}


@pytest.mark.parametrize("kept", [slice(1, 2), slice(2, 4), slice(5, 7)])
def test_two_rows_from_elsewhere_or_one_alone_are_no_beginning(requests, every_form, kept):
    rows, _ = requests
    header = rows[:_TABLE_THREE_HEADER]
    _, found = read([lay_out([*header, *rows[kept]])], every_form)
    assert not found


def test_header_may_stand_alone_at_the_foot_of_a_page(requests, every_form):
    rows, expected = requests
    pieces = [lay_out(rows[:1]), lay_out(rows[1:], page_no=2)]
    assert read(pieces, every_form)[0] == expected


def test_table_may_break_over_three_pages(requests, every_form):
    rows, expected = requests
    pieces = [lay_out(rows[:8]), lay_out(rows[8:17], page_no=2), lay_out(rows[17:], page_no=3)]
    assert read(pieces, every_form)[0] == expected


def test_single_row_of_other_handling_is_the_2019_table(forms, every_form):
    table = forms["gio-2019"].table("requests")
    expected = numbers_for(table)
    texts, found = read([lay_out(list_rows(table, expected.values()))], every_form)
    assert found == {"requests": "gio-2019"}
    assert texts["requests.otherwise.total"] == expected["requests.otherwise.total"]
    assert not any("otherwise.not_corrected" in id_ for id_ in texts)


def test_report_that_mixes_forms_names_each_table_by_its_own(forms, every_form):
    two, three = forms["gio-2021"].table("disclosure"), forms["gio-2019"].table("requests")
    expected = numbers_for(two) | numbers_for(three, start=500)
    pieces = [
        lay_out(list_rows(two, numbers_for(two).values())),
        lay_out(list_rows(three, numbers_for(three, start=500).values()), page_no=2),
    ]
    texts, found = read(pieces, every_form)
    assert found == {"disclosure": "gio-2021", "requests": "gio-2019"}
    assert texts == expected


def test_foreign_table_is_no_form(every_form):
    rows = [["姓名", "年龄", "工资"], ["张三", "31", "5200"], ["李四", "45", "6100"], ["王五", "28", "4800"]]
    assert read([lay_out(rows)], every_form)[0] == {}


def test_nothing_printed_matches_nothing(every_form):
    assert read([], every_form) == ({}, {})


def test_label_caught_with_its_bracket_is_still_alike():
    assert label_similarity("三不予公开1属于国家秘密", "1属于国家秘密") > 0.8
    assert label_similarity("1属于国家秘密", "1属于国家秘密") == 1.0
    assert label_similarity("重复申请", "行政处罚") < 0.3
    assert label_similarity("決算數", "决算数") == 1.0
    assert label_similarity("", "行政处罚") == 0.0


@pytest.mark.parametrize("printed", ["规章含修改", "地方政府规章"])
def test_what_a_body_adds_to_a_short_label_names_its_row_all_the_same(printed):
    assert label_similarity(printed, "规章") > SURE_LABEL


@pytest.mark.parametrize(("printed", "wanted"), [("申请", "2重复申请"), ("现章", "规章"), ("章", "规章")])
def test_part_of_a_label_does_not_name_a_row(printed, wanted):
    assert label_similarity(printed, wanted) < SURE_LABEL


def test_total_is_known_by_its_other_name(requests, every_form):
    rows, expected = requests
    renamed = [
        [cell.replace("总计", "合计") if cell.startswith("（七）") else cell for cell in row] for row in rows
    ]
    slots, _ = read_tables([lay_out(renamed)], every_form)
    assert texts_of(slots) == expected
    assert {slot.row_name.evidence for key, slot in slots.items() if key.startswith("requests.total.")} == {
        1.0
    }


def test_a_form_none_of_whose_labels_is_seen_is_not_there():
    """Rows without labels, of one value each, fit any form of one column."""
    names = [f"第{name}类财政收入" for name in "甲乙丙丁戊己庚辛"]
    rows = "".join(f"    - {{id: r{i}, label: {name}}}\n" for i, name in enumerate(names))
    block = "  - field: 'o.{row}'\n    columns: [{id: value, label: 金额}]\n    rows:\n"
    form = parse_form(f"id: o\ntitle: 别的表\ntables:\n- id: o\n  blocks:\n{block}{rows}", "o.yaml")

    def found(labels):
        table = lay_out([[label, "5"] for label in labels])
        return match_tables(split_rows(table, 0), [form])

    assert [match.share for match in found(names)] == [1.0]
    assert found([""] * len(names)) == []
    assert found(["行政许可决定"] * len(names)) == []


@pytest.mark.parametrize(
    ("row", "printed"), [("regulations", "规章（含修改）"), ("penalties", "行政处罚(含简易程序")]
)
def test_an_explanation_in_brackets_behind_a_label_leaves_it_as_it_was(forms, every_form, row, printed):
    table = forms["gio-2021"].table("disclosure")
    expected = numbers_for(table)
    labels = {r.id: r.label for block in table.blocks for r in block.rows}
    rows = list_rows(table, expected.values())
    rows = [[printed, *cells[1:]] if cells[0] == labels[row] else cells for cells in rows]
    slots, _ = read_tables([lay_out(rows)], every_form)
    assert all(slot.row_name.evidence == 1.0 for key, slot in slots.items() if f".{row}." in key)
