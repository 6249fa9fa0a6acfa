"""What names a row, and that nothing else is trusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extractor.seams.calibrator import Judge
from extractor.trust.evidence import Evidence, to_matrix
from extractor.trust.features import measure
from extractor.trust.judging import tell_confidences
from extractor.trust.naming import UNNAMED, doubt_unnamed
from extractor.values.matched import NamedBy, RowName
from extractor.values.option import Content, Option
from extractor.values.result import Kind
from tests.extractor.trust.test_features import TOTAL, Fixed, decoded, with_slot

FIELDS = decoded({"a": 1, "b": 2, "c": 3})


@pytest.mark.parametrize(
    ("name", "sums", "is_named"),
    [
        (RowName(NamedBy.LABEL, 0.9), [], True),
        (RowName(NamedBy.LABEL, 0.4), [], False),
        (RowName(NamedBy.LABEL, 0.8), [], True),
        (RowName(NamedBy.LABEL, 0.6), [], False),
        (RowName(NamedBy.LABEL, 0.6), [TOTAL], False),
        (RowName(NamedBy.LABEL, 0.5), [TOTAL], False),
        (RowName(NamedBy.COUNT), [TOTAL], True),
        (RowName(NamedBy.NEIGHBOURS), [], False),
        (RowName(NamedBy.NOTHING), [], False),
    ],
)
def test_a_row_that_nothing_names_is_never_trusted(name, sums, is_named):
    found = with_slot(decoded({"a": 1, "b": 2, "c": 3}, sums), row_name=name)
    told = tell_confidences(found, measure(found), Judge(Fixed(0.999)))
    assert (told[0] > UNNAMED) is is_named


@pytest.mark.parametrize(("height", "is_row"), [(8, False), (80, True)])
def test_a_strip_of_nothing_is_not_taken_for_a_row(height, is_row):
    blank = Option("", Content(Kind.BLANK, None), 0.99)
    empty = replace(FIELDS, options={**FIELDS.options, "b": (blank,)})
    slots = [replace(slot, row_name=RowName(NamedBy.COUNT)) for slot in empty.slots]
    slots[1] = _squeezed(slots[1], height)
    told = tell_confidences(
        replace(empty, slots=slots), measure(replace(empty, slots=slots)), Judge(Fixed(0.999))
    )
    assert (told[1] > UNNAMED) is is_row


def test_a_low_row_that_shows_a_figure_is_no_strip():
    assert is_trusted(label=0.5, counted=1, room=1.5, ruled=1, row_blank=0.6, sums_hold=1)
    assert not is_trusted(label=0.5, counted=1, room=1.5, ruled=1, row_blank=1.0, sums_hold=1)


def _squeezed(slot, height):
    box = slot.cell.cell.box
    place = replace(slot.cell.cell, box=replace(box, top=box.bottom, bottom=box.bottom + height))
    return replace(slot, cell=replace(slot.cell, cell=place, ink=None))


def is_trusted(**known):
    """Whether a field of which no more is known than this may be told above `UNNAMED`."""
    features = to_matrix([Evidence().having(**known)])
    return bool(doubt_unnamed(np.array([0.999]), features)[0] > UNNAMED)


@pytest.mark.parametrize(("pinned", "is_named"), [(0, False), (1, True)])
def test_a_row_is_named_by_the_rows_it_stands_between(pinned, is_named):
    assert is_trusted(label=0.2, sums_terms=3, sums_open=1, pinned=pinned) is is_named


def test_a_sum_over_several_rows_names_a_row_and_one_within_it_does_not():
    features = to_matrix(Evidence().having(sums_terms=3, sums_across=across) for across in (0, 1))
    assert doubt_unnamed(np.array([0.999, 0.999]), features).tolist() == [UNNAMED, 0.999]


@pytest.mark.parametrize(
    ("label", "across", "is_named"),
    [(0.85, 1, True), (0.85, 0, False), (0.6, 3, True), (0.6, 2, False), (0.95, -1, True)],
)
def test_the_columns_of_a_row_whose_sums_hold_name_it_where_a_printed_one_is_wrong(label, across, is_named):
    known = {"sums_terms": 3, "sums_break": 1, "broken_across": 1, "ruled": 1, "room": 4.0}
    assert is_trusted(label=label, row_across=across, **known) is is_named


@pytest.mark.parametrize(("ruled", "across", "is_named"), [(0, -3, False), (0, -2, True), (1, -3, True)])
def test_a_row_without_rulings_that_breaks_most_columns_is_not_trusted(ruled, across, is_named):
    known = {"sums_terms": 3, "sums_hold": 1, "room": 4.0}
    assert is_trusted(label=1.0, ruled=ruled, row_across=across, **known) is is_named


@pytest.mark.parametrize(
    ("ruled", "blank", "stray", "is_named"),
    [
        (1, 0.2, 0.35, True),
        (1, 0.2, 0.5, False),
        (0, 0.2, 0.35, False),
        (0, 0.2, 0.1, True),
        (0, 0.0, 0.5, True),
    ],
)
def test_blanks_of_a_row_that_neither_label_nor_rulings_nor_figures_place_are_not_trusted(
    ruled, blank, stray, is_named
):
    assert (
        is_trusted(label=0.5, counted=1, sums_hold=1, room=4.0, ruled=ruled, row_blank=blank, stray=stray)
        is is_named
    )


@pytest.mark.parametrize(("blank", "unclaimed", "is_told"), [(1, 1, False), (1, 0, True), (0, 1, True)])
def test_a_blank_beside_a_figure_that_stands_in_no_column_is_not_trusted(blank, unclaimed, is_told):
    assert is_trusted(label=1.0, sums_terms=3, room=4.0, ruled=1, blank=blank, unclaimed=unclaimed) is is_told


@pytest.mark.parametrize(("blank", "room", "is_told"), [(1, 0.8, False), (1, 1.2, True), (0, 0.8, True)])
def test_a_blank_in_a_cell_that_no_digit_fits_into_is_not_trusted(blank, room, is_told):
    known = {"sums_terms": 3, "sums_across": 1, "ruled": 1}
    assert is_trusted(label=1.0, blank=blank, room=room, **known) is is_told


@pytest.mark.parametrize(
    ("unclaimed", "stray", "is_told"), [(1, 0.45, False), (0, 0.45, True), (1, 0.1, True)]
)
def test_a_row_with_a_figure_left_over_and_others_beside_their_columns_is_not_trusted(
    unclaimed, stray, is_told
):
    known = {"sums_hold": 1, "sums_terms": 3, "ruled": 1, "room": 4.0}
    assert is_trusted(label=1.0, unclaimed=unclaimed, stray=stray, **known) is is_told


@pytest.mark.parametrize(
    ("ruled", "blank", "stray", "is_placed"),
    [
        (0, 0.0, 0.8, False),
        (0, 0.2, 0.6, False),
        (0, 0.2, 0.4, True),
        (1, 0.2, 0.8, True),
        (0, 1.0, 1.0, True),
    ],
)
def test_figures_that_stray_from_their_columns_are_not_trusted_where_no_ruling_parts_them(
    ruled, blank, stray, is_placed
):
    assert (
        is_trusted(label=1.0, sums_hold=1, room=4.0, ruled=ruled, row_blank=blank, stray=stray) is is_placed
    )


@pytest.mark.parametrize(
    ("sums", "header", "stray", "is_placed"),
    [(0, 0, 0.47, False), (0, 0, 0.35, True), (0, 1, 0.35, False), (1, 0, 0.47, True)],
)
def test_columns_that_neither_their_figures_nor_sums_bear_out_are_not_trusted(sums, header, stray, is_placed):
    """A ruling lost and a stray one found: three cells a row as before, and the figures stand at their sides."""
    known = {"sums_hold": sums, "trouble_header": header, "stray": stray}
    assert is_trusted(label=1.0, sums_terms=3, room=4.0, ruled=1, row_blank=0.3, **known) is is_placed
