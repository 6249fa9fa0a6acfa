"""Every engine passes the same tests; none adds threads or touches what it was given."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from extractor.seams.engine import NUMERIC_ALPHABET
from extractor.seams.errors import UsageError
from models import fast
from models.engines import check_engine_name, engine_names, load_engine, second_engine_name

_REAL = ["fast", "cascade", "openvino", "onnxruntime", "tiny", "fast-v5", "paddleocr"]


@pytest.fixture(scope="module", params=_REAL)
def engine(request):
    # Foreign packages warn when they are imported; their warnings are not ours to mend.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_engine(request.param)


@pytest.mark.model
def test_numbers_are_read_in_order_at_every_scale(engine, numbers, number_crops):
    assert [reading.text for reading in engine.read(number_crops)] == numbers
    squeezed = engine.read(number_crops, width_scale=0.75)
    assert [reading.text for reading in squeezed] == numbers
    assert all(0.5 < reading.score <= 1 for reading in squeezed)


@pytest.mark.model
def test_a_reading_does_not_depend_on_its_company(engine, number_crops):
    together = engine.read(number_crops)
    for crop, reading in zip(number_crops, together, strict=True):
        (alone,) = engine.read([crop])
        assert alone.text == reading.text
        assert abs(alone.score - reading.score) < 1e-4


@pytest.mark.model
def test_odd_crops_are_answered(engine):
    crops = [np.full((0, 9), 255, np.uint8), np.full((30, 60), 255, np.uint8), np.full((3, 1), 0, np.uint8)]
    readings = engine.read(crops)
    assert [reading.text for reading in readings[:2]] == ["", ""]
    assert len(readings) == 3
    assert engine.read([]) == []


@pytest.mark.model
def test_numeric_probabilities_hold_the_digits_read(engine, numbers, number_crops):
    if engine.name.startswith("paddleocr"):
        pytest.skip("tells no probabilities")
    for text, reading in zip(numbers, engine.read(number_crops), strict=True):
        best = reading.numeric.argmax(axis=1)
        symbols = [
            NUMERIC_ALPHABET[i - 1] for i, before in zip(best, [0, *best], strict=False) if i and i != before
        ]
        assert "".join(symbols) == text


@pytest.mark.model
def test_runtimes_agree(number_crops):
    one, other = (load_engine(name).read(number_crops) for name in ("openvino", "onnxruntime"))
    for left, right in zip(one, other, strict=True):
        assert left.text == right.text
        assert np.abs(np.exp(left.numeric) - np.exp(right.numeric)).max() < 0.05


@pytest.mark.model
def test_fingerprints_tell_engines_apart():
    prints = {
        load_engine(name).fingerprint
        for name in ("fast", "openvino", "onnxruntime", "tiny", "fast-v5", "null")
    }
    assert len(prints) == 6


@pytest.mark.parametrize(
    ("bfloat16", "installed", "expected"),
    [
        (True, {"openvino", "onnxruntime"}, "openvino"),
        (False, {"openvino", "onnxruntime"}, "onnxruntime"),
        (False, {"openvino"}, "openvino"),
    ],
)
def test_runtime_is_chosen_by_processor_and_installation(monkeypatch, bfloat16, installed, expected):
    monkeypatch.setattr(fast, "_has_bfloat16", lambda: bfloat16)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if name in installed else None)
    assert fast.best_runtime() == expected


def test_missing_runtime_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install"):
        fast.best_runtime()


def test_unknown_engine_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="openvino"):
        load_engine("tesseract")
    check_engine_name("replay:anything")
    assert "replay:PATH" in engine_names()


def test_null_engine_reads_nothing(number_crops):
    readings = load_engine("null").read(number_crops)
    assert {(reading.text, reading.score, reading.numeric) for reading in readings} == {("", 0.0, None)}


@pytest.mark.parametrize(
    ("first", "asked", "expected"),
    [
        ("fast", "auto", "small"),
        ("cells", "auto", "small"),
        ("cascade", "auto", "fast-v5"),
        ("small", "auto", "fast-v5"),
        ("fast", "none", ""),
        ("fast", "paddleocr", "paddleocr"),
        ("fast-v5", "auto", ""),
        ("null", "auto", ""),
        ("replay:a.npz", "auto", ""),
    ],
)
def test_second_engine_is_another_recogniser_or_none(first, asked, expected):
    assert second_engine_name(first, asked) == expected
