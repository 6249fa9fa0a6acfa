"""Values that leave their neighbouring years behind as a misread digit would make them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

_TENFOLD = 10.0
#: A digit changed makes a jump only where the value is also this far off: 125 after 128 is no misreading.
_FAR = 2.0
#: Numbers all below this come and go by themselves, tenfold or not.
LEAST = 50.0
#: Of three digits one can be lost and be told; of 12 and 2 nothing can.
_LEAST_DIGITS = 3


class Jump(StrEnum):
    """How a value differs from those of the years beside it."""

    POINT = "point"
    ADDED = "added"
    LOST = "lost"
    CHANGED = "changed"
    TENFOLD = "tenfold"


def find_jump(value: float, neighbours: Sequence[float]) -> tuple[Jump, int] | None:
    """How a value jumps, and which of its one or two neighbours shows it; None if it does not.

    With one neighbour only a difference of one digit counts, for a tenfold change needs two to tell which year is
    odd. A value is far from all its neighbours, or it is no jump.
    """
    if not neighbours or not all(_is_far(value, other, _FAR) for other in neighbours):
        return None
    for index, other in enumerate(neighbours):
        jump = _compare(value, other)
        if jump is not None:
            return jump, index
    if len(neighbours) == 2 and _same_side(value, neighbours):
        return Jump.TENFOLD, 0
    return None


def distance(value: float, other: float) -> float:
    """How many times the smaller the larger is, at least 1; nothing is told from 0."""
    low, high = sorted((abs(value), abs(other)))
    return high / low if low else 1.0


def _is_far(value: float, other: float, times: float) -> bool:
    # 0 is far from all, and is no misreading of anything: a year without requests is common.
    return (
        value != 0 and other != 0 and max(abs(value), abs(other)) >= LEAST and distance(value, other) >= times
    )


def _same_side(value: float, neighbours: Sequence[float]) -> bool:
    """At least tenfold of both, or a tenth of both."""
    if not all(_is_far(value, other, _TENFOLD) for other in neighbours):
        return False
    return len({abs(value) > abs(other) for other in neighbours}) == 1


def _compare(value: float, other: float) -> Jump | None:
    here, there = _digits(value), _digits(other)
    if here == there:
        return Jump.POINT
    if max(len(here), len(there)) < _LEAST_DIGITS:
        return None
    if len(here) == len(there):
        differing = sum(a != b for a, b in zip(here, there, strict=True))
        return Jump.CHANGED if differing == 1 else None
    if len(here) + 1 == len(there) and _lacks_one(here, there):
        return Jump.LOST
    if len(there) + 1 == len(here) and _lacks_one(there, here):
        return Jump.ADDED
    return None


def _lacks_one(shorter: str, longer: str) -> bool:
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def _digits(value: float) -> str:
    told = repr(abs(value)).removesuffix(".0").replace(".", "")
    return told.lstrip("0") if "." in repr(value) else told
