"""A field is accused by two sums that miss the same amount, or by one that nothing speaks against."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.deciding.suspects import (
    count_accusations,
    find_culprits,
    find_mendable,
    find_suspects,
    find_unsigned,
    find_unvouched,
    measure_excess,
)
from extractor.forms.definition import Identity
from extractor.values.option import Content, Option
from extractor.values.result import Kind
from tests.extractor.trust.test_features import decoded

#: Two rows and two columns with their totals: a b r, c d s, t u g.
_VALUES = {"a": 73, "b": 19, "r": 92, "c": 5, "d": 8, "s": 13, "t": 78, "u": 27, "g": 105}
_SUMS = [
    Identity("row 1", "", ("a", "b"), ("r",)),
    Identity("row 2", "", ("c", "d"), ("s",)),
    Identity("column 1", "", ("a", "c"), ("t",)),
    Identity("column 2", "", ("b", "d"), ("u",)),
    Identity("column 3", "", ("r", "s"), ("g",)),
    Identity("row 3", "", ("t", "u"), ("g",)),
]


def suspects(**misread):
    return find_suspects(decoded({**_VALUES, **misread}, _SUMS))


def test_where_all_sums_hold_nobody_is_accused():
    assert suspects() == frozenset()


@pytest.mark.parametrize("key", _VALUES)
def test_a_lost_digit_is_where_its_row_and_its_column_cross(key):
    assert suspects(**{key: _VALUES[key] // 10}) == {key}


def test_of_two_misread_figures_all_at_the_crossings_are_accused_and_the_totals_are_not():
    # b and c are in nothing but broken sums; each total is in one that holds.
    assert suspects(a=72, d=6) == {"a", "b", "c", "d"}


def test_whom_no_other_sum_vouches_for_is_accused_by_one():
    found = decoded({"a": 1, "b": 2, "c": 4}, [Identity("sum", "", ("a", "b"), ("c",))])
    assert find_suspects(found) == {"a", "b", "c"}


def test_a_sum_that_cannot_be_formed_accuses_nobody():
    found = decoded({**_VALUES, "a": 3}, _SUMS)
    unread = replace(found, options={**found.options, "r": ()}, beliefs={**found.beliefs, "r": []})
    assert measure_excess(unread, _SUMS[0]) is None
    # Of its two sums one is left, and nothing vouches for it: it is accused all the same.
    assert find_suspects(unread) == {"a"}


def test_a_total_left_empty_accuses_nobody():
    found = decoded({"a": 1, "b": 2, "c": 4}, [Identity("sum", "", ("a", "b"), ("c",))])
    blank = Option("", Content(Kind.BLANK, None), 0.99)
    empty = replace(found, options={**found.options, "c": (blank,)})
    assert measure_excess(empty, empty.identities[0]) is None
    assert find_suspects(empty) == frozenset()


def test_decimals_that_add_up_leave_no_excess():
    found = decoded({"a": 0.1, "b": 0.2, "c": 0.3}, [Identity("sum", "", ("a", "b"), ("c",))])
    assert measure_excess(found, found.identities[0]) == 0


def test_for_whom_no_sum_speaks_is_unvouched():
    found = decoded({**_VALUES, "x": 4, "a": 3}, _SUMS)
    assert find_unvouched(found) == {"x", "a"}


def test_accusations_count_sums_that_miss_the_same_amount():
    times = count_accusations(decoded({**_VALUES, "a": 3}, _SUMS))
    assert times["a"] == 2
    assert times["b"] == 1


def test_a_field_another_reading_of_which_mends_a_broken_sum_is_in_doubt_whatever_else_holds():
    # b and its total u lost the same stroke: the column holds.
    found = decoded({**_VALUES, "b": 9, "u": 17, "d": 8}, _SUMS)
    options = {
        **found.options,
        "b": (*found.options["b"], Option("19", Content(Kind.NUMBER, 19.0), 0.01)),
    }
    assert find_mendable(replace(found, options=options)) == {"b"}
    assert find_mendable(found) == set()


def test_a_figure_that_may_be_below_nothing_is_in_doubt_however_its_sums_hold():
    found = decoded(_VALUES, _SUMS)
    options = {**found.options, "a": (*found.options["a"], Option("-73", Content(Kind.NUMBER, -73.0), 0.02))}
    assert find_unsigned(replace(found, options=options)) == {"a"}
    assert find_unsigned(found) == set()


def test_the_culprit_of_a_broken_sum_breaks_another_by_the_same_amount():
    found = find_culprits(decoded({**_VALUES, "a": 3}, _SUMS))
    assert found == {"row 1": {"a"}, "column 1": {"a"}}


def test_a_misprint_has_no_culprit():
    values = {"a": 73, "b": 19, "r": 93}
    assert find_culprits(decoded(values, _SUMS[:1])) == {"row 1": set()}


def test_another_reading_that_mends_its_sum_makes_a_culprit():
    found = decoded({"a": 73, "b": 9, "r": 92}, _SUMS[:1])
    options = found.options | {"b": (*found.options["b"], Option("19", Content(Kind.NUMBER, 19.0), 0.01))}
    assert find_culprits(replace(found, options=options)) == {"row 1": {"b"}}
