"""The shipped calibrator and its card: read whole, damaged never, careful beyond what it knows."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from dataclasses import replace

import numpy as np
import pytest

from extractor.seams.calibrator import MAX_CONFIDENCE, Judge
from extractor.trust.bounds import hold_back
from extractor.trust.evidence import FEATURES
from models.calibration import ABSTAIN, SHIPPED, CalibrationError, load_calibrator, read_card, write_card
from models.corrections import Correction


@pytest.fixture(scope="module")
def calibrator():
    return load_calibrator()


@pytest.fixture
def copy(tmp_path):
    """The shipped card and its trees where a test may spoil them."""
    card = shutil.copy(SHIPPED, tmp_path / "calibration.json")
    shutil.copy(SHIPPED.with_name(read_card(SHIPPED).trees), tmp_path)
    return tmp_path / card.name


def clear_field(**changes):
    """Features of a number read without doubt in a table whose sums hold, changed as said."""
    usual = {
        "posterior": 10.0, "pixels": 9.0, "rival": -11.0, "escaped": -9.0, "digits": 2.0, "sums_hold": 2.0,
        "sums_support": 0.99, "label": 1.0, "table_found": 1.0, "table_clear": 0.995, "table_sums": 1.0,
        "style_share": 1.0, "row_clear": 0.999, "row_worst": 0.99, "score": 0.999, "dpi": 200.0, "page_score": 0.99,
        "sums_across": 1.0, "joint": 9.0, "sums_terms": 8.0, "report_sums": 1.0, "table_labels": 0.99,
        "gap_side": 2.0, "gap_level": 1.0, "digit_width": 1.0, "digit_height": 1.0, "glyph_pixels": 22.0,
        "contrast": 190.0, "grain": 3.0, "ruled": 1.0, "likeness": 0.3, "compared": 1.0,
        "report_likeness": 0.2, "style_report": 1.0, "report_found": 1.0, "report_second": 0.95,
    }  # fmt: skip
    return np.array([[(usual | changes).get(name, 0.0) for name in FEATURES]], dtype=np.float32)


def told(calibrator, **changes):
    """As the program tells it: rows that nothing names are judged by rule, trees see too few of them."""
    features = clear_field(**changes)
    return float(hold_back(calibrator.probabilities(features), features)[0])


def test_a_clear_field_is_accepted_and_nothing_is_certain(calibrator):
    assert calibrator.threshold(1.0) <= told(calibrator) <= MAX_CONFIDENCE


@pytest.mark.parametrize(
    "doubt",
    [
        {"posterior": 0.5, "pixels": 0.5, "rival": -0.5, "joint": -2.0, "second": -0.8, "row_worst": 0.6}
        | {"sums_hold": 0.0, "sums_support": 0.0, "sums_terms": 0.0, "sums_across": 0.0},
        # Were the reading beyond doubt all the same, it would be an error that is printed so, and those are accepted.
        {"sums_hold": 0.0, "sums_break": 2.0, "sums_support": 0.0, "table_sums": 0.3, "posterior": 1.0}
        | {"sums_across": 0.0, "accused": 2.0, "suspect": 1.0, "report_sums": 0.9},
        {
            "label": 0.2,
            "sums_hold": 0.0,
            "sums_across": 0.0,
            "sums_support": 0.0,
            "table_clear": 0.6,
            "row_worst": 0.1,
        },
    ],
    ids=["reading", "sums", "row"],
)
def test_doubt_lowers_confidence_below_acceptance(calibrator, doubt):
    assert told(calibrator, **doubt) < min(told(calibrator), calibrator.threshold(1.0))


@pytest.mark.parametrize("strange", [{"dpi": 40.0}, {"dpi": 3000.0}, {"page_score": 0.01}])
def test_beyond_what_was_fitted_it_abstains(calibrator, strange):
    assert told(calibrator, **strange) <= ABSTAIN


def test_a_larger_budget_accepts_no_less(calibrator):
    thresholds = [calibrator.threshold(budget) for budget in (0.01, 0.5, 1.0, 3.0, 10.0, 1000.0)]
    assert thresholds == sorted(thresholds, reverse=True)


def test_no_fields_need_no_answer(calibrator):
    assert calibrator.probabilities(np.zeros((0, len(FEATURES)), dtype=np.float32)).shape == (0,)


def test_its_card_says_on_what_and_how_well():
    about = read_card(SHIPPED).about
    assert about["fitted_on"]
    assert about["left_out"]["documents"] > 100
    assert about["left_out"]["ece"] < 0.01


def test_a_card_survives_being_written(copy):
    card = replace(read_card(copy), corrections=(Correction(0.9, -0.1, 0.98), Correction(1.1, 0.2, 0.97)))
    write_card(card, copy)
    assert read_card(copy) == card
    assert load_calibrator(copy).fingerprint != load_calibrator().fingerprint


def test_a_correction_moves_what_is_told(copy, calibrator):
    write_card(replace(read_card(copy), corrections=(Correction(1.0, -3.0, 0.99999),)), copy)
    assert told(load_calibrator(copy)) < told(calibrator)


def test_other_trees_than_the_pinned_are_refused(copy):
    trees = copy.with_name(read_card(copy).trees)
    trees.write_bytes(trees.read_bytes()[:-1] + b"\0")
    with pytest.raises(CalibrationError, match="SHA-256"):
        load_calibrator(copy)


def test_missing_trees_are_named(copy):
    copy.with_name(read_card(copy).trees).unlink()
    with pytest.raises(CalibrationError, match=read_card(SHIPPED).trees):
        load_calibrator(copy)


def test_features_of_another_version_are_refused(copy):
    found = json.loads(copy.read_text(encoding="utf-8"))
    copy.write_text(json.dumps(found | {"features": found["features"][1:]}), encoding="utf-8")
    with pytest.raises(CalibrationError, match="fit it anew"):
        load_calibrator(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"features": 3}'])
def test_what_is_no_card_is_refused(tmp_path, text):
    (tmp_path / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"card\.json"):
        load_calibrator(tmp_path / "card.json")


def test_a_missing_card_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match="No such file"):
        load_calibrator(tmp_path / "card.json")


def test_it_goes_through_a_pipe_in_one_piece(calibrator):
    """A process may be killed before it takes its work; what does not fit a pipe's buffer then blocks for good."""
    assert len(pickle.dumps(Judge(calibrator))) < 32_768


def test_a_card_of_an_earlier_version_is_that_of_the_trees_it_names(copy):
    """`extractor calibrate` made cards, from the trees that ship, before cards named their readers."""
    found = json.loads(copy.read_text(encoding="utf-8"))
    del found["read_by"]
    copy.write_text(json.dumps(found), encoding="utf-8")
    assert load_calibrator(copy).fitted_with == load_calibrator().fitted_with
    trees = copy.with_name(found["trees"])
    trees.write_text(trees.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    other = found | {"sha256": hashlib.sha256(trees.read_bytes()).hexdigest()}
    copy.write_text(json.dumps(other), encoding="utf-8")
    assert load_calibrator(copy).fitted_with not in {load_calibrator().fitted_with}
