"""Whether a legible label says something else than the form's."""

from __future__ import annotations

import pytest

from extractor.matching.rows import list_rows
from extractor.matching.wording import find_latest_year, is_other, may_be_misread, says_other
from tests.extractor.printed import lay_out


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("其中男", "其中女"),
        ("非流动资产合计", "流动资产合计"),
        ("流动资产合计", "非流动资产合计"),
        ("2022年", "2023年"),
        ("社会保障和就业支出", "教育支出"),
        ("一般公共服务支出", "教育支出"),
        ("不予公开", "予以公开"),
        ("议案件数", "会议数"),
        ("本年预算数", "本年数"),
    ],
)
def test_another_word_is_another_row(printed, wanted):
    assert is_other(printed, [wanted])


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("教育支出", "教育支出"),
        ("行政规范性文件", "规范性文件"),
        ("地方政府规章", "规章"),
        ("巳公开", "已公开"),
        ("收人总计", "收入总计"),
        ("育支出", "教育支出"),
        ("三不予4保护第三方合法权益", "4保护第三方合法权益"),
        ("一本年新收政府信息公开申靖数量", "一本年新收政府信息公开申请数量"),
        ("申请人申请数", "申请数"),
        ("本年制发作数", "本年制发件数"),
    ],
)
def test_what_is_misread_added_or_lost_is_forgiven(printed, wanted):
    assert not is_other(printed, [wanted])


def test_one_of_several_wordings_is_enough():
    assert not is_other("教育支出", ["教育费用", "教育支出"])


def test_nothing_is_told_of_a_row_without_words():
    assert not is_other("", ["教育支出"])
    assert not is_other("教育支出", [""])


@pytest.mark.parametrize(("legibility", "is_told"), [(1.0, True), (0.95, True), (0.92, False), (0.8, False)])
def test_as_many_letters_may_be_others_as_were_misread(legibility, is_told):
    """Of eight letters read with .92 each on average less than one is misread, and more than half a one."""
    assert says_other(["本年处理决定数品"], legibility, ["本年处理决定数量"]) is is_told
    assert says_other(["社会保障支出"], legibility, ["教育支出"]) is (legibility >= 0.9)


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("printed", "wanted", "is_told"),
    [
        ("女性人数", "人数", True),
        ("初步人数", "人数", True),
        ("原预算", "预算", True),
        ("金额万元", "金额", False),
        ("组织其他", "其他", False),
        ("2023年度金额", "金额", False),
        ("增减额", "增减", False),
        ("等奖", "一等奖", True),
        ("有效件数", "现行有效件数", False),
    ],
)
def test_what_is_added_to_a_columns_words_is_another_unless_it_stands_around_them(printed, wanted, is_told):
    assert is_other(printed, [wanted], around=frozenset("组织度万元")) is is_told
    assert not is_other(printed, [wanted])


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("printed", "wanted", "is_told"),
    [
        ("上年决算数", "决算数", True),
        ("去年决算数", "决算数", True),
        ("年初决算数", "决算数", True),
        ("年末数", "本年数", True),
        ("年末数", "年初数", True),
        ("本月数", "本年数", True),
        ("上年度结转", "上年结转", False),
        ("结转下一年度继续办理", "结转下年度继续办理", False),
        ("年底余额", "年末余额", False),
        ("去年余额", "上年余额", False),
        ("本年制发件数", "制发件数", False),
        ("本年2023制发件数", "本年制发件数", False),
    ],
)
@pytest.mark.parametrize("around", [None, frozenset("年初末本数件制发度上决算")])
@pytest.mark.parametrize("legibility", [0.97, 1.0])
def test_another_time_is_another_row_or_column_whatever_else_the_form_prints(
    printed, wanted, is_told, around, legibility
):
    """A form that has 年初预算数 and 决算数 took 年初决算数 for the latter: its header had all the letters."""
    assert is_other(printed, [wanted], legibility, around) is is_told


def test_only_what_a_file_says_itself_cannot_be_misread():
    assert may_be_misread(0.8, 0.99)
    assert not may_be_misread(0.8, 1.0)
    assert not may_be_misread(0.6, 0.99)


def test_the_stroke_of_a_word_is_no_number_that_is_lost():
    around = set("一般公共预算财政拨款第二产业")
    assert not is_other("般公共预算财政拨款", ["一般公共预算财政拨款"], 0.99, around)
    assert is_other("第产业", ["第一产业"], 0.99, around)


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("printed", "wanted", "before", "is_another"),
    [
        ("基本支出合计", "支出合计", "", True),
        ("净资产总额", "资产总额", "", True),
        ("其中女职工", "女职工", "", False),
        ("一教育支出", "教育支出", "", False),
        # What spans the row is read with it.
        ("办理结果予以公开", "予以公开", "三本年度办理结果", False),
        ("支出合计含基建", "支出合计", "", False),
    ],
)
def test_words_before_a_rows_label_make_another_row_of_it(printed, wanted, before, is_another):
    assert is_other(printed, [wanted], before=before) is is_another


def test_the_latest_year_is_that_of_most_headers():
    tables = [lay_out([["指标", "2022年", "2023年"], ["产值", "2025", "7"]], page_no=i) for i in (1, 2)]
    tables.append(lay_out([["指标", "2024年预算数"], ["产值", "5"]], page_no=3))
    assert find_latest_year(list_rows(tables)) == 2023
    assert find_latest_year(list_rows([lay_out([["指标", "产值"], ["2030年", "5"]])])) is None
