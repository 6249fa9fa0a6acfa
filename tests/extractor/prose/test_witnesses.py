"""What the rest of a report says of its title."""

from __future__ import annotations

import pytest

from extractor.prose.witnesses import DOUBT, weigh_organ, weigh_year


@pytest.mark.parametrize("texts", [[], ["由清河省水利厅办公室编制。"], ["请与本单位联系，电话 010-1234。"]])
def test_a_name_that_nothing_contradicts_is_as_sure_as_it_reads(texts):
    assert weigh_organ("清河省水利厅", 0.97, texts) == 0.97


def test_nearly_the_same_name_elsewhere_is_a_doubt():
    assert weigh_organ("清河省水利厅", 0.97, ["清何省水利厅", "2025年1月20日"]) == DOUBT


def test_the_same_name_outweighs_one_like_it():
    assert weigh_organ("清河省水利厅", 0.97, ["清河省水利厅", "清何省水利厅"]) == 0.97


def test_what_ends_as_no_body_does_is_a_doubt():
    assert weigh_organ("广桥县民政局入工共", 0.94, []) == DOUBT


def test_another_body_is_not_this_one_misread():
    assert weigh_organ("清河省水利厅", 0.97, ["清河省财政厅报来的数据"]) == 0.97


def test_a_year_outside_the_period_is_a_doubt():
    assert weigh_year(2024, 0.98, ["统计期限自2024年1月1日至2024年12月31日"]) == 0.98
    assert weigh_year(2021, 0.98, ["统计期限自2024年1月1日至2024年12月31日"]) == DOUBT
    assert weigh_year(2021, 0.98, ["2024年印发"]) == 0.98


def test_a_name_that_lost_or_gained_a_letter_is_in_doubt_and_a_part_of_it_is_none():
    assert weigh_organ("东风区人民政府公室", 0.95, ["东风区人民政府办公室坚持以人民为中心"]) == DOUBT
    assert weigh_organ("东风区人民政府办办公室", 0.95, ["东风区人民政府办公室坚持以人民为中心"]) == DOUBT
    assert weigh_organ("甲县民政局", 0.95, ["县民政局报来的数据"]) == 0.95


def test_a_mark_within_a_name_is_a_doubt():
    assert weigh_organ("东风区.人民政府办公室", 0.95, []) == DOUBT
    assert weigh_organ("东风区委办公室(档案局)、史志办公室", 0.95, []) == 0.95
