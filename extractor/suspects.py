"""Fields that sums accuse: whoever reads them with confidence may have lost a digit of them.

A misread figure breaks its row and its column by the same amount, which hardly anything else does. And a figure in
a sum that does not hold, which no other sum vouches for, is as likely misread as it is misprinted.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from extractor.forms import Identity
from extractor.solving import Decoded

#: Amounts are compared to this many places.
_PLACES = 4


def find_suspects(decoded: Decoded) -> frozenset[str]:
    """Ids of the fields that are not to be trusted whatever the recogniser says of them."""
    needed: dict[str, Counter[float]] = defaultdict(Counter)
    vouched: set[str] = set()
    for identity in decoded.identities:
        excess = measure_excess(decoded, identity)
        if excess is None:
            continue
        if not excess:
            vouched.update(identity.fields)
            continue
        for key in identity.left:
            needed[key][-excess] += 1
        for key in identity.right:
            needed[key][excess] += 1
    return frozenset(
        key for key, amounts in needed.items() if key not in vouched or max(amounts.values()) > 1
    )


def measure_excess(decoded: Decoded, identity: Identity) -> float | None:
    """By how much the left side is larger than the right one as read; None when a field of it cannot be read."""
    sides = [[decoded.best(key) for key in side] for side in (identity.left, identity.right)]
    if any(option is None for side in sides for option in side):
        return None
    left, right = (sum(option.amount for option in side if option) for side in sides)
    return round(left - right, _PLACES) + 0.0
