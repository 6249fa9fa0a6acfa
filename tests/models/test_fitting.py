"""Thresholds and figures of a fit are what they say, and bounds count documents."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.features import FEATURES
from models.fitting import Fields, find_thresholds, weigh


def fields(right, document):
    right = np.asarray(right, dtype=bool)
    empty = np.zeros((len(right), len(FEATURES)), dtype=np.float32)
    return Fields(empty, right, np.asarray(document, dtype=np.int32))


def test_the_threshold_lets_pass_no_more_errors_than_the_budget():
    rng = np.random.default_rng(5)
    told = rng.uniform(0.9, 1.0, 60_000)
    right = rng.random(60_000) < 1 - (1 - told) / 20
    for budget, threshold in find_thresholds(told, right).items():
        accepted = told >= threshold
        assert (~right[accepted]).sum() / max(accepted.sum(), 1) * 10_000 <= budget


def test_a_larger_budget_needs_no_more_confidence():
    told = np.linspace(0.5, 0.9999, 40_000)
    right = np.ones(40_000, dtype=bool)
    right[::900] = False
    thresholds = list(find_thresholds(told, right).values())
    assert thresholds == sorted(thresholds, reverse=True)


def test_silent_errors_are_counted_among_the_accepted():
    told = np.array([0.999, 0.999, 0.999, 0.2])
    found = weigh(told, fields([True, False, True, False], [0, 0, 1, 1]), 0.99)
    assert (found["silent"], found["accepted"], found["fields"]) == (1, 0.75, 4)


def test_errors_in_one_document_widen_the_bound():
    told = np.full(4000, 0.999)
    document = np.repeat(np.arange(40), 100)
    scattered = np.ones(4000, dtype=bool)
    scattered[::500] = False
    together = np.ones(4000, dtype=bool)
    together[:8] = False
    bounds = [
        weigh(told, fields(right, document), 0.9)["silent_per_10000_upper"] for right in (scattered, together)
    ]
    assert bounds[1] > bounds[0] > 20


def test_no_error_is_no_proof():
    found = weigh(np.full(3000, 0.9999), fields(np.ones(3000), np.repeat(np.arange(30), 100)), 0.9)
    assert found["silent"] == 0
    assert found["silent_per_10000_upper"] == pytest.approx(10)
