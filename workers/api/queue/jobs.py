"""Jobs over HTTP: found, followed, fetched, cancelled, tried again, deleted."""

from __future__ import annotations

import mimetypes
import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from extractor.scan.office import OFFICE_ENDINGS
from workers.api.queue.bodies import (
    PROBLEMS,
    RESULT_SCHEMA,
    Adopted,
    JobBody,
    JobDetail,
    JobList,
    answer,
    is_known,
    job_body,
    job_detail,
)
from workers.api.queue.filtering import ONLY_KNOWN, Cursor, Wanted
from workers.api.queue.patience import Wait, wait_for_end
from workers.api.web.access import get_client, require
from workers.api.web.downloads import BlobResponse
from workers.api.web.errors import ProblemError
from workers.service.notices.webhooks import announce
from workers.service.service import Service
from workers.service.store.catalog import JobCatalog, JobFilter, Position
from workers.service.store.records import Job, NoSuchJobError
from workers.service.store.schema import JobState
from workers.service.store.tokens import Role

_ID = re.compile(r"[0-9a-f]{32}")
_RESULT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{RESULT_SCHEMA}"}}}}
}
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
_UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What If-None-Match names is still right"}
}


def jobs_router(service: Service) -> APIRouter:
    """The routes below /v1/jobs that read."""
    router = APIRouter(
        prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS, dependencies=[require(Role.SUBMIT)]
    )
    catalog = JobCatalog(service.database)

    @router.get("", response_model=JobList, responses=_UNCHANGED, dependencies=[ONLY_KNOWN])
    def list_jobs(
        request: Request,
        wanted: Wanted,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Cursor = None,
    ) -> Response:
        """Jobs, newest first. `organ` and `name` match parts; `cursor` is the `next` of the page before."""
        jobs, following = list_page(catalog, wanted, limit, cursor)
        return answer(request, JobList(jobs=[job_body(job) for job in jobs], next=following))

    @router.get("/{job_id}", response_model=JobDetail, responses=_UNCHANGED)
    async def get_job(request: Request, job_id: str, wait: Wait = 0) -> Response:
        """A job with its history."""
        job = await run_in_threadpool(find_job, service, job_id)
        job = await wait_for_end(service, request, job, wait)
        attempts = await run_in_threadpool(catalog.attempts, job.id)
        return answer(request, job_detail(job, attempts, has_workers=get_client(request).is_admin))

    @router.get("/{job_id}/result", response_class=Response, responses=_RESULT | _UNCHANGED)
    def get_result(request: Request, job_id: str) -> Response:
        """The result JSON of a job that is done."""
        job = find_job(service, job_id)
        if job.result is None:
            raise no_result(job)
        tag = f'"{job.result}"'
        if is_known(request.headers, tag):
            return Response(status_code=304, headers={"ETag": tag})
        return BlobResponse(service.blobs, job.result, "application/json", {"ETag": tag})

    @router.get("/{job_id}/document", response_class=Response, responses=_PDF)
    def get_document(job_id: str) -> Response:
        """The document as it was submitted."""
        job = find_job(service, job_id)
        name = f"attachment; filename=\"document.pdf\"; filename*=UTF-8''{quote(job.name, safe='')}"
        headers = {"Content-Disposition": name, "ETag": f'"{job.document}"'}
        kind = mimetypes.guess_type(job.name)[0] or ""
        media = kind if kind.startswith("image/") and kind != "image/svg+xml" else "application/pdf"
        if job.name.lower().endswith(OFFICE_ENDINGS):
            # Nothing of a stranger's page is to be run by a browser under our name.
            media = "application/octet-stream"
        return BlobResponse(service.blobs, job.document, media, headers)

    return router


def steps_router(service: Service) -> APIRouter:
    """The routes below /v1/jobs that change a job."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS)

    @router.post("/{job_id}/cancel", response_model=JobBody, dependencies=[require(Role.SUBMIT)])
    def cancel_job(request: Request, job_id: str) -> Response:
        """Breaks a job off: at once if it is queued, soon if it runs."""
        return answer(request, job_body(cancel(service, job_id)))

    @router.post("/{job_id}/retry", response_model=JobBody, dependencies=[require(Role.SUBMIT)])
    def retry_job(request: Request, job_id: str) -> Response:
        """Queues a failed job again."""
        return answer(request, job_body(retry(service, job_id)))

    @router.delete("/{job_id}", status_code=204, dependencies=[require(Role.ADMIN)])
    def delete_job(job_id: str) -> Response:
        """Forgets a job that does not run, with its result."""
        service.delete(find_job(service, job_id).id)
        return Response(status_code=204)

    return router


def adopt_router(service: Service) -> APIRouter:
    """The route that changes many jobs at once."""
    router = APIRouter(prefix="/v1", tags=["jobs"], responses=PROBLEMS)

    @router.post("/adopt", response_model=Adopted, dependencies=[require(Role.ADMIN)])
    def adopt_jobs(request: Request) -> Response:
        """Has all that waits for another pipeline (other settings or another version) read by this service's."""
        return answer(request, Adopted(adopted=service.jobs.adopt()))

    return router


def list_page(
    catalog: JobCatalog, wanted: JobFilter, limit: int, cursor: str | None
) -> tuple[list[Job], str | None]:
    """A page of jobs, and the cursor of the next one (None on the last)."""
    after = Position.parse(cursor) if cursor else None
    jobs = catalog.list(wanted, limit + 1, after)
    following = str(Position.of(jobs[limit - 1])) if len(jobs) > limit else None
    return jobs[:limit], following


def find_job(service: Service, identifier: str) -> Job:
    """Raises NoSuchJobError, also for what cannot be an id."""
    if not _ID.fullmatch(identifier):
        raise NoSuchJobError("there is no such job")
    return service.jobs.get(identifier)


def cancel(service: Service, identifier: str) -> Job:
    """Cancels a job; when it ends by that, webhooks are told. Raises NoSuchJobError, JobConflictError."""
    job = service.jobs.cancel(find_job(service, identifier).id)
    if job.state is JobState.FAILED:
        announce(service.database, job)
    return job


def retry(service: Service, identifier: str) -> Job:
    """Queues a failed job again and tells the broker. Raises NoSuchJobError, JobConflictError."""
    job = service.jobs.retry(find_job(service, identifier).id)
    service.ring(job)
    return job


def no_result(job: Job) -> ProblemError:
    """Why a job has no result: it failed, or has not ended."""
    if job.state is JobState.FAILED:
        extra = {"error": {"code": job.code, "message": job.reason}}
        return ProblemError(409, "job_failed", f"the job failed: {job.reason}", extra=extra)
    # Not 404: the job is there, and so will its result be.
    return ProblemError(409, "not_done", f"the job is {job.state.value}; its result comes when it is done")
