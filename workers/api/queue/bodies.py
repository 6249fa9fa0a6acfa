"""The API's JSON, as types: what they are called here is what callers rely on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from workers.service.store.catalog import Attempt
from workers.service.store.records import Job
from workers.service.store.schema import JobState
from workers.service.urgency import Urgency

#: What the schema of results is called in the description of the API.
RESULT_SCHEMA = "Result"
#: Documented answers of every route: errors are problem documents.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "The request cannot be met; the problem document says why",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
    "5XX": {
        "description": "The service is at fault, or a part of it is away",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(BaseModel):
    """RFC 9457; some kinds of problems have further members."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str


class JobError(_Body):
    """Why a job failed. code: stable; message: for people."""

    code: str
    message: str


class PageCount(_Body):
    """total: 0 until the document was opened."""

    done: int
    total: int


class ResultSummary(_Body):
    """A result in short; several reports of one document are separated by ", ". years: of those that have one."""

    status: str
    sha256: str
    form: str
    organ: str
    year: str
    years: list[int]
    accepted: int
    review: int
    findings: int


class AttemptBody(_Body):
    """outcome: "done", "failed", "handed back", or empty while it lasts. worker: told to admins, empty for others."""

    worker: str
    started: AwareDatetime
    ended: AwareDatetime | None
    outcome: str
    error: JobError | None


class JobBody(_Body):
    """A document on its way. cancelling: it was cancelled, and the worker has not stopped yet.

    step: what a running one is at, its pages or, once all are read, their tables and sums; null for others.
    """

    id: str
    state: JobState
    attempts: int
    error: JobError | None
    name: str
    document: str = Field(description="SHA-256 of the document")
    pipeline: str = Field(description="What reads it: changes with engines, weights, forms and code")
    pages: PageCount
    step: Literal["reading", "understanding"] | None
    result: ResultSummary | None
    cancelling: bool
    urgency: Urgency
    batch: str = Field(description="What its sender calls what came with it; empty where it said nothing")
    searchable: bool = Field(description="Whether `searchable.pdf` is there")
    created: AwareDatetime
    updated: AwareDatetime
    started: AwareDatetime | None
    finished: AwareDatetime | None


class JobDetail(JobBody):
    """A job with what became of each attempt, first one first."""

    history: list[AttemptBody]


class JobList(_Body):
    """next: cursor of the next page, null on the last one."""

    jobs: list[JobBody]
    next: str | None


class Adopted(_Body):
    """How many jobs are read by another pipeline now than they were sent for."""

    adopted: int


class Submitted(_Body):
    """What became of one of several files: a job, or a problem."""

    name: str
    job: JobBody | None
    problem: Problem | None


class SubmittedList(_Body):
    """In the order of the files."""

    jobs: list[Submitted]


def job_body(job: Job) -> JobBody:
    """A job as the API tells it."""
    return JobBody(**_members(job))


def job_detail(job: Job, attempts: Iterable[Attempt], *, has_workers: bool) -> JobDetail:
    """A job with its history; has_workers: whether who asks is told who worked on it."""
    history = [
        AttemptBody(
            worker=attempt.worker if has_workers else "",
            started=moment(attempt.started),
            ended=_moment(attempt.ended),
            outcome=attempt.outcome,
            error=JobError(code=attempt.code, message=attempt.reason) if attempt.code else None,
        )
        for attempt in attempts
    ]
    return JobDetail(**_members(job), history=history)


def moment(seconds: float) -> datetime:
    """A time of the store, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def answer(request: Request, body: BaseModel, status: int = 200, **headers: str) -> Response:
    """The body with its ETag, or 304 when the caller has it."""
    content = body.model_dump_json().encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if request.method == "GET" and is_known(request.headers, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, status, {"ETag": tag, **headers}, "application/json")


def is_known(headers: Headers, tag: str) -> bool:
    """Whether If-None-Match names the tag."""
    told = [part.strip().removeprefix("W/") for part in headers.get("if-none-match", "").split(",")]
    return tag in told or "*" in told


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def _members(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "attempts": job.attempts,
        "error": JobError(code=job.code, message=job.reason) if job.state is JobState.FAILED else None,
        "name": job.name,
        "document": job.document,
        "pipeline": job.pipeline,
        "pages": PageCount(done=job.pages_done, total=job.pages),
        "step": job.step,
        "result": _summary(job),
        "cancelling": job.cancel,
        "urgency": job.urgency,
        "batch": job.batch,
        "searchable": job.copy is not None,
        "created": moment(job.created),
        "updated": moment(job.updated),
        "started": _moment(job.started),
        "finished": _moment(job.finished),
    }


def _summary(job: Job) -> ResultSummary | None:
    if job.result is None:
        return None
    return ResultSummary(
        status=job.status,
        sha256=job.result,
        form=job.form,
        organ=job.organ,
        year=job.year,
        years=[int(year) for year in job.year.split(", ") if year.isdecimal()],
        accepted=job.accepted,
        review=job.review,
        findings=job.findings,
    )
