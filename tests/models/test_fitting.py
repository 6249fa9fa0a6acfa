"""Thresholds and figures of a fit are what they say, and bounds count documents."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.seams.calibrator import ReadBy
from extractor.seams.errors import UsageError
from extractor.trust.evidence import FEATURES
from models.fitting import (
    Collected,
    Fields,
    describe_kinds,
    find_thresholds,
    load_fields,
    save_fields,
    weigh,
)


def fields(right, document):
    right = np.asarray(right, dtype=bool)
    empty = np.zeros((len(right), len(FEATURES)), dtype=np.float32)
    return Fields(empty, right, np.asarray(document, dtype=np.int32))


def test_the_threshold_lets_pass_no_more_errors_than_the_budget():
    rng = np.random.default_rng(5)
    told = rng.uniform(0.9, 1.0, 60_000)
    right = rng.random(60_000) < 1 - (1 - told) / 20
    document = np.arange(60_000, dtype=np.int32) // 150
    for budget, threshold in find_thresholds(told, right, document).items():
        accepted = told >= threshold
        assert (~right[accepted]).sum() / max(accepted.sum(), 1) * 10_000 <= budget


def test_a_larger_budget_needs_no_more_confidence():
    told = np.linspace(0.5, 0.9999, 40_000)
    right = np.ones(40_000, dtype=bool)
    right[::900] = False
    thresholds = list(find_thresholds(told, right, np.arange(40_000, dtype=np.int32) // 150).values())
    assert thresholds == sorted(thresholds, reverse=True)


def test_errors_that_come_together_cost_more_coverage():
    told = np.linspace(0.9502, 0.9999, 40_000)
    right = np.ones(40_000, dtype=bool)
    right[30_000:30_020] = False
    apart, together = (find_thresholds(told, right, document) for document in _documents())
    assert together[10.0] > apart[10.0]


def _documents():
    apart = np.arange(40_000, dtype=np.int32)
    return apart, apart // 150


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


def test_kinds_of_a_document_come_from_how_it_was_made():
    damage = {
        "mode": "fax",
        "motion": 0.2,
        "perspective": 0,
        "bleed": 0,
        "dpi": 300,
        "contrast": 1.0,
        "folds": 0,
    }
    layout = {"ruling_style": "grid", "table_face": "uming", "digit_face": None}
    made = {
        "case": "hard",
        "generator": {"damage": damage, "layout": layout},
        "reports": [{"form": "gio-2014"}],
    }
    kinds = describe_kinds(made)
    assert {"hard", "mode:fax", "motion", "rulings:grid", "face:uming", "form:gio-2014"} <= kinds
    assert not kinds & {"photo", "bleed", "coarse", "pale", "folds"}
    assert describe_kinds({"case": "real", "reports": []}) == frozenset()


def test_documents_of_a_kind_are_chosen_whole(tmp_path):
    rows = np.zeros((3, len(FEATURES)), dtype=np.float32)
    found = [
        Collected(rows[:2], np.array([True, False]), frozenset({"hard", "motion"})),
        Collected(rows[:1], np.array([True]), frozenset({"office"})),
    ]
    read_by = ReadBy("fast", "other", "1")
    save_fields(found, read_by, tmp_path / "one.npz")
    told = load_fields([tmp_path / "one.npz", tmp_path / "one.npz"])
    assert told.having(["motion"]).tolist() == [True, True, False, True, True, False]
    assert told.document.tolist() == [0, 0, 1, 2, 2, 3]
    assert told.of(told.having(["office"])).right.tolist() == [True, True]
    assert told.read_by == read_by


def test_collections_of_other_engines_or_features_are_not_mixed(tmp_path):
    found = [Collected(np.zeros((1, len(FEATURES)), dtype=np.float32), np.array([True]), frozenset())]
    files = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for file, second in zip(files, ("fast-v5", ""), strict=True):
        save_fields(found, ReadBy("fast", second, "1"), file)
    with pytest.raises(UsageError, match="different engines"):
        load_fields(files)
    with np.load(files[0]) as kept:
        np.savez(files[1], **{**kept, "names": kept["names"][1:]})
    with pytest.raises(UsageError, match="other features"):
        load_fields(files[1:])
