"""Columns are named by the words above them, wherever they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import Block, Column
from extractor.matching.headers import HeaderWords, bear_out, find_others, is_misread, order_columns


def block(*labels):
    return Block("f.{row}.{column}", tuple(Column(f"c{i}", label) for i, label in enumerate(labels)), ())


def words(*texts, legibility=0.99):
    return [HeaderWords(text, legibility if text else 0.0) for text in texts]


def order(texts, block, **how):
    return order_columns(words(*texts, **how), block)


def others(texts, block, **how):
    """Which printed columns are under words that are not those of the column they were taken for."""
    printed = words(*texts, **how)
    return find_others(printed, order_columns(printed, block), block)


_BALANCE = block("年初数", "年末数")
_YEARS = block("2023年", "2022年")
_STOCK = block("本年制发件数", "本年废止件数", "现行有效件数")


def test_columns_in_the_forms_order_are_the_usual_answer():
    assert order(["本年制发件数", "本年废止件数", "现行有效件数"], _STOCK) == [0, 1, 2]
    # A misread letter, and words that are lost.
    assert order(["本年制发件数", "本午废止忏数", ""], _STOCK) == [0, 1, 2]


def test_columns_that_changed_places_are_told_by_their_words():
    assert order(["年末数", "年初数"], _BALANCE) == [1, 0]
    assert order(["2022年", "2023年"], _YEARS) == [1, 0]


@pytest.mark.parametrize(
    ("texts", "found"),
    [(["年末数", "年末数"], [None, 1]), (["年末数", ""], [1, None]), (["年初数", "年初数"], [0, None])],
)
def test_a_column_under_the_words_of_another_is_none(texts, found):
    assert order(texts, _BALANCE) == found


def test_a_column_of_another_year_is_none_and_those_of_the_forms_are_read_where_they_stand():
    assert order(["2024年", "2023年"], _YEARS) == [None, 0]
    assert order(["2023年", "2021年"], _YEARS) == [0, None]
    assert order(["2025年", "2024年"], _YEARS) == [None, None]


_ACCOUNTS = block("年初预算数", "决算数", "2022年决算数")
_FIVE = block("年初数", "本年增加数", "本年减少数", "本年折旧", "年末数")


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("form", "texts", "found"),
    [
        (_BALANCE, ["年初数", "本月数"], [False, True]),
        (_BALANCE, ["计划额", "实际额"], [True, True]),
        (_STOCK, ["本年制发件数", "本月办结人次", "现行有效件数"], [False, True, False]),
        (_STOCK, ["上月制发件数", "本年废止件数", "现行有效件数"], [True, False, False]),
        (_STOCK, ["甲类", "乙类", "丙类"], [True, True, True]),
        (
            _FIVE,
            ["年初数", "本年增加数", "本月减少数", "本年折旧", "年末数"],
            [False, False, True, False, False],
        ),
        (_FIVE, ["年初数", "本年增加数", "本年减少数", "本年折旧", "月末数"], [False] * 4 + [True]),
        (block("本年数"), ["本月数"], [True]),
        (_ACCOUNTS, ["年初预算数", "上年决算数", "2022年决算数"], [False, True, False]),
        (_ACCOUNTS, ["年初预算数", "2021年决算数", "2022年决算数"], [False, True, False]),
        (block("年初数", "本年数", "增减额"), ["年初数", "年末数", "增减额"], [False, True, False]),
        (block("男", "女", "合计"), ["男", "儿童", "合计"], [False, True, False]),
    ],
)
def test_a_column_under_legible_words_that_are_not_its_own_is_told(form, texts, found):
    assert others(texts, form) == found


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("form", "texts"),
    [
        (block("已公开", "未公开", "合计"), ["己公开", "末公开", "合计"]),
        (block("本年数（万元）", "上年数", "增减"), ["本年数", "上年数（万元）", "增减额"]),
        (block("总计", "其他", "社会公益组织"), ["计", "其他组织", "公益组织"]),
        (_STOCK, ["本年制发件数", "", "现行有效件数"]),
    ],
)
def test_what_is_misread_lost_or_added_is_a_columns_own(form, texts):
    assert not any(others(texts, form))


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("above", "legibility", "is_other"),
    [
        ("本年情况", 0.99, False),
        ("上年情况", 1.0, True),
        ("上年情况", 0.99, False),
        ("上年", 0.99, True),
        ("上年", 0.8, False),
        ("上年各月情况", 0.99, True),
        ("本年凊况", 0.99, False),
    ],
)
def test_a_column_spanned_by_words_that_the_form_has_not_there_is_told(above, legibility, is_other):
    spanned = [
        Column("a", "人数", path=("本年情况",)),
        Column("b", "金额", path=("本年情况",)),
        Column("c", "备注"),
    ]
    form = Block("f", tuple(spanned), ())
    span = HeaderWords(above, legibility)
    printed = [replace(found, above=(span,)) for found in words("人数", "金额", "备注")]
    assert find_others(printed, [0, 1, 2], form) == [is_other, is_other, False]


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("text", "legibility", "found"),
    [
        ("本年制发件类", 0.95, True),
        ("本年制发件类", 1.0, False),
        ("本月办结人次", 0.95, False),
        ("涉企本年制发件数", 0.95, True),
        ("省属人民团体本年制发件数", 0.95, False),
        ("本年制发件数", 0.95, False),
    ],
)
def test_words_that_differ_in_a_letter_may_be_misread_and_those_of_a_file_are_not(text, legibility, found):
    """Words that are the column's own are not misread either: it is what spans them that is another's."""
    assert is_misread(HeaderWords(text, legibility), _STOCK.columns[0]) is found


def test_words_that_cannot_be_read_say_nothing_against_a_column_of_three():
    foreign = ["本年制发件数", "本月办结人次", "现行有效件数"]
    assert not any(others(foreign, _STOCK, legibility=0.8))


def test_words_of_the_block_above_a_column_say_nothing_of_it():
    """A ruling more leaves the header of the labels, or what stands above all, over the first figures."""
    columns = tuple(
        Column(f"c{i}", label) for i, label in enumerate(("上一年项目数量", "增减", "处理决定数量"))
    )
    form = Block("f", columns, (), heading="第二十条第（五）项", label_columns=("信息内容",))
    for own in ("信息內容", "第二十条第五项"):
        assert not any(others([own, "增减", "处理决定数量"], form))
    assert others(["人员信息", "增减", "处理决定数量"], form) == [True, False, False]


def test_a_form_s_other_wordings_are_its_own():
    form = Block("f", (Column("a", "总计", aliases=("合计",)), Column("b", "甲"), Column("c", "乙")), ())
    assert not any(others(["合计", "甲", "乙"], form))


@pytest.mark.issue(26)
def test_words_that_are_mostly_others_bear_no_columns_out():
    other = words("本年新制作数量", "本年新公开数量", "对外公开总数量")
    assert not bear_out(other, order_columns(other, _STOCK), _STOCK)
    torn = words("本年制发件数", "本午废止忏数", "寸玄", legibility=0.8)
    assert bear_out(torn, order_columns(torn, _STOCK), _STOCK)


def test_columns_without_words_are_borne_out_by_nothing_that_speaks_against_them():
    assert bear_out(words("", "", ""), [0, 1, 2], _STOCK)


@pytest.mark.issue(24)
def test_words_that_begin_like_those_above_the_labels_are_a_columns():
    spent = Block(
        "f.{row}.{column}", (Column("a", "基本支出"), Column("b", "结余")), (), label_columns=("项目",)
    )
    assert others(["项目支出", "结余"], spent) == [True, False]
    assert others(["项目", "结余"], spent) == [False, False]
