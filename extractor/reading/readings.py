"""Readings of a number cell: from the recogniser's own probabilities to several texts with theirs.

Prefix beam search over a connectionist temporal classification output (Graves et al. 2006; Hannun et al. 2014)
restricted to the numeric alphabet. What escapes the alphabet stays visible as missing mass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import NUMERIC_ALPHABET, Reading

#: Softens the recogniser's overconfidence; fitted between 1.25 and 1.5 on damaged digits.
#: ±20 %: 4 fields, 21 statuses.
TEMPERATURE = 1.35
#: Prefixes kept at every step.
#: ±20 %: confidence by 0.00062 at most.
BEAM_WIDTH = 10
#: Symbols less likely than this at a step are not followed.
#: ±20 %: 3 fields, 3 statuses.
_MIN_LOG = -11.0
_NONE = -math.inf
#: Readings whose texts are kept: those of a report of some pages, a few kilobytes each. Of 30 pages of eight scans
#: 6,868 of 8,317 questions were asked before.
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Guess:
    """One text for a cell and its probability under the recogniser, 0 to 1."""

    text: str
    probability: float


def _add(a: float, b: float) -> float:
    if a == _NONE:
        return b
    if b == _NONE:
        return a
    high, low = (a, b) if a > b else (b, a)
    return high + math.log1p(math.exp(low - high))


def search_beam(numeric: NDArray[np.float32], *, width: int = BEAM_WIDTH) -> list[Guess]:
    """Likeliest texts of a step × symbol matrix of log probabilities, CTC blank first; best first.

    Probabilities need not sum to 1: the rest escaped the alphabet or fell off the beam.
    """
    # Of each text the log probabilities that it ends with a blank, with a symbol, and either.
    beams: dict[str, tuple[float, float, float]] = {"": (0.0, _NONE, 0.0)}
    for row in numeric.tolist():
        blank = row[0]
        alive = [(NUMERIC_ALPHABET[i], p) for i, p in enumerate(row[1:]) if p > _MIN_LOG]
        if not alive:
            beams = {text: (e + blank, _NONE, e + blank) for text, (_, _, e) in beams.items()}
            continue
        grown = _grow(beams, blank, alive)
        ends = [(text, b, e, _add(b, e)) for text, (b, e) in grown.items()]
        ends.sort(key=lambda item: -item[3])
        beams = {text: (b, e, either) for text, b, e, either in ends[:width]}
    best = sorted(beams.items(), key=lambda item: -item[1][2])
    return [Guess(text, math.exp(min(0.0, either))) for text, (_, _, either) in best]


def _grow(
    beams: dict[str, tuple[float, float, float]], blank: float, alive: list[tuple[str, float]]
) -> dict[str, tuple[float, float]]:
    """What the texts become by one more step: as they are, or a symbol longer."""
    grown: dict[str, tuple[float, float]] = {}
    for text, (ends_blank, ends_symbol, either) in beams.items():
        last = text[-1:]
        _put(grown, text, either + blank, _NONE)
        for symbol, p in alive:
            if last != symbol:
                _put(grown, text + symbol, _NONE, either + p)
                continue
            _put(grown, text, _NONE, ends_symbol + p)
            if ends_blank != _NONE:
                _put(grown, text + symbol, _NONE, ends_blank + p)
    return grown


def _put(grown: dict[str, tuple[float, float]], text: str, ends_blank: float, ends_symbol: float) -> None:
    before = grown.get(text)
    if before is not None:
        ends_blank, ends_symbol = _add(before[0], ends_blank), _add(before[1], ends_symbol)
    grown[text] = (ends_blank, ends_symbol)


def guess_texts(reading: Reading) -> list[Guess]:
    """Texts of a reading over the numeric alphabet with softened probabilities, best first.

    An engine without step probabilities gives its one text with its score.
    """
    if reading.certain:
        return [Guess(reading.text, 1.0)]
    if reading.numeric is None:
        return [Guess(reading.text, min(reading.score, 0.98))] if reading.text else []
    return list(_guess(reading.numeric.tobytes(), reading.numeric.shape, reading.numeric.dtype.str))


@lru_cache(maxsize=_REMEMBERED)
def _guess(steps: bytes, shape: tuple[int, ...], kind: str) -> tuple[Guess, ...]:
    """The texts of a matrix of log probabilities, given as its bytes: a report's cells are asked several times."""
    numeric = np.frombuffer(steps, dtype=kind).reshape(shape)
    soft = numeric / TEMPERATURE
    # Escaped mass is softened the same way, then every step sums to 1 again over alphabet and escape.
    inside = np.exp(numeric).sum(axis=1)
    escaped = np.clip(1.0 - inside, 0.0, 1.0) ** (1.0 / TEMPERATURE)
    total = np.exp(soft).sum(axis=1) + escaped
    return tuple(search_beam((soft - np.log(np.maximum(total, 1e-9))[:, None]).astype(np.float32)))
