"""The archive looked at: bodies by years with what is in doubt, a field over the years, and words in all prose."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request
from starlette.responses import Response

from extractor.values.result import Field, FieldStatus
from workers.api.reviewing.archive_texts import ArchiveTexts
from workers.api.web.access import require
from workers.api.web.rendering import render
from workers.exports.columns import all_labels
from workers.report.tallies import MAIN_FIELDS
from workers.service.reviewing.desk import ReviewDesk
from workers.service.store.coverage import CoverageStore
from workers.service.store.tokens import Role
from workers.shown.chart import MOST_LINES, Line, Point, draw_lines, tell
from workers.shown.labels import FieldLabel

#: Bodies on a page, and years in its table, the last ones: a misread year must not stretch it.
_PAGE, _YEARS = 50, 30
#: Sections on the page of a search.
_MOST_FOUND = 100
_Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


def add_map_pages(app: FastAPI, desk: ReviewDesk) -> None:
    """Adds the pages of the map."""
    app.include_router(_router(desk), include_in_schema=False)


def _router(desk: ReviewDesk) -> APIRouter:
    router = APIRouter(dependencies=[require(Role.SUBMIT)])
    coverage = CoverageStore(desk.service.database)

    @router.get("/map")
    def show_map(request: Request, organ: _Text = "", after: _Text = "") -> Response:
        bodies, following = coverage.page(organ, after, _PAGE)
        years = sorted({year for body in bodies for year in body.years})[-_YEARS:]
        told = {"bodies": bodies, "years": years, "organ": organ, "following": following}
        return render(request, "map.html", told)

    @router.get("/map/series")
    def show_series(
        request: Request,
        organ: Annotated[list[_Text] | None, Query(max_length=MOST_LINES)] = None,
        field: _Text = MAIN_FIELDS[0],
    ) -> Response:
        names = list(dict.fromkeys(name for name in organ or [] if name))
        lines = [Line(name, _find_points(desk, coverage, name, field)) for name in names]
        known = {key: _words(label) or key for key, label in all_labels(desk.plan.forms).items()}
        told = {
            "names": names,
            "field": field,
            "fields": known,
            "lines": lines,
            "chart": draw_lines(lines, known.get(field, field)),
            "years": sorted({point.year for line in lines for point in line.points}),
            "most": MOST_LINES,
            "tell": tell,
        }
        return render(request, "series.html", told)

    texts = ArchiveTexts(desk)

    @router.get("/search")
    def search_texts(request: Request, q: _Text = "") -> Response:
        words = q.split()
        found, is_whole = texts.search(words, _MOST_FOUND) if words else ([], True)
        told = {"q": q, "found": found, "is_whole": is_whole, "most": _MOST_FOUND}
        return render(request, "search.html", told)

    return router


def _find_points(desk: ReviewDesk, coverage: CoverageStore, organ: str, key: str) -> tuple[Point, ...]:
    """A body's figures of a field by year; of a year that was read twice that of the newest job."""
    points = {}
    for year, jobs in sorted(coverage.of([organ]).get(organ, {}).items()):
        job = jobs[0]
        for number, report in enumerate(desk.reviewed(job).reports):
            found = next((item for item in report.fields if item.id == key), None)
            if report.year.value == year and found is not None and found.value is not None:
                link = f"/jobs/{job.id}/review#{number}/{quote(key)}"
                points[year] = Point(year, found.value, _is_sure(found), link)
    return tuple(points.values())


def _words(label: FieldLabel) -> str:
    return " › ".join(part for part in (*label.row, *label.column) if part)


def _is_sure(field: Field) -> bool:
    return field.status is FieldStatus.ACCEPTED
