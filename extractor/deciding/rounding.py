"""Sums of rounded figures: parts printed in 万元 with two decimals need not add up to the total in the last place.

Of 30 sums in one department's settlement five miss their totals by .01 or .02, as printed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

_PLACES = re.compile(r"\.(\d+)\D*$")
#: How far n rounded figures miss their total: each by up to half a unit, evenly, so √(n/12) units in the root of the
#: mean square; three times that is hardly ever passed.
#: ±20 %: nothing.
_REACH = 3 / math.sqrt(12)


def count_places(figure: str) -> int:
    """Decimals of a printed figure, a unit behind it left out."""
    match = _PLACES.search(figure)
    return len(match[1]) if match else 0


def find_unit(figures: Iterable[str]) -> float:
    """The unit of the last place of printed figures; 0.0 where they are not all printed to the same decimal place.

    Whole numbers are counted, not rounded. Dashes and blanks, and a bare 0, have no place.
    """
    found = {
        len(match[1]) if (match := _PLACES.search(text)) else 0 for text in figures if text.strip("0-—/ ")
    }
    return 10.0 ** -found.pop() if len(found) == 1 and found != {0} else 0.0


def find_slack(left: Iterable[str], right: Iterable[str]) -> float:
    """By how much the two sides of a sum may differ because their figures are rounded; 0.0 where they are not.

    left, right: what is printed. The same figure twice is not rounded twice.
    """
    sides = [[text for text in side if any(c.isdigit() for c in text)] for side in (left, right)]
    terms = sum(len(side) for side in sides)
    if terms <= len(sides):
        return 0.0
    unit = find_unit([text for side in sides for text in side])
    # Whole units, so that a difference of one is not missed by what floats make of it.
    return (math.floor(_REACH * math.sqrt(terms)) + 0.5) * unit if unit else 0.0
