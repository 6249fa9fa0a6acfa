from __future__ import annotations

import numpy as np
import pytest

from extractor.ink.broken_verticals import erase_uprights, find_uprights
from extractor.ink.glyphs import Ink, separate_ink
from tests.extractor.drawn import paper, write_number

_HEIGHT = 20.0


def figure(x, y, width=12, height=20):
    """The box of a digit around a point."""
    return [x - width // 2, y - height // 2, x - width // 2 + width, y - height // 2 + height]


def piece(x, top, length, width=2):
    return [x, top, x + width, top + length]


def find(*boxes):
    """Indexes of the pieces of rulings among components."""
    return np.flatnonzero(find_uprights(np.array(boxes, dtype=np.int32), _HEIGHT)).tolist()


def rows_of_figures(columns=(100, 200, 300), rows=(100, 150, 200, 250)):
    return [figure(x, y) for y in rows for x in columns]


def test_pieces_under_each_other_are_a_ruling():
    figures = rows_of_figures()
    pieces = [piece(150, 92, 9), piece(151, 140, 22), piece(150, 196, 5), piece(150, 240, 15)]
    assert find(*figures, *pieces) == [12, 13, 14, 15]


def test_ones_of_a_column_are_no_ruling():
    # A one of some fonts is no broader than a ruling; all are as high as each other.
    ones = [figure(200, y, width=3) for y in (100, 150, 200, 250)]
    assert find(*rows_of_figures(columns=(100, 300)), *ones) == []


def test_a_ruling_is_not_told_beside_the_strokes_of_characters():
    strokes = [piece(150, 92, 9), piece(150, 140, 20), piece(150, 196, 5), piece(150, 240, 15)]
    close = [figure(160, y, width=14) for y in (100, 150, 200, 250)]
    assert find(*rows_of_figures(columns=(100,)), *close, *strokes) == []


def test_ones_at_the_ends_of_figures_are_of_their_words():
    # A digit stands further off a slender one than off others, and a speck under it makes no ruling of it.
    wide = [figure(x, y) for y in (100, 150, 200) for x in (214, 230, 246)]
    ones = [figure(200, y, width=3, height=high) for y, high in ((100, 20), (150, 20), (200, 20))]
    specks = [piece(199, y, 5) for y in (125, 172, 230)]
    assert not set(find(*wide, *ones, *specks)) & {9, 10, 11}


def test_halves_of_broken_noughts_are_no_ruling():
    halves = [piece(x, y, high) for y, high in ((90, 20), (140, 15), (190, 20)) for x in (198, 201)]
    assert find(*rows_of_figures(columns=(100, 300), rows=(100, 150, 200)), *halves) == []


@pytest.mark.parametrize(("tops", "found"), [((94, 94, 96), [4, 5, 6]), ((90, 90, 90), [])])
def test_strokes_of_one_row_are_rulings_unless_they_are_level_with_its_figures(tops, found):
    figures = [figure(x, 100) for x in (100, 200, 300, 400)]
    strokes = [piece(x, top, 20) for x, top in zip((150, 250, 350), tops, strict=True)]
    assert find(*figures, *strokes) == found


def test_a_stroke_under_a_header_word_is_a_figure():
    words = [figure(x, 60, width=40) for x in (100, 150, 200, 250, 300, 350, 400)]
    figures = [figure(x, 100) for x in (100, 200, 300, 400)]
    strokes = [piece(x, 96, 20) for x in (150, 250, 350)]
    assert find(*words, *figures, *strokes) == []


def test_pieces_are_painted_as_paper():
    page = paper()
    for y in (100, 150, 200, 250):
        for x in (100, 200, 300):
            write_number(page, "8", (x, y))
    bare = separate_ink(page, [], 200.0)
    for top, length in ((92, 9), (140, 22), (196, 6), (240, 15)):
        page[top : top + length, 250:252] = 0
    ink = separate_ink(page, [], 200.0)
    clean = erase_uprights(ink)
    assert isinstance(clean, Ink) and len(ink.boxes) > len(bare.boxes)
    assert clean.boxes.tolist() == bare.boxes.tolist()
    assert (clean.gray[:, 240:262] == 255).all()
