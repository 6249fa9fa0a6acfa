"""Pictures of pages → a PDF of the same pictures, byte for byte where the format allows it.

JPEG, JPEG 2000 and CCITT data are kept as they are, others are packed without loss (img2pdf). All that follows knows
PDF alone. What a picture has inside tells what it is, not its name.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from extractor.scan.office import OLE
from extractor.scan.packed import tell_packed
from extractor.seams.errors import DocumentError
from extractor.seams.options import Limits, Options
from extractor.wording.said import say

#: What files begin with, by kind; of WebP and JPEG 2000 the mark stands behind a length.
_MARKS = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "TIFF": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "BMP": (b"BM",),
    "JPEG2000": (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"),
}
#: Endings of the names of files that may be such pictures, lower case.
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".jp2", ".j2k", ".jpx")
#: Longer side of the page (inches, A4) of a picture whose resolution is not told, or whose finer axis is told
#: outside of these dots an inch: cameras and editors write 72 or 96, of which a page of A4 would have 700 pixels. A
#: fax has 204 dots an inch across and 98 down (ITU-T T.4); no scanner's axes differ by more than this many times.
_PAGE_INCH, _DPI, _UNEVEN = 11.69, (100.0, 1300.0), 3.0
_POINTS = 72.0
#: How JPEG 2000 data begins (ISO 15444-1, A.4 and A.5.1): two marks, the length of what follows, a byte pair, far and
#: near edges, tiles, and the number of components, by which the length is known.
_J2K_START, _J2K_SIZE = re.compile(rb"\xff\x4f\xff\x51"), struct.Struct(">4xHxxIIII16xH")
_J2K_LENGTH, _J2K_COMPONENT = 38, 3


def tell_kind(head: bytes) -> str:
    """What kind of picture a file is by its first 16 bytes; "" for none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for kind, marks in _MARKS.items() if head.startswith(marks)), "")


def is_document(head: bytes) -> bool:
    """Whether a file that begins so (4096 bytes) is read: a PDF, or a picture of a page.

    What stands before the mark of a PDF may be anything, but for the marks of files that hold others: readers of PDF
    would take the first PDF of an archive for the whole of it.
    """
    if tell_packed(head) or head.startswith(OLE):
        return False
    return b"%PDF-" in head[:4096] or bool(tell_kind(head[:16]))


def coded_megapixels(data: bytes) -> float:
    """Megapixels that JPEG or JPEG 2000 data says it has; 0 where it says nothing.

    Of JPEG 2000 each component counts: readers hold all of them whole, four bytes a pixel (one of 36 megapixels and
    three components took 4.4 with all beside, out of 553 bytes).
    """
    from PIL.JpegImagePlugin import JpegImageFile

    most = 0
    for found in _J2K_START.finditer(data, 0, max(0, len(data) - _J2K_SIZE.size + 4)):
        length, right, bottom, left, top, components = _J2K_SIZE.unpack_from(data, found.start())
        if length == _J2K_LENGTH + _J2K_COMPONENT * components:
            most = max(most, (right - left) * (bottom - top) * components)
    if data.startswith(_MARKS["JPEG"]):
        with suppress(Exception):  # the reader of what it begins with raises what it likes
            width, height = JpegImageFile(io.BytesIO(data)).size
            most = max(most, width * height)
    return most / 1e6


def to_pdf(data: bytes, name: str, options: Options) -> bytes:
    """A PDF of all frames of a picture, each a page of its size on paper, turned as its EXIF says.

    Raises:
        DocumentError: it is damaged, cut off, or has more pixels or pages than the limits allow.
    """
    import img2pdf

    frames = _weigh(data, name, options)
    try:
        with _judging_size_ourselves():
            content = img2pdf.convert(
                frames, layout_fun=_lay_out, rotation=img2pdf.Rotation.ifvalid, engine=img2pdf.Engine.internal
            )
    except Exception as error:  # a decoder raises what it likes over a damaged picture
        raise _damaged(name, error) from error
    return bytes(content)


@contextmanager
def _judging_size_ourselves() -> Iterator[None]:
    """Has Pillow open what is beyond its own limit (179 megapixels), for ours is looked at before it decodes."""
    from PIL import Image

    theirs = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = theirs


def _weigh(data: bytes, name: str, options: Options) -> bytes | list[bytes]:
    """The picture, or its frames where img2pdf cannot take it as it is; nothing is decoded before it is weighed."""
    from PIL import Image

    try:
        with _judging_size_ourselves():
            picture: Any = Image.open(io.BytesIO(data))
            frames = int(getattr(picture, "n_frames", 1))
            if frames > options.max_pages:
                told = say("documents.too_many_pages", name=name, pages=frames, most=options.max_pages)
                raise DocumentError(told, code="too_many_pages")
            is_plain = all([_check(picture, frame, name, options.limits) for frame in range(frames)])
            return data if is_plain else [_repack(picture, frame) for frame in range(frames)]
    except DocumentError:
        raise
    except Exception as error:  # a decoder raises what it likes over a damaged picture
        raise _damaged(name, error) from error


def _check(picture: Any, frame: int, name: str, limits: Limits) -> bool:
    """Whether a frame can be taken as it is.

    Raises:
        DocumentError: it has more pixels than a picture may.
    """
    picture.seek(frame)
    megapixels = picture.width * picture.height / 1e6
    if megapixels > limits.picture_megapixels:
        limit = limits.name("picture_megapixels")
        told = say("documents.picture_megapixels", name=name, megapixels=megapixels, limit=limit)
        raise DocumentError(told, code="document_limit")
    is_opaque = picture.mode in {"1", "L", "RGB", "P", "CMYK"} and "transparency" not in picture.info
    return is_opaque and picture.format != "WEBP"


def _repack(picture: Any, frame: int) -> bytes:
    """A frame as an opaque PNG, turned as it is to be shown; 16 bits of gray become 8."""
    from PIL import Image, ImageOps

    picture.seek(frame)
    shown = ImageOps.exif_transpose(picture)
    if shown.mode.startswith("I"):
        shown = shown.convert("I").point(lambda value: value / 257).convert("L")
    opaque = Image.new("RGBA", shown.size, "white")
    opaque.alpha_composite(shown.convert("RGBA"))
    stream, dpi = io.BytesIO(), picture.info.get("dpi")
    opaque.convert("RGB").save(stream, "PNG", **({"dpi": dpi} if dpi else {}))
    return stream.getvalue()


def _damaged(name: str, error: Exception) -> DocumentError:
    return DocumentError(say("documents.damaged_picture", name=name, why=error), code="damaged_picture")


def _lay_out(width: int, height: int, dpi: tuple[float, float]) -> tuple[float, float, float, float]:
    """Sides of the page and of the picture on it, points."""
    across, down = (float(value or 0) for value in dpi)
    fine, coarse = max(across, down), min(across, down)
    if not (_DPI[0] <= fine <= _DPI[1] and coarse * _UNEVEN >= fine):
        across = down = max(width, height) / _PAGE_INCH
    page = width / across * _POINTS, height / down * _POINTS
    return page[0], page[1], page[0], page[1]
