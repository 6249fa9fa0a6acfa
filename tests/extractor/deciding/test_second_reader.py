"""A second opinion moves odds between readings; it never overrules, and never loses probability."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extractor.deciding.second_reader import ask_second, weigh_opinion
from extractor.deciding.suspects import find_unvouched
from extractor.seams.engine import Reading
from extractor.values.opinion import Opinion
from extractor.values.option import Content, Option
from extractor.values.page import TextLine
from extractor.values.result import Kind
from extractor.values.shape import Shape
from tests.extractor.drawn import straight_image
from tests.extractor.trust.test_features import TOTAL, decoded


def number(text: str, probability: float) -> Option:
    return Option(text, Content(Kind.NUMBER, float(text)), probability)


def said(text):
    return Opinion(text, Content(Kind.DASH, None) if text == "/" else Content(Kind.NUMBER, float(text)))


def test_agreement_raises_the_reading():
    before = (number("7", 0.8), number("9", 0.15))
    after = weigh_opinion(before, said("7"))
    assert after[0].raw == "7"
    assert after[0].probability > 0.8


def test_disagreement_lowers_the_reading_and_raises_the_other():
    after = {o.raw: o.probability for o in weigh_opinion((number("7", 0.6), number("9", 0.3)), said("9"))}
    assert after["7"] < 0.6
    assert after["9"] > 0.3


def test_a_reading_only_the_second_has_gets_no_more_than_was_illegible():
    after = {o.raw: o.probability for o in weigh_opinion((number("7", 0.9),), said("1"))}
    assert after["1"] < 0.1 < after["7"]


@pytest.mark.parametrize("text", ["7", "9", "12", "/"])
def test_probabilities_sum_to_at_most_one(text):
    after = weigh_opinion((number("7", 0.7), number("9", 0.2)), said(text))
    assert sum(o.probability for o in after) <= 1.0 + 1e-9
    assert [o.probability for o in after] == sorted((o.probability for o in after), reverse=True)


class _Counting:
    """Reads nothing and counts what it is asked."""

    name = fingerprint = lineage = "counting"

    def __init__(self):
        self.asked = 0

    def read(self, crops, *, width_scale=1.0):
        self.asked += len(crops)
        return [Reading("", 0.0) for _ in crops]


@pytest.mark.parametrize(("clear", "sums", "asked"), [(0.999, [TOTAL], 0), (0.999, [], 3), (0.9, [TOTAL], 3)])
def test_the_second_is_asked_where_reading_is_unclear_or_nothing_else_speaks(clear, sums, asked):
    found = decoded({"a": 1, "b": 2, "c": 3}, sums, clear=clear)
    flat = np.full((200, 400), 255, dtype=np.uint8)
    images = {1: straight_image(flat)}
    second = _Counting()
    ask_second(found.slots, found.options, found.beliefs, images, second, find_unvouched(found))
    assert second.asked == asked


class _Saying(_Counting):
    """Reads the same everywhere."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def read(self, crops, *, width_scale=1.0):
        self.asked += len(crops)
        return [Reading(self.text, 0.9) for _ in crops]


@pytest.mark.parametrize(("text", "says"), [("22（其中修订16件）", 22.0), ("27（其中", 27.0), ("件）", None)])
def test_a_number_with_a_note_is_read_again_with_its_note(text, says):
    found = decoded({"a": 22})
    noted = Option("22（其中修订16件）", Content(Kind.NUMBER, 22.0), 0.97)
    flat = np.full((200, 400), 255, dtype=np.uint8)
    images = {1: straight_image(flat)}
    box = found.slots[0].cell.cell.box.shrink(4)
    cell = replace(found.slots[0].cell, lines=(TextLine(box, noted.raw, 0.9),), reading=None)
    slots = [replace(found.slots[0], cell=cell)]
    told = ask_second(slots, {"a": (noted,)}, found.beliefs, images, _Saying(text), {"a"})
    assert (told["a"].content.value if told else None) == says


def test_two_places_of_one_field_are_both_asked():
    found = decoded({"a": 1, "b": 2, "c": 3}, [], clear=0.9)
    flat = np.full((200, 400), 255, dtype=np.uint8)
    images = {1: straight_image(flat)}
    second = _Counting()
    ask_second([*found.slots, found.slots[0]], found.options, found.beliefs, images, second)
    assert second.asked == 4


def test_a_one_read_in_a_slanted_stroke_is_no_opinion():
    """The stroke is no one, whatever the second reader says, and it thinks of nothing else."""
    found = decoded({"a": 1, "b": 2, "c": 3}, [], clear=0.9)
    slots = [replace(s, cell=replace(s.cell, shape=Shape(-0.4))) for s in found.slots]
    flat = np.full((200, 400), 255, dtype=np.uint8)
    images = {1: straight_image(flat)}
    assert ask_second(slots, found.options, found.beliefs, images, _Sure("1")) == {}
    assert len(ask_second(slots, found.options, found.beliefs, images, _Sure("7"))) == len(slots)


class _Sure:
    """Reads one digit in every cell and thinks of no other."""

    name = fingerprint = lineage = "sure"

    def __init__(self, text):
        self._reading = Reading(text, 1.0)

    def read(self, crops, *, width_scale=1.0):
        return [self._reading for _ in crops]
