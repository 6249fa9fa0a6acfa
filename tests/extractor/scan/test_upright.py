from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from extractor.scan.cleaning import find_ink, flatten_light, ink_threshold
from extractor.scan.upright import find_rotation, is_blank, measure_skew, rotate
from extractor.scan.warp import flatten, rotation_warp
from extractor.seams.engine import Gray, Reading
from tests.extractor.drawn import paper, write_han, write_number

_DPI = 200.0


def prose_page():
    """Lines of dense characters, some of them short."""
    page = paper(1200, 900)
    for i, y in enumerate(range(100, 1100, 45)):
        write_han(page, 30 if i % 4 else 18, 80, y)
    return page


@pytest.mark.parametrize("degrees", [-5.0, -1.3, -0.25, 0.0, 0.4, 2.2, 6.0])
def test_skew_is_measured_to_a_tenth_of_a_degree(degrees):
    turned = flatten(prose_page(), rotation_warp((1200, 900), -degrees))
    assert measure_skew(find_ink(turned)) == pytest.approx(degrees, abs=0.12)


@pytest.mark.parametrize("degrees", [-1.3, 0.4, 2.2])
def test_a_copiers_black_edge_does_not_tell_the_skew(degrees):
    page = flatten(prose_page(), rotation_warp((1200, 900), -degrees))
    page[:24], page[:, -20:] = 0, 0
    assert measure_skew(find_ink(page)) == pytest.approx(degrees, abs=0.12)


def test_page_with_hardly_any_ink_has_no_skew():
    assert measure_skew(find_ink(paper())) == 0.0


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_four_turns_bring_a_page_back(degrees):
    page = prose_page()
    assert np.array_equal(rotate(rotate(page, degrees), 360 - degrees), page)
    assert rotate(page, 90)[0, -100] == page[100, 0]


@dataclass
class _ReadsUpright:
    """Reads well what `marked_page` shows upright: characters heavier above than below."""

    name: str = "mark"
    fingerprint: str = "mark"
    lineage: str = "mark"
    calls: list[int] = field(default_factory=list)

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        self.calls.append(len(crops))
        return [Reading("字" * 12, 0.95 if self._is_upright(crop) else 0.4) for crop in crops]

    @staticmethod
    def _is_upright(crop: Gray) -> bool:
        rows = crop[crop.min(axis=1) < 128]
        upper, lower = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        return bool(upper.mean() < lower.mean() - 3)


def marked_page(lines=range(100, 1100, 45)):
    """Lines at these heights whose characters are heavier above than below."""
    page = paper(1200, 900)
    for y in lines:
        for x in range(80, 800, 24):
            cv2.rectangle(page, (x, y - 10), (x + 18, y - 3), 0, -1)
            cv2.rectangle(page, (x, y - 3), (x + 18, y + 9), 0, 1)
    return page


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_turned_page_is_found_from_lines_read_both_ways(turned):
    engine = _ReadsUpright()
    rotation, score = find_rotation(rotate(marked_page(), turned), _DPI, engine)
    assert (rotation, score) == ((360 - turned) % 360, pytest.approx(0.95))


class _ReadsBothWays(_ReadsUpright):
    """Hardly tells lying from upright, as columns of single digits do not."""

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        return [Reading("字" * 12, 0.86 if self._is_upright(crop) else 0.83) for crop in crops]


@pytest.mark.parametrize(("usual", "found"), [(None, 0), (0, 0), (180, 180)])
def test_a_page_in_doubt_lies_as_the_one_before_it(usual, found):
    assert find_rotation(marked_page(), _DPI, _ReadsBothWays(), usual=usual)[0] == found


class _ReadsDownwards(_ReadsUpright):
    """Reads short lines of characters that stand below each other as well as the long lines they belong to."""

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        return [Reading("字" * (9 if self._is_upright(crop) else 3), 0.93) for crop in crops]


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_short_lines_that_read_well_on_a_page_that_lies_do_not_outweigh_the_long_ones(turned):
    rotation, score = find_rotation(rotate(marked_page(), turned), _DPI, _ReadsDownwards())
    assert (rotation, score) == ((360 - turned) % 360, pytest.approx(0.93))


class _ReadsEachLetter(_ReadsUpright):
    """Reads letters that lie as well as upright ones: of a line as many as it is long."""

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        return [Reading("字" * round(crop.shape[1] / crop.shape[0]), 0.99) for crop in crops]


def test_first_letters_of_ruled_rows_that_lie_are_no_line():
    page = paper(1200, 1200)
    for y in range(100, 1100, 30):
        cv2.line(page, (60, y + 15), (1100, y + 15), 0, 2)
        # Of a table one long line, and rows of a few letters.
        for x in range(80, 1000 if y == 100 else 140, 24):
            cv2.rectangle(page, (x, y - 10), (x + 18, y + 9), 0, 1)
    reader = _ReadsEachLetter()
    assert find_rotation(page, _DPI, reader)[0] == 0
    assert find_rotation(rotate(page, 90), _DPI, reader)[0] in {90, 270}


def test_a_page_beyond_doubt_is_upright_whatever_the_one_before_it_was():
    assert find_rotation(marked_page(), _DPI, _ReadsUpright(), usual=90)[0] == 0


def test_upright_page_is_read_one_way_only():
    engine = _ReadsUpright()
    find_rotation(marked_page(), _DPI, engine)
    assert len(engine.calls) == 1


def test_paper_with_dust_is_blank_and_a_line_of_text_is_not():
    page = paper(1600, 1200)
    rng = np.random.default_rng(4)
    for _ in range(150):
        y, x = rng.integers(0, 1590), rng.integers(0, 1190)
        page[y : y + 2, x : x + 2] = 0
    assert is_blank(page, _DPI)
    write_number(page, "2025 17 0", (600, 800))
    assert not is_blank(page, _DPI)


def test_punch_holes_and_a_dark_edge_are_blank():
    page = paper(1600, 1200)
    page[:, :30] = 0
    for y in (500, 1100):
        cv2.circle(page, (90, y), 60, 40, -1)
    assert is_blank(page, _DPI)


def test_shadow_is_divided_out_and_ink_stays():
    page = prose_page()
    shadow = np.linspace(0.55, 1.0, page.shape[1])
    flat = flatten_light((page * shadow).astype(np.uint8), _DPI)
    assert np.median(flat[:60]) >= 250
    assert flat[40:60, 20:880].min() > 225
    ink = find_ink(flat).astype(bool)
    assert (ink == find_ink(page).astype(bool)).mean() > 0.99


@pytest.mark.parametrize("ink", [0, 90, 150])
def test_threshold_follows_the_ink(ink):
    page = prose_page()
    page[page == 0] = ink
    assert ink < ink_threshold(page) < 255
    assert find_ink(page).max() == 1


class _ReadsAcross(_ReadsUpright):
    """Reads the ends of lines that lie as well as lines, and finds fewer characters in them."""

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        found = [(12, 0.93) if self._is_upright(crop) else (4, 0.98) for crop in crops]
        return [Reading("字" * count, score) for count, score in found]


def test_ends_of_lying_lines_do_not_turn_a_page_away_from_its_lines():
    paragraphs = [y + line for y in range(100, 1000, 160) for line in range(0, 96, 24)]
    lying = rotate(marked_page(paragraphs), 270)
    assert find_rotation(lying, _DPI, _ReadsAcross(), usual=90)[0] == 90


@pytest.mark.issue(26)
@pytest.mark.parametrize("shape", [(82, 2711), (100, 100), (2711, 60), (101, 101)])
def test_a_strip_that_is_all_edge_is_blank(shape):
    assert is_blank(np.zeros(shape, dtype=np.uint8), _DPI)
