from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from extractor.seams.engine import NUMERIC_ALPHABET
from models.alphabet import LOOK_ALIKES, numeric_columns
from models.ctc import CtcDecoder

_CHARSET = ("", *NUMERIC_ALPHABET, "O", "。", "l", "年", "一", " ", "日", "q", "曰")


def _probabilities(*steps: dict[str, float]) -> np.ndarray:
    """Softmax output for one crop; what a step leaves open goes to 年."""
    output = np.zeros((1, len(steps), len(_CHARSET)), dtype=np.float32)
    for row, step in zip(output[0], steps, strict=True):
        row[_CHARSET.index("年")] = 1 - sum(step.values())
        for character, probability in step.items():
            row[_CHARSET.index(character)] += probability
    return output


def test_decoding_drops_blanks_and_repeats_but_keeps_doubled_characters():
    steps = ({"1": 1.0}, {"1": 1.0}, {"": 1.0}, {"1": 1.0}, {"0": 1.0}, {"": 1.0}, {" ": 1.0})
    (reading,) = CtcDecoder(_CHARSET).decode(_probabilities(*steps))
    assert reading.text == "110 "
    assert reading.score == 1.0


def test_score_is_the_mean_over_characters_not_over_steps():
    (reading,) = CtcDecoder(_CHARSET).decode(_probabilities({"7": 0.9}, {"": 0.6}, {"3": 0.7}))
    assert reading.text == "73"
    assert_allclose(reading.score, 0.8, rtol=1e-6)


def test_nothing_but_blanks_reads_as_nothing_and_still_tells_probabilities():
    (reading,) = CtcDecoder(_CHARSET).decode(_probabilities({"": 0.9}, {"": 0.8}))
    assert (reading.text, reading.score) == ("", 0.0)
    assert_allclose(np.exp(reading.numeric[:, 0]), [0.9, 0.8], rtol=1e-6)


def test_look_alikes_add_to_their_symbol_and_the_rest_escapes():
    (reading,) = CtcDecoder(_CHARSET).decode(
        _probabilities({"0": 0.3, "O": 0.2, "。": 0.1, "l": 0.15, "": 0.05})
    )
    zero, one = (1 + NUMERIC_ALPHABET.index(symbol) for symbol in "01")
    assert_allclose(np.exp(reading.numeric[0, [0, zero, one]]), [0.05, 0.6, 0.15], rtol=1e-5)
    assert_allclose(np.exp(reading.numeric[0]).sum(), 0.8, rtol=1e-5)


def test_a_dotted_zero_and_a_written_nine_are_digits_and_what_only_resembles_one_is_not():
    (reading,) = CtcDecoder(_CHARSET).decode(_probabilities({"日": 0.8, "曰": 0.2}, {"q": 0.9, "9": 0.1}))
    zero, nine = (1 + NUMERIC_ALPHABET.index(symbol) for symbol in "09")
    assert_allclose(np.exp([reading.numeric[0, zero], reading.numeric[1, nine]]), [0.8, 1.0], rtol=1e-5)


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_numeric_probabilities_are_a_part_of_the_whole(steps, seed):
    output = np.random.default_rng(seed).dirichlet(np.full(len(_CHARSET), 0.2), size=(2, steps))
    for reading in CtcDecoder(_CHARSET).decode(output.astype(np.float32)):
        assert reading.numeric.shape == (steps, 1 + len(NUMERIC_ALPHABET))
        assert (np.exp(reading.numeric).sum(axis=1) <= 1 + 1e-5).all()
        assert 0 <= reading.score <= 1


def test_no_shape_is_folded_onto_two_symbols():
    shapes = "".join(LOOK_ALIKES.values()) + NUMERIC_ALPHABET
    assert len(shapes) == len(set(shapes))
    assert set(LOOK_ALIKES) == set(NUMERIC_ALPHABET)


def test_a_recogniser_without_a_numeric_symbol_is_refused():
    with pytest.raises(ValueError, match="'7'"):
        numeric_columns([character for character in _CHARSET if character != "7"])
