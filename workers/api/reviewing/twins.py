"""Accepted fields whose pictures are like that of a field somebody corrected: the same may be misread there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from fastapi import APIRouter, Request

from extractor.values.result import Field, FieldStatus, Kind, Origin, PageFacts
from workers.api.queue.bodies import PROBLEMS
from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import FieldInPath, ReportInPath, TwinsBody
from workers.api.reviewing.cards import ReportView
from workers.api.reviewing.cuts import picture_of, straight_box
from workers.api.web.access import get_client, require
from workers.service.reviewing.desk import ReviewDesk
from workers.service.reviewing.doubts import list_rivals, reading_of
from workers.service.reviewing.likeness import ALIKE, DPI, Figure, find_figure, measure_likeness
from workers.service.reviewing.queue import FieldKey
from workers.service.reviewing.renderer import BusyError, PictureError
from workers.service.store.catalog import JobCatalog, JobFilter
from workers.service.store.records import Job
from workers.service.store.schema import JobState
from workers.service.store.tokens import Role

#: Other documents that are looked through, pictures that are compared, and seconds after which nothing more is: of 20
#: pages a hundred figures take 0.3 s.
_DOCUMENTS, _PICTURES, _SECONDS = 10, 200, 1.5
#: Fields that are offered: as many as one looks through at once.
_OFFERED = 24


@dataclass(frozen=True, slots=True)
class _Seen:
    """An accepted field and the page it stands on."""

    job: Job
    report: int
    field: Field
    page: PageFacts


def twins_router(desk: ReviewDesk) -> APIRouter:
    """The route that tells what else may be misread, below /v1/jobs."""
    router = APIRouter(
        prefix="/v1/jobs/{job_id}", tags=["review"], responses=PROBLEMS, dependencies=[require(Role.REVIEW)]
    )

    @router.get("/fields/{report}/{field_id}/twins")
    def get_twins(request: Request, job_id: str, report: ReportInPath, field_id: FieldInPath) -> TwinsBody:
        """Accepted fields whose pictures look like that of this one, which was corrected; none if it was not.

        Of its document, of the latest that were sent together with it, or else of the latest of its body.
        """
        key = FieldKey(job_id, report, field_id)
        job = find_job(desk.service, job_id)
        desk.report(job, key)
        return find_twins(desk, job, key, get_client(request).id)

    return router


def find_twins(desk: ReviewDesk, job: Job, key: FieldKey, viewer: str) -> TwinsBody:
    """Fields of this document, and of others that came with it or are the same body's, misread as this one was.

    Only such as read what it did, were accepted, and nobody decided. None for one that was not corrected, or whose
    row or column was the doubt, or to what the machine did not hold for possible: of that its picture says nothing.
    """
    view = ReportView(desk, job, key.report, viewer)
    own = view.fields.get(key.field)
    read = view.machine.by_id.get(key.field)
    if own is None or read is None or not _is_misread(read, own):
        return TwinsBody(fields=[], compared=0)
    found, compared = _compare(desk, _see(desk, job, key.report, read), _find_alike(desk, view, read))
    views: dict[tuple[str, int], ReportView] = {(job.id, key.report): view}
    cards = []
    for seen in found[:_OFFERED]:
        at = (seen.job.id, seen.report)
        views[at] = views.get(at) or ReportView(desk, seen.job, seen.report, viewer)
        cards.append(views[at].card(seen.field.id))
    return TwinsBody(fields=cards, compared=compared)


def _compare(desk: ReviewDesk, own: _Seen, others: Iterator[_Seen]) -> tuple[list[_Seen], int]:
    """Those that look like the first, the likest first, and how many were looked at."""
    figure, until = _draw(desk, own), time.monotonic() + _SECONDS
    found: list[tuple[float, _Seen]] = []
    if figure is None:
        return [], 0
    compared = 0
    for other in islice(others, _PICTURES):
        if time.monotonic() > until:
            break
        compared += 1
        beside = _draw(desk, other)
        if beside is not None and (likeness := measure_likeness(figure, beside)) >= ALIKE:
            found.append((likeness, other))
    return [seen for _, seen in sorted(found, key=lambda item: -item[0])], compared


def _is_misread(read: Field, own: Field) -> bool:
    """Whether a person says another thing than what was read, and one that the machine held for possible.

    Else the picture does not say it: the figure is another cell's, or printed wrong.
    """
    if own.origin is not Origin.PERSON or own.kind not in {Kind.NUMBER, Kind.BLANK, Kind.DASH}:
        return False
    if read.box is None or not reading_of(read) or (own.kind, own.value) == (read.kind, read.value):
        return False
    return any((own.kind, own.value) == (one.kind, one.value) for one in list_rivals(read, decimals=True))


def _find_alike(desk: ReviewDesk, view: ReportView, read: Field) -> Iterator[_Seen]:
    """Accepted fields that read the same and that nobody decided, page by page; those of the document first."""
    for job in _find_jobs(desk, view):
        decided = {at for at, place in desk.queue.places(job.id).items() if place.version}
        found = [
            _see(desk, job, position, field)
            for position, report in enumerate(desk.result(job).reports)
            for field in report.fields
            if field.status is FieldStatus.ACCEPTED and field.box is not None
            if reading_of(field) == reading_of(read) and (position, field.id) not in decided
        ]
        # A page whose picture is at hand is cut in a millisecond; another one takes twenty.
        yield from sorted(found, key=lambda seen: seen.page.number)


def _find_jobs(desk: ReviewDesk, view: ReportView) -> Iterator[Job]:
    """The document, then the latest that were sent together with it, or else are the same body's."""
    yield view.job
    organ, _ = view.told_by
    chosen = JobFilter(state=JobState.DONE, batch=view.job.batch, organ="" if view.job.batch else organ)
    if chosen.batch or chosen.organ:
        for job in JobCatalog(desk.service.database).list(chosen, _DOCUMENTS + 1):
            if job.id != view.job.id and job.result is not None:
                yield job


def _see(desk: ReviewDesk, job: Job, position: int, field: Field) -> _Seen:
    page = next(page for page in desk.result(job).pages if page.number == field.page_no)
    return _Seen(job, position, field, page)


def _draw(desk: ReviewDesk, seen: _Seen) -> Figure | None:
    """The figure as it is printed; None where there is none, or it cannot be drawn now."""
    assert seen.field.box is not None
    box = straight_box(seen.field.box, seen.page.width, seen.page.height)
    with suppress(PictureError, BusyError):
        return find_figure(desk.renderer.draw(picture_of(seen.job, seen.page, box, DPI, "png")))
    return None
