"""What people decided → a correction of confidence, kept only if it does better on decisions it has not seen.

Two numbers move the log odds of a calibrator (Platt 1999), held near "change nothing" as long as decisions are few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Fewest decisions from which anything is learned, and fewest of which the machine was wrong, and right.
LEAST, LEAST_EACH = 50, 5
#: Pull towards changing nothing, in decisions.
_PRIOR = 10.0
#: Fewest documents, since what is learned is tried on documents left out.
FOLDS = 5
#: Standard errors by which decisions not seen must come out better.
_MARGIN = 1.64
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Correction:
    """New log odds = slope × log odds + offset, for confidences up to `highest`, which it never leads beyond."""

    slope: float
    offset: float
    highest: float

    def apply(self, confidence: Floats) -> Floats:
        """Corrected confidences, 0 to 1; those above `highest` stay as they are."""
        moved = _sigmoid(self.slope * _log_odds(confidence) + self.offset)
        return np.asarray(
            np.where(confidence > self.highest, confidence, np.minimum(moved, self.highest)), dtype=np.float64
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """What a correction does on decisions it was not fitted on.

    decisions, wrong: how many there are, and of how many the machine was wrong. before, after: mean log loss (nats
    per decision). correction: None where it is not better, or too little is known.
    """

    decisions: int
    wrong: int
    before: float
    after: float
    correction: Correction | None


def try_correction(confidence: Floats, right: NDArray[np.bool_], document: NDArray[np.int64]) -> Trial:
    """Fit a correction and try it on documents left out.

    confidence: the machine's, 0 to 1. right: whether people agreed. document: where each stands.
    """
    wrong = int((~right).sum())
    before = _loss(confidence, right)
    if len(right) < LEAST or min(wrong, len(right) - wrong) < LEAST_EACH or len(np.unique(document)) < FOLDS:
        mean = float(before.mean()) if len(right) else 0.0
        return Trial(len(right), wrong, mean, mean, None)
    from sklearn.model_selection import GroupKFold

    after = before.copy()
    for train, test in GroupKFold(FOLDS).split(confidence, right, document):
        after[test] = _loss(_fit(confidence[train], right[train]).apply(confidence[test]), right[test])
    gain = before - after
    is_better = gain.mean() > _MARGIN * gain.std(ddof=1) / np.sqrt(len(gain))
    return Trial(
        len(right),
        wrong,
        float(before.mean()),
        float(after.mean()),
        _fit(confidence, right) if is_better else None,
    )


def _fit(confidence: Floats, right: NDArray[np.bool_]) -> Correction:
    from scipy.optimize import minimize

    odds = _log_odds(confidence)

    def cost(found: Floats) -> float:
        slope, offset = found
        told = np.clip(_sigmoid(slope * odds + offset), _EDGE, 1 - _EDGE)
        loss = -np.where(right, np.log(told), np.log(1 - told)).sum()
        return float(loss + _PRIOR * ((slope - 1.0) ** 2 + offset**2) / 2)

    # A slope of nought or less would turn the order of fields round.
    found = minimize(cost, np.array([1.0, 0.0]), bounds=[(0.05, 5.0), (-8.0, 8.0)])
    return Correction(float(found.x[0]), float(found.x[1]), float(confidence.max()))


def _loss(confidence: Floats, right: NDArray[np.bool_]) -> Floats:
    told = np.clip(confidence, _EDGE, 1 - _EDGE)
    return np.asarray(-np.where(right, np.log(told), np.log(1 - told)), dtype=np.float64)


def _log_odds(confidence: Floats) -> Floats:
    told = np.clip(confidence, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(told / (1 - told)), dtype=np.float64)


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)
