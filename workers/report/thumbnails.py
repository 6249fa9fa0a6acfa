"""Small pictures of first pages, as data that a page carries in itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from extractor.scan.document import as_pdf
from extractor.scan.pictures import PICTURE_ENDINGS
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options

#: Pictures on a page, and the longer side of each in pixels: a scan's state is seen, and nothing is read.
_MOST, _SIDE = 12, 260
_QUALITY = 60
_ENDINGS = (".pdf", ".PDF", ".Pdf", *PICTURE_ENDINGS, *map(str.upper, PICTURE_ENDINGS))


def draw_thumbnails(documents: Sequence[str], pdfs: Path) -> dict[str, str]:
    """`data:` addresses of JPEGs by document, of the first that can be drawn; broken or missing PDFs have none.

    documents: paths of results in their folder, without `.json`; the PDFs lie alike under `pdfs`.
    """
    drawn: dict[str, str] = {}
    for document in documents:
        path = find_pdf(document, pdfs)
        picture = _draw(path) if path is not None else None
        if picture is not None:
            drawn[document] = "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii")
        if len(drawn) == _MOST:
            break
    return drawn


def find_pdf(document: str, pdfs: Path) -> Path | None:
    """The PDF a result was read from, by its name."""
    named = (pdfs / f"{document}{ending}" for ending in _ENDINGS)
    return next((path for path in named if path.is_file()), None)


def _draw(path: Path) -> bytes | None:
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(as_pdf(path, Options()))
        try:
            page = pdf[0]
            # A page may be of any size: its picture is not.
            scale = _SIDE / max(*page.get_size(), 1.0)
            picture = page.render(scale=scale).to_pil().convert("RGB")
        finally:
            pdf.close()
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    except (pdfium.PdfiumError, DocumentError, OSError, ValueError, IndexError, MemoryError):
        return None
    return stream.getvalue()
