"""How sure a counted share is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

#: 95 % of a normal distribution lie within so many standard deviations.
_Z = 1.959964
#: Times documents are drawn anew, and the seed they are drawn with.
_DRAWS, _SEED = 2000, 20211


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson (1927): holds for rare events and small samples too."""
    if total == 0:
        return 0.0, 1.0
    share, square = count / total, _Z * _Z / total
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / total + square / (4 * total))
    # At the ends the formula gives them, but for rounding.
    low = 0.0 if count == 0 else max(0.0, middle - half)
    return low, 1.0 if count == total else min(1.0, middle + half)


def bound_by_document(errors: Sequence[int], counts: Sequence[int]) -> float:
    """Upper end of the 95 % interval of a rate whose errors come together, as those of a document do.

    Documents are drawn anew with replacement (the bootstrap of Efron 1979), so that ten errors of one document weigh
    as one accident does, not as ten. Errors that never came cannot be drawn: it is never below Wilson's interval.

    Args:
        errors: errors of each document.
        counts: fields of each document that may be wrong.
    """
    total = sum(counts)
    _, least = wilson_interval(sum(errors), total)
    if not any(errors):
        return least
    wrong, of = np.asarray(errors), np.asarray(counts)
    drawn = np.random.default_rng(_SEED).integers(0, len(of), (_DRAWS, len(of)))
    rates = wrong[drawn].sum(axis=1) / np.maximum(of[drawn].sum(axis=1), 1)
    return max(least, float(np.quantile(rates, 0.975)))
