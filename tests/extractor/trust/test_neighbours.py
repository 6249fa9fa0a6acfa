"""A row right between two that their labels name is pinned; with room for another row beside it, it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.trust.neighbours import find_pinned
from extractor.values.matched import NamedBy, RowName
from tests.extractor.trust.test_features import slot


def rows(*similarities, step=36.0):
    """Rows a, b, c ... of two cells each, as alike to the form's labels as said, one below the other."""
    found = []
    for number, similarity in enumerate(similarities):
        for column in range(2):
            made = slot(f"{'abcdef'[number]}{column}", "1", column=column)
            box = replace(made.cell.cell.box, top=step * number, bottom=step * number + 36)
            place = replace(made.cell.cell, box=box)
            spec = replace(made.spec, row_label="abcdef"[number])
            found.append(
                replace(
                    made,
                    spec=spec,
                    cell=replace(made.cell, cell=place),
                    row_name=RowName(NamedBy.LABEL, similarity),
                )
            )
    return found


def test_only_what_stands_between_two_named_rows_is_pinned():
    assert find_pinned(rows(1.0, 0.2, 1.0, 0.9)) == {"b0", "b1"}


def test_a_few_rows_where_the_form_has_as_many_are_pinned_but_no_more():
    assert find_pinned(rows(1.0, 0.2, 0.3, 1.0)) == {"b0", "b1", "c0", "c1"}
    assert find_pinned(rows(1.0, 0.2, 0.3, 0.2, 0.1, 1.0)) == set()


def test_a_row_where_the_form_has_one_more_is_not_pinned():
    """Which of the two it is nothing tells."""
    found = rows(1.0, 0.2, 0.2, 1.0)
    lost = [replace(s, cell=None) if place // 2 == 2 else s for place, s in enumerate(found)]
    moved = [_up(s, 36.0) if place // 2 == 3 else s for place, s in enumerate(lost)]
    assert find_pinned(moved) == set()


def _up(slot, distance):
    box = slot.cell.cell.box
    place = replace(slot.cell.cell, box=replace(box, top=box.top - distance, bottom=box.bottom - distance))
    return replace(slot, cell=replace(slot.cell, cell=place))


def test_a_row_with_room_for_another_beside_it_is_not_pinned():
    assert find_pinned(rows(1.0, 0.2, 1.0, step=60.0)) == set()


@pytest.mark.parametrize("missing", [0, 2])
def test_a_neighbour_that_was_not_found_names_nothing(missing):
    found = rows(1.0, 0.2, 1.0)
    gone = [replace(s, cell=None) if place // 2 == missing else s for place, s in enumerate(found)]
    assert find_pinned(gone) == set()


def test_rows_of_another_page_are_no_neighbours():
    found = rows(1.0, 0.2, 1.0)
    assert find_pinned([*found[:4], *(replace(s, page_no=2) for s in found[4:])]) == set()
