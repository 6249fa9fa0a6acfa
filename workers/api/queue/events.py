"""Progress of a job by page, as server-sent events: for those who would otherwise ask again and again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from workers.api.queue.bodies import PROBLEMS, job_body
from workers.api.queue.jobs import find_job
from workers.api.web.access import require
from workers.service.service import Service
from workers.service.store.records import Job, NoSuchJobError
from workers.service.store.schema import JobState
from workers.service.store.tokens import Role

#: Seconds between two looks into the store, and between two signs of life to the caller.
_INTERVAL, _PING = 0.5, 15
#: Seconds a stream has to end by itself when the server does.
_GRACE = 2.0
#: Of each event: a stream has no schema of its own before OpenAPI 3.2.
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["progress", "done", "failed", "deleted"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `progress`, then `done`, `failed` or `deleted`; their data is the job",
        "content": {"text/event-stream": {"schema": _EVENT}},
    }
}


def events_router(service: Service) -> APIRouter:
    """The route of the events of a job."""
    router = APIRouter(
        prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS, dependencies=[require(Role.SUBMIT)]
    )

    @router.get("/{job_id}/events", response_class=Response, responses=_EVENTS)
    async def follow_job(job_id: str) -> Response:
        """Follows a job until it ends or the caller leaves."""
        job = await run_in_threadpool(find_job, service, job_id)
        ending = anyio.Event()
        return EventSourceResponse(
            _follow(service, job, ending), ping=_PING, shutdown_event=ending, shutdown_grace_period=_GRACE
        )

    return router


async def _follow(service: Service, job: Job, ending: anyio.Event) -> AsyncIterator[ServerSentEvent]:
    told: Job | None = None
    while True:
        if job.state is JobState.DONE or job.state is JobState.FAILED:
            yield _event(job, job.state.value)
            return
        # A beat alone is nothing to tell of.
        if told is None or _progress(job) != _progress(told):
            told = job
            yield _event(job, "progress")
        with anyio.move_on_after(_INTERVAL):
            await ending.wait()
            # The server ends; whoever follows asks the next one.
            return
        try:
            job = await run_in_threadpool(service.jobs.get, job.id)
        except NoSuchJobError:
            yield ServerSentEvent(json.dumps({"id": job.id}), event="deleted")
            return


def _progress(job: Job) -> tuple[object, ...]:
    return job.state, job.attempts, job.pages, job.pages_done, job.cancel


def _event(job: Job, name: str) -> ServerSentEvent:
    return ServerSentEvent(job_body(job).model_dump_json(), event=name)
