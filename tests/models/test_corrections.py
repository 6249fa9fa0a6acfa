"""A correction is learned from enough decisions, kept only if it does better on others, and never leads far out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.corrections import Correction, try_correction


def decisions(count, *, slope, offset, seed=1, documents=20):
    """Decisions on fields whose machine is too sure or not sure enough by this much."""
    rng = np.random.default_rng(seed)
    told = rng.uniform(0.3, 0.98, count)
    truly = 1 / (1 + np.exp(-(slope * np.log(told / (1 - told)) + offset)))
    return told, rng.random(count) < truly, rng.integers(0, documents, count)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, -2.0), (0.4, 0.0), (1.0, 2.0), (2.0, -1.0)])
def test_what_is_told_wrongly_is_learned(slope, offset):
    trial = try_correction(*decisions(1500, slope=slope, offset=offset))
    assert trial.correction is not None
    assert trial.after < trial.before
    told, right, _ = decisions(4000, slope=slope, offset=offset, seed=2)
    before, after = abs(told.mean() - right.mean()), abs(trial.correction.apply(told).mean() - right.mean())
    assert after < before
    assert after < 0.03


def test_what_is_told_rightly_is_left():
    kept = [
        try_correction(*decisions(1000, slope=1.0, offset=0.0, seed=seed)).correction for seed in range(20)
    ]
    assert sum(correction is not None for correction in kept) <= 3


@pytest.mark.parametrize("count", [0, 1, 20, 49])
def test_few_decisions_teach_nothing(count):
    trial = try_correction(*decisions(count, slope=1.0, offset=-4.0))
    assert (trial.decisions, trial.correction) == (count, None)


def test_one_document_teaches_nothing():
    told, right, _ = decisions(500, slope=1.0, offset=-3.0)
    assert try_correction(told, right, np.zeros(500, dtype=np.int64)).correction is None


def test_only_agreement_teaches_nothing():
    told, _, document = decisions(500, slope=1.0, offset=0.0)
    assert try_correction(told, np.ones(500, dtype=bool), document).correction is None


@given(
    slope=st.floats(0.05, 5),
    offset=st.floats(-8, 8),
    highest=st.floats(0.5, 0.999),
    told=st.lists(st.floats(0, 1), min_size=2, max_size=20),
)
def test_order_is_kept_and_nothing_is_led_beyond_what_was_seen(slope, offset, highest, told):
    confidence = np.sort(np.array(told))
    moved = Correction(slope, offset, highest).apply(confidence)
    assert np.all(np.diff(moved) >= -1e-12)
    assert np.all(moved[confidence <= highest] <= highest)
    assert np.array_equal(moved[confidence > highest], confidence[confidence > highest])
