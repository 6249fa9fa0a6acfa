"""Several people at one desk: what they say to each other, whose is what, and how they do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Form, Request
from starlette.responses import RedirectResponse, Response

from workers.api.queue.bodies import PROBLEMS, moment
from workers.api.queue.filtering import ONLY_KNOWN
from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import TEXT, CommentBody, CommentRequest, FieldInPath, ReportInPath
from workers.api.reviewing.cards import ReportView
from workers.api.reviewing.people_bodies import (
    AssignmentBody,
    AssignmentRequest,
    PeopleBody,
    PersonBody,
    SilentBody,
)
from workers.api.web.access import get_client, require
from workers.api.web.errors import ProblemError
from workers.api.web.rendering import render
from workers.service.reviewing.desk import ReviewDesk
from workers.service.reviewing.people import PeopleTally, tally_people
from workers.service.reviewing.queue import FieldKey
from workers.service.reviewing.sharing import Assignment
from workers.service.store.tokens import Role

_Named = Annotated[str, Form(max_length=200, pattern=TEXT)]


def people_router(desk: ReviewDesk) -> APIRouter:
    """The routes about people, below /v1."""
    router = APIRouter(prefix="/v1", tags=["review"], responses=PROBLEMS)
    may_review, may_lead = require(Role.REVIEW), require(Role.ADMIN)

    @router.post(
        "/jobs/{job_id}/fields/{report}/{field_id}/comments", status_code=201, dependencies=[may_review]
    )
    def add_comment(
        request: Request, job_id: str, report: ReportInPath, field_id: FieldInPath, told: CommentRequest
    ) -> CommentBody:
        """Says something about a field, to whoever looks at it."""
        job = find_job(desk.service, job_id)
        key = FieldKey(job.id, report, field_id)
        desk.report(job, key)
        made = desk.comments.add(key, get_client(request).id, told.text)
        return CommentBody(who=desk.people().get(made.who, made.who), made=moment(made.made), text=made.text)

    @router.get("/review/people", dependencies=[may_lead, ONLY_KNOWN])
    def count_people() -> PeopleBody:
        """How fast and how alike people review, and how many errors go unseen."""
        return _people_body(desk, tally_people(desk.service.database))

    @router.get("/review/assignments", dependencies=[may_lead, ONLY_KNOWN])
    def list_assignments() -> list[AssignmentBody]:
        """Whose is what."""
        return [_assignment_body(desk, item) for item in desk.assignments.list()]

    @router.post("/review/assignments", status_code=201, dependencies=[may_lead])
    def assign(told: AssignmentRequest) -> AssignmentBody:
        """Gives somebody all fields that fit: theirs come first, and nobody else is given them."""
        return _assignment_body(desk, _assign(desk, told))

    @router.delete("/review/assignments/{identifier}", status_code=204, dependencies=[may_lead])
    def unassign(identifier: str) -> Response:
        """Gives what fits to everybody again."""
        if not desk.assignments.remove(identifier):
            raise ProblemError(404, "no_such_assignment", "there is no such assignment")
        return Response(status_code=204)

    return router


def add_people_page(app: FastAPI, desk: ReviewDesk) -> None:
    """Adds the page of whoever looks after several people."""
    router = APIRouter(prefix="/review/people", dependencies=[require(Role.ADMIN)])

    @router.get("")
    def show_people(request: Request) -> Response:
        return render(request, "people.html", _shown(desk))

    @router.post("/assign")
    def assign(
        who: _Named, organ: _Named = "", year: _Named = "", form: _Named = "", batch: _Named = ""
    ) -> Response:
        told = {"organ": organ.strip(), "year": year.strip(), "form": form, "batch": batch.strip()}
        _assign(desk, AssignmentRequest(who=who, **told))
        return RedirectResponse("/review/people", 303)

    @router.post("/unassign")
    def unassign(identifier: _Named) -> Response:
        desk.assignments.remove(identifier)
        return RedirectResponse("/review/people", 303)

    app.include_router(router, include_in_schema=False)


def _shown(desk: ReviewDesk) -> dict[str, Any]:
    tally = tally_people(desk.service.database)
    return {
        "told": _people_body(desk, tally),
        "assignments": [_assignment_body(desk, item) for item in desk.assignments.list()],
        "reviewers": desk.reviewing_tokens(),
        "forms": list(desk.plan.forms),
        "disputes": [_dispute(desk, key) for key in tally.disputes],
        "share": desk.double_share,
    }


def _dispute(desk: ReviewDesk, key: FieldKey) -> dict[str, str]:
    job = desk.service.jobs.get(key.job)
    label = ReportView(desk, job, key.report).label(key.field).short or key.field
    return {"name": job.name, "label": label, "address": f"/jobs/{key.job}/review#{key.report}/{key.field}"}


def _assign(desk: ReviewDesk, told: AssignmentRequest) -> Assignment:
    if told.who not in desk.people():
        raise ProblemError(404, "no_such_person", "there is no such person")
    if not (told.organ or told.year or told.form or told.batch):
        raise ProblemError(409, "nothing_named", "name an organ, a year, a form or a batch")
    return desk.assignments.add(told.who, told.organ, told.year, told.form, told.batch)


def _assignment_body(desk: ReviewDesk, item: Assignment) -> AssignmentBody:
    return AssignmentBody(
        id=item.id,
        who=item.who,
        name=desk.people().get(item.who, item.who),
        organ=item.organ,
        year=item.year,
        form=item.form,
        batch=item.batch,
        made=moment(item.made),
    )


def _people_body(desk: ReviewDesk, tally: PeopleTally) -> PeopleBody:
    names = desk.people()
    return PeopleBody(
        people=[
            PersonBody(
                who=item.who,
                name=names.get(item.who, item.who),
                decided=item.decided,
                pace=item.pace,
                corrected=item.corrected,
                agreed=item.agreed,
                differed=item.differed,
            )
            for item in tally.people
        ],
        agreed=tally.agreed,
        differed=tally.differed,
        agreement=tally.agreement,
        waiting_again=tally.waiting_again,
        silent=[
            SilentBody(
                kind=item.kind, seen=item.seen, wrong=item.wrong, low=item.interval[0], high=item.interval[1]
            )
            for item in tally.silent
        ],
    )
