from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.values.geometry import Box, merge_spans, overlap, overlap_share

_NUMBERS = st.floats(-1e4, 1e4)


@st.composite
def boxes(draw):
    left, top = draw(_NUMBERS), draw(_NUMBERS)
    return Box(left, top, left + draw(st.floats(0, 1e4)), top + draw(st.floats(0, 1e4)))


@pytest.mark.parametrize("sides", [(5, 0, 4, 9), (0, 5, 9, 4)])
def test_inverted_box_is_refused(sides):
    with pytest.raises(ValueError, match="inverted"):
        Box(*sides)


def test_right_and_bottom_edges_lie_outside():
    box = Box(10, 20, 30, 40)
    assert box.contains(10, 20)
    assert not box.contains(30, 20)
    assert not box.contains(10, 40)


@given(boxes(), boxes())
def test_union_holds_both_and_nothing_more(one, other):
    both = one.union(other)
    assert both == other.union(one)
    assert {both.left, both.right} <= {one.left, one.right, other.left, other.right}
    for box in (one, other):
        assert both.left <= box.left
        assert both.top <= box.top
        assert both.right >= box.right
        assert both.bottom >= box.bottom


@given(boxes(), st.floats(0, 1e5))
def test_shrunk_box_stays_inside_and_keeps_its_centre(box, margin):
    inner = box.shrink(margin)
    assert inner.width <= box.width + 1e-6
    assert inner.center_x == pytest.approx(box.center_x, abs=1e-6)
    assert inner.center_y == pytest.approx(box.center_y, abs=1e-6)


def test_overlap_counts_shared_length_against_the_shorter():
    assert overlap(0, 10, 6, 20) == 4
    assert overlap(0, 10, 10, 20) == 0
    assert overlap(0, 10, 15, 20) == 0
    assert overlap_share(0, 10, 6, 11) == pytest.approx(0.8)
    assert overlap_share(0, 10, 5, 5) == 0


@given(_NUMBERS, st.floats(0, 1e4), _NUMBERS, st.floats(0, 1e4))
def test_overlap_share_is_symmetric_and_at_most_one(a, a_length, b, b_length):
    share = overlap_share(a, a + a_length, b, b + b_length)
    assert share == overlap_share(b, b + b_length, a, a + a_length)
    assert 0 <= share <= 1 + 1e-9


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=12), st.integers(1, 6))
def test_merged_spans_stand_apart_and_hold_all_of_them(found, gap):
    spans = [(low, low + length) for low, length in found]
    merged = merge_spans(spans, gap)
    assert all(b[0] - a[1] >= gap for a, b in pairwise(merged))
    assert all(any(low <= a and b <= high for low, high in merged) for a, b in spans)
    ends = {x for span in spans for x in span}
    assert {x for span in merged for x in span} <= ends
