"""Pages of documents as pictures, for people: drawn in a process of its own, for a PDF may do anything to its reader.

A document that crashes or hangs the process costs one picture; the next one starts a new process.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from pebble import ProcessExpired, ProcessPool
from PIL import Image

from extractor.scan.document import as_pdf
from extractor.scan.weighing import open_scales
from extractor.seams.errors import DocumentError, ExtractorError
from extractor.seams.options import Limits, Options
from extractor.values.geometry import Box
from workers.reading import sandbox
from workers.reading.office import tell_kind_of
from workers.reading.protocol import ReadLimits
from workers.service.store.blobs import BlobStore

#: Seconds one picture may take, the start of the process included.
_TIMEOUT = 30.0
#: A process that was found dead is replaced, once for each picture.
_ATTEMPTS = 2
#: Seconds between looks at whether the process that is to draw, and whoever asked, are still there.
_LOOK = 1.0
#: Bytes of pictures kept.
_KEPT = 64 << 20
#: Pictures after which the process is replaced: bounds what a native library leaks.
_PICTURES = 2000
_POINTS_PER_INCH = 72.0
#: Pictures that may wait for their turn, of the 40 threads the API has for everybody.
_WAITING = 16
#: Seconds for which a document that hung or ended the process is not drawn again.
_REFUSED = 600.0
#: What the process that draws may take: a picture has 12 megapixels, and a page of the fixtures takes 200 MB.
_ALLOWED = ReadLimits(page_timeout=_TIMEOUT, document_timeout=_TIMEOUT, memory_mb=1024)
#: Bytes of a file it writes, which it has no reason to.
_FILE_BYTES = 1 << 20
#: Pixels of one picture; a page that would have more is drawn smaller.
_MAX_PIXELS = 12e6
#: Colours of a picture: enough for ink, paper and a seal, in two thirds of the bytes of all of them. They are chosen
#: so that no pixel is far from its own: of 32 by the median cut, which take as many bytes, some were 34 to 60 of 255
#: off, and the edge of a black figure beside a red seal came out red; of these 1 to 3 on scans.
_COLOURS, _CHOSEN = 64, Image.Quantize.MAXCOVERAGE
_QUALITY = 60
#: Degrees below which a picture lies straight: a label of 300 points falls by less than a point.
_STRAIGHT = 0.2


class PictureError(ExtractorError):
    """The page cannot be drawn."""

    code = "no_picture"


class HarmfulError(PictureError):
    """Drawing the page hung, or ended its process."""


class BusyError(ExtractorError):
    """So many pictures wait that another one would wait too long."""

    retryable = True
    code = "too_many_pictures"


class AbandonedError(BusyError):
    """Nobody waits for the picture any more, and it was not drawn."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. page: from 1. box: the part wanted, in PDF points as a viewer shows the page; None: all.

    turn: quarter turns clockwise after drawing, in degrees. format: "png", or "jpeg" for a fifth of the bytes. skew:
    degrees clockwise by which what is drawn is turned back then. copy: what is drawn instead where the document is
    neither a PDF nor a picture.
    """

    document: str
    page: int
    dpi: int
    box: Box | None = None
    turn: int = 0
    format: str = "png"
    skew: float = 0.0
    copy: str | None = None


class Renderer:
    """Draws pages of the documents of a blob store; for all threads of one process."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._kept: OrderedDict[Picture, bytes] = OrderedDict()
        self._size = 0
        self._turn = threading.Lock()
        self._waiting = threading.Semaphore(_WAITING)
        #: When documents may be drawn again that cost the process.
        self._refused: dict[str, float] = {}

    def draw(self, picture: Picture, is_wanted: Callable[[], bool] = lambda: True) -> bytes:
        """The picture as PNG. is_wanted: whether anybody still waits for it; asked until it is begun.

        Raises:
            PictureError: the page is not there, or drawing it failed or took too long, now or a while ago.
            BusyError: too many pictures are waited for, or nobody waits for this one.
            StorageError: the document is gone.
        """
        with self._lock:
            known = self._kept.get(picture)
            if known is not None:
                self._kept.move_to_end(picture)
                return known
        if not self._waiting.acquire(blocking=False):
            raise BusyError("too many pictures are waited for: ask again in a while")
        try:
            with self._find(picture) as path, self._in_turn(is_wanted):
                drawn = self._ask_unless_refused(path, picture)
        finally:
            self._waiting.release()
        with self._lock:
            if picture not in self._kept:
                self._kept[picture] = drawn
                self._size += len(drawn)
            while self._size > _KEPT and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])
        return drawn

    def close(self) -> None:
        """Ends the process, if there is one."""
        self._drop(self._pool)

    @contextmanager
    def _find(self, picture: Picture) -> Iterator[Path]:
        """The file of which a page is drawn."""
        with self._blobs.local(picture.document) as path:
            if picture.copy is None or tell_kind_of(path) is None:
                yield path
                return
        with self._blobs.local(picture.copy) as path:
            yield path

    @contextmanager
    def _in_turn(self, is_wanted: Callable[[], bool]) -> Iterator[None]:
        while not self._turn.acquire(timeout=_LOOK):
            _check_wanted(is_wanted)
        try:
            _check_wanted(is_wanted)
            yield
        finally:
            self._turn.release()

    def _ask_unless_refused(self, path: Path, picture: Picture) -> bytes:
        if self._refused.get(picture.document, 0.0) > time.monotonic():
            raise PictureError(
                "the document could not be drawn a while ago: its pictures are not tried for now"
            )
        try:
            return self._ask(path, picture)
        except HarmfulError:
            now = time.monotonic()
            self._refused = {known: until for known, until in self._refused.items() if until > now}
            self._refused[picture.document] = now + _REFUSED
            raise

    def _ask(self, path: Path, picture: Picture) -> bytes:
        for attempt in range(_ATTEMPTS):
            pool = self._running()
            try:
                return _await(pool, _schedule(pool, path, picture))
            except BrokenProcessPool as error:
                # The process was ended while it had nothing to do, or for another thread's picture: that says nothing
                # about this document.
                self._drop(pool)
                if attempt == _ATTEMPTS - 1:
                    raise PictureError(f"page {picture.page} cannot be drawn: {error}") from error
            except FutureTimeout as error:
                raise HarmfulError(f"page {picture.page} was not drawn within {_TIMEOUT:g} s") from error
            except ProcessExpired as error:
                raise HarmfulError(f"drawing page {picture.page} ended its process") from error
        raise AssertionError("the last attempt returns or raises")

    def _running(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                # Not forked: a copy of a process with threads may hang on a lock one of them held.
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPool(
                    max_workers=1, max_tasks=_PICTURES, context=context, initializer=_confine
                )
            return self._pool

    def _drop(self, pool: ProcessPool | None) -> None:
        with self._lock:
            if pool is None or pool is not self._pool:
                return
            self._pool = None
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _check_wanted(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise AbandonedError("nobody waits for the picture any more")


def _schedule(pool: ProcessPool, path: Path, picture: Picture) -> Future[bytes]:
    try:
        return pool.schedule(draw_page, args=[path, picture], timeout=_TIMEOUT)
    except RuntimeError as error:
        raise BrokenProcessPool(str(error)) from error


def _await(pool: ProcessPool, drawing: Future[bytes]) -> bytes:
    """What is drawn; a pool that another thread ended answers nobody, so it is looked at now and then."""
    while not wait([drawing], _LOOK).done:
        if not pool.active:
            raise BrokenProcessPool("the process was ended")
    return bytes(drawing.result())


def _confine() -> None:
    """As those that read, the process that draws has no network, starts nothing, and takes what it is given."""
    os.environ.clear()
    sandbox.enter()
    sandbox.lock(_FILE_BYTES)


def draw_page(path: Path, picture: Picture) -> bytes:
    """Draws one picture, in the process made for it.

    Raises:
        PictureError: the page is not there or cannot be drawn.
    """
    sandbox.allot(_ALLOWED)
    try:
        page = _open_page(path, picture.page)
        image = page.render(**_frame(picture, *page.get_size())).to_pil()
    except (pdfium.PdfiumError, DocumentError, IndexError, ValueError, MemoryError) as error:
        raise PictureError(f"page {picture.page} cannot be drawn: {error}") from error
    upright = image.rotate(-picture.turn, expand=True)
    if abs(picture.skew) >= _STRAIGHT:
        upright = upright.rotate(picture.skew, Image.Resampling.BICUBIC, fillcolor="white")
    return _encode(upright, picture.format)


def _frame(picture: Picture, width: float, height: float) -> dict[str, Any]:
    """Scale and crop of what is wanted of a page of that size in points."""
    whole = Box(0.0, 0.0, width, height)
    box = picture.box or whole
    left, top = max(0.0, box.left), max(0.0, box.top)
    right, bottom = min(width, box.right), min(height, box.bottom)
    if right - left < 1.0 or bottom - top < 1.0:
        raise PictureError("there is nothing of the page in that place")
    scale = picture.dpi / _POINTS_PER_INCH
    scale *= min(1.0, (_MAX_PIXELS / ((right - left) * (bottom - top) * scale**2)) ** 0.5)
    return {"scale": scale, "crop": (left, height - bottom, width - right, top)}


def _encode(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "jpeg":
        image.convert("RGB").save(out, "JPEG", quality=_QUALITY)
    else:
        image.convert("RGB").quantize(_COLOURS, _CHOSEN, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=6)
def _open_page(path: Path, number: int) -> pdfium.PdfPage:
    if number < 1:
        raise IndexError(f"no page {number}")
    content = as_pdf(path, Options())
    document = pdfium.PdfDocument(content)
    with closing(open_scales(io.BytesIO(content), None, Limits(), len(document))) as scales:
        scales.check(number)
    return document[number - 1]
