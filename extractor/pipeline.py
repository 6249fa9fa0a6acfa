"""The one direction of data: file → pages → tables → fields → result. One bad page never costs the document."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from extractor import __version__
from extractor.document import Document, open_document
from extractor.engine import OcrEngine
from extractor.errors import DocumentError
from extractor.forms import Form, load_forms
from extractor.options import Options
from extractor.pages import Page, read_page, straighten_page
from extractor.reports import build_report, split_reports
from extractor.result import Issue, PageFacts, Report, Result, ResultStatus

#: Called after every page with the pages done and their number.
Progress = Callable[[int, int], None]


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
    engine: OcrEngine,
    second: OcrEngine | None,
    options: Options,
    progress: Progress | None = None,
) -> Result:
    """Read one PDF.

    Raises:
        DocumentError: nothing of the document can be read; the message says why and what to do.
        EncryptedError: it needs a password.
    """
    clock = _Clock()
    forms = load_forms(options.forms)
    with open_document(path, name=name, options=options) as document:
        pages: list[Page] = []
        facts: list[PageFacts] = []
        issues: list[Issue] = []
        for page_no in range(1, document.source.pages + 1):
            page, fact = _read(document, page_no, engine, clock, issues)
            facts.append(fact)
            if page is not None:
                pages.append(page)
            if progress is not None:
                progress(page_no, document.source.pages)
        with clock.stage("understand"):
            reports = _find_reports(pages, forms)
        failed = sum(1 for issue in issues if issue.page_no is not None)
        if failed == document.source.pages:
            raise DocumentError(f"{name}: none of its {failed} pages can be read: {issues[0].message}")
        return Result(
            source=document.source,
            status=_status(reports, failed),
            reports=reports,
            pages=tuple(facts),
            issues=tuple(issues),
            engine=_engine_facts(engine, second, forms),
            timing=dict(clock.seconds),
        )


def _status(reports: tuple[Report, ...], failed_pages: int) -> ResultStatus:
    if failed_pages:
        return ResultStatus.PARTIAL
    return ResultStatus.COMPLETE if reports else ResultStatus.NO_FORM_FOUND


def _engine_facts(engine: OcrEngine, second: OcrEngine | None, forms: dict[str, Form]) -> dict[str, str]:
    return {
        "extractor": __version__,
        "engine": engine.name,
        "fingerprint": engine.fingerprint,
        "second": second.fingerprint if second is not None else "",
        "forms": ",".join(forms),
    }


def _find_reports(pages: list[Page], forms: dict[str, Form]) -> tuple[Report, ...]:
    found = (build_report(run, forms) for run in split_reports(pages))
    return tuple(report for report in found if report is not None)


def _read(
    document: Document, page_no: int, engine: OcrEngine, clock: _Clock, issues: list[Issue]
) -> tuple[Page | None, PageFacts]:
    try:
        size = document.measure(page_no)
        with clock.stage("render"):
            raster = document.render(page_no)
    except DocumentError as error:
        issues.append(Issue(error.code, str(error), page_no))
        return None, PageFacts(page_no, 0.0, 0.0, "scan", issues=(error.code,))
    with clock.stage("straighten"):
        image = straighten_page(raster, engine)
    if image is None:
        return None, PageFacts(page_no, size.width, size.height, "blank")
    with clock.stage("read"):
        page = read_page(page_no, image, (size.width, size.height), engine)
    return page, PageFacts(page_no, size.width, size.height, page.kind, image.rotation, image.skew, page.issues)
