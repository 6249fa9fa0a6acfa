from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.testing import assert_allclose

from extractor.seams.engine import NUMERIC_ALPHABET, Gray, Reading
from extractor.seams.errors import StorageError
from models.engines import load_engine
from models.replay import RecordingEngine, ReplayEngine, ReplayError


class _Scripted:
    """Answers with the given texts, one after another."""

    name = "scripted"
    fingerprint = "scripted-1"
    lineage = "scripted"

    def __init__(self, texts: Sequence[str], *, numeric: bool = True) -> None:
        self._texts = iter(texts)
        self._numeric = numeric

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        return [self._reading(next(self._texts)) for _ in crops]

    def _reading(self, text: str) -> Reading:
        columns = 1 + len(NUMERIC_ALPHABET)
        steps = np.full((len(text), columns), -20.0, dtype=np.float32)
        for step, character in zip(steps, text, strict=True):
            step[1 + NUMERIC_ALPHABET.index(character)] = -0.125
        return Reading(text, 0.75, steps if self._numeric else None)


@pytest.fixture
def recording(tmp_path, numbers, number_crops):
    engine = RecordingEngine(_Scripted(numbers))
    engine.read(number_crops, width_scale=0.75)
    path = tmp_path / "numbers.npz"
    engine.save(path)
    return path


def test_replay_gives_back_what_was_read(recording, numbers, number_crops):
    readings = load_engine(f"replay:{recording}").read(number_crops[::-1], width_scale=0.75)
    assert [reading.text for reading in readings] == numbers[::-1]
    for reading in readings:
        assert reading.score == 0.75
        chosen = [1 + NUMERIC_ALPHABET.index(character) for character in reading.text]
        assert reading.numeric.argmax(axis=1).tolist() == chosen
        assert_allclose(reading.numeric.max(axis=1), -0.125)
        assert (np.sort(reading.numeric, axis=1)[:, :-1] == -14.0).all()


@pytest.mark.parametrize(("left", "top"), [(0, 0), (2, 0), (0, 2), (1, 2)])
def test_a_crop_cut_a_pixel_off_and_a_shade_darker_is_recognised(recording, numbers, number_crops, left, top):
    engine = ReplayEngine.from_file(recording)
    for text, crop in zip(numbers, number_crops, strict=True):
        padded = np.pad(crop, 1, constant_values=255)
        moved = padded[top : top + crop.shape[0], left : left + crop.shape[1]]
        shaded = np.clip(moved.astype(int) - 3, 0, 255).astype(np.uint8)
        assert engine.read([shaded], width_scale=0.75)[0].text == text


def test_a_crop_never_recorded_is_an_error(recording, number_crops):
    engine = ReplayEngine.from_file(recording)
    with pytest.raises(ReplayError, match="record the document anew"):
        engine.read([np.ascontiguousarray(number_crops[0][::-1, ::-1])], width_scale=0.75)
    with pytest.raises(ReplayError, match="at scale 1"):
        engine.read(number_crops, width_scale=1.0)


def test_readings_without_probabilities_and_empty_recordings_are_kept(tmp_path, number_crops):
    engine = RecordingEngine(_Scripted(["7"], numeric=False))
    engine.read(number_crops[:1])
    engine.save(tmp_path / "one.npz")
    (reading,) = ReplayEngine.from_file(tmp_path / "one.npz").read(number_crops[:1])
    assert (reading.text, reading.numeric) == ("7", None)
    RecordingEngine(_Scripted([])).save(tmp_path / "none.npz")
    assert ReplayEngine.from_file(tmp_path / "none.npz").read([]) == []


def test_fingerprint_tells_the_recording_and_what_was_recorded(recording):
    assert ReplayEngine.from_file(recording).fingerprint.endswith("of scripted-1")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_what_is_no_recording_is_refused(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match="no recording"):
        ReplayEngine.from_file(path)


def test_pickles_are_never_read(tmp_path):
    path = tmp_path / "pickle.npz"
    np.savez(path, header=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ReplayError, match="no recording"):
        ReplayEngine.from_file(path)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        RecordingEngine(_Scripted([])).save(tmp_path / "nowhere" / "x.npz")
