"""The one direction of data: file → pages → tables → fields → result. One bad page never costs the document."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from extractor import __version__
from extractor.forms.definition import Form, load_forms
from extractor.layout import LAYOUT_VERSION
from extractor.output.overlay import write_overlays
from extractor.page_order import find_repeated, put_in_order
from extractor.reading.page_reader import read_page, straighten_page
from extractor.reading.textlayer import TextLayer
from extractor.reports import find_reports, make_report
from extractor.reread import read_report
from extractor.scan.document import Document, PageSize, open_document
from extractor.scan.upright import UPRIGHT_SCORE
from extractor.seams.calibrator import UNCALIBRATED_CODE, Judge
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.frame import Raster
from extractor.values.page import Page
from extractor.values.result import Issue, PageFacts, Report, Result, ResultStatus
from extractor.wording.said import say

#: Called before the first page and after every page with the pages done and their number.
Progress = Callable[[int, int], None]
#: Issue of a page that is read though the data of its picture is damaged.
_DAMAGED = "picture_damaged"


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start


def extract_document(
    path: Path,
    *,
    name: str,
    readers: Readers,
    options: Options,
    progress: Progress | None = None,
) -> Result:
    """Read one PDF, or a picture of pages.

    Raises:
        DocumentError: nothing of the document can be read; the message says why and what to do.
        EncryptedError: it needs a password.
    """
    clock = _Clock()
    forms = load_forms(options.forms)
    with open_document(path, name=name, options=options) as document:
        with _PageReader(document, options, readers, clock) as reader:
            pages, facts, issues = reader.read_all(progress)
        with clock.stage("understand"):
            judge = options.judge.for_fields(readers.read_by(LAYOUT_VERSION))
            pages, reports = _find_reports(pages, forms, readers, replace(options, judge=judge), issues)
            issues += _tell_judge(options.judge, judge)
        if options.overlays is not None:
            write_overlays(options.overlays, name, pages, reports)
        if options.searchable is not None:
            # Writing PDF takes imports that reading does without.
            from extractor.output.searchable import write_searchable

            with clock.stage("copy"):
                try:
                    write_searchable(
                        document.reopen(),
                        options.searchable,
                        pages,
                        password=options.password,
                        is_archival=options.is_archival,
                    )
                except DocumentError as error:
                    # What was read is worth having without it.
                    issues.append(Issue(error.code, str(error)))
        lost = sum(1 for fact in facts if fact.issues and _DAMAGED not in fact.issues)
        if lost == document.source.pages:
            raise DocumentError(say("documents.none_read", name=name, count=lost, why=issues[0].message))
        return Result(
            source=document.source,
            status=find_status(reports, sum(1 for fact in facts if fact.issues)),
            reports=reports,
            pages=tuple(facts),
            issues=tuple(issues),
            engine=_engine_facts(readers, forms),
            timing=dict(clock.seconds),
        )


def read_pages(path: Path, readers: Readers, options: Options) -> list[Page]:
    """The pages of a PDF that can be read and hold something.

    Raises:
        DocumentError: nothing of the document can be read.
    """
    with (
        open_document(path, name=path.name, options=options) as document,
        _PageReader(document, options, readers, _Clock()) as reader,
    ):
        return reader.read_all(None)[0]


def find_status(reports: tuple[Report, ...], pages_with_issues: int) -> ResultStatus:
    """Outcome of a document of which some page at least could be read; only who read all can miss a form."""
    if pages_with_issues:
        return ResultStatus.PARTIAL
    return ResultStatus.COMPLETE if reports else ResultStatus.NO_FORM_FOUND


def _tell_judge(asked: Judge, used: Judge) -> list[Issue]:
    """A notice where confidence is not told by the calibrator that was asked for."""
    if used == asked:
        return []
    return [Issue(UNCALIBRATED_CODE, say("documents.uncalibrated", threshold=used.threshold))]


def _engine_facts(readers: Readers, forms: dict[str, Form]) -> dict[str, str]:
    return {
        "extractor": __version__,
        "engine": readers.engine.name,
        **readers.fingerprints,
        "forms": ",".join(forms),
    }


def _find_reports(
    pages: list[Page], forms: dict[str, Form], readers: Readers, options: Options, issues: list[Issue]
) -> tuple[list[Page], tuple[Report, ...]]:
    """The pages as they were read in the end, and the reports on them; what is odd about their order is an issue."""
    read: list[Page] = find_repeated(pages)
    issues += [_repeated(page.page_no) for page in read]
    twice = {page.page_no for page in read}
    ordered = put_in_order([page for page in pages if page.page_no not in twice], forms)
    order = [page.page_no for page in ordered]
    if order != sorted(order):
        told = say("documents.pages_reordered", order=", ".join(map(str, order)))
        issues.append(Issue("pages_reordered", told))
    reports = []
    for run in find_reports(ordered, forms):
        seen, printed = read_report(run, forms, readers)
        read += seen
        reports += [make_report(printed, options.judge, options.finder)] if printed is not None else []
    return sorted(read, key=lambda page: page.page_no), tuple(reports)


def _repeated(page_no: int) -> Issue:
    return Issue("page_repeated", say("documents.page_repeated", page=page_no), page_no)


class _PageReader:
    """Reads the pages of a document, by their text layer where it can be relied on, else by recognition."""

    def __init__(
        self,
        document: Document,
        options: Options,
        readers: Readers,
        clock: _Clock,
    ) -> None:
        self._document, self._options = document, options
        self._readers, self._clock = readers, clock
        self._stack = ExitStack()
        self._rotation: int | None = None
        self._layer: TextLayer | None = None
        self._layer_broken = False

    def __enter__(self) -> _PageReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read_all(self, progress: Progress | None) -> tuple[list[Page], list[PageFacts], list[Issue]]:
        """The pages that hold something, the facts of all, and what could not be read."""
        pages: list[Page] = []
        facts: list[PageFacts] = []
        issues: list[Issue] = []
        total = self._document.source.pages
        if progress is not None:
            progress(0, total)
        for page_no in range(1, total + 1):
            page, fact = self.read(page_no, issues)
            facts.append(fact)
            if page is not None:
                pages.append(page)
            if progress is not None:
                progress(page_no, total)
        return pages, facts, issues

    def read(self, page_no: int, issues: list[Issue]) -> tuple[Page | None, PageFacts]:
        """The page and its facts; a page that cannot be read is an issue and None."""
        try:
            if page_no in self._options.left_out:
                told = say("documents.page_left_out", page=page_no, why=self._options.left_out[page_no])
                raise DocumentError(told, code="page_left_out")
            size = self._document.measure(page_no)
            with self._clock.stage("render"):
                raster = self._document.render(page_no)
        except DocumentError as error:
            issues.append(Issue(error.code, str(error), page_no))
            return None, PageFacts(page_no, 0.0, 0.0, "scan", issues=(error.code,))
        if size.barred:
            told = say("documents.by_pixels", page=page_no, why=size.barred)
            issues.append(Issue("text_layer_limit", told, page_no))
        page = (
            self._read_text(page_no, size, raster, issues)
            if size.has_text and size.scan_dpi is None
            else None
        )
        if page is not None:
            return page, PageFacts(page_no, size.width, size.height, "text", issues=page.issues)
        page, fact = self._recognise(page_no, size, raster)
        if raster.damaged:
            told = say("documents.picture_data_damaged", page=page_no)
            issues.append(Issue(_DAMAGED, told, page_no))
            fact = replace(fact, issues=(*fact.issues, _DAMAGED))
        return page, fact

    def _recognise(self, page_no: int, size: PageSize, raster: Raster) -> tuple[Page | None, PageFacts]:
        with self._clock.stage("straighten"):
            image = straighten_page(
                raster, self._readers.engine, self._readers.labeller, usual=self._rotation
            )
        if image is not None and image.upright_score >= UPRIGHT_SCORE:
            self._rotation = image.rotation
        if image is None:
            return None, PageFacts(page_no, size.width, size.height, "blank")
        with self._clock.stage("read"):
            page = read_page(page_no, image, (size.width, size.height), self._readers.engine)
        return page, PageFacts(
            page_no, size.width, size.height, page.kind, image.rotation, image.skew, page.issues
        )

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
