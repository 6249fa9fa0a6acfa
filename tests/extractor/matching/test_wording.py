"""Whether a legible label says something else than the form's."""

from __future__ import annotations

import pytest

from extractor.matching.wording import is_other


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
    ],
)
def test_what_is_misread_added_or_lost_is_forgiven(printed, wanted):
    assert not is_other(printed, [wanted])


def test_one_of_several_wordings_is_enough():
    assert not is_other("教育支出", ["教育费用", "教育支出"])


def test_nothing_is_told_of_a_row_without_words():
    assert not is_other("", ["教育支出"])
    assert not is_other("教育支出", [""])
