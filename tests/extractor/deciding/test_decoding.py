"""Belief propagation against the sum over everything that could be printed."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extractor.deciding.decoding import VIOLATION_NATS, decode
from extractor.forms.definition import Identity
from extractor.values.option import Content, Option
from extractor.values.result import Kind


def number(value, probability):
    return Option(f"{value:g}", Content(Kind.NUMBER, float(value)), probability)


def dash(probability):
    return Option("/", Content(Kind.DASH, None), probability)


def blank(probability):
    return Option("", Content(Kind.BLANK, None), probability)


def identity(left, right, name="sum"):
    return Identity(name, "", tuple(left), tuple(right))


def run(options, identities):
    return decode(options, identities, dict.fromkeys(options, "t"))


def brute_force(options, identities):
    """Marginals over all joint readings; a broken identity costs its nats."""
    keys = list(options)
    marginals = {key: [0.0] * len(options[key]) for key in keys}
    for chosen in itertools.product(*(range(len(options[key])) for key in keys)):
        picked = dict(zip(keys, chosen, strict=True))
        weight = math.prod(options[key][i].probability for key, i in picked.items())
        for item in identities:
            left = sum(options[f][picked[f]].amount for f in item.left)
            right = sum(options[f][picked[f]].amount for f in item.right)
            weight *= 1.0 if abs(left - right) < 1e-9 else math.exp(-VIOLATION_NATS)
        for key, i in picked.items():
            marginals[key][i] += weight
    return {key: [w / sum(weights) for w in weights] for key, weights in marginals.items()}


@st.composite
def cells(draw):
    """Two to four readings of a cell, all numbers above zero, probabilities summing to one."""
    values = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4, unique=True))
    weights = [draw(st.integers(1, 50)) for _ in values]
    return tuple(number(v, w / sum(weights)) for v, w in zip(values, weights, strict=True))


@settings(max_examples=60, deadline=None)
@given(cells(), cells(), cells(), cells())
def test_marginals_of_one_sum_are_exact(a, b, c, total):
    options = {"a": a, "b": b, "c": c, "t": total}
    sums = [identity("abc", "t")]
    expected = brute_force(options, sums)
    for key, belief in run(options, sums).items():
        assert belief == pytest.approx(expected[key], abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(cells(), cells(), cells(), cells(), cells())
def test_marginals_of_two_sums_that_share_a_cell_are_exact(a, b, c, d, e):
    options = {"a": a, "b": b, "c": c, "d": d, "e": e}
    sums = [identity("ab", "c", "first"), identity("cd", "e", "second")]
    expected = brute_force(options, sums)
    for key, belief in run(options, sums).items():
        assert belief == pytest.approx(expected[key], abs=2e-3)


@settings(max_examples=40, deadline=None)
@given(cells(), cells(), cells())
def test_beliefs_are_probabilities(a, b, total):
    for belief in run({"a": a, "b": b, "t": total}, [identity("ab", "t")]).values():
        assert all(0 <= p <= 1 for p in belief)
        assert sum(belief) <= 1 + 1e-9


def test_sum_chooses_among_readings_the_pixels_allow():
    options = {"a": (number(3, 1.0),), "b": (number(9, 0.55), number(4, 0.45)), "t": (number(7, 1.0),)}
    assert run(options, [identity("ab", "t")])["b"][1] > 0.95


def test_planted_wrong_total_stays_as_printed():
    options = {
        "a": (number(3, 0.999),),
        "b": (number(4, 0.998), number(5, 0.001)),
        "t": (number(8, 0.998), number(7, 0.0005)),
    }
    beliefs = run(options, [identity("ab", "t")])
    assert beliefs["t"][0] > 0.9
    assert beliefs["b"][0] > 0.9


def test_two_sums_against_a_total_do_not_overwrite_it():
    options = {key: (number(v, 0.9995),) for key, v in {"a": 3, "b": 4, "c": 5, "d": 2}.items()}
    options["t"] = (number(8, 0.9990), number(7, 0.0001))
    beliefs = run(options, [identity("ab", "t", "row"), identity("cd", "t", "column")])
    assert beliefs["t"][0] > beliefs["t"][1]


def test_reading_without_weight_is_never_chosen():
    options = {"a": (number(3, 1.0),), "b": (number(9, 1.0), number(4, 1e-9)), "t": (number(7, 1.0),)}
    assert run(options, [identity("ab", "t")])["b"][0] > 0.999


def test_sum_cannot_vouch_for_what_no_reading_says():
    options = {"a": (number(3, 1.0),), "b": (number(4, 0.3),), "t": (number(8, 1.0),)}
    assert run(options, [identity("ab", "t")])["b"][0] < 0.5


def test_fitting_sum_raises_a_doubtful_reading():
    options = {"a": (number(3, 1.0),), "b": (number(4, 0.6),), "t": (number(7, 1.0),)}
    assert run(options, [identity("ab", "t")])["b"][0] > 0.9


def test_field_without_readings_stays_empty_and_its_sum_is_left_out():
    options = {"a": (number(3, 0.8), number(8, 0.2)), "b": (), "t": (number(7, 1.0),)}
    beliefs = run(options, [identity("ab", "t")])
    assert beliefs["b"] == []
    assert beliefs["a"] == pytest.approx([0.8, 0.2])


def test_total_left_empty_says_nothing_about_its_parts():
    options = {"a": (number(3, 0.5), number(0, 0.5)), "t": (blank(1.0),)}
    with_sum, without = run(options, [identity("a", "t")]), run(options, [])
    assert with_sum["a"] == pytest.approx(without["a"])


def test_table_that_prints_zeros_reads_a_doubtful_cell_as_zero():
    options = {f"z{i}": (number(0, 0.99),) for i in range(12)}
    options["x"] = (dash(0.6), number(0, 0.4))
    assert run(options, [])["x"][1] > 0.9


def test_table_that_prints_slashes_reads_a_doubtful_cell_as_slash():
    options = {f"z{i}": (dash(0.99),) for i in range(12)}
    options["x"] = (number(0, 0.6), dash(0.4))
    assert run(options, [])["x"][1] > 0.9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 300))
def test_clear_print_is_returned_whatever_the_sum_says(a, b, total):
    assume(a + b != total)
    options = {"a": (number(a, 1.0),), "b": (number(b, 1.0),), "t": (number(total, 1.0),)}
    for belief in run(options, [identity("ab", "t")]).values():
        assert belief[0] == pytest.approx(1.0)


def test_amounts_of_fifteen_digits_are_added_as_others_are():
    """Twelve figures with so many readings each that their sums are added as arrays."""
    vast = 999_999_999_999_998
    parts = {f"p{i}": [number(vast - j, 1 / 9) for j in range(9)] for i in range(12)}
    options = parts | {"total": [number(vast, 1.0)]}
    beliefs = run(options, [identity(parts, ["total"])])
    assert all(math.isclose(sum(belief), 1.0, rel_tol=1e-6) for belief in beliefs.values() if len(belief) > 1)
