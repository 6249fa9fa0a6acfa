"""What is accepted, by the posterior or by a calibrator, and what is said of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from extractor.calibrator import ACCEPT, UNCALIBRATED, Judge
from extractor.candidates import Option
from extractor.engine import Reading
from extractor.features import FEATURES
from extractor.judging import explain, tell_confidences
from extractor.naming import UNNAMED, doubt_unnamed
from extractor.numbers import Content
from extractor.pages import Page, PageImage
from extractor.result import Kind
from tests.extractor.test_features import TOTAL, decoded


@dataclass(frozen=True)
class Fixed:
    """A calibrator that says the same of every field."""

    probability: float
    fingerprint: str = "fixed"

    def probabilities(self, features):
        return np.full(len(features), self.probability)

    def threshold(self, error_budget):
        return 1.0 - error_budget / 10_000


FIELDS = decoded({"a": 1, "b": 2, "c": 3})


def with_slot(found, **changes):
    return replace(found, slots=[replace(found.slots[0], **changes), *found.slots[1:]])


def test_without_a_calibrator_the_posterior_counts():
    assert tell_confidences(FIELDS, UNCALIBRATED) == pytest.approx([0.99] * 3)
    assert UNCALIBRATED.threshold == ACCEPT


def test_with_a_calibrator_its_word_counts():
    assert tell_confidences(FIELDS, Judge(Fixed(0.7))) == pytest.approx([0.7] * 3)


def test_the_budget_sets_the_threshold():
    assert Judge(Fixed(0.7), error_budget=5.0).threshold == pytest.approx(0.9995)


def test_trouble_with_the_cell_halves_what_its_reading_says():
    assert tell_confidences(with_slot(FIELDS, trouble="cell is divided"), UNCALIBRATED)[0] < 0.5


def test_text_from_the_file_needs_no_calibrator():
    cell = FIELDS.slots[0].cell
    told = with_slot(FIELDS, cell=replace(cell, reading=Reading("1", 1.0, certain=True)))
    assert tell_confidences(told, Judge(Fixed(0.3)))[0] == pytest.approx(0.9995)


def test_blanks_of_a_page_with_a_text_layer_need_none_either():
    page = Page(1, "text", 595.0, 842.0, None, (), ())
    assert tell_confidences(replace(FIELDS, pages=(page,)), Judge(Fixed(0.3)))[0] == pytest.approx(0.9995)


def test_a_field_that_says_nothing_has_no_confidence():
    unread = replace(FIELDS, options={**FIELDS.options, "a": ()}, beliefs={**FIELDS.beliefs, "a": []})
    assert tell_confidences(unread, Judge(Fixed(0.9)))[0] == 0


def test_a_seal_over_a_cell_is_told():
    flat = np.full((200, 400), 255, dtype=np.uint8)
    coloured = np.zeros((50, 100), dtype=np.uint8)
    coloured[2:8, 3:20] = 255
    image = PageImage(flat, 72.0, 0, 0.0, None, flat.shape, 1.0, (), coloured)
    found = replace(FIELDS, pages=(Page(1, "scan", 400.0, 200.0, image, (), ()),))
    told = {
        key: "a seal or other coloured ink lies over the cell" in told for key, told in explain(found).items()
    }
    assert told == {"a": True, "b": False, "c": False}


def test_a_broken_sum_is_told_with_its_figures():
    found = decoded({"a": 12, "b": 3, "c": 16}, [TOTAL])
    assert all("does not add up: 12 + 3 ≠ 16" in reasons for reasons in explain(found).values())


def test_whom_a_sum_accuses_is_not_accepted_by_hand_however_clear():
    clear = decoded({"a": 12, "b": 3, "c": 16}, [TOTAL], clear=0.9999)
    assert max(tell_confidences(clear, UNCALIBRATED)) < ACCEPT
    cell = clear.slots[0].cell
    printed = with_slot(clear, cell=replace(cell, reading=Reading("12", 1.0, certain=True)))
    assert tell_confidences(printed, UNCALIBRATED)[0] > 0.99


def test_a_second_reader_who_disagrees_is_told():
    told = {p: explain(decoded({"a": 1}, opinions={"a": p}))["a"] for p in (0.01, 0.9)}
    assert {p: "a second reader reads something else" in found for p, found in told.items()} == {
        0.01: True,
        0.9: False,
    }


def test_every_field_has_a_reason_to_give():
    assert all(explain(FIELDS).values())


@pytest.mark.parametrize(
    ("similarity", "sums", "is_named"),
    [
        (0.9, [], True),
        (0.4, [], False),
        (0.6, [], True),
        (0.6, [TOTAL], False),
        (0.5, [TOTAL], True),
        (0.1, [], False),
    ],
)
def test_a_row_that_nothing_names_is_never_trusted(similarity, sums, is_named):
    told = tell_confidences(
        with_slot(decoded({"a": 1, "b": 2, "c": 3}, sums), row_similarity=similarity), Judge(Fixed(0.999))
    )
    assert (told[0] > UNNAMED) is is_named


def test_a_strip_of_nothing_is_not_taken_for_a_row():
    blank = Option("", Content(Kind.BLANK, None), 0.99)
    empty = replace(FIELDS, options=dict.fromkeys("abc", (blank,)))
    slots = [replace(slot, row_similarity=0.5) for slot in empty.slots]
    assert max(tell_confidences(replace(empty, slots=slots), Judge(Fixed(0.999)))) <= UNNAMED


def test_a_sum_over_several_rows_names_a_row_and_one_within_it_does_not():
    features = np.zeros((2, len(FEATURES)), dtype=np.float32)
    features[:, FEATURES.index("sums_terms")] = 3
    features[1, FEATURES.index("sums_across")] = 1
    assert doubt_unnamed(np.array([0.999, 0.999]), features).tolist() == [UNNAMED, 0.999]
