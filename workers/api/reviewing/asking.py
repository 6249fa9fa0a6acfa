"""The queue of the review over HTTP: fields given out one by one or with their like, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from workers.api.queue.bodies import PROBLEMS, moment
from workers.api.queue.filtering import ONLY_KNOWN
from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import (
    JOB,
    MAX_REPORT,
    SESSION,
    TEXT,
    AlikeRequest,
    AskedCard,
    AuditBody,
    NextBody,
    NextRequest,
    Released,
    ReviewBody,
    UndoLastRequest,
    Undone,
    WholeRequest,
)
from workers.api.reviewing.cards import ReportView, find_alike, find_card
from workers.api.reviewing.steps import holder, step_body
from workers.api.reviewing.together import Bond
from workers.api.reviewing.waiting import Waiting
from workers.api.web.access import get_client, require
from workers.service.reviewing.decisions import NothingToUndoError, StaleFieldError, Step
from workers.service.reviewing.desk import ReviewDesk
from workers.service.reviewing.queue import FieldKey, ReviewFilter, person_of
from workers.service.reviewing.tally import count_audit, count_waiting
from workers.service.store.tokens import Role

_PASSED_OVER = 8
#: Figures that are looked through at once: more do not fit on a screen.
_ALIKE = 48


def review_router(desk: ReviewDesk) -> APIRouter:
    """The routes below /v1/review: the queue."""
    router = APIRouter(
        prefix="/v1/review", tags=["review"], responses=PROBLEMS, dependencies=[require(Role.REVIEW)]
    )
    waiting = Waiting(desk.queue)

    @router.get("", dependencies=[ONLY_KNOWN])
    def count_review() -> ReviewBody:
        """What waits, and what the audit sample says."""
        audit = count_audit(desk.service.database)
        low, high = audit.interval
        told = AuditBody(
            right=audit.right, wrong=audit.wrong, open=audit.open, rate=audit.rate, low=low, high=high
        )
        return ReviewBody(waiting=count_waiting(desk.service.database), audit=told)

    @router.post("/next")
    def claim_next(request: Request, wanted: NextRequest) -> NextBody:
        """Gives out the most urgent field that nobody has, for five minutes."""
        reason = wanted.reason.value if wanted.reason else ""
        chosen = ReviewFilter(
            wanted.form,
            wanted.year,
            wanted.organ,
            wanted.job,
            reason,
            not_job=wanted.not_job,
            batch=wanted.batch,
        )
        held = [FieldKey(item.job, item.report, item.field) for item in wanted.held]
        who = holder(request, wanted.session)
        until, card = _claim_card(desk, who, chosen, held)
        return NextBody(field=card, claimed_until=until, waiting=waiting.count(chosen))

    @router.post("/whole")
    def claim_whole(request: Request, wanted: WholeRequest) -> AskedCard:
        """Gives out all that is open in the row, column or table of a field, but for what somebody else has."""
        key = FieldKey(wanted.job, wanted.report, wanted.field)
        job = find_job(desk.service, key.job)
        desk.report(job, key)
        card = ReportView(desk, job, key.report, get_client(request).id).whole(
            key.field, Bond(f"whole_{wanted.whole}")
        )
        return _claim_together(desk, holder(request, wanted.session), card, [])

    @router.post("/alike")
    def claim_alike(request: Request, wanted: AlikeRequest) -> AskedCard:
        """Gives out open fields of any document that read what this one does, but for what somebody else has.

        Doubts about rows and columns are left out: of these the figure alone says nothing.
        """
        key = FieldKey(wanted.job, wanted.report, wanted.field)
        chosen = ReviewFilter(wanted.form, wanted.year, wanted.organ, wanted.only_job, batch=wanted.batch)
        keys = desk.queue.claim_alike(holder(request, wanted.session), key, chosen, _ALIKE)
        return find_alike(desk, key, keys, get_client(request).id)

    @router.post("/undo")
    def undo_last(request: Request, undo: UndoLastRequest) -> Undone:
        """Takes back the latest decision of whoever asks that stands, wherever it was taken, and what came of it.

        Of one document alone where `job` names it.

        Asked again it takes back the one before, and so on.
        """
        who = get_client(request).id
        for _ in range(_PASSED_OVER):
            last = desk.decisions.last_of(who, undo.job)
            if last is None:
                raise NothingToUndoError("no decision of yours stands")
            job = find_job(desk.service, last.key.job)
            step = Step(last.key, who, last.version, undo.seconds, holder(request, undo.session))
            try:
                taken = desk.decisions.undo(step, desk.report(job, last.key))
            except StaleFieldError:
                continue
            desk.tell_titles(job, (last.key.field, *taken))
            view = ReportView(desk, job, last.key.report, who)
            reopened = [view.state(field) for field in taken]
            return Undone(field=view.state(last.key.field), taken=step_body(last.decision), reopened=reopened)
        raise NothingToUndoError("others decide the same fields at this moment; try again")

    @router.delete("/claims")
    def release_claims(
        request: Request,
        session: Annotated[str, Query(pattern=SESSION)] = "",
        job: Annotated[str, Query(pattern=rf"{JOB}|^$")] = "",
        report: Annotated[int, Query(ge=0, le=MAX_REPORT)] = 0,
        field: Annotated[str, Query(max_length=300, pattern=TEXT)] = "",
    ) -> Released:
        """Gives back one field, or without `job` all that this session has."""
        key = FieldKey(job, report, field) if job else None
        return Released(released=desk.queue.release(holder(request, session), key))

    return router


def _claim_card(
    desk: ReviewDesk, who: str, chosen: ReviewFilter, held: list[FieldKey]
) -> tuple[datetime | None, AskedCard | None]:
    """The next card and until when it is claimed; a field that the sums settle at this very moment is passed over.

    Of fields that are asked about together those that somebody else has are left to them.
    """
    for _ in range(_PASSED_OVER):
        found = desk.queue.claim_next(who, chosen, held)
        if found is None:
            break
        card = find_card(desk, desk.service.jobs.get(found.key.job), found.key, person_of(who))
        if card.origin == "machine":
            return moment(found.claimed_until), _claim_together(desk, who, card, held)
    return None, None


def _claim_together(desk: ReviewDesk, who: str, card: AskedCard, held: Sequence[FieldKey]) -> AskedCard:
    """The card with those of its fields that are `who`'s now, and not in hand already."""
    if not card.together:
        return card
    keys = {item.field: FieldKey(item.job, item.report, item.field) for item in card.together}
    mine = desk.queue.claim(who, [key for key in keys.values() if key not in held])
    together = [item for item in card.together if keys[item.field] in mine]
    if len(together) < 2:
        return card.model_copy(update={"together": [], "bond": None})
    return card.model_copy(update={"together": together})
