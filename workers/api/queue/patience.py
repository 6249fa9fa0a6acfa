"""An answer that is kept back until a job has ended, so that nobody has to ask again and again."""

from __future__ import annotations

import time
from typing import Annotated

import anyio
from fastapi import Query, Request
from sse_starlette.sse import AppStatus
from starlette.concurrency import run_in_threadpool

from workers.service.service import Service
from workers.service.store.records import Job
from workers.service.store.schema import JobState

#: Seconds between two looks into the store.
_INTERVAL = 0.5
#: The longest that an answer is kept back; a request may take two minutes in all.
_LONGEST = 60
Wait = Annotated[
    float,
    Query(
        ge=0, le=_LONGEST, description="Seconds for which the answer is kept back while the job has not ended"
    ),
]


async def wait_for_end(service: Service, request: Request, job: Job, seconds: float) -> Job:
    """The job once it has ended, or after some seconds as it stands then; at once when the server or the caller goes.

    Raises:
        NoSuchJobError: it was deleted meanwhile.
    """
    end = time.monotonic() + seconds
    while job.state not in {JobState.DONE, JobState.FAILED}:
        left = end - time.monotonic()
        if left <= 0 or AppStatus.should_exit or await request.is_disconnected():
            break
        await anyio.sleep(min(_INTERVAL, left))
        job = await run_in_threadpool(service.jobs.get, job.id)
    return job
