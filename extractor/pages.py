"""The pages of a document, one by one: by their text layer where it can be relied on, else by recognition.

What a page gives depends on no page more than `STRETCH` before it, so that stretches of a long document can be read
in several processes, on several machines, and come out as if one had read them all.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from extractor.reading.page_reader import read_page
from extractor.reading.straight_page import straighten_page
from extractor.reading.textlayer import TextLayer
from extractor.scan.document import Document, PageSize
from extractor.scan.upright import UPRIGHT_SCORE
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.frame import Raster
from extractor.values.page import Page
from extractor.values.read_page import ReadPage
from extractor.values.result import Issue, PageFacts
from extractor.wording.said import say

#: Pages read one after the other: what the pages before them needed to be upright is forgotten. Reading a page takes
#: some 0.7 s of a processor, to begin a stretch elsewhere some hundredths: ten machines share 500 pages evenly.
STRETCH = 10
#: Issue of a page that is read though the data of its picture is damaged.
DAMAGED = "picture_damaged"


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what is done meanwhile."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start


class PageReader:
    """Reads pages of one document, in order. A context."""

    def __init__(self, document: Document, options: Options, readers: Readers) -> None:
        self._document, self._options, self._readers = document, options, readers
        self._clock = Clock()
        self._stack = ExitStack()
        self._rotation: int | None = None
        self._layer: TextLayer | None = None
        self._layer_broken = False

    def __enter__(self) -> PageReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, page_no: int, known: ReadPage) -> ReadPage:
        """Goes on behind a page that was read elsewhere; the page as it is if read here."""
        try:
            self._document.pass_over(page_no, known.pixels)
        except DocumentError as error:
            return _unread(page_no, error)
        self._turn(page_no, known)
        return known

    def read(self, page_no: int) -> ReadPage:
        """A page; one that cannot be read is an issue, and no page."""
        self._clock, pixels = Clock(), self._document.pixels
        if (page_no - 1) % STRETCH == 0:
            self._rotation = None
        issues: list[Issue] = []
        try:
            if page_no in self._options.left_out:
                told = say("documents.page_left_out", page=page_no, why=self._options.left_out[page_no])
                raise DocumentError(told, code="page_left_out")
            size = self._document.measure(page_no)
            with self._clock.stage("render"):
                raster = self._document.render(page_no)
        except DocumentError as error:
            read = _unread(page_no, error)
        else:
            page, facts, rotation = self._read(page_no, size, raster, issues)
            read = ReadPage(page, facts, tuple(issues), rotation)
        self._turn(page_no, read)
        return replace(read, pixels=self._document.pixels - pixels, seconds=dict(self._clock.seconds))

    def _turn(self, page_no: int, read: ReadPage) -> None:
        if (page_no - 1) % STRETCH == 0:
            self._rotation = None
        if read.rotation is not None:
            self._rotation = read.rotation

    def _read(
        self, page_no: int, size: PageSize, raster: Raster, issues: list[Issue]
    ) -> tuple[Page | None, PageFacts, int | None]:
        if size.barred:
            told = say("documents.by_pixels", page=page_no, why=size.barred)
            issues.append(Issue("text_layer_limit", told, page_no))
        if size.has_text and size.scan_dpi is None:
            page = self._read_text(page_no, size, raster, issues)
            if page is not None:
                return page, PageFacts(page_no, size.width, size.height, "text", issues=page.issues), None
        page, facts, rotation = self._recognise(page_no, size, raster)
        if raster.damaged:
            told = say("documents.picture_data_damaged", page=page_no)
            issues.append(Issue(DAMAGED, told, page_no))
            facts = replace(facts, issues=(*facts.issues, DAMAGED))
        return page, facts, rotation

    def _recognise(
        self, page_no: int, size: PageSize, raster: Raster
    ) -> tuple[Page | None, PageFacts, int | None]:
        with self._clock.stage("straighten"):
            image = straighten_page(
                raster, self._readers.engine, self._readers.labeller, usual=self._rotation
            )
        if image is None:
            return None, PageFacts(page_no, size.width, size.height, "blank"), None
        with self._clock.stage("read"):
            page = read_page(page_no, image, (size.width, size.height), self._readers.engine)
        facts = PageFacts(
            page_no, size.width, size.height, page.kind, image.rotation, image.skew, page.issues
        )
        return page, facts, image.rotation if image.upright_score >= UPRIGHT_SCORE else None

    def _read_text(self, page_no: int, size: PageSize, raster: Raster, issues: list[Issue]) -> Page | None:
        with self._clock.stage("text layer"):
            if self._layer is None and not self._layer_broken:
                try:
                    layer = TextLayer(self._document.reopen(), self._options.password)
                    self._layer = self._stack.enter_context(layer)
                except DocumentError as error:
                    self._layer_broken = True
                    issues.append(Issue(error.code, str(error)))
            if self._layer is None:
                return None
            return self._layer.read_page(page_no, size, raster, self._readers.engine)


def _unread(page_no: int, error: DocumentError) -> ReadPage:
    facts = PageFacts(page_no, 0.0, 0.0, "scan", issues=(error.code,))
    return ReadPage(None, facts, (Issue(error.code, str(error), page_no),))
