"""Pages and cells of documents as pictures. They never change: the job's id names the document and its reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from anyio import from_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from extractor.values.geometry import Box
from extractor.values.result import Field, PageFacts
from workers.api.queue.bodies import PROBLEMS
from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import FieldInPath, ReportInPath
from workers.api.reviewing.cuts import cut_box, picture_of, straight_box
from workers.api.reviewing.surroundings import find_header, find_surroundings
from workers.api.web.access import require
from workers.service.reviewing.desk import NoSuchFieldError, ReviewDesk
from workers.service.reviewing.queue import FieldKey
from workers.service.reviewing.renderer import Picture
from workers.service.reviewing.titles import all_fields
from workers.service.store.tokens import Role
from workers.shown.labels import FieldLabel

_KEEP = {"Cache-Control": "private, max-age=86400, immutable"}
_TYPES = {"png": "image/png", "jpg": "image/jpeg"}
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()}}
}
_Dpi = Annotated[int, Query(ge=36, le=300)]
_Format = Literal["png", "jpg"]


def pictures_router(desk: ReviewDesk) -> APIRouter:
    """The routes that draw, below /v1/jobs."""
    router = APIRouter(
        prefix="/v1/jobs/{job_id}",
        tags=["review"],
        responses=PROBLEMS | _PICTURE,
        dependencies=[require(Role.SUBMIT)],
    )

    @router.get("/pages/{number}.{kind}", response_class=Response)
    def draw_page(
        request: Request,
        job_id: str,
        number: Annotated[int, InPath(ge=1, le=99_999)],
        kind: _Format,
        dpi: _Dpi = 100,
    ) -> Response:
        """A page as a viewer shows it, seal and all; as JPEG it is a fifth of the size."""
        job = find_job(desk.service, job_id)
        wanted = Picture(job.document, number, dpi, format=_format(kind), copy=job.copy)
        return _send(desk, request, wanted, kind)

    @router.get("/fields/{report}/{field_id}/crop.{kind}", response_class=Response)
    def draw_cell(
        request: Request,
        key: Annotated[FieldKey, Depends(_key)],
        kind: _Format,
        dpi: _Dpi = 200,
        of: Literal["cell", "figure", "label", "header"] = "cell",
    ) -> Response:
        """A cell with a little of what is around it, upright and straight; or `of` it the figure alone.

        Or its row's label, or its column's header, which may stand on an earlier page.
        """
        job = find_job(desk.service, key.job)
        read = desk.report(job, key)
        field = all_fields(read)[key.field]
        if field.box is None:
            raise NoSuchFieldError("the field was not found on any page")
        page = next(page for page in desk.result(job).pages if page.number == field.page_no)
        if of == "cell":
            box = cut_box(field.box, page.width, page.height, page.rotation)
        elif of == "figure":
            box = straight_box(field.box, page.width, page.height)
        else:
            labels = desk.layout(job, key.report).labels
            pages = desk.result(job).pages if of == "header" else (page,)
            found = (_find_label if of == "label" else find_header)(key.field, read.by_id, labels, pages)
            if found is None:
                raise NoSuchFieldError("the field stands in no table")
            page, part = found
            box = straight_box(part, page.width, page.height)
        return _send(desk, request, picture_of(job, page, box, dpi, _format(kind)), kind)

    return router


def _key(
    job_id: str,
    report: ReportInPath,
    field_id: FieldInPath,
) -> FieldKey:
    return FieldKey(job_id, report, field_id)


def _find_label(
    key: str, fields: Mapping[str, Field], labels: Mapping[str, FieldLabel], pages: Sequence[PageFacts]
) -> tuple[PageFacts, Box] | None:
    around = find_surroundings(key, fields, labels, pages[0])
    return (pages[0], around.label) if around is not None else None


def _format(kind: str) -> str:
    return "jpeg" if kind == "jpg" else kind


def _send(desk: ReviewDesk, request: Request, picture: Picture, kind: str) -> Response:
    def is_wanted() -> bool:
        return not from_thread.run(request.is_disconnected)

    return Response(desk.renderer.draw(picture, is_wanted), 200, _KEEP, _TYPES[kind])
