from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.deciding.candidates import escaped, list_options, weigh_by_shape
from extractor.forms.definition import FieldSpec
from extractor.reading.readings import Guess
from extractor.seams.engine import NUMERIC_ALPHABET, Reading
from extractor.values.geometry import Box
from extractor.values.grid import GridCell
from extractor.values.matched import NamedBy, RowName
from extractor.values.page import ReadCell, TextLine
from extractor.values.reason import Trouble
from extractor.values.result import Kind
from extractor.values.shape import Shape
from extractor.values.slot import Slot
from tests.extractor.printed import make_cell, numeric_reading

_PLACE = GridCell(0, 1, 0, 1, Box(0, 0, 100, 30))
_SPEC = FieldSpec("t.a", "t", "甲", "数", "件", decimals=False)


def slot(cell, *, decimals=False, trouble=None):
    return Slot(replace(_SPEC, decimals=decimals), cell, 1, RowName(NamedBy.LABEL, 1.0), trouble)


def read_as(reading, **changes):
    line = TextLine(_PLACE.box, reading.text, reading.score)
    return replace(ReadCell(_PLACE, _PLACE.box, (line,), reading, 1.0, Shape()), **changes)


def test_clear_number_leads_and_is_nearly_certain():
    options = list_options(slot(make_cell(_PLACE, "17")))
    assert (options[0].raw, options[0].content.value, options[0].content.kind) == ("17", 17, Kind.NUMBER)
    assert options[0].probability > 0.8
    assert options[0].amount == 17


@pytest.mark.parametrize("text", ["/", "—", "-"])
def test_stroke_is_a_dash_that_adds_nothing(text):
    option = list_options(slot(make_cell(_PLACE, text)))[0]
    assert (option.content.kind, option.content.value, option.amount) == (Kind.DASH, None, 0.0)


def test_cell_without_ink_is_blank_and_dust_makes_it_doubtful():
    (clean,) = list_options(slot(ReadCell(_PLACE, None, (), None, 0.0, Shape())))
    (dusty,) = list_options(slot(ReadCell(_PLACE, None, (), None, 0.5, Shape())))
    assert clean.content.kind is dusty.content.kind is Kind.BLANK
    assert dusty.probability < clean.probability < 1


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (("1,88", "8"), 1888),
        (("1,0", "87,9", "21"), 1087921),
        (("12", "34"), None),
        (("1,888", "8"), None),
        (("1,234", "567"), None),
        (("0", "0"), None),
    ],
)
def test_lines_that_are_a_number_only_together_are_one_that_was_wrapped(texts, value):
    lines = tuple(TextLine(_PLACE.box, text, 0.99) for text in texts)
    options = list_options(slot(ReadCell(_PLACE, _PLACE.box, lines, None, 1.0, Shape())))
    assert [option.content.value for option in options] == ([] if value is None else [value])


def test_missing_cell_and_cells_run_together_say_nothing():
    assert list_options(slot(None)) == ()
    assert list_options(slot(make_cell(_PLACE, "17"), trouble=Trouble.RUN_TOGETHER)) == ()


def test_ink_is_never_read_as_blank():
    steps = np.full((1, 1 + len(NUMERIC_ALPHABET)), -9.0, dtype=np.float32)
    steps[0, 0] = -0.001
    assert all(o.content.kind is not Kind.BLANK for o in list_options(slot(read_as(Reading("", 0.0, steps)))))


def test_texts_that_say_the_same_are_one_option():
    columns = 1 + len(NUMERIC_ALPHABET)
    steps = np.full((1, columns), 1e-6)
    steps[0, 1 + NUMERIC_ALPHABET.index("-")] = 0.5
    steps[0, 1 + NUMERIC_ALPHABET.index("—")] = 0.45
    options = list_options(slot(read_as(Reading("-", 0.5, np.log(steps).astype(np.float32)))))
    assert [o.content.kind for o in options].count(Kind.DASH) == 1
    assert options[0].probability > 0.8


def test_number_with_a_note_keeps_its_text():
    (option,) = list_options(slot(make_cell(_PLACE, "22（其中修订16件）")))
    assert (option.raw, option.content.value) == ("22（其中修订16件）", 22)


def test_words_in_a_number_cell_say_nothing():
    assert list_options(slot(make_cell(_PLACE, "详见附件说明"))) == ()


def test_decimals_are_read_only_where_they_may_stand():
    cell = read_as(numeric_reading("1.25"))
    assert list_options(slot(cell, decimals=True))[0].content.value == 1.25
    assert all(o.content.value != 1.25 for o in list_options(slot(cell)))


@settings(max_examples=50, deadline=None)
@given(st.text(NUMERIC_ALPHABET, min_size=1, max_size=5), st.floats(0.3, 0.99))
def test_options_are_distinct_ordered_and_sum_to_one_at_most(text, sure):
    options = list_options(slot(read_as(numeric_reading(text, sure=sure))))
    assert len({(o.content.kind, o.content.value) for o in options}) == len(options)
    assert [o.probability for o in options] == sorted((o.probability for o in options), reverse=True)
    assert sum(o.probability for o in options) <= 1 + 1e-4
    assert 0 <= escaped(options) <= 1


_EITHER = [Guess("1", 0.55), Guess("/", 0.4)]


@pytest.mark.parametrize(("slope", "first"), [(-0.5, "/"), (0.0, "1"), (-0.2, "1")])
def test_slant_parts_a_slash_from_a_one(slope, first):
    assert weigh_by_shape(_EITHER, Shape(slope))[0].text == first


def test_a_minus_seen_before_the_digits_of_a_change_makes_it_negative():
    guesses = [Guess("8", 0.95), Guess("3", 0.02), Guess("+8", 0.01)]
    first, *others = weigh_by_shape(guesses, Shape(minus=True), signed=True)
    assert first.text == "-8" and first.probability > 0.9
    assert sum(g.probability for g in (first, *others)) == pytest.approx(0.98)
    assert weigh_by_shape(guesses, Shape(), signed=True) == guesses
    assert weigh_by_shape([Guess("0", 0.9)], Shape(minus=True), signed=True) == [Guess("0", 0.9)]


@pytest.mark.issue(23)
@pytest.mark.parametrize(
    ("read", "other", "shape"),
    [("-99", "99", Shape()), ("443", "-443", Shape(veiled=True))],
    ids=["a speck read as a minus", "a faint minus that joins the digits"],
)
def test_the_sign_of_a_change_is_in_doubt_where_what_is_read_is_not_seen_or_could_not_be(read, other, shape):
    """Both were accepted: no sum bears a change out."""
    first, second = weigh_by_shape([Guess(read, 0.997)], shape, signed=True)
    assert (first.text, second.text) == (read, other)
    assert first.probability < 0.95
    assert first.probability + second.probability == pytest.approx(0.997)
    assert weigh_by_shape([Guess(read, 0.997)], shape) == [Guess(read, 0.997)]
    assert weigh_by_shape([Guess("0", 0.997)], shape, signed=True) == [Guess("0", 0.997)]


def test_a_stroke_before_the_digits_of_a_count_is_a_speck():
    guesses = [Guess("26", 0.8), Guess("-26", 0.15)]
    assert weigh_by_shape(guesses, Shape(minus=True))[0].text == "26"


def test_a_level_stroke_alone_is_the_dash_the_recogniser_thinks_of():
    guesses = [Guess("-", 0.33), Guess("0", 0.1), Guess("", 0.08)]
    (dash, *others) = weigh_by_shape(guesses, Shape(level=True))
    assert dash.text == "-"
    assert dash.probability > 0.97
    assert sum(other.probability for other in others) < 0.02


def test_a_slanted_stroke_alone_is_the_slash_the_recogniser_thinks_of():
    (slash, *others) = weigh_by_shape([Guess("/", 0.3), Guess("7", 0.2), Guess("1", 0.2)], Shape(-0.4))
    assert slash.text == "/"
    assert slash.probability > 0.97
    assert sum(other.probability for other in others) < 0.02


def test_a_slanted_stroke_is_a_slash_however_sure_the_recogniser_is_of_a_one():
    """Cells of a scan whose slashes it hardly knows: a one, or a one and specks, or nothing."""
    for others in (
        [Guess("1", 0.83), Guess("1.", 0.06), Guess("11", 0.01)],
        [Guess("", 0.86), Guess("1", 0.02)],
    ):
        (slash, *_) = weigh_by_shape([*others, Guess("/", 0.005)], Shape(-0.35))
        assert slash.text == "/"
        assert slash.probability > 0.95


def test_a_straight_slanted_stroke_is_a_slash_that_the_recogniser_does_not_know():
    for guesses in ([Guess("1", 0.9), Guess("7", 0.01)], [Guess("0", 0.02), Guess("", 0.01)], []):
        (slash, *others) = weigh_by_shape(guesses, Shape(-0.35))
        assert slash.text == "/"
        assert slash.probability > 0.95
        assert sum(other.probability for other in others) < 0.02


def test_a_bent_stroke_that_leans_is_no_slash_and_no_one():
    seven, one = weigh_by_shape([Guess("7", 0.3), Guess("1", 0.4)], Shape(-0.35, bent=True))
    assert (seven.text, seven.probability) == ("7", pytest.approx(0.3, abs=0.01))
    assert one.probability < 0.01


def test_what_a_slanted_stroke_takes_from_a_one_is_given_to_no_other_digit():
    (seven, one) = sorted(
        weigh_by_shape([Guess("1", 0.3), Guess("7", 0.6)], Shape(-0.35)), key=lambda g: g.text, reverse=True
    )
    assert seven.probability == pytest.approx(0.6, abs=0.02)
    assert one.probability < 0.01


def test_a_level_stroke_is_a_dash_however_little_the_recogniser_knows_it():
    guesses = [Guess("", 0.17), Guess("3", 0.02), Guess("-", 0.003)]
    (dash, *_) = weigh_by_shape(guesses, Shape(level=True))
    assert dash.text == "-"
    assert dash.probability > 0.8


def test_a_level_stroke_makes_no_dash_the_recogniser_does_not_think_of():
    guesses = [Guess("7", 0.6), Guess("-", 0.01)]
    assert sum(g.probability for g in weigh_by_shape(guesses, Shape(level=True))) == pytest.approx(0.61)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "/", "-1", "7"]), st.floats(0.001, 0.25)), min_size=1, max_size=4
    )
)
def test_shape_moves_probability_and_makes_none_but_a_slash(pairs):
    guesses = [Guess(text, p) for text, p in pairs]
    slashes = sum(p for text, p in pairs if text == "/")
    for shape in (Shape(-0.5), Shape(0.0), Shape(None, minus=True)):
        weighed = weigh_by_shape(guesses, shape)
        total = sum(p for _, p in pairs)
        figures = sum(p for text, p in pairs if text not in ("1", "/", "-1"))
        is_drawn = shape.is_slash and (slashes >= 0.05 or figures < 0.5)
        if shape.is_slash and not is_drawn and not slashes:
            total -= sum(p for text, p in pairs if text != "7")
        assert sum(g.probability for g in weighed) == pytest.approx(max(total, 0.99) if is_drawn else total)
        assert {g.text for g in weighed} - {"/"} == {g.text for g in guesses} - {"/"}


def test_a_point_behind_a_number_is_a_speck():
    (option, *_) = list_options(slot(make_cell(_PLACE, "52.")))
    assert (option.raw, option.content.value) == ("52", 52.0)
    assert option.probability < 0.95


def test_figures_on_two_lines_are_no_number():
    cell = make_cell(_PLACE, "34")
    assert list_options(slot(replace(cell, lines=(*cell.lines, *cell.lines), reading=None))) == ()
