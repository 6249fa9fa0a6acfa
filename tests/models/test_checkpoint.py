from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from extractor.seams.engine import NUMERIC_ALPHABET, Reading
from models.checkpoint import CheckpointEngine, decode_readings, encode_readings

_COLUMNS = 1 + len(NUMERIC_ALPHABET)
_NUMERIC = st.none() | st.integers(0, 4).flatmap(
    lambda steps: arrays(np.float32, (steps, _COLUMNS), elements=st.floats(-30, 0, width=32))
)
_READINGS = st.builds(Reading, st.text(max_size=5), st.floats(0, 1), _NUMERIC, st.booleans())


class Counting:
    name = "counting"
    fingerprint = "counting-1"
    lineage = "counting"

    def __init__(self):
        self.calls = []

    def read(self, crops, *, width_scale=1.0):
        self.calls.append(len(crops))
        return [Reading(str(int(crop[0, 0])), 1 / 3) for crop in crops]


def _crop(shade):
    return np.full((8, 8), shade, dtype=np.uint8)


@given(st.dictionaries(st.text("0123456789abcdef", min_size=1, max_size=32), _READINGS, max_size=6))
def test_readings_come_back_exactly(readings):
    fingerprint, back = decode_readings(encode_readings("engine", readings))
    assert fingerprint == "engine"
    assert list(back) == list(readings)
    for key, reading in readings.items():
        assert (back[key].text, back[key].score, back[key].certain) == (
            reading.text,
            reading.score,
            reading.certain,
        )
        if reading.numeric is None:
            assert back[key].numeric is None
        else:
            np.testing.assert_array_equal(back[key].numeric, reading.numeric)


def test_a_page_read_before_is_not_read_again(tmp_path):
    first = CheckpointEngine(Counting())
    first.begin()
    wanted = first.read([_crop(1), _crop(2)])
    first.save(tmp_path / "page.npz")
    inner = Counting()
    second = CheckpointEngine(inner)
    assert second.load(tmp_path / "page.npz")
    assert second.read([_crop(1), _crop(2)]) == wanted
    assert inner.calls == []
    assert [reading.text for reading in second.read([_crop(1), _crop(3)])] == ["1", "3"]
    assert inner.calls == [2]


def test_what_is_known_is_saved_again(tmp_path):
    engine = CheckpointEngine(Counting())
    engine.read([_crop(1)])
    engine.save(tmp_path / "a.npz")
    again = CheckpointEngine(Counting())
    again.load(tmp_path / "a.npz")
    again.read([_crop(1)])
    again.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"x" * 100])
def test_damaged_checkpoints_are_passed_over(tmp_path, content):
    (tmp_path / "page.npz").write_bytes(content)
    assert not CheckpointEngine(Counting()).load(tmp_path / "page.npz")
    assert not CheckpointEngine(Counting()).load(tmp_path / "missing.npz")


def test_checkpoints_of_another_engine_are_passed_over(tmp_path):
    engine = CheckpointEngine(Counting())
    engine.read([_crop(1)])
    engine.save(tmp_path / "page.npz")
    other = Counting()
    other.fingerprint = "counting-2"
    assert not CheckpointEngine(other).load(tmp_path / "page.npz")
