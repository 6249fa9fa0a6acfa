from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.engine import Gray, Reading
from models.cascade import MIN_SCORE, TEXT_BELOW, CascadeEngine


class _Known:
    """Reads a crop as its first gray level, with the score it was told, and counts what it was asked."""

    def __init__(self, name: str, scores: dict[int, float]) -> None:
        self.name = self.fingerprint = name
        self.asked: list[int] = []
        self._scores = scores

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        levels = [int(crop[0, 0]) for crop in crops]
        self.asked += levels
        return [Reading(f"{self.name}{level}", self._scores.get(level, 1.0)) for level in levels]


def _crops(*levels: int) -> list[Gray]:
    return [np.full((4, 4), level, dtype=np.uint8) for level in levels]


def test_text_in_doubt_is_read_again_and_order_is_kept():
    quick, careful = _Known("q", {2: MIN_SCORE - 0.01, 3: MIN_SCORE}), _Known("c", {})
    readings = CascadeEngine(quick, careful).read(_crops(1, 2, 3), width_scale=TEXT_BELOW - 0.1)
    assert [reading.text for reading in readings] == ["q1", "c2", "q3"]
    assert careful.asked == [2]


def test_numbers_never_go_to_the_quick_one():
    quick, careful = _Known("q", {}), _Known("c", {})
    CascadeEngine(quick, careful).read(_crops(1, 2), width_scale=TEXT_BELOW)
    assert (quick.asked, careful.asked) == ([], [1, 2])
