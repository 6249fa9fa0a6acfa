"""One number over several lines, and the numbers of two rows in one cell."""

from __future__ import annotations

from extractor.ink.wrapped import is_wrapped
from extractor.values.geometry import Box

_DIGIT, _WIDTH = 20.0, 90.0


def line(width, place):
    """A line of figures, the first at the top."""
    return Box(10.0, 10.0 + 30.0 * place, 10.0 + width, 10.0 + 30.0 * place + _DIGIT)


def test_a_full_line_and_the_rest_are_one_number():
    assert is_wrapped([line(47, 0), line(14, 1)], _WIDTH, 48.0, _DIGIT)
    assert is_wrapped([line(47, 0), line(47, 1), line(30, 2)], _WIDTH, 48.0, _DIGIT)


def test_two_short_numbers_are_two():
    assert not is_wrapped([line(14, 0), line(14, 1)], _WIDTH, 14.0, _DIGIT)


def test_a_line_with_room_for_a_digit_is_not_full():
    assert not is_wrapped([line(47, 0), line(14, 1)], 200.0, 48.0, _DIGIT)


def test_a_line_less_wide_than_another_of_its_column_is_not_full():
    assert not is_wrapped([line(47, 0), line(14, 1)], _WIDTH, 75.0, _DIGIT)


def test_no_column_is_too_narrow_for_two_digits():
    assert not is_wrapped([line(14, 0), line(14, 1)], 30.0, 14.0, _DIGIT)


def test_lines_far_apart_are_of_two_rows():
    assert not is_wrapped([line(47, 0), line(14, 3)], _WIDTH, 48.0, _DIGIT)


def test_one_line_is_not_wrapped():
    assert not is_wrapped([line(80, 0)], _WIDTH, 80.0, _DIGIT)
