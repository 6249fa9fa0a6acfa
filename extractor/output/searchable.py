"""A copy of a PDF in which what was read can be searched and copied: invisible text over the scan.

Text is drawn in rendering mode 3 (ISO 32000-1, 9.3.6) with a font whose one glyph is empty, as Tesseract and
OCRmyPDF do; every character is its own code, so that no table has to be kept. Pages are turned upright by their
`/Rotate`; nothing of what is drawn on them changes.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph

from extractor.matching.rows import is_label
from extractor.output.archival import make_archival
from extractor.reading.readings import guess_texts
from extractor.seams.errors import DocumentError, StorageError
from extractor.values.geometry import Box
from extractor.values.page import Page, PageImage, ReadCell, TextLine
from extractor.values.result import NO_COPY
from extractor.wording.said import say, tell_os_error

#: Width of the empty glyph, and the em, in units of the font.
_WIDTH, _EM = 500, 1000
#: Codes of a two-byte font, and how many ranges a block of a character map may hold.
_CODES, _BLOCK = 0x10000, 100
_FONT = "/ExtractorText"
_NO_CHARACTERS = (0x0000, 0xFEFF, 0xFFFE)
#: Shown for what two bytes cannot say.
_BEYOND = "\ufffd"


@dataclass(frozen=True, slots=True)
class _Frame:
    """From points of the page as shown (top-left origin, y down) to its user space: x' = a x + c y + e, and so on."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def apply(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


#: What pikepdf raises where a dictionary is no dictionary, a page no page, a number no number.
_BROKEN = (
    pikepdf.PdfError,
    RuntimeError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
)


def write_searchable(
    source: Path | BytesIO,
    target: Path,
    pages: Sequence[Page],
    *,
    password: str | None = None,
    is_archival: bool = False,
) -> tuple[str, ...]:
    """Writes the copy of `source` to `target`, over what is there; pages that were not recognised stay as they are.

    A page with a text layer of its own that was read by it keeps that. A file under a password stays under it. With
    `is_archival` the copy is given what PDF/A-2u asks beyond what the source brings, and declared to be one; what
    stands against that comes back, as clauses of ISO 19005-2, and then it is not declared.

    Raises:
        DocumentError: its structure is too damaged to be written again; nothing is left at `target`.
        StorageError: the copy cannot be written.
    """
    try:
        return _write(source, target, pages, password, is_archival=is_archival)
    except _BROKEN as error:
        target.unlink(missing_ok=True)
        # Which object of this program's was read is nobody's business, and another one in every run.
        why = re.sub(r"^stream <[^>]*>(?: \([^)]*\))?[:,]?\s*", "", str(error))
        raise DocumentError(say("documents.no_copy", why=why), code=NO_COPY) from error


def _write(
    source: Path | BytesIO, target: Path, pages: Sequence[Page], password: str | None, *, is_archival: bool
) -> tuple[str, ...]:
    with pikepdf.open(source, password=password or "") as pdf:
        font = pdf.make_indirect(_make_font(pdf))
        for page in pages:
            if page.is_recognised:
                _add_text(pdf, pdf.pages[page.page_no - 1], page, page.image, font)
        is_locked = pdf.is_encrypted and bool(password)
        faults = make_archival(pdf, is_locked=is_locked) if is_archival else ()
        locked = pikepdf.Encryption(user=password, owner=password) if password and is_locked else False
        try:
            with target.open("wb") as stream:
                pdf.save(stream, encryption=locked, deterministic_id=not locked, min_version="1.7")
        except OSError as error:
            raise StorageError(say("system.cannot_write", path=target, why=tell_os_error(error))) from error
    return faults


def _add_text(
    pdf: pikepdf.Pdf, sheet: pikepdf.Page, page: Page, image: PageImage, font: pikepdf.Object
) -> None:
    frame = _find_frame(sheet, page)
    name = sheet.add_resource(font, pikepdf.Name.Font, pikepdf.Name(_FONT))
    drawn = [_draw_line(line, text, image, frame, str(name)) for line, text in _list_lines(page)]
    # What the page leaves behind (a scaled matrix, a clip) must not touch the text.
    sheet.contents_add(pdf.make_stream(b"q\n"), prepend=True)
    sheet.contents_add(pdf.make_stream(b"\nQ\nq BT 3 Tr\n" + b"".join(drawn) + b"ET Q\n"))
    sheet.rotate(image.rotation, relative=True)


def _list_lines(page: Page) -> Iterator[tuple[TextLine, str]]:
    """Lines with their text from top to bottom: prose, and the cells of tables row by row."""
    blocks: list[tuple[float, list[tuple[TextLine, str]]]] = []
    blocks += [(line.box.top, [(line, line.text)]) for line in page.lines]
    for table in page.tables:
        cells = sorted(table.cells, key=lambda c: (c.cell.row, c.cell.column))
        blocks.append((table.grid.box.top, [pair for cell in cells for pair in _cell_lines(cell)]))
    for _, lines in sorted(blocks, key=lambda block: block[0]):
        yield from ((line, text) for line, text in lines if text.strip())


def _cell_lines(cell: ReadCell) -> list[tuple[TextLine, str]]:
    if cell.reading is not None and len(cell.lines) == 1 and not is_label(cell):
        guesses = guess_texts(cell.reading)
        if guesses and guesses[0].text:
            return [(cell.lines[0], guesses[0].text)]
    return [(line, line.text) for line in cell.lines]


def _draw_line(line: TextLine, text: str, image: PageImage, frame: _Frame, font: str) -> bytes:
    """One line stretched to the place it is printed at, along its own slant, with a space after it."""
    box = line.box
    start = frame.apply(*_point(image, box.left, box.bottom))
    end = frame.apply(*_point(image, box.right, box.bottom))
    top = frame.apply(*_point(image, box.left, box.top))
    length, height = math.dist(start, end), math.dist(start, top)
    if length <= 0 or height <= 0:
        return b""
    cosine, sine = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    stretch = 100 * length / (len(text) * height * _WIDTH / _EM)
    codes = "".join(c if ord(c) < _CODES else _BEYOND for c in f"{text} ").encode("utf-16-be").hex()
    matrix = " ".join(f"{v:.4f}" for v in (cosine, sine, -sine, cosine, *start))
    return f"{font} {height:.3f} Tf {stretch:.3f} Tz {matrix} Tm <{codes}> Tj\n".encode("ascii")


def _point(image: PageImage, x: float, y: float) -> tuple[float, float]:
    """A point of the straight page in points of the page as shown."""
    place = image.to_points(Box(x, y, x, y))
    return place.left, place.top


def _find_frame(sheet: pikepdf.Page, page: Page) -> _Frame:
    left, bottom, right, top = (float(v) for v in sheet.cropbox)
    # What is no quarter turn is taken for one as PDFium does, whose picture was read.
    turned = int(float(sheet.obj.get("/Rotate", 0)) / 90) % 4 * 90
    width, height = (top - bottom, right - left) if turned in (90, 270) else (right - left, top - bottom)
    # A page may count in units larger than a point.
    x, y = width / page.width, height / page.height
    return {
        0: _Frame(x, 0, 0, -y, left, top),
        90: _Frame(0, x, y, 0, left, bottom),
        180: _Frame(-x, 0, 0, y, right, bottom),
        270: _Frame(0, -x, -y, 0, right, top),
    }[turned]


def _make_font(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    """A two-byte font in which the code of a character is its Unicode value and every glyph is empty."""
    name = pikepdf.Name("/ExtractorBlank")
    flags, box = 5, [0, 0, _WIDTH, _EM]
    described = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor,
        FontName=name,
        Flags=flags,
        FontBBox=box,
        ItalicAngle=0,
        Ascent=_EM,
        Descent=0,
        CapHeight=_EM,
        StemV=80,
        FontFile2=pdf.make_stream(_blank_font()),
    )
    descendant = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(described),
        DW=_WIDTH,
        CIDToGIDMap=pdf.make_stream(b"\x00\x01" * _CODES),
    )
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type0,
        BaseFont=name,
        Encoding=pikepdf.Name("/Identity-H"),
        DescendantFonts=[pdf.make_indirect(descendant)],
        ToUnicode=pdf.make_stream(_character_map()),
    )


def _blank_font() -> bytes:
    """A TrueType font of one empty glyph beside the one for what is missing."""
    builder = FontBuilder(_EM, isTTF=True)
    glyphs = [".notdef", "blank"]
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({0x20: "blank"})
    builder.setupGlyf(dict.fromkeys(glyphs, Glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (_WIDTH, 0)))
    builder.setupHorizontalHeader(ascent=_EM, descent=0)
    builder.setupNameTable({"familyName": "ExtractorBlank", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=_EM, sTypoDescender=0)
    builder.setupPost()
    # The same bytes for the same font, whenever it is made.
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()


def _character_map() -> bytes:
    """Codes to Unicode, both the same; a range may not go beyond 256 codes, a block not beyond 100 ranges.

    Those that are no character (ISO 19005-2, 6.2.11.7.2) are left out: the first one, and the marks of byte order.
    """
    firsts = sorted({*range(0, _CODES, 256), *(code + 1 for code in _NO_CHARACTERS)})
    ranges = [
        f"<{first:04X}> <{last:04X}> <{first:04X}>"
        for first, after in pairwise([*firsts, _CODES])
        if first <= (last := after - 1 - (after - 1 in _NO_CHARACTERS))
    ]
    blocks = [ranges[i : i + _BLOCK] for i in range(0, len(ranges), _BLOCK)]
    body = "\n".join(f"{len(b)} beginbfrange\n" + "\n".join(b) + "\nendbfrange" for b in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
