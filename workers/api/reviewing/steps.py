"""Who takes a step of the review, and a step as it is told."""

from __future__ import annotations

from fastapi import Request

from workers.api.queue.bodies import moment
from workers.api.reviewing.bodies import (
    Reading,
    StepBody,
)
from workers.api.reviewing.cards import told_kind
from workers.api.web.access import get_client
from workers.service.reviewing.decisions import Decision


def holder(request: Request, session: str) -> str:
    """As whom somebody claims fields: two pages of one person do not get the same field either."""
    return f"{get_client(request).id} {session}"


def step_body(step: Decision) -> StepBody:
    """A step of a review as the API tells it."""
    reading = Reading(
        kind=told_kind(step.field, step.kind), value=step.value, raw=step.raw, confidence=step.confidence
    )
    return StepBody(
        id=step.id,
        report=step.report,
        field=step.field,
        act=step.act,  # type: ignore[arg-type]
        who=step.who,
        made=moment(step.made),
        seconds=step.seconds,
        reading=reading,
        printed_so=step.printed_so,
        audit=step.audit,
        cause=step.cause,
        undoes=step.undoes,
    )
