from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.ink.glyphs import bound, find_lines, inside, inside_table, separate_ink, split_lines
from extractor.values.geometry import Box
from tests.extractor.drawn import draw_table, label, paper, read_grids, write_han, write_number

_DPI = 200.0
_GLYPH = 20


def glyphs_at(*middles, count=6, height=_GLYPH):
    """Components of lines of text at these heights, as boxes."""
    return np.array(
        [[30 + i * 24, y - height // 2, 50 + i * 24, y + height // 2] for y in middles for i in range(count)],
        dtype=np.int32,
    )


@pytest.mark.parametrize("middles", [(40,), (40, 66), (40, 66, 92)], ids=len)
def test_lines_of_a_cell_are_parted(middles):
    lines = split_lines(glyphs_at(*middles), _GLYPH)
    assert [round(line.center_y) for line in lines] == list(middles)
    assert all(line.left == 30 for line in lines)


def test_touching_lines_are_parted_evenly():
    boxes = np.array([[30, 30, 50, 82], [60, 30, 80, 52]], dtype=np.int32)
    assert [round(line.center_y) for line in split_lines(boxes, _GLYPH)] == [43, 69]


def test_strokes_of_one_character_stay_in_one_line():
    # 二 and 三: strokes above each other, none as high as a character.
    three = np.array([[30, 30, 50, 33], [32, 38, 48, 41], [28, 46, 52, 49]], dtype=np.int32)
    assert len(split_lines(three, _GLYPH)) == 1
    beside = glyphs_at(40, count=3) + np.array([60, 0, 60, 0], dtype=np.int32)
    assert len(split_lines(np.concatenate([three, beside]), _GLYPH)) == 1


def test_nothing_has_no_lines():
    assert split_lines(np.zeros((0, 4), dtype=np.int32), _GLYPH) == []


def test_components_belong_where_their_centre_is():
    boxes = np.array([[0, 0, 10, 10], [8, 0, 18, 10]], dtype=np.int32)
    assert inside(boxes, Box(0, 0, 10, 10)).tolist() == [[0, 0, 10, 10]]
    assert bound(boxes) == Box(0, 0, 18, 10)


def test_rulings_are_taken_out_and_figures_stay():
    rows, columns = [100, 160, 220, 280], [80, 300, 520, 740]
    page = draw_table(paper(), rows, columns)
    for y in (130, 190, 250):
        for x in (190, 410, 630):
            write_number(page, "8", (x, y))
    ink = separate_ink(page, label(page, _DPI), read_grids(page, _DPI))
    assert len(ink.boxes) == 9
    assert ink.gray[158:163, 90:730].min() == 255
    assert ink.gray[130, 180:200].min() < 100
    assert np.all(np.diff(ink.boxes[:, 1]) >= 0)


def test_glyph_height_is_that_of_the_text():
    page = paper()
    for y in range(100, 800, 40):
        write_number(page, "2025 8086 8888", (400, y))
    (_, height), _ = cv2.getTextSize("8", cv2.FONT_HERSHEY_SIMPLEX, 0.7, 2)
    assert separate_ink(page, label(page, _DPI), []).glyph_height == pytest.approx(height, abs=4)


def test_dust_is_no_ink():
    page = paper()
    page[100, 100] = page[300, 500] = 0
    assert len(separate_ink(page, label(page, _DPI), []).boxes) == 0


def test_lines_of_prose_are_found_in_reading_order():
    page = paper()
    middles = [120, 165, 210, 300]
    for y in middles:
        write_han(page, 24, 90, y)
    lines = find_lines(separate_ink(page, label(page, _DPI), []), [])
    assert [round(line.center_y, -1) for line in lines] == [round(y, -1) for y in middles]
    assert all(line.width == pytest.approx(24 * 23, abs=8) for line in lines)


@pytest.mark.issue(23)
@pytest.mark.parametrize(
    ("gap", "size", "lines"),
    [(3, 40, 2), (14, 40, 3), (3, 18, 3)],
    ids=["one character", "two lines", "two lines of a character as high as those above"],
)
def test_the_parts_of_a_character_alone_on_its_line_are_one_line(gap, size, lines):
    """Nothing beside it bridges the gap between the parts of 告: they were read as a line each.

    Two short lines over each other were taken for such parts, and nothing of them was read.
    """
    page = paper()
    write_han(page, 12, 200, 60, size=size)
    for top in (100, 120 + gap):
        cv2.rectangle(page, (300, top), (334, top + 18), 0, 2)
    found = find_lines(separate_ink(page, label(page, _DPI), []), [])
    assert len(found) == lines


def test_lines_in_excluded_areas_are_left_out():
    page = paper()
    for y in (120, 400):
        write_han(page, 10, 90, y)
    (line,) = find_lines(separate_ink(page, label(page, _DPI), []), [Box(0, 350, 1000, 450)])
    assert line.center_y == pytest.approx(120, abs=3)


def test_page_without_ink_has_no_lines():
    assert find_lines(separate_ink(paper(), label(paper(), _DPI), []), []) == []


def test_a_table_is_measured_by_its_own_type():
    page = paper()
    for middle in (60, 120, 180):
        write_han(page, 16, 60, middle, size=40)
    for row in range(3):
        for column in range(6):
            write_number(page, str(10 + row + column), (120 + 120 * column, 330 + 60 * row), scale=0.5)
    ink = separate_ink(page, label(page, _DPI), ())
    table = inside_table(ink, Box(60, 290, 900, 500))
    assert table.glyph_height < 0.5 * ink.glyph_height
    assert inside_table(ink, Box(60, 600, 900, 800)).glyph_height == ink.glyph_height


def test_pieces_beside_a_ruling_are_taken_for_it_and_figures_are_not():
    page = draw_table(paper(), [100, 160, 220], [80, 300, 440])
    (grid,) = read_grids(page, _DPI)
    for y in (110, 125, 140):
        cv2.line(page, (302, y), (302, y + 7), 0, 1)
    write_number(page, "11", (370, 130))
    found = inside(separate_ink(page, label(page, _DPI), [grid]).boxes, Box(296, 104, 436, 156))
    assert len(found) == 2
    assert found[:, 0].min() > 340


def test_the_rim_of_a_broad_ruling_is_taken_for_it_and_a_one_beside_it_is_not():
    page = draw_table(paper(), [100, 160, 220], [80, 300, 440])
    (grid,) = read_grids(page, _DPI)
    for top, bottom in ((105, 156), (180, 200)):
        page[top:bottom, 305:307] = 0
    found = separate_ink(page, label(page, _DPI), [grid]).boxes
    assert len(inside(found, Box(296, 104, 436, 156))) == 0
    assert len(inside(found, Box(296, 164, 436, 216))) == 1


def test_pale_type_of_a_table_is_ink_beside_darker_prose():
    """Small type out of focus is half as dark as headings; the threshold of the page would pass it over."""
    rows, columns = [300, 360, 420, 480], [80, 300, 520, 740]
    page = draw_table(paper(), rows, columns, ink=120)
    for y in range(60, 260, 30):
        write_han(page, 30, 60, y)
    faint = paper()
    for y in (330, 390, 450):
        for x in (190, 410, 630):
            write_number(faint, "8", (x, y))
    page = np.minimum(page, 255 - (255 - faint) // 6)
    grain = np.random.default_rng(2).normal(0, 1.5, page.shape)
    page = np.clip(page + grain, 0, 255).astype(np.uint8)
    grids = read_grids(page, _DPI)
    ink = separate_ink(page, label(page, _DPI), grids)
    figures = inside(ink.boxes, grids[0].box)
    assert len(figures) == 9


def test_grain_of_the_paper_is_no_ink():
    page = draw_table(paper(), [300, 360, 420, 480], [80, 300, 520, 740])
    noise = np.random.default_rng(2).normal(0, 9, page.shape)
    page = np.clip(page.astype(float) - 10 + noise, 0, 255).astype(np.uint8)
    grids = read_grids(page, _DPI)
    assert len(inside(separate_ink(page, label(page, _DPI), grids).boxes, grids[0].box)) < 5


def test_a_bold_character_of_a_title_is_no_punch_hole():
    page = paper()
    cv2.rectangle(page, (300, 100), (343, 144), 0, -1)
    cv2.rectangle(page, (312, 112), (330, 126), 255, -1)
    (box,) = separate_ink(page, label(page, _DPI), []).boxes.tolist()
    assert box == [300, 100, 344, 145]


def test_punch_holes_beside_a_table_are_no_ink():
    page = draw_table(paper(), [100, 160, 220], [200, 400, 600])
    write_number(page, "25", (300, 130))
    before = separate_ink(page, label(page, _DPI), read_grids(page, _DPI)).boxes
    cv2.circle(page, (80, 130), 22, 60, -1)
    grids = read_grids(page, _DPI)
    assert np.array_equal(separate_ink(page, label(page, _DPI), grids).boxes, before)
