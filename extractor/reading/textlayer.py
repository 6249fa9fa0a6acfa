"""Born-digital pages: words and rulings from the file itself, through pdfplumber; nothing is recognised.

The rulings are drawn as labels of a page and go through the same grid finder as those of a scan. A text layer
is believed only when it is made of real characters and agrees with what the page looks like in a few places.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rapidfuzz import fuzz

from extractor.forms.definition import normalise
from extractor.ink.glyphs import Ink, Ints, bound, find_lines, inside, split_lines
from extractor.layout.borderless import find_text_grids
from extractor.layout.grids import find_grids
from extractor.reading.label_figures import part_figures
from extractor.reading.page_reader import TITLE_SCALE, cut_line
from extractor.scan.document import PageSize
from extractor.seams.engine import FIGURE_SCALE, Gray, OcrEngine, Reading
from extractor.seams.errors import DocumentError
from extractor.seams.labeller import LABEL_DPI
from extractor.values.frame import POINTS_PER_INCH, Raster
from extractor.values.geometry import Box
from extractor.values.grid import GridCell
from extractor.values.labels import PageLabels
from extractor.values.page import HeldPicture, Page, PageImage, PageKind, ReadCell, Table, TextLine
from extractor.values.shape import Shape
from extractor.wording.said import say

#: Canvas resolution; only geometry is drawn on it.
#: ±20 %: no value, status or confidence (read on 1 of 22 documents).
_DPI = 200.0
_SCALE = _DPI / POINTS_PER_INCH
#: Filled shapes thinner than this (points) are rulings, thicker ones backgrounds.
#: ±20 %: nothing (read on 1 of 22 documents).
_THIN = 3.0
#: Frames of two cells no further apart than this (points) have one ruling between them; no digit fits in there.
_APART = 6.0
#: Share of characters that must be Han, digits, Latin letters or common punctuation.
#: ±20 %: confidence by 6.9e-05 at most (read on 1 of 22 documents).
_REAL_SHARE = 0.9
#: Fewest characters that make a text layer worth trying where it has no table: the last row of one may stand alone.
#: ±20 %: nothing (read on 1 of 22 documents).
_MIN_CHARS = 20
#: Characters lower than this (points) cannot be seen; things further off than so many times the page are nowhere.
_LEAST_POINTS, _FAR = 0.5, 3.0
#: Lines compared with the page's look, and how alike they and all numbers must be.
#: ±20 %: nothing (read on 1 of 22 documents).
_LINES_CHECKED, _AGREES = 2, 0.75
#: Share of a glyph's box above and below in which fonts draw no digit, or hardly any.
_TRIM = 0.12
#: What is compared with the page's look, digit by digit.
_NUMBER = re.compile(r"[-+]?[0-9][0-9,.]*")
#: Least gap between words, in heights of a character.
_WORD_GAP = 0.5
#: Paper around a line and around a number when they are read, in heights of them.
_PAD, _NUMBER_PAD = 0.25, 0.5
#: Points of a cell's rim that its rulings may blacken; darker pixels than this, and so many, are something drawn.
_RIM, _DRAWN = 2.5, (110, 12)

#: CJK radicals supplement (U+2E80 to U+2EF3) in text of browser-made PDFs; NFKC mends U+2F00 to U+2FD5 only.
_RADICALS = str.maketrans(
    "⺁⺄⺅⺆⺇⺈⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺚⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺱⺲⺴⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
    "厂乙亻冂几刀卜㔾小小兀尣尢兀巳幺彑彐忄㣺扌攵旡旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糹罒罒罒羊羊羊耂肀聿肉臼艹艹艹虎衤西西见角角讠贝足车辶辶辶阝钅長镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜龟",
)


def mend_text(text: str) -> str:
    """Text with radical code points and full-width forms of letters and digits folded to ordinary characters."""
    mended = text.translate(_RADICALS)
    return "".join(
        unicodedata.normalize("NFKC", c)
        if "\u2f00" <= c <= "\u2fd5" or "０" <= c <= "９" or c == "\u00a0"
        else c
        for c in mended
    )


class TextLayer:
    """The text layers of one PDF. Use as a context manager."""

    def __init__(self, source: Path | BytesIO, password: str | None) -> None:
        # A tenth of a second that scans do without.
        import pdfplumber

        logging.getLogger("pdfminer").setLevel(logging.ERROR)
        try:
            self._pdf: Any = pdfplumber.open(source, password=password or "")
        except Exception as error:
            told = say("documents.broken_text_layer", why=error)
            raise DocumentError(told, code="broken_text_layer") from error

    def __enter__(self) -> TextLayer:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._pdf.close()
        except Exception as error:  # noqa: BLE001 - it reads all pages once more to close them
            logging.getLogger(__name__).debug("a text layer does not close: %s", error)

    def read_page(self, page_no: int, size: PageSize, raster: Raster, engine: OcrEngine) -> Page | None:
        """The page from its text layer; None where there is none to rely on."""
        try:
            source = self._pdf.pages[page_no - 1]
            chars = [c for c in source.chars if c["text"].strip()]
            shapes = [*source.lines, *source.rects]
            is_placed = all(_is_placed(item, size) for item in (*chars, *shapes))
            chars = [c for c in chars if c["bottom"] - c["top"] >= _LEAST_POINTS]
        except Exception:  # noqa: BLE001 - see above
            return None
        if not is_placed or not chars or not _is_real("".join(c["text"] for c in chars)):
            return None
        page = _build(page_no, size, chars, shapes)
        is_enough = len(chars) >= _MIN_CHARS or page.tables
        return page if is_enough and _agrees(page, raster, engine) else None


def _is_placed(item: dict[str, Any], size: PageSize) -> bool:
    """Whether something lies on the page or near it; who places anything elsewhere places nothing reliably."""
    far = _FAR * max(size.width, size.height)
    return all(abs(item[key]) <= far for key in ("x0", "x1", "top", "bottom")) and (
        item["x0"] <= item["x1"] and item["top"] <= item["bottom"]
    )


def _is_real(text: str) -> bool:
    if "(cid:" in text:
        return False
    mended = mend_text(text)
    real = sum(
        1 for c in mended if c.isascii() or "\u4e00" <= c <= "\u9fff" or unicodedata.category(c)[0] in "PN"
    )
    return real >= _REAL_SHARE * len(mended)


def _build(
    page_no: int, size: PageSize, chars: Sequence[dict[str, Any]], shapes: Sequence[dict[str, Any]]
) -> Page:
    labels = _draw(size, shapes)
    whole_size = round(size.width * _SCALE), round(size.height * _SCALE)
    canvas = np.asarray(255 - cv2.resize(np.maximum(labels.across, labels.down), whole_size), dtype=np.uint8)
    ruled, _ = find_grids(labels)
    boxes = np.array([[c["x0"], c["top"], c["x1"], c["bottom"]] for c in chars]) * _SCALE
    # Glyph boxes of fonts are line-high; ink is what columns and lines are found by.
    trim = _TRIM * (boxes[:, 3] - boxes[:, 1])
    boxes[:, 1] += trim
    boxes[:, 3] -= trim
    whole = np.rint(boxes).astype(np.int32)
    order = np.argsort(whole[:, 1], kind="stable")
    whole = whole[order]
    texts = [mend_text(chars[i]["text"]) for i in order]
    ink = Ink(canvas, whole, _DPI, float(np.median(whole[:, 3] - whole[:, 1])))
    content = _Content(whole, texts, ink.glyph_height)
    plain = [part_figures(grid, content.read_words) for grid in find_text_grids(ink, [g.box for g in ruled])]
    grids = sorted([*ruled, *plain], key=lambda g: g.box.top)
    tables = tuple(Table(page_no, g, tuple(content.read_cell(c) for c in g.cells)) for g in grids)
    lines = tuple(content.read_line(box) for box in find_lines(ink, [g.box for g in grids]))
    picture, shape = HeldPicture(canvas, labels), (canvas.shape[0], canvas.shape[1])
    image = PageImage(picture, _DPI, 0, 0.0, None, shape, 1.0, tuple(grids))
    return Page(
        page_no,
        PageKind.TEXT,
        size.width,
        size.height,
        image,
        tables,
        tuple(line for line in lines if line.text),
    )


def _draw(size: PageSize, shapes: Sequence[dict[str, Any]]) -> PageLabels:
    """The rulings of a page as its own shapes tell them."""
    scale = LABEL_DPI / POINTS_PER_INCH
    shape = round(size.height * scale), round(size.width * scale)
    across, down = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    frames = [item for item in shapes if item.get("stroke") and not _is_thin(item)]
    middles = {"x": _find_middles(frames, "x0", "x1"), "y": _find_middles(frames, "top", "bottom")}
    for item in shapes:
        is_thin = _is_thin(item)
        moved = {"x": {}, "y": {}} if is_thin else middles
        x0, x1 = (moved["x"].get(item[key], item[key]) * scale for key in ("x0", "x1"))
        top, bottom = (moved["y"].get(item[key], item[key]) * scale for key in ("top", "bottom"))
        wide, high = x1 - x0, bottom - top
        if not is_thin and not item.get("stroke"):
            continue
        level, upright = ((top + bottom) / 2,), ((x0 + x1) / 2,)
        if not is_thin or wide > high:
            for y in level if is_thin else (top, bottom):
                _draw_line(across, (x0, x1), y)
        if not is_thin or wide <= high:
            for x in upright if is_thin else (x0, x1):
                _draw_line(down.T, (top, bottom), x)
    empty = np.zeros(shape, np.uint8)
    return PageLabels(across, down, empty, empty, _DPI)


def _is_thin(item: Mapping[str, Any]) -> bool:
    return bool(min(item["x1"] - item["x0"], item["bottom"] - item["top"]) <= _THIN)


def _find_middles(frames: Sequence[Mapping[str, Any]], start: str, end: str) -> dict[float, float]:
    """Where frames of cells that are drawn apart meet, points: by the end of one and by the start of the next."""
    starts = sorted({item[start] for item in frames})
    found = {}
    for place in {item[end] for item in frames}:
        following = bisect_right(starts, place)
        if following < len(starts) and starts[following] - place <= _APART:
            found[place] = found[starts[following]] = (place + starts[following]) / 2
    return found


def _draw_line(told: Gray, ends: tuple[float, float], place: float) -> None:
    """A ruling in a picture of rulings across, parted over two rows by where it lies between them."""
    start, end = max(0, round(ends[0] - 0.5)), max(0, round(ends[1] + 0.5))
    row = int(np.floor(place - 0.5))
    share = place - 0.5 - row
    for y, likely in ((row, 1.0 - share), (row + 1, share)):
        if 0 <= y < told.shape[0]:
            line = told[y, start:end]
            np.maximum(line, round(255 * min(1.0, 0.5 + likely)), out=line)


class _Content:
    """Characters of a page with their boxes in canvas pixels, sorted by top."""

    def __init__(self, boxes: Ints, texts: Sequence[str], height: float) -> None:
        self._boxes, self._texts, self._height = boxes, texts, height

    def read_line(self, box: Box) -> TextLine:
        x = (self._boxes[:, 0] + self._boxes[:, 2]) / 2
        y = (self._boxes[:, 1] + self._boxes[:, 3]) / 2
        held = (x >= box.left - 1) & (x < box.right + 1) & (y >= box.top - 1) & (y < box.bottom + 1)
        order = sorted(np.flatnonzero(held).tolist(), key=lambda i: int(self._boxes[i, 0]))
        return TextLine(box, "".join(self._texts[i] for i in order), 1.0)

    def read_words(self, box: Box) -> list[tuple[Box, str]]:
        """The words of a box, from the left: runs of characters with less than half a character's height between."""
        members = inside(self._boxes, box)
        words: list[Box] = []
        for line in split_lines(members, self._height):
            own = inside(members, Box(line.left - 1, line.top - 1, line.right + 1, line.bottom + 1))
            runs: list[Box] = []
            for left, top, right, bottom in sorted(own.tolist()):
                one = Box(left, top, right, bottom)
                if runs and left - runs[-1].right < _WORD_GAP * self._height:
                    runs[-1] = runs[-1].union(one)
                else:
                    runs.append(one)
            words += runs
        return [(word, self.read_line(word).text) for word in sorted(words, key=lambda word: word.left)]

    def read_cell(self, cell: GridCell) -> ReadCell:
        members = inside(self._boxes, cell.box)
        if not len(members):
            # That nothing is drawn there either is seen on the page (`_agrees`).
            return ReadCell(cell, None, (), Reading("", 1.0, certain=True), 0.0, Shape())
        lines = tuple(self.read_line(box) for box in split_lines(members, self._height))
        reading = Reading(lines[0].text, 1.0, certain=True) if len(lines) == 1 else None
        return ReadCell(cell, bound(members), lines, reading, 1.0, Shape())


def _agrees(page: Page, raster: Raster, engine: OcrEngine) -> bool:
    """A few lines, and every number of the tables, read from the rendered page, say what the text layer says.

    A layer may be another's than the print: altered, shifted, under a picture, of a font that shows other digits than
    it tells. Where a number reads as another or as nothing, or something is drawn where the layer has nothing, the
    page is read: all 1,497 numbers on 82 such pages of five documents read as the layer says.
    """
    scale = raster.dpi / _DPI
    lines = sorted(page.lines, key=lambda line: -len(line.text))[:_LINES_CHECKED]
    cells = [c for t in page.tables for c in t.cells]
    numbers = [
        c for c in cells if c.ink is not None and len(c.lines) == 1 and _NUMBER.fullmatch(c.text.strip())
    ]
    if any(_is_drawn_in(c, raster, scale) for c in cells if c.ink is None):
        return False
    places = [_find_ink(raster.gray, _scaled(_give_back(c), scale)) for c in numbers]
    if None in places:
        return False
    words = _read([_scaled(line.box, scale) for line in lines], raster, _PAD, engine, TITLE_SCALE)
    figures = _read([place for place in places if place], raster, _NUMBER_PAD, engine, FIGURE_SCALE)
    if any(_digits(a.text) != _digits(b.text) for a, b in zip(numbers, figures, strict=True)):
        return False
    told = [*(line.text for line in lines), *(cell.text for cell in numbers)]
    alike = [
        fuzz.ratio(normalise(a), normalise(b.text)) / 100
        for a, b in zip(told, [*words, *figures], strict=True)
    ]
    return bool(alike) and float(np.mean(alike)) >= _AGREES


def _read(
    boxes: Sequence[Box], raster: Raster, pad: float, engine: OcrEngine, width_scale: float
) -> Sequence[Reading]:
    crops = [cut_line(raster.gray, box, pad, None, box.height) for box in boxes]
    return engine.read(crops, width_scale=width_scale) if crops else []


def _give_back(cell: ReadCell) -> Box:
    """The box of a number as high as its glyphs' boxes were before they were trimmed, within its cell."""
    ink, room = cell.ink or cell.cell.box, cell.cell.box.shrink(_RIM * _SCALE)
    trimmed = _TRIM / (1.0 - 2.0 * _TRIM) * ink.height
    top, bottom = max(room.top, ink.top - trimmed), min(room.bottom, ink.bottom + trimmed)
    return Box(ink.left, min(top, ink.top), ink.right, max(bottom, ink.bottom))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _scaled(box: Box, scale: float) -> Box:
    return Box(*(v * scale for v in (box.left, box.top, box.right, box.bottom)))


def _find_ink(gray: Gray, box: Box) -> Box | None:
    """Where in a box of a page something is drawn, which is not as high as its line; None for nothing."""
    left, top = max(0, round(box.left)), max(0, round(box.top))
    dark = gray[top : max(top, round(box.bottom)), left : max(left, round(box.right))] < _DRAWN[0]
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not len(rows):
        return None
    return Box(
        left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1
    )


def _is_drawn_in(cell: ReadCell, raster: Raster, scale: float) -> bool:
    """Whether the rendered page shows ink inside a cell in which the text layer has none."""
    box = _scaled(cell.cell.box.shrink(_RIM * _SCALE), scale)
    rows = slice(max(0, round(box.top)), max(0, round(box.bottom)))
    part = raster.gray[rows, max(0, round(box.left)) : max(0, round(box.right))]
    return bool(part.size) and int((part < _DRAWN[0]).sum()) >= _DRAWN[1]
