"""A ruling is led on between crossings where its table is, and not from one table into the next."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.rulings.completed import complete_rulings
from extractor.rulings.tracking import Ruling

_DPI = 200.0
_BLANK = {direction: np.full((1000, 1000), 255, dtype=np.uint8) for direction in ("horizontal", "vertical")}


def ruling(direction, place, start, end):
    return Ruling(direction, np.array([start, end], float), np.array([place, place], float), 100.0)


def completed(rulings, pictures=_BLANK):
    """Direction, place and ends of what comes out, in order."""
    found = complete_rulings(pictures, rulings, _DPI)
    return sorted(
        (r.direction[0], round(float(r.across[0])), round(r.along[0]), round(r.along[-1])) for r in found
    )


def levels(*heights):
    return [ruling("horizontal", y, 100, 900) for y in heights]


def test_parts_on_one_line_are_joined_where_other_rulings_stand_between_them():
    upright = [ruling("vertical", 101, 100, 200), ruling("vertical", 100, 300, 400)]
    beside = [ruling("vertical", 900, 100, 400)]
    found = completed([*levels(100, 200, 300, 400), *upright, *beside])
    assert [r for r in found if r[0] == "v"] == [("v", 101, 100, 400), ("v", 900, 100, 400)]


def test_nothing_is_led_through_the_room_between_two_tables():
    upright = [ruling("vertical", x, *ends) for x in (100, 900) for ends in ((100, 200), (300, 400))]
    found = completed([*levels(100, 200, 300, 400), *upright])
    assert [r[1:] for r in found if r[0] == "v"] == [
        (100, 100, 200),
        (100, 300, 400),
        (900, 100, 200),
        (900, 300, 400),
    ]


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_ruling_goes_on_where_a_little_of_it_is_left(is_seen):
    pictures = {key: picture.copy() for key, picture in _BLANK.items()}
    if is_seen:
        pictures["vertical"][130:155, 499:502] = 60
    rulings = [*levels(100, 200, 300, 400), ruling("vertical", 500, 200, 400)]
    rulings += [ruling("vertical", x, 100, 400) for x in (100, 900)]
    assert ("v", 500, 100 if is_seen else 200, 400) in completed(rulings, pictures)


def test_a_ruling_reaches_the_outer_edge_it_stops_one_column_short_of():
    upright = [ruling("vertical", x, 100, 400) for x in (100, 500, 700, 900)]
    found = completed([*levels(100, 200, 400), ruling("horizontal", 300, 120, 690), *upright])
    assert ("h", 300, 100, 900) in found


def test_a_ruling_without_crossings_stays_as_it_is():
    assert completed([ruling("horizontal", 300, 120, 690)]) == [("h", 300, 120, 690)]
