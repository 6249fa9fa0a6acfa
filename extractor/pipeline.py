"""The one direction of data: file → pages → tables → fields → result. One bad page never costs the document."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from extractor import __version__
from extractor.forms.definition import Form, load_forms
from extractor.layout import LAYOUT_VERSION
from extractor.output.overlay import write_overlays
from extractor.page_order import find_repeated, put_in_order
from extractor.pages import DAMAGED, Clock, PageReader
from extractor.reports import decode_report, find_reports, make_report
from extractor.reread import read_report
from extractor.scan.document import Document, open_document
from extractor.seams.calibrator import UNCALIBRATED_CODE, Judge
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.shelf import NoShelf, PageShelf
from extractor.values.page import Page
from extractor.values.read_page import ReadPage, ReadRun, Run
from extractor.values.result import NOT_ARCHIVAL, Issue, Report, Result, ResultStatus
from extractor.wording.said import say

#: Called before the first page and after every page with the last page done, and how many there are.
Progress = Callable[[int, int], None]


def extract_document(
    path: Path,
    *,
    name: str,
    readers: Readers,
    options: Options,
    progress: Progress | None = None,
    shelf: PageShelf | None = None,
) -> Result:
    """Read one PDF, or a picture of pages.

    shelf: where its pages are put, and found if they were read before; None to hold them in memory.

    Raises:
        DocumentError: nothing of the document can be read; the message says why and what to do.
        EncryptedError: it needs a password.
    """
    clock = Clock()
    forms = load_forms(options.forms)
    with open_document(path, name=name, options=options) as document:
        read, total = list[ReadPage](), document.source.pages
        tell = progress or (lambda done, total: None)
        tell(0, total)
        for one in _read_pages(document, range(1, total + 1), readers, options, shelf or NoShelf()):
            read.append(one)
            tell(len(read), total)
        pages, facts = [one.page for one in read if one.page is not None], [one.facts for one in read]
        # What the whole document lacks is met in every process that reads pages of it.
        issues = list(dict.fromkeys(issue for one in read for issue in one.issues))
        with clock.stage("understand"):
            judge = options.judge.for_fields(readers.read_by(LAYOUT_VERSION))
            told = replace(options, judge=judge)
            pages, reports, odd = _find_reports(pages, forms, readers, told, shelf or NoShelf(), clock)
            issues += [*odd, *_tell_judge(options.judge, judge)]
        if options.overlays is not None:
            write_overlays(options.overlays, name, pages, reports)
        if options.searchable is not None:
            # Writing PDF takes imports that reading does without.
            from extractor.output.searchable import write_searchable

            with clock.stage("copy"):
                try:
                    offended = write_searchable(
                        document.reopen(),
                        options.searchable,
                        pages,
                        password=options.password,
                        is_archival=options.is_archival,
                    )
                    if offended:
                        why = say("documents.not_archival", clauses=", ".join(offended))
                        issues.append(Issue(NOT_ARCHIVAL, why))
                except DocumentError as error:
                    # What was read is worth having without it.
                    issues.append(Issue(error.code, str(error)))
        lost = sum(1 for fact in facts if fact.issues and DAMAGED not in fact.issues)
        if lost == total:
            raise DocumentError(say("documents.none_read", name=name, count=lost, why=issues[0].message))
        return Result(
            source=document.source,
            status=find_status(reports, sum(1 for fact in facts if fact.issues)),
            reports=reports,
            pages=tuple(facts),
            issues=tuple(issues),
            engine={**_engine_facts(readers, forms), **document.drawn_by},
            timing=_add_up([*(one.seconds or {} for one in read), clock.seconds]),
        )


def read_stretch(
    path: Path, pages: range, *, name: str, readers: Readers, options: Options, shelf: PageShelf
) -> Iterator[tuple[int, int]]:
    """Read some pages of a document and put them on a shelf, for whoever reads the whole of it.

    pages: their numbers; they begin behind a whole number of `pages.STRETCH`, or nowhere else would they be read so.
    Gives, before the first page and after each, what `Progress` is told.

    Raises:
        DocumentError, EncryptedError: as `extract_document`.
    """
    with open_document(path, name=name, options=options) as document:
        total = document.source.pages
        yield pages.start - 1, total
        for page_no, _ in zip(pages, _read_pages(document, pages, readers, options, shelf), strict=True):
            yield page_no, total


def list_runs(shelf: PageShelf, pages: Iterable[int], options: Options) -> list[Run]:
    """Which pages of a shelf are to be understood together, in the order in which they are read."""
    found = _take_pages(shelf, pages)
    runs, _, _ = _find_runs(found, load_forms(options.forms))
    return [_number(run) for run in runs]


def read_runs(
    shelf: PageShelf, runs: Iterable[Run], readers: Readers, options: Options
) -> dict[Run, ReadRun]:
    """What some runs of pages of a shelf say, for whoever reads the whole of the document."""
    forms, out = load_forms(options.forms), dict[Run, ReadRun]()
    told = replace(options, judge=options.judge.for_fields(readers.read_by(LAYOUT_VERSION)))
    for run in runs:
        started, pages = time.perf_counter(), _take_pages(shelf, run)
        # Of a run of which a page is missing here, who reads the whole finds out itself what it says.
        if len(pages) == len(run):
            _, report = _understand(pages, forms, readers, told)
            out[run] = ReadRun(report, time.perf_counter() - started)
    return out


def _take_pages(shelf: PageShelf, numbers: Iterable[int]) -> list[Page]:
    found = [shelf.find(number) for number in numbers]
    return [read.page for read in found if read is not None and read.page is not None]


def read_pages(path: Path, readers: Readers, options: Options) -> list[Page]:
    """The pages of a PDF that can be read and hold something.

    Raises:
        DocumentError: nothing of the document can be read.
    """
    with open_document(path, name=path.name, options=options) as document:
        every = range(1, document.source.pages + 1)
        read = list(_read_pages(document, every, readers, options, NoShelf()))
    return [one.page for one in read if one.page is not None]


def name_forms(pages: Sequence[Page], forms: Mapping[str, Form]) -> list[str]:
    """Ids of those forms that read reports on some pages, in the order of the reports, each once."""
    runs, _, _ = _find_runs(pages, forms)
    printed = [decode_report(run, forms) for run in runs]
    return list(dict.fromkeys(report.form.id for report in printed if report is not None))


def _read_pages(
    document: Document, pages: range, readers: Readers, options: Options, shelf: PageShelf
) -> Iterator[ReadPage]:
    """Pages of a document, each from the shelf or put there."""
    with PageReader(document, options, readers) as reader:
        for page_no in pages:
            is_left_out = page_no in options.left_out
            known = None if is_left_out else shelf.find(page_no)
            if known is not None:
                yield reader.take(page_no, known)
            elif is_left_out:
                # Another attempt may read it after all.
                yield reader.read(page_no)
            else:
                yield shelf.put(page_no, reader.read(page_no))


def _add_up(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Seconds by stage of all parts together."""
    total = Counter[str]()
    for seconds in parts:
        total.update(seconds)
    return dict(total)


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
    pages: Sequence[Page],
    forms: Mapping[str, Form],
    readers: Readers,
    options: Options,
    shelf: PageShelf,
    clock: Clock,
) -> tuple[list[Page], tuple[Report, ...], list[Issue]]:
    """The pages as they were read in the end, the reports on them, and what is odd about their order."""
    runs, read, issues = _find_runs(pages, forms)
    reports = []
    for run in runs:
        known = shelf.find_run(_number(run))
        if known is None:
            seen, report = _understand(run, forms, readers, options)
        else:
            seen, report = run, known.report
            clock.seconds["understand"] += known.seconds
        read += seen
        reports += [report] if report is not None else []
    return sorted(read, key=lambda page: page.page_no), tuple(reports), issues


def _find_runs(
    pages: Sequence[Page], forms: Mapping[str, Form]
) -> tuple[list[list[Page]], list[Page], list[Issue]]:
    """Runs of pages of one report each, pages that are there twice, and what is odd about their order."""
    repeated = find_repeated(pages)
    issues = [_repeated(page.page_no) for page in repeated]
    twice = {page.page_no for page in repeated}
    ordered = put_in_order([page for page in pages if page.page_no not in twice], forms)
    order = [page.page_no for page in ordered]
    if order != sorted(order):
        told = say("documents.pages_reordered", order=", ".join(map(str, order)))
        issues.append(Issue("pages_reordered", told))
    return find_reports(ordered, forms), repeated, issues


def _understand(
    run: Sequence[Page], forms: Mapping[str, Form], readers: Readers, options: Options
) -> tuple[Sequence[Page], Report | None]:
    """The pages of a run as they were read in the end, and what they say."""
    seen, printed = read_report(run, forms, readers)
    return seen, make_report(printed, options.judge, options.finder) if printed is not None else None


def _number(run: Sequence[Page]) -> Run:
    return tuple(page.page_no for page in run)


def _repeated(page_no: int) -> Issue:
    return Issue("page_repeated", say("documents.page_repeated", page=page_no), page_no)
