"""A job of a service, as a program is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec


class Pages(msgspec.Struct, frozen=True):
    """How far a job is. total: 0 until the document was opened."""

    done: int
    total: int


class JobError(msgspec.Struct, frozen=True):
    """Why a job failed. code: stable; message: for people, in English."""

    code: str
    message: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A document on its way through a service, as it stood when the service was asked.

    document: SHA-256 of its bytes. error: None unless it failed.
    """

    id: str
    state: Literal["queued", "running", "done", "failed"]
    name: str
    document: str
    attempts: int
    pages: Pages
    error: JobError | None
    created: datetime
    finished: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether it is done or has failed."""
        return self.state in {"done", "failed"}


def job_of(told: dict[str, Any]) -> Job:
    """A job as a service tells it; what a newer one tells besides is passed over.

    Raises:
        msgspec.ValidationError: it is no job.
    """
    return msgspec.convert(told, Job)


def id_of(job: Job | str) -> str:
    """The id of a job that may be given by it."""
    return job.id if isinstance(job, Job) else job
