from __future__ import annotations

import numpy as np
import pytest

from extractor.ink.despeckling import find_specks, find_written

_DIGIT = 20.0


def specks_of(*boxes):
    members = np.asarray(boxes, dtype=np.int32)
    return find_specks(members, find_written(members, _DIGIT), _DIGIT).tolist()


@pytest.mark.parametrize(
    "speck",
    [(12, 50, 16, 54), (4, 8, 8, 12), (60, 45, 65, 50), (13, 39, 18, 44), (-60, 12, -52, 20)],
    ids=["below", "above", "below and aside", "behind the foot", "a blot far off"],
)
def test_what_is_small_and_off_the_line_of_figures_is_a_speck(speck):
    assert specks_of((0, 20, 12, 40), speck) == [False, True]


@pytest.mark.parametrize(
    "small",
    [(14, 37, 17, 40), (14, 36, 18, 45), (2, 15, 9, 19), (12, 28, 18, 30)],
    ids=["point", "comma", "piece broken off", "hyphen"],
)
def test_what_belongs_to_a_number_is_none(small):
    assert specks_of((0, 20, 12, 40), small, (20, 20, 32, 40)) == [False, False, False]


def test_a_speck_beside_a_dash_is_none_of_it():
    assert specks_of((0, 20, 8, 23), (4, 25, 8, 29)) == [False, True]


@pytest.mark.parametrize(
    ("stroke", "rest"),
    [((2, 20, 9, 23), (1, 24, 10, 33)), ((0, 30, 9, 33), (0, 20, 9, 29))],
    ids=["bar of a 5", "foot of a 2"],
)
def test_the_rest_of_a_small_digit_is_no_speck_beside_its_level_stroke(stroke, rest):
    assert specks_of(*sorted([stroke, rest], key=lambda box: box[1]), (-40, 45, -37, 48)) == [
        False,
        False,
        True,
    ]


def test_pieces_of_one_digit_are_writing_and_strewn_specks_are_not():
    broken = np.asarray([(0, 20, 7, 25), (6, 24, 9, 31), (0, 30, 7, 36)], dtype=np.int32)
    strewn = np.asarray([(0, 20, 3, 23), (20, 32, 23, 35)], dtype=np.int32)
    assert find_written(broken, _DIGIT).all()
    assert not find_written(strewn, _DIGIT).any()
