"""Where the columns of a block stand on a piece of its table, and what names them there."""

from __future__ import annotations

import pytest

from extractor.forms.definition import parse_form
from extractor.matching.align import match_tables
from extractor.matching.columns import find_unknown_columns
from extractor.matching.rows import split_rows
from extractor.matching.unknown import find_unknown
from extractor.values.slot import Header
from tests.extractor.printed import lay_out, read, texts_of

pytestmark = pytest.mark.issue(24)

_NAMES = ("货币资金", "存货", "应收账款", "固定资产")


def form(*blocks):
    """A form of one table; every block: labels of its columns, labels of its rows."""
    text = "id: o\ntitle: 资产表\ntables:\n- id: o\n  blocks:\n"
    for place, (columns, rows) in enumerate(blocks):
        shown = ", ".join(f"{{id: c{i}, label: {label}}}" for i, label in enumerate(columns))
        text += f"  - field: 'b{place}.{{row}}.{{column}}'\n    label_columns: [项目, 行次]\n"
        text += f"    columns: [{shown}]\n    rows:\n"
        text += "".join(f"    - {{id: r{i}, label: {label}}}\n" for i, label in enumerate(rows))
    return {"o": parse_form(text, "o.yaml")}


def table(columns, rows=_NAMES, *, page_no=1, header=True, first=10):
    """A printed table whose figures tell their row and column."""
    data = [
        [name, *(str(first * (row + 1) + place) for place in range(len(columns)))]
        for row, name in enumerate(rows)
    ]
    return lay_out([["项目", *columns], *data] if header else data, page_no=page_no)


def unknown(tables, forms):
    rows = [row for index, found in enumerate(tables) for row in split_rows(found, index)]
    matches = match_tables(rows, list(forms.values()))
    return [
        (found.words, found.place, found.page_no, found.fields)
        for match in matches
        for found in find_unknown_columns(match, rows, matches)
    ]


def headers(slots, column):
    return {slot.header for key, slot in slots.items() if key.endswith(f".{column}")}


def test_a_page_without_a_header_goes_on_under_the_words_of_the_page_before():
    wanted = form(
        (("年初数", "本年数", "年末数"), (*_NAMES, "无形资产", "待处理财产", "公共设施", "文物文化资产"))
    )
    first = table(("年初数", "本月数", "年末数"))
    rest = table(
        ("年初数", "本月数", "年末数"),
        ("无形资产", "待处理财产", "公共设施", "文物文化资产"),
        page_no=2,
        header=False,
    )
    slots = read([first, rest], wanted)
    assert len(slots) == 24
    assert [headers(slots, f"c{i}") for i in range(3)] == [{Header.FITS}, {Header.OTHER}, {Header.FITS}]
    ((words, place, page_no, fields),) = unknown([first, rest], wanted)
    assert (words, place, page_no) == ("本月数", 2, 1)
    assert fields == tuple(f"b0.r{row}.c1" for row in range(8))


@pytest.mark.parametrize(
    "own",
    [
        # Three of seven, all by the form's own words; years, fewer and as many; shares.
        ("单位数", "税金", "资产"),
        ("2021", "2022", "2023"),
        tuple(str(year) for year in range(2017, 2024)),
        ("占比%", "(2)", "(3)"),
    ],
)
def test_figures_under_a_header_of_their_own_are_in_no_column_of_the_page_before(own):
    columns = ("单位数", "从业人员", "营业收入", "营业成本", "税金", "利润", "资产")
    wanted = form((columns, (*_NAMES, "无形资产", "待处理财产")))
    first = table(columns)
    rest = table(own, ("无形资产", "待处理财产"), page_no=2)
    slots = read([first, rest], wanted)
    shown = {slot.header for key, slot in slots.items() if slot.page_no == 2 and slot.cell is not None}
    assert shown <= {Header.OTHER}
    assert all(slot.header is Header.FITS for slot in slots.values() if slot.page_no == 1)


def test_a_header_printed_once_more_is_told_once():
    wanted = form((("年初数", "本年数", "年末数"), (*_NAMES, "无形资产", "待处理财产")))
    tables = [
        table(("年初数", "本月数", "年末数")),
        table(("年初数", "本月数", "年末数"), ("无形资产", "待处理财产"), page_no=2),
    ]
    assert [found[:3] for found in unknown(tables, wanted)] == [("本月数", 2, 1)]


def test_words_above_another_block_are_none_of_a_block_s_own():
    """Below a block of three columns stands one of a single column, under its own words."""
    wanted = form(
        (("年初数", "本年数", "年末数"), _NAMES), (("本月人数",), ("编制职工", "聘用职工", "退休职工"))
    )
    rows = [["项目", "年初数", "本年数", "年末数"], *[[name, "1", "2", "3"] for name in _NAMES]]
    for words, expected in (("本月人数", Header.FITS), ("本年人数", Header.OTHER)):
        below = [["项目", words], *[[name, "7"] for name in ("编制职工", "聘用职工", "退休职工")]]
        slots = read([lay_out([*rows, *below])], wanted)
        assert {slot.header for key, slot in slots.items() if key.startswith("b1.")} == {expected}
        assert {slot.header for key, slot in slots.items() if key.startswith("b0.")} == {Header.FITS}


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (("年末数",), "10"),
        (("年末数", "年初数"), "10"),
        (("年初数", "年末数"), "11"),
        (("年初数", "增加", "年末数", "减少"), "12"),
    ],
)
def test_a_form_of_one_column_finds_it_by_its_words(columns, text):
    wanted = form((("年末数",), _NAMES))
    slots = read([table(columns)], wanted)
    assert texts_of(slots)["b0.r0.c0"] == text
    assert {slot.trouble for slot in slots.values()} == {None}
    assert [found[0] for found in unknown([table(columns)], wanted)] == [c for c in columns if c != "年末数"]


def test_of_several_columns_without_words_none_is_sure_to_be_the_one():
    slots = read([table(("甲", "乙", "丙"), header=False)], form((("年末数",), _NAMES)))
    assert None not in {slot.trouble for slot in slots.values()}


@pytest.mark.parametrize(
    ("printed", "texts"),
    [
        (("2023", "2022"), ("10", "11")),
        (("2022", "2023"), ("11", "10")),
        (("2024", "2023"), ("11", None)),
    ],
)
def test_columns_that_are_called_by_figures_are_named_by_them(printed, texts):
    """Their header holds no words, and is none of the rows that the form does not have."""
    wanted = form((('"2023"', '"2022"'), _NAMES))
    slots = read([table(printed)], wanted)
    assert (texts_of(slots)["b0.r0.c0"], texts_of(slots)["b0.r0.c1"]) == texts
    rows = split_rows(table(printed), 0)
    assert find_unknown(rows, match_tables(rows, list(wanted.values()))) == ()


def test_columns_that_no_figure_stands_in_and_those_that_number_rows_are_not_told():
    wanted = form((("年初数", "年末数"), _NAMES))
    rows = [["项目", "行次", "年初数", "备注栏", "年末数"]]
    rows += [[name, str(place + 1), "50", "", "70"] for place, name in enumerate(_NAMES)]
    assert unknown([lay_out(rows)], wanted) == []
    slots = read([lay_out(rows)], wanted)
    assert texts_of(slots) == {
        f"b0.r{row}.c{place}": text for row in range(4) for place, text in enumerate(("50", "70"))
    }
