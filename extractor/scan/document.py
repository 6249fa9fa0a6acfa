"""PDF files and pictures: opened with their faults named, pages measured before a pixel is made, rendered gray.

Red and blue ink vanish here: gray is the maximum over the colour channels, so that black under a red seal
stays black and the seal itself becomes paper.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from extractor.scan.damage import is_damaged
from extractor.scan.foreign import tell_foreign
from extractor.scan.office import is_locked, tell_office_kind
from extractor.scan.pictures import is_document, tell_kind, to_pdf
from extractor.scan.weighing import Scales, open_scales
from extractor.seams.errors import DocumentError, EncryptedError
from extractor.seams.options import Limits, Options
from extractor.values.frame import POINTS_PER_INCH, Raster
from extractor.values.result import Source
from extractor.wording.said import say, tell_os_error

#: Dots per inch between which a page is rendered: below, strokes of small digits merge; above, nothing is won.
MIN_DPI, MAX_DPI = 150.0, 300.0
#: For pages without a picture that fills them (born digital, or unknown).
DEFAULT_DPI = 200.0
#: Pictures that together cover less of the page than this make no scan, and one that covers less than that does not
#: decide its resolution. Covering is told on a raster of so many squares along each side.
SCAN_COVERAGE, SCAN_PART, _RASTER = 0.6, 0.02, 100
#: Pages with a side below this (points) hold nothing to read.
MIN_SIDE_POINTS = 20.0
#: ISO 32000 gives 14,400 units as the largest page side; more is a fault or an attack.
MAX_SIDE_POINTS = 14_400.0
_HIDDEN = frozenset({pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP})
_PASSWORD_ERROR, _SECURITY_ERROR = 4, 5
_LIMITS = Limits()
#: Characters of the name of what made a PDF that are told.
_PRODUCER = 100
#: A picture this near to all edges of its page (points) is the page; pixels this near to square are square.
_EDGE_POINTS, _SQUARE = 1.0, 0.02
#: Spread of the blur that takes a scan's grain away and leaves its strokes (0.9 pixels at 200 dpi): on grainy
#: scans it halves the crops that have to be read twice.
_GRAIN_INCH = 0.0045


@dataclass(frozen=True, slots=True)
class PageSize:
    """Width and height in points as a viewer shows the page; dpi is that of its scan, None when it has none."""

    width: float
    height: float
    scan_dpi: float | None
    #: The picture that fills the page has a sparse text layer above or none at all.
    has_text: bool
    #: Why a text layer that is there is not to be read; empty where it may be.
    barred: str = ""


def read_source(
    path: Path, name: str, limits: Limits = _LIMITS, *, is_drawn: bool = False
) -> tuple[bytes, str]:
    """The file's bytes and their SHA-256. is_drawn: a PDF was made of it, whatever it is.

    Raises:
        DocumentError: the file is empty, neither a PDF nor a picture, too large, or cannot be read.
        EncryptedError: it is a document of an office under a password.
    """
    data = _read_file(path, name, limits)
    if not (is_drawn or is_document(data)):
        raise _none(data, name)
    return data, hashlib.sha256(data).hexdigest()


def _read_file(path: Path, name: str, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        if size > limits.file_mb * 1e6:
            told = say("documents.file_too_large", name=name, size=size / 1e6, limit=limits.name("file_mb"))
            raise DocumentError(told, code="file_too_large")
        data = path.read_bytes()
    except OSError as error:
        told = say("documents.unreadable_file", name=name, why=tell_os_error(error))
        raise DocumentError(told, code="unreadable_file") from error
    if not data:
        raise DocumentError(say("documents.empty_file", name=name), code="empty_file")
    return data


def _none(data: bytes, name: str) -> DocumentError:
    """Why a file cannot be read as it is."""
    stream = BytesIO(data)
    if tell_office_kind(stream) is not None:
        return DocumentError(say("documents.no_libreoffice", name=name), code="no_libreoffice")
    if is_locked(stream):
        return EncryptedError(say("documents.office_locked", name=name))
    return DocumentError(
        tell_foreign(name, stream) or say("documents.not_a_pdf", name=name), code="not_a_pdf"
    )


def as_pdf(path: Path, options: Options) -> bytes:
    """The bytes of a PDF; of a picture those of a PDF of it.

    Raises:
        DocumentError: as `read_source` and `pictures.to_pdf`.
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    return to_pdf(data, path.name, options) if tell_kind(data[:16]) else data


class Document:
    """An open PDF, or a picture wrapped in one; pages are numbered from 1. Use `open_document`.

    content: the bytes of the PDF. pixels: of all pages rendered so far, and of those passed over.
    """

    def __init__(
        self, pdf: pdfium.PdfDocument, content: bytes, source: Source, options: Options, scales: Scales
    ) -> None:
        self._pdf, self._content = pdf, content
        self._options = options
        self._scales = scales
        self.pixels = 0
        self.source = source

    @property
    def drawn_by(self) -> dict[str, str]:
        """What made the PDF of a document that was none, as `engine` of a result tells it; nothing for others."""
        if self._options.drawn is None:
            return {}
        return {"drawn_by": str(self._pdf.get_metadata_dict().get("Producer", ""))[:_PRODUCER]}

    def reopen(self) -> BytesIO:
        """The bytes that were opened, for other readers: the file may be another one by now."""
        return BytesIO(self._content)

    def measure(self, page_no: int) -> PageSize:
        """Size of a page and the resolution of the scan on it.

        Raises:
            DocumentError: the page cannot be loaded, has an impossible size or holds more than it may.
        """
        barred = self._scales.check(page_no)
        page = self._load(page_no)
        width, height = page.get_size()
        if not (MIN_SIDE_POINTS < width < MAX_SIDE_POINTS and MIN_SIDE_POINTS < height < MAX_SIDE_POINTS):
            told = say("documents.page_size", page=page_no, width=width, height=height)
            raise DocumentError(told, code="page_size")
        scan_dpi, characters = _scan_dpi(page, width, height), _count_characters(page)
        barred = barred or self._bar(page, characters)
        has_text = characters > 0 and not barred
        return PageSize(width, height, scan_dpi, has_text, barred if characters and scan_dpi is None else "")

    def _bar(self, page: pdfium.PdfPage, characters: int) -> str:
        limits = self._options.limits
        if characters > limits.characters:
            return say("documents.many_characters", count=characters, limit=limits.name("characters"))
        shapes = pdfium_c.FPDFPage_CountObjects(page)
        if shapes > limits.shapes:
            return say("documents.many_objects", count=shapes, limit=limits.name("shapes"))
        return say("documents.hidden_text") if characters and _has_hidden_text(page) else ""

    def render(self, page_no: int) -> Raster:
        """Render a page at its scan's own resolution, within the pixel limit.

        Raises:
            DocumentError: the page is larger than the limit allows even at the lowest resolution.
        """
        size = self.measure(page_no)
        dpi = min(max(size.scan_dpi or DEFAULT_DPI, MIN_DPI), MAX_DPI)
        square_inches = size.width * size.height / POINTS_PER_INCH**2
        limit = self._options.max_megapixels * 1e6
        if square_inches * dpi**2 > limit:
            dpi = (limit / square_inches) ** 0.5
            if dpi < MIN_DPI / 2:
                told = say(
                    "documents.page_too_large",
                    page=page_no,
                    width=size.width,
                    height=size.height,
                    megapixels=self._options.max_megapixels,
                )
                raise DocumentError(told, code="page_too_large")
        self.pass_over(page_no, round(square_inches * dpi**2))
        page = self._load(page_no)
        damaged = is_damaged(page)
        pixels = _own_pixels(page, size, dpi)
        if pixels is None:
            pixels = page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=False).to_numpy()
        if pixels.ndim == 2:
            return Raster(np.ascontiguousarray(pixels), dpi, None, damaged)
        return _without_colour(pixels[:, :, :3], dpi, damaged=damaged)

    def pass_over(self, page_no: int, pixels: int) -> None:
        """Counts a page of so many pixels, which is or was rendered elsewhere.

        Raises:
            DocumentError: with it the pages have more than a document may.
        """
        self.pixels += pixels
        limits = self._options.limits
        if self.pixels > limits.total_megapixels * 1e6:
            named, megapixels = limits.name("total_megapixels"), self.pixels / 1e6
            told = say("documents.total_megapixels", page=page_no, megapixels=megapixels, limit=named)
            raise DocumentError(told, code="document_limit")

    def _load(self, page_no: int) -> pdfium.PdfPage:
        try:
            return self._pdf[page_no - 1]
        except (pdfium.PdfiumError, IndexError) as error:
            told = say("documents.broken_page", page=page_no, why=error)
            raise DocumentError(told, code="broken_page") from error


def _without_colour(pixels: NDArray[np.uint8], dpi: float, *, damaged: bool) -> Raster:
    first, middle, last = cv2.split(pixels)
    brightest = np.asarray(cv2.max(cv2.max(first, middle), last), dtype=np.uint8)
    spread = cv2.subtract(brightest, cv2.min(cv2.min(first, middle), last))
    coloured = np.asarray(spread > 60, dtype=np.bool_)
    seen = coloured if coloured.mean() > 1e-5 else None
    return Raster(np.ascontiguousarray(brightest), dpi, seen, damaged)


def _own_pixels(page: pdfium.PdfPage, size: PageSize, dpi: float) -> NDArray[np.uint8] | None:
    """The scan's own pixels, when the page is one upright gray or RGB picture and nothing else; else None.

    Spares resampling the picture onto itself, which is most of the cost of rendering a scan.
    """
    if size.scan_dpi is None or abs(dpi - size.scan_dpi) > 1e-6 * dpi or page.get_rotation():
        return None
    items = list(page.get_objects(max_depth=1))
    if len(items) != 1 or not isinstance(items[0], pdfium.PdfImage):
        return None
    left, bottom, right, top = items[0].get_bounds()
    a, b, c, d, *_ = items[0].get_matrix().get()
    fills = max(abs(left), abs(bottom), abs(right - size.width), abs(top - size.height)) < _EDGE_POINTS
    if not fills or a <= 0 or d <= 0 or abs(b) + abs(c) > 1e-6:
        return None
    try:
        pixels = items[0].get_bitmap(render=False).to_numpy()
    except (pdfium.PdfiumError, ValueError):
        return None
    square = abs(pixels.shape[1] / (right - left) * (top - bottom) / pixels.shape[0] - 1.0) < _SQUARE
    usable = pixels.dtype == np.uint8 and (pixels.ndim == 2 or pixels.shape[2] in (1, 3))
    if not (square and usable):
        return None
    plain = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    return np.asarray(cv2.GaussianBlur(plain, (0, 0), _GRAIN_INCH * dpi), dtype=np.uint8)


def _scan_dpi(page: pdfium.PdfPage, width: float, height: float) -> float | None:
    """Resolution of the finest of the pictures that together fill the page; None where none do.

    Scanners cut pages into strips and tiles, and lay a mask over a background (ITU-T T.44). Where pixels are not
    square, the finer axis counts.
    """
    covered = np.zeros((_RASTER, _RASTER), dtype=bool)
    best: float | None = None
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = item.get_bounds()
        wide, high = ctypes.c_uint(), ctypes.c_uint()
        if not pdfium_c.FPDFImageObj_GetImagePixelSize(item, wide, high) or not (
            right > left and top > bottom
        ):
            continue
        columns = _span(left, right, width)
        rows = _span(height - top, height - bottom, height)
        covered[rows, columns] = True
        if (right - left) * (top - bottom) < SCAN_PART * width * height:
            continue
        long_points, short_points = max(right - left, top - bottom), min(right - left, top - bottom)
        long_pixels, short_pixels = max(wide.value, high.value), min(wide.value, high.value)
        fine = max(
            _aspect_dpi(wide.value, high.value, right - left, top - bottom),
            min(long_pixels / long_points, short_pixels / short_points) * POINTS_PER_INCH,
        )
        best = fine if best is None else max(best, fine)
    return best if float(covered.mean()) >= SCAN_COVERAGE else None


def _span(low: float, high: float, side: float) -> slice:
    """Squares of a page's raster between two places along a side."""
    return slice(max(0, round(low / side * _RASTER)), max(0, round(high / side * _RASTER)))


def _aspect_dpi(wide: int, high: int, width: float, height: float) -> float:
    return max(wide / abs(width), high / abs(height)) * POINTS_PER_INCH


def _has_hidden_text(page: pdfium.PdfPage) -> bool:
    """Whether text is there to be found and not to be seen (ISO 32000-1, 9.3.6: rendering modes 3 and 7)."""
    texts = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=3)
    return any(pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw) in _HIDDEN for item in texts)


def _count_characters(page: pdfium.PdfPage) -> int:
    text_page = page.get_textpage()
    try:
        return int(text_page.count_chars())
    finally:
        text_page.close()


@contextmanager
def open_document(path: Path, *, name: str, options: Options) -> Iterator[Document]:
    """Open a PDF, a picture, or a document of which a PDF was made for reading; closed again at the end of the block.

    Raises:
        EncryptedError: it needs a password that was not given, or a wrong one was given.
        DocumentError: empty, neither of them, damaged beyond reading, without pages, or with too many.
    """
    drawn = options.drawn
    data, digest = read_source(path, name, options.limits, is_drawn=drawn is not None)
    if drawn is not None:
        content = _read_file(drawn, name, options.limits)
    else:
        content = to_pdf(data, name, options) if tell_kind(data[:16]) else data
    try:
        pdf = pdfium.PdfDocument(content, password=options.password)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR:
            hint = say("documents.password_wrong" if options.password else "documents.password_how")
            raise EncryptedError(say("documents.encrypted", name=name, hint=hint)) from error
        if getattr(error, "err_code", None) == _SECURITY_ERROR:
            raise EncryptedError(say("documents.encrypted_for_certificates", name=name)) from error
        told = say("documents.damaged_pdf", name=name, why=error)
        raise DocumentError(told, code="damaged_pdf") from error
    try:
        pages = len(pdf)
        if pages == 0:
            raise DocumentError(say("documents.no_pages", name=name), code="no_pages")
        if pages > options.max_pages:
            told = say("documents.too_many_pages", name=name, pages=pages, most=options.max_pages)
            raise DocumentError(told, code="too_many_pages")
        source = Source(name=name, sha256=digest, bytes=len(data), pages=pages)
        with closing(open_scales(BytesIO(content), options.password, options.limits, pages)) as scales:
            yield Document(pdf, content, source, options, scales)
    finally:
        pdf.close()
