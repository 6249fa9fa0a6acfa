"""Beam search against every path there is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.reading.readings import guess_texts, search_beam
from extractor.seams.engine import NUMERIC_ALPHABET, Reading

_SYMBOLS = "01/"
_IMPOSSIBLE = -40.0


def matrix(steps):
    """Log probabilities from rows of (blank, 0, 1, /); every other symbol is impossible."""
    out = np.full((len(steps), 1 + len(NUMERIC_ALPHABET)), _IMPOSSIBLE, dtype=np.float32)
    for row, probabilities in zip(out, steps, strict=True):
        row[0] = math.log(probabilities[0])
        for symbol, p in zip(_SYMBOLS, probabilities[1:], strict=True):
            row[1 + NUMERIC_ALPHABET.index(symbol)] = math.log(p)
    return out


def brute_force(steps):
    """Probability of every text: the sum over all alignments, repeats merged unless a blank parts them."""
    found = {}
    for path in itertools.product(range(4), repeat=len(steps)):
        probability = math.prod(row[i] for row, i in zip(steps, path, strict=True))
        kept = [i for i, before in zip(path, (0, *path), strict=False) if i and i != before]
        text = "".join(_SYMBOLS[i - 1] for i in kept)
        found[text] = found.get(text, 0.0) + probability
    return found


@st.composite
def step_lists(draw):
    weights = st.lists(st.integers(1, 60), min_size=4, max_size=4)
    rows = draw(st.lists(weights, min_size=1, max_size=5))
    escaped = draw(st.integers(0, 20))
    return [[w / (sum(row) + escaped) for w in row] for row in rows]


@settings(max_examples=60, deadline=None)
@given(step_lists())
def test_wide_beam_finds_every_text_with_its_exact_probability(steps):
    expected = brute_force(steps)
    found = {guess.text: guess.probability for guess in search_beam(matrix(steps), width=10_000)}
    assert found.keys() == expected.keys()
    for text, probability in expected.items():
        assert found[text] == pytest.approx(probability, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(step_lists())
def test_narrow_beam_never_overstates(steps):
    expected = brute_force(steps)
    guesses = search_beam(matrix(steps))
    assert [g.probability for g in guesses] == sorted((g.probability for g in guesses), reverse=True)
    assert sum(g.probability for g in guesses) <= 1 + 1e-4
    for guess in guesses:
        assert guess.probability <= expected[guess.text] * (1 + 1e-4)


def test_repeated_digit_needs_a_blank_between():
    sure, rest = 0.97, 0.01
    one, blank = [rest, rest, sure, rest], [sure, rest, rest, rest]
    assert search_beam(matrix([one, one]))[0].text == "1"
    assert search_beam(matrix([one, blank, one]))[0].text == "11"


def test_no_steps_say_nothing():
    (guess,) = search_beam(np.zeros((0, 1 + len(NUMERIC_ALPHABET)), dtype=np.float32))
    assert (guess.text, guess.probability) == ("", 1.0)


@settings(max_examples=40, deadline=None)
@given(step_lists())
def test_softened_texts_keep_their_order_and_sum_to_one_at_most(steps):
    guesses = guess_texts(Reading("?", 0.5, matrix(steps)))
    assert sum(g.probability for g in guesses) <= 1 + 1e-4
    assert all(0 <= g.probability <= 1 for g in guesses)


def test_softening_lowers_a_confident_reading():
    steps = matrix([[0.02, 0.02, 0.94, 0.02]])
    assert guess_texts(Reading("1", 0.9, steps))[0].probability < search_beam(steps)[0].probability


def test_mass_that_escapes_the_alphabet_is_kept_from_the_texts():
    guesses = guess_texts(Reading("人", 0.7, matrix([[0.01, 0.01, 0.27, 0.01]])))
    assert guesses[0].text == "1"
    assert sum(g.probability for g in guesses) < 0.6


def test_engine_without_probabilities_gives_its_one_text():
    (guess,) = guess_texts(Reading("17", 0.999))
    assert (guess.text, guess.probability) == ("17", 0.98)
    assert guess_texts(Reading("", 0.0)) == []
