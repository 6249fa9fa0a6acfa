"""Sums of rounded figures may miss in the last place; counts may not."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.deciding.rounding import count_places, find_slack, find_unit


@pytest.mark.parametrize(
    ("left", "right", "slack"),
    [
        (["5364.75", "4381.74"], ["9746.50"], 0.015),
        (["1,084.02", "8.77", ""], ["1,092.80"], 0.015),
        (["12", "3"], ["16"], 0.0),
        # A figure that is printed twice is not rounded twice.
        (["12.50"], ["12.51"], 0.0),
        # Not all of them are rounded to the same place.
        (["12.5", "3.25"], ["15.75"], 0.0),
        (["516", "0.00"], ["516.74"], 0.0),
        ([], [], 0.0),
    ],
)
def test_slack_is_that_of_the_last_place(left, right, slack):
    assert find_slack(left, right) == pytest.approx(slack)


def test_places_are_those_printed():
    assert [count_places(text) for text in ("12.50", "1,234.5万元", "7", "—", "")] == [2, 1, 0, 0, 0]
    assert find_unit(["0", "—", "12.50"]) == pytest.approx(0.01)


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=30), st.randoms())
def test_parts_that_are_rounded_hardly_ever_miss_by_more(yuan, _):
    printed = [str((Decimal(y) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)) for y in yuan]
    total = str((Decimal(sum(yuan)) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP))
    # Half a unit for each at the very worst.
    assert abs(sum(map(float, printed)) - float(total)) <= 0.005 * (len(yuan) + 1) + 1e-6


def test_of_many_sums_as_good_as_all_are_within_the_slack():
    rng = random.Random(7)
    missed = 0
    for _ in range(2_000):
        yuan = [rng.randrange(1_000, 10**8) for _ in range(rng.randrange(2, 25))]
        printed = [f"{y / 10_000:.2f}" for y in yuan]
        total = f"{sum(yuan) / 10_000:.2f}"
        missed += abs(sum(map(float, printed)) - float(total)) > find_slack(printed, [total]) + 1e-6
    assert missed <= 20
