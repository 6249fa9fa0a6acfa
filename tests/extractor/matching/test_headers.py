"""Columns are named by the words above them, wherever they stand."""

from __future__ import annotations

import pytest

from extractor.forms.definition import Block, Column
from extractor.matching.headers import bear_out, order_columns


def block(*labels):
    return Block("f.{row}.{column}", tuple(Column(f"c{i}", label) for i, label in enumerate(labels)), ())


_BALANCE = block("年初数", "年末数")
_YEARS = block("2023年", "2022年")
_STOCK = block("本年制发件数", "本年废止件数", "现行有效件数")


def test_columns_in_the_forms_order_are_the_usual_answer():
    assert order_columns(["本年制发件数", "本年废止件数", "现行有效件数"], _STOCK) == [0, 1, 2]
    # A misread letter, and words that are lost.
    assert order_columns(["本年制发件数", "本午废止忏数", ""], _STOCK) == [0, 1, 2]


def test_columns_that_changed_places_are_told_by_their_words():
    assert order_columns(["年末数", "年初数"], _BALANCE) == [1, 0]
    assert order_columns(["2022年", "2023年"], _YEARS) == [1, 0]


@pytest.mark.parametrize(
    ("texts", "found"),
    [(["年末数", "年末数"], [None, 1]), (["年末数", ""], [None, 1]), (["年初数", "年初数"], [0, None])],
)
def test_a_column_under_the_words_of_another_is_none(texts, found):
    assert order_columns(texts, _BALANCE) == found


def test_a_column_of_another_year_is_none():
    assert order_columns(["2024年", "2023年"], _YEARS) == [None, None]
    assert order_columns(["2023年", "2021年"], _YEARS) == [0, None]


@pytest.mark.issue(26)
def test_words_that_are_mostly_others_bear_no_columns_out():
    other = ["本年新制作数量", "本年新公开数量", "对外公开总数量"]
    assert not bear_out(other, order_columns(other, _STOCK), _STOCK)
    torn = ["本年制发件数", "本午废止忏数", "寸玄"]
    assert bear_out(torn, order_columns(torn, _STOCK), _STOCK)


def test_columns_without_words_are_borne_out_by_nothing_that_speaks_against_them():
    assert bear_out(["", "", ""], [0, 1, 2], _STOCK)
