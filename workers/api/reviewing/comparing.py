"""Two runs of the same document side by side, as the pipelines of then and of now read it and people decided."""

from __future__ import annotations

from fastapi import APIRouter, Query
from pydantic import BaseModel

from extractor.values.result import Field, Report, Result
from workers.api.queue.bodies import PROBLEMS
from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import JOB, FieldState
from workers.api.reviewing.cards import ReportView
from workers.api.web.access import require
from workers.api.web.errors import ProblemError
from workers.service.reviewing.desk import ReviewDesk
from workers.service.reviewing.titles import ORGAN
from workers.service.store.catalog import JobCatalog, JobFilter
from workers.service.store.records import Job
from workers.service.store.schema import JobState
from workers.service.store.tokens import Role

#: Runs of one document that are told.
_RUNS = 20


class Difference(BaseModel):
    """A field that two runs tell differently, as it stands in each. has_picture: whether it is on a page here."""

    label: str
    here: FieldState
    there: FieldState
    has_picture: bool


class Differences(BaseModel):
    """fields: how many both runs have; unmatched: reports of one run that the other has none for."""

    fields: int
    unmatched: int
    differences: list[Difference]


def comparing_router(desk: ReviewDesk) -> APIRouter:
    """The route that compares, below /v1/jobs."""
    router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["review"], responses=PROBLEMS)

    @router.get("/differences", dependencies=[require(Role.REVIEW)])
    def list_differences(job_id: str, other: str = Query(pattern=JOB)) -> Differences:
        """What another run of the same document tells differently, as both stand with all decisions.

        What of it is right can be decided by `POST /v1/jobs/{id}/decisions`, with the version of the field here.
        """
        return find_differences(desk, find_job(desk.service, job_id), find_job(desk.service, other))

    return router


def other_runs(desk: ReviewDesk, job: Job) -> list[Job]:
    """Runs of the job's document by other pipelines that are done, the newest first. Raises ServiceError."""
    wanted = JobFilter(state=JobState.DONE, document=job.document)
    return [run for run in JobCatalog(desk.service.database).list(wanted, _RUNS) if run.id != job.id]


def find_differences(desk: ReviewDesk, here: Job, there: Job) -> Differences:
    """Fields that two runs of one document tell differently, in the order of the form.

    Raises:
        ProblemError: they are of two documents.
        NotDoneError: one of them has no result.
    """
    if here.document != there.document:
        raise ProblemError(409, "conflict", "the two jobs are of different documents")
    pairs = _pair_reports(desk.result(here), desk.result(there))
    count, found = 0, []
    for one, other in pairs:
        mine, theirs = ReportView(desk, here, one), ReportView(desk, there, other)
        shared = [key for key in mine.fields if key in theirs.fields]
        count += len(shared)
        found += [
            Difference(
                label=mine.label(key).short or key,
                here=mine.state(key),
                there=theirs.state(key),
                has_picture=mine.fields[key].box is not None,
            )
            for key in shared
            if _content(mine.fields[key]) != _content(theirs.fields[key])
        ]
    reports = [len(desk.result(job).reports) for job in (here, there)]
    return Differences(fields=count, unmatched=sum(reports) - 2 * len(pairs), differences=found)


def _pair_reports(here: Result, there: Result) -> list[tuple[int, int]]:
    """Positions of reports of the same form that begin on the same page, or else are the next of their form."""
    left = dict(enumerate(there.reports))
    pairs = []
    for one, report in enumerate(here.reports):
        same = [other for other, found in left.items() if found.form == report.form]
        if same:
            chosen = min(same, key=lambda other: _distance(report, left[other]))
            pairs.append((one, chosen))
            del left[chosen]
    return pairs


def _distance(one: Report, other: Report) -> int:
    return abs(one.pages[0] - other.pages[0])


def _content(field: Field) -> tuple[object, ...]:
    return (field.kind, field.raw if field.id == ORGAN else field.value)
