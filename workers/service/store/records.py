"""Jobs as values: what the store gives out and takes in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from workers.service.store.schema import JobState
from workers.service.urgency import Urgency

#: Code of a job that a user broke off.
CANCELLED = "cancelled"
#: Code of a job whose document the store has lost, or spoilt.
LOST = "lost_document"


class NoSuchJobError(ExtractorError):
    """There is no job of that id."""

    code = "no_such_job"


class JobConflictError(ExtractorError):
    """The job is not in a state in which that can be done."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Job:
    """A row of `schema.jobs`; times in seconds since 1970."""

    id: str
    document: str
    name: str
    pipeline: str
    state: JobState
    attempts: int
    fence: int
    beat: int
    worker: str
    cancel: bool
    bell: float | None
    not_before: float
    urgency: Urgency
    batch: str
    code: str
    reason: str
    pages: int
    pages_done: int
    result: str | None
    copy: str | None
    status: str
    form: str
    organ: str
    year: str
    accepted: int
    review: int
    findings: int
    expected_errors: float
    created: float
    updated: float
    started: float | None
    finished: float | None

    @property
    def step(self) -> str | None:
        """What is done while it runs: "reading" pages, or "understanding" them all; None while nothing is."""
        if self.state is not JobState.RUNNING:
            return None
        return "understanding" if 0 < self.pages <= self.pages_done else "reading"

    @property
    def begins_anew(self) -> bool:
        """Whether it waits once more: it was there before it was queued."""
        return self.state is JobState.QUEUED and self.attempts == 0 and self.created < self.updated

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> Job:
        values = dict(row._mapping)
        values["state"] = JobState(values["state"])
        values["urgency"] = Urgency(values["urgency"])
        return cls(**{item.name: values[item.name] for item in fields(cls)})


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job until somebody claims it with a higher fence.

    last: whether no attempt follows this one.
    """

    job: str
    document: str
    name: str
    fence: int
    attempt: int
    last: bool


@dataclass(frozen=True, slots=True)
class PageRead:
    """Page `number` of `total` has been read in so many seconds; checkpoint: its blob, None if none is new."""

    number: int
    total: int
    seconds: float
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What the store keeps of a result beside its blob, to list and search by.

    expected_errors: accepted fields that are wrong, as their confidences say. stages: wall-clock seconds of each.
    copy: blob of the document with its text; None where none is kept.
    """

    result: str
    status: str
    pages: int
    form: str = ""
    organ: str = ""
    year: str = ""
    accepted: int = 0
    review: int = 0
    findings: int = 0
    expected_errors: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """A running job's sign of life: as long as none of it changes, nobody works on the job."""

    job: str
    fence: int
    beat: int


def job_id(document: str, pipeline: str) -> str:
    """The same document through the same pipeline is the same job."""
    return hashlib.sha256(f"{document} {pipeline}".encode()).hexdigest()[:32]
