"""How sure a counted share is."""

from __future__ import annotations

import math

#: 95 % of a normal distribution lie within so many standard deviations.
_Z = 1.959964


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
