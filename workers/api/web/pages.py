"""Plain pages for people: a list of documents and a page for each. They need no JavaScript and no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from extractor.scan.office import OFFICE_ENDINGS
from extractor.scan.pictures import PICTURE_ENDINGS
from workers.api.queue.jobs import cancel, find_job, list_page, retry
from workers.api.queue.uploads import Outcome, read_uploads, submit_upload
from workers.api.web.access import AccessPolicy, get_client, require
from workers.api.web.errors import ProblemError
from workers.api.web.login import login_router
from workers.api.web.remembered import Remembered
from workers.api.web.rendering import render
from workers.reading.office import find_program
from workers.service.reviewing.tally import count_open, tally_review
from workers.service.service import Service
from workers.service.store.catalog import CURSOR_PATTERN, JobCatalog, JobFilter
from workers.service.store.machines import MachineStore
from workers.service.store.schema import JobState
from workers.service.store.tokens import Role
from workers.service.urgency import Urgency

_PAGE = 50
_Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


def add_pages(app: FastAPI, service: Service, access: AccessPolicy) -> None:
    """Adds the pages, and has errors shown as pages to browsers."""
    app.mount("/static", StaticFiles(directory=Path(__file__).parents[1] / "static"), name="static")
    app.include_router(login_router(service, access), include_in_schema=False)
    numbers = _Numbers(service)
    app.include_router(_pages_router(service, numbers), include_in_schema=False)
    app.include_router(_steps_router(service), include_in_schema=False)
    app.state.problem_page = _show_problem
    app.state.has_login = access.required
    app.state.counts += [numbers.states, numbers.review]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of the list is shown."""

    wanted: JobFilter
    cursor: str | None = None

    def link(self, **changes: object) -> str:
        """Address of the list with other choices."""
        chosen = {"state": self.wanted.state, "name": self.wanted.name, "organ": self.wanted.organ}
        told = {name: str(value) for name, value in (chosen | changes).items() if value}
        return "/?" + urlencode(told) if told else "/"


def _pages_router(service: Service, numbers: _Numbers) -> APIRouter:
    router = APIRouter(dependencies=[require(Role.SUBMIT)])
    catalog = numbers.catalog

    @router.get("/")
    def show_jobs(  # noqa: PLR0913 - one argument for each choice
        request: Request,
        state: JobState | None = None,
        name: _Text = "",
        organ: _Text = "",
        cursor: Annotated[str | None, Query(pattern=CURSOR_PATTERN)] = None,
        queued: Annotated[int, Query(ge=0)] = 0,
        known: Annotated[int, Query(ge=0)] = 0,
        again: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        shown = _Shown(JobFilter(state=state, name=name, organ=organ), cursor)
        counted = {"queued": queued, "known": known, "again": again, "refused": []}
        return _show_list(request, numbers, shown, counted)

    @router.post("/upload")
    async def upload_documents(request: Request) -> Response:
        sender = get_client(request).id
        async with read_uploads(request) as uploads:
            outcomes = await run_in_threadpool(
                lambda: [submit_upload(service, upload, Urgency.INTERACTIVE, sender) for upload in uploads]
            )
        refused = [outcome for outcome in outcomes if outcome.problem is not None]
        counted: dict[str, Any] = {**_count(outcomes), "refused": refused}
        if refused:
            shown = _Shown(JobFilter())
            return await run_in_threadpool(_show_list, request, numbers, shown, counted)
        return RedirectResponse("/?" + urlencode(_count(outcomes)), 303)

    @router.get("/machines")
    def show_machines(request: Request) -> Response:
        machines = MachineStore(service.database, service.settings.heartbeat)
        found = machines.list()
        readers = {machine.pipeline for machine in found if not machine.is_gone}
        # Where there is one machine it reads all.
        waiting = machines.waiting() if service.jobs.pipeline else {}
        stranded = {key: count for key, count in waiting.items() if key not in readers}
        is_admin = get_client(request).is_admin
        told = {"machines": found, "stranded": stranded, "pipeline": service.pipeline, "is_admin": is_admin}
        return render(request, "machines.html", told)

    @router.get("/jobs/{job_id}")
    def show_job(request: Request, job_id: str) -> Response:
        job = find_job(service, job_id)
        told = {
            "job": job,
            "history": catalog.attempts(job.id),
            "is_admin": get_client(request).is_admin,
            "open": count_open(service.database, [job.id]).get(job.id, 0),
        }
        return render(request, "job.html", told)

    return router


def _steps_router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/jobs/{job_id}", dependencies=[require(Role.SUBMIT)])

    def step(act: Callable[[str], object], job_id: str) -> Response:
        act(job_id)
        return RedirectResponse(f"/jobs/{job_id}", 303)

    @router.post("/cancel")
    def cancel_job(job_id: str) -> Response:
        return step(lambda identifier: cancel(service, identifier), job_id)

    @router.post("/retry")
    def retry_job(job_id: str) -> Response:
        return step(lambda identifier: retry(service, identifier), job_id)

    @router.post("/delete", dependencies=[require(Role.ADMIN)])
    def delete_job(job_id: str) -> Response:
        service.delete(find_job(service, job_id).id)
        return RedirectResponse("/", 303)

    return router


class _Numbers:
    """What the list tells of the whole store."""

    def __init__(self, service: Service) -> None:
        self.service, self.catalog = service, JobCatalog(service.database)
        self.states = Remembered(self.catalog.count_states)
        self.review = Remembered(lambda: tally_review(service.database))


def _show_list(request: Request, numbers: _Numbers, shown: _Shown, counted: dict[str, Any]) -> Response:
    service = numbers.service
    jobs, following = list_page(numbers.catalog, shown.wanted, _PAGE, shown.cursor)
    counts = numbers.states()
    has_office = find_program() is not None
    told = {
        "jobs": jobs,
        "counts": counts,
        "tally": numbers.review(),
        "open": count_open(service.database, [job.id for job in jobs]),
        "is_active": bool(counts[JobState.QUEUED] + counts[JobState.RUNNING]),
        "shown": shown,
        "is_admin": get_client(request).is_admin,
        "following": following,
        "endings": ",".join((".pdf", *PICTURE_ENDINGS, *(OFFICE_ENDINGS if has_office else ()))),
        "has_office": has_office,
        "limit": f"{service.settings.max_upload_mb:,.0f}",
        **counted,
    }
    return render(request, "jobs.html", told, status=422 if counted["refused"] else 200)


def _count(outcomes: list[Outcome]) -> dict[str, int]:
    kept = [outcome for outcome in outcomes if outcome.job is not None]
    queued = sum(outcome.is_new for outcome in kept)
    again = sum(outcome.is_new and outcome.job is not None and outcome.job.begins_anew for outcome in kept)
    return {"queued": queued, "known": len(kept) - queued, "again": again}


def _show_problem(request: Request, problem: ProblemError) -> Response:
    if problem.status == 401 and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/login?" + urlencode({"next": target}), 303)
    told = {"problem": problem}
    return render(request, "problem.html", told, status=problem.status, headers=problem.headers)
