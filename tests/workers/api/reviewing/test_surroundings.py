"""Where labels and headers are taken to stand, however the page lies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.values.geometry import Box
from extractor.values.result import Field, PageFacts
from tests.workers.reports import field, forms, report
from workers.api.reviewing.surroundings import find_header, find_surroundings, turn_back, turn_box
from workers.shown.labels import label_fields, report_tables

_PEOPLE = (
    "natural_person",
    "business",
    "research",
    "public_welfare",
    "legal_service",
    "other_organization",
    "total",
)
_ROWS = ("new_received", "carried_over", "granted")
_PAGE = PageFacts(1, 600.0, 800.0, "scan")


def _table(page: PageFacts) -> dict[str, Field]:
    """Cells of 40 × 20 points from (300, 200) on, on the upright page."""
    return {
        (key := f"requests.{row}.{person}"): field(
            id=key, box=turn_back(Box(300 + 40 * x, 200 + 20 * y, 340 + 40 * x, 220 + 20 * y), page)
        )
        for y, row in enumerate(_ROWS)
        for x, person in enumerate(_PEOPLE)
    }


def _around(page: PageFacts, key: str = "requests.granted.research"):
    labels = label_fields(report_tables(report(), forms()))
    return find_surroundings(key, _table(page), labels, page)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_labels_stand_left_of_the_figures_and_headers_above_them(turn):
    size = (800.0, 600.0) if turn in {90, 270} else (600.0, 800.0)
    page = PageFacts(1, *size, "scan", turn)
    around = _around(page)
    label, header, row, column = (
        turn_box(box, page) for box in (around.label, around.header, around.row, around.column)
    )
    assert label == Box(0, 240, 300, 260)
    assert header == Box(380, 130, 420, 200)
    assert row == Box(0, 240, 580, 260)
    assert column == Box(380, 130, 420, 260)
    assert turn_back(turn_box(Box(1, 2, 3, 5), page), page) == Box(1, 2, 3, 5)


def test_a_row_that_falls_to_the_right_begins_higher():
    straight, leaning = _around(_PAGE), _around(replace(_PAGE, skew=1.0))
    assert 3 < straight.label.top - leaning.label.top < 6
    assert 1 < leaning.header.left - straight.header.left < 3


def test_the_header_of_a_table_that_goes_on_overleaf_is_where_it_begins():
    labels = label_fields(report_tables(report(), forms()))
    overleaf = {
        key: replace(item, page_no=2, box=Box(item.box.left + 90, 50.0, item.box.right + 90, 70.0))
        for key, item in _table(_PAGE).items()
        if ".granted." in key and item.box is not None
    }
    pages = (_PAGE, replace(_PAGE, number=2))
    found = find_header("requests.granted.research", _table(_PAGE) | overleaf, labels, pages)
    assert found == (_PAGE, _around(_PAGE).header)
    assert find_header("requests.granted.research", overleaf, {}, pages) is None


def test_what_stands_nowhere_has_no_surroundings():
    labels = label_fields(report_tables(report(), forms()))
    key = "requests.granted.research"
    table = _table(_PAGE)
    assert find_surroundings(key, table, {}, _PAGE) is None
    assert find_surroundings(key, table, labels, replace(_PAGE, number=2)) is None
    assert find_surroundings(key, table | {key: replace(table[key], box=None)}, labels, _PAGE) is None
