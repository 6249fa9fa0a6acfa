from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from extractor.seams.engine import NUMERIC_ALPHABET, Gray, Reading
from models.cascade import MIN_NUMBER, MIN_SCORE, SHARPNESS, CascadeEngine, is_sure, sharpen, text_probability
from models.engines import load_engine


class _Known:
    """Reads a crop as Han text with the score told for its gray level; keeps what it was asked."""

    def __init__(self, name: str, scores: dict[int, float]) -> None:
        self.name = self.fingerprint = self.lineage = name
        self.asked: list[int] = []
        self.scales: list[float] = []
        self._scores = scores

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        levels = [int(crop[0, 0]) for crop in crops]
        self.asked += levels
        self.scales.append(width_scale)
        return [Reading(f"{self.name}件{level}", self._scores.get(level, 1.0)) for level in levels]


def _crops(*levels: int) -> list[Gray]:
    return [np.full((4, 4), level, dtype=np.uint8) for level in levels]


def _steps(*rows: dict[str, float]) -> np.ndarray:
    """Log-probabilities of `Reading.numeric`; the blank is the empty string."""
    columns = ["", *NUMERIC_ALPHABET]
    table = np.array([[row.get(symbol, 1e-9) for symbol in columns] for row in rows], dtype=np.float32)
    return np.log(table)


def test_what_is_in_doubt_is_read_again_and_order_is_kept():
    quick, careful = _Known("q", {2: MIN_SCORE - 0.01, 3: MIN_SCORE}), _Known("c", {})
    readings = CascadeEngine(quick, careful).read(_crops(1, 2, 3), width_scale=0.5)
    assert [reading.text for reading in readings] == ["q件1", "c件2", "q件3"]
    assert careful.asked == [2]


@pytest.mark.parametrize(("asked", "quick_sees"), [(0.5, 0.625), (0.9, 1.0), (1.0, 1.0), (1.3, 1.3)])
def test_quick_one_sees_crops_wider_but_never_stretched(asked, quick_sees):
    quick, careful = _Known("q", {1: 0.0}), _Known("c", {})
    CascadeEngine(quick, careful).read(_crops(1), width_scale=asked)
    assert (quick.scales, careful.scales) == ([quick_sees], [asked])


def test_probability_is_summed_over_alignments():
    # "7" as 7_, _7 and 77.
    numeric = _steps({"": 0.4, "7": 0.6}, {"": 0.3, "7": 0.7})
    assert text_probability("7", numeric) == pytest.approx(0.6 * 0.3 + 0.4 * 0.7 + 0.6 * 0.7)
    # A repeated digit needs a blank between; another one does not.
    assert text_probability("77", _steps({"7": 0.9}, {"7": 0.9})) == pytest.approx(0, abs=1e-6)
    assert text_probability("72", _steps({"7": 0.9}, {"2": 0.9})) == pytest.approx(0.81)


@pytest.mark.parametrize(
    ("text", "sure"),
    [("7", True), ("1", False), ("11", False), ("17", False), ("/", False), ("N", False), ("", False)],
)
def test_single_strokes_letters_and_nothing_are_never_sure(text, sure):
    numeric = _steps({"7": (1 + MIN_NUMBER) / 2})
    assert is_sure(Reading(text, 1.0, numeric)) is sure


@pytest.mark.parametrize(("text", "sure"), [("日", False), ("一", False), ("日期", True), ("合计", True)])
def test_a_character_that_may_be_a_digit_is_never_sure(text, sure):
    assert is_sure(Reading(text, 1.0, _steps({"7": (1 + MIN_NUMBER) / 2}))) is sure


def test_numbers_need_their_probability_not_their_score():
    assert not is_sure(Reading("7", 1.0, _steps({"7": MIN_NUMBER - 0.05, "1": 0.1})))
    assert not is_sure(Reading("7", 1.0, None))


def test_sharpening_keeps_the_order_and_counts_what_escaped():
    # Half of the second step escaped to other characters.
    before = Reading("7", 1.0, _steps({"7": 0.9, "1": 0.1}, {"7": 0.4, "1": 0.1}))
    numeric = np.exp(sharpen(before).numeric)
    nine, one = 0.9**SHARPNESS, 0.1**SHARPNESS
    seven, column = numeric[0, NUMERIC_ALPHABET.index("7") + 1], NUMERIC_ALPHABET.index("1") + 1
    assert seven == pytest.approx(nine / (nine + one), rel=1e-4)
    assert numeric[0, column] == pytest.approx(one / (nine + one), rel=1e-4)
    assert numeric[0].sum() == pytest.approx(1, abs=1e-4)
    assert numeric[1].sum() < 0.5
    assert sharpen(Reading("7", 1.0)).numeric is None


@pytest.mark.model
def test_cascade_agrees_with_the_careful_engine_on_numbers(numbers, number_crops):
    assert [reading.text for reading in load_engine("fast").read(number_crops)] == numbers
