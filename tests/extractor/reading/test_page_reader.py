from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.ink.glyphs import Ink
from extractor.reading.page_reader import _CropPlan, cut_line, read_page
from extractor.reading.straight_page import straighten_page
from extractor.reading.textlayer import mend_text
from extractor.scan.warp import rotation_warp
from extractor.seams.engine import NullEngine, Reading
from extractor.values.frame import Raster
from extractor.values.geometry import Box
from extractor.values.grid import GridCell
from extractor.values.level import Level
from extractor.values.page import HeldPicture
from models.pages import load_labeller
from tests.extractor.drawn import (
    draw_table,
    paper,
    spans_of,
    straight_image,
    wanted_spans,
    write_han,
    write_number,
)

_DPI = 200.0
_ROWS = [200, 260, 320, 380, 440]
_COLUMNS = [80, 400, 560, 720, 880]


def page_image(rotation, shape=(1000, 800), warp=None):
    flat = np.full(shape, 255, dtype=np.uint8)
    return straight_image(flat, _DPI, rotation=rotation, warp=warp, shape=shape)


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        # A mark at 10..30, 20..60 of an upright page of 800 x 1000 pixels, seen as the page was before turning.
        (0, (10, 20, 30, 60)),
        (90, (20, 770, 60, 790)),
        (180, (770, 940, 790, 980)),
        (270, (940, 10, 980, 30)),
    ],
)
def test_box_leads_back_to_the_page_as_a_viewer_shows_it(rotation, expected):
    box = page_image(rotation).to_points(Box(10, 20, 30, 60))
    found = (box.left, box.top, box.right, box.bottom)
    assert found == pytest.approx([edge * 72 / _DPI for edge in expected])


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_box_leads_to_the_same_ink_before_and_after_turning(rotation):
    shown = np.full((1000, 800), 255, dtype=np.uint8)
    shown[120:160, 300:420] = 0
    upright = np.rot90(shown, -rotation // 90)
    rows, columns = np.nonzero(upright == 0)
    image = page_image(rotation, upright.shape)
    box = image.to_points(Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    found = [edge * _DPI / 72 for edge in (box.left, box.top, box.right, box.bottom)]
    assert found == pytest.approx([300, 120, 420, 160])


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_coloured_ink_is_known_where_it_lies_on_the_turned_page(rotation):
    upright = np.zeros((1000, 800), dtype=np.uint8)
    upright[260:320, 560:720] = 255
    shown = np.rot90(upright, rotation // 90)
    coloured = np.ascontiguousarray(shown[::4, ::4])
    blank = page_image(rotation)
    image = replace(blank, picture=HeldPicture(blank.flat, blank.labels, coloured))
    assert image.coloured_share(Box(564, 264, 716, 316)) > 0.9
    assert image.coloured_share(Box(300, 264, 540, 316)) == 0
    assert image.coloured_share(Box(-90, -90, -10, -10)) == 0
    assert page_image(rotation).coloured_share(Box(564, 264, 716, 316)) == 0


def test_coloured_ink_of_a_scan_is_kept():
    page = ruled_page()
    seal = np.zeros(page.shape, dtype=bool)
    seal[262:318, 562:718] = True
    image = straighten_page(Raster(page, _DPI, seal), NullEngine(), load_labeller())
    assert image is not None
    assert image.coloured_share(Box(562, 262, 718, 318)) > 0.9
    assert image.coloured_share(Box(402, 262, 558, 318)) < 0.1


def test_box_leads_back_through_the_warp():
    image = page_image(0, warp=rotation_warp((1000, 800), 2.0))
    box = image.to_points(Box(390, 490, 410, 510))
    assert (box.left + box.right) / 2 == pytest.approx(400 * 0.36, abs=0.3)
    assert (box.top + box.bottom) / 2 == pytest.approx(500 * 0.36, abs=0.3)


@given(st.floats(-50, 250), st.floats(-50, 150), st.floats(0, 120), st.floats(0, 60), st.floats(0, 0.6))
def test_crop_has_pixels_wherever_the_box_lies(left, top, width, height, pad):
    crop = cut_line(paper(100, 200), Box(left, top, left + width, top + height), pad, None, 20.0)
    assert crop.size
    assert crop.dtype == np.uint8
    assert crop.min() == 255


def test_crop_shows_nothing_beyond_its_cell():
    page = paper(200, 300)
    page[:, 150:] = 0
    crop = cut_line(page, Box(100, 80, 140, 100), 0.9, Box(90, 70, 150, 110), 20.0)
    assert crop.min() == 255
    assert cut_line(page, Box(100, 80, 140, 100), 0.9, None, 20.0).min() == 0


def ruled_page():
    page = paper(1000, 960)
    draw_table(page, _ROWS, _COLUMNS)
    for r, y in enumerate(range(230, 440, 60)):
        for c, x in enumerate((240, 480, 640, 800)):
            if (r, c) != (2, 3):
                write_number(page, str(10 * r + c), (x, y))
    for y in range(520, 900, 40):
        write_number(page, "2025 1234567890 1234567890", (480, y))
    return page


def test_page_is_cut_into_cells_and_lines():
    image = straighten_page(Raster(ruled_page(), _DPI, None), NullEngine(), load_labeller())
    assert image is not None
    page = read_page(1, image, (345.6, 360.0), NullEngine())
    (table,) = page.tables
    assert spans_of(table.grid) == wanted_spans(4, 4)
    empty = [cell for cell in table.cells if cell.ink is None]
    assert [(cell.cell.row, cell.cell.column) for cell in empty] == [(2, 3)]
    assert all(cell.lines and cell.reading is not None for cell in table.cells if cell.ink is not None)


class _TallReader:
    """Reads a figure where a crop holds ink as high as one, and something else elsewhere."""

    name = fingerprint = lineage = "tall"

    def __init__(self, low: str) -> None:
        self._low = low

    def read(self, crops, *, width_scale=1.0):
        high = [int((crop < 128).any(axis=1).sum()) >= 12 for crop in crops]
        return [Reading("7", 0.9) if is_figure else Reading(self._low, 0.5) for is_figure in high]


def read_strayed(low, blank):
    """Cell 1, 2 of a table with a stroke below its figure that reads as `low`; these columns of its row are blank."""
    page = ruled_page()
    page[306:313, 628:652] = 60
    for column in blank:
        page[264:316, _COLUMNS[column] + 4 : _COLUMNS[column + 1] - 4] = 255
    image = straighten_page(Raster(page, _DPI, None), NullEngine(), load_labeller())
    assert image is not None
    (table,) = read_page(1, image, (345.6, 360.0), _TallReader(low)).tables
    return next(cell for cell in table.cells if (cell.cell.row, cell.cell.column) == (1, 2))


@pytest.mark.parametrize(
    ("low", "blank"),
    [
        pytest.param("一", (), id="off the level of its row"),
        pytest.param("", (0, 3), id="read as nothing, where too few figures tell the level"),
    ],
)
def test_a_stroke_below_a_figure_is_no_line_of_its_cell(low, blank):
    cell = read_strayed(low, blank)
    assert (cell.text, len(cell.lines)) == ("7", 1)
    assert cell.reading is not None
    assert cell.ink is not None
    assert cell.ink.height < 20


def test_a_label_of_three_lines_keeps_them_beside_figures_at_the_level_of_one():
    page = paper(1000, 960)
    draw_table(page, [200, 300, 400, 500], _COLUMNS)
    for y in (250, 350, 450):
        for x in (480, 640, 800):
            write_number(page, "7", (x, y))
        for line in (-26, 0, 26):
            write_han(page, 4, 100, y + line)
    image = straighten_page(Raster(page, _DPI, None), NullEngine(), load_labeller())
    assert image is not None
    (table,) = read_page(1, image, (345.6, 360.0), NullEngine()).tables
    labels = [cell for cell in table.cells if cell.cell.column == 0]
    assert {len(cell.lines) for cell in labels} == {3}


def resize_to(page, like):
    """A page as coarse as labels are."""
    size = like.shape[::-1]
    return cv2.resize(page.astype(np.uint8), size, interpolation=cv2.INTER_AREA)


def test_pale_figures_between_rulings_without_verticals_are_found_beside_darker_prose():
    """The type of a table with rulings across is half as dark as the prose above it; only its words tell columns."""
    page, pale = paper(900, 1040), paper(900, 1040)
    for y in range(60, 260, 30):
        write_han(page, 30, 60, y)
    middles, columns = [340 + 44 * i for i in range(6)], [440 + 80 * i for i in range(7)]
    for y in middles:
        write_han(pale, 10, 90, y)
        for x in columns:
            write_number(pale, "7", (x, y))
    page = np.minimum(page, 255 - (255 - pale) // 4)
    levels = tuple(Level(float(y), ((60.0, 980.0),)) for y in (310, 590))
    for level in levels:
        page[round(level.y) : round(level.y) + 2, 60:980] = 0
    blank = page_image(0, page.shape)
    told = replace(blank.labels, writing=resize_to(np.where(page < 255, 255, 0), blank.labels.writing))
    image = replace(blank, picture=HeldPicture(page, told), levels=levels)
    (table,) = read_page(1, image, (374.4, 324.0), NullEngine()).tables
    shown = [cell.ink for cell in table.cells if cell.ink is not None and cell.cell.column > 0]
    assert len(shown) == len(middles) * len(columns)


def test_blank_page_is_none():
    assert straighten_page(Raster(paper(1000, 800), _DPI, None), NullEngine(), load_labeller()) is None


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("⼀、总体情况", "一、总体情况"),
        ("⻓期", "长期"),
        ("２０２５年", "2025年"),
        ("（一）予以公开", "（一）予以公开"),
        ("民生", "民生"),
    ],
)
def test_text_layer_is_mended(text, mended):
    assert mend_text(text) == mended


def test_a_number_wrapped_onto_lines_keeps_them_all():
    """One of its lines stands at the level of its row's figures, and is not all of it."""
    page = ruled_page()
    page[264:316, _COLUMNS[2] + 4 : _COLUMNS[3] - 4] = 255
    for y, text in ((270, "12"), (295, "3")):
        write_number(page, text, (640, y))
    image = straighten_page(Raster(page, _DPI, None), NullEngine(), load_labeller())
    assert image is not None
    (table,) = read_page(1, image, (345.6, 360.0), NullEngine()).tables
    cell = next(cell for cell in table.cells if (cell.cell.row, cell.cell.column) == (1, 2))
    assert len(cell.lines) == 2


def test_lines_of_a_cell_need_not_be_lines_of_its_column():
    """Specks join the lines of a column to others that are as wide as no number."""
    ink = Ink(paper(10, 10), np.zeros((0, 4), np.intp), _DPI, 20.0)
    cell = GridCell(0, 1, 0, 1, Box(0, 0, 60, 80))
    lines = [Box(5, 5, 45, 25), Box(5, 30, 25, 50)]
    joined = np.array([[5, 5, 25, 25], [0, 20, 400, 32]])
    assert _CropPlan(paper(10, 10), ink)._is_wrapped(lines, cell, [joined])
