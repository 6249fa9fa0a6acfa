"""The JSON of people at the desk, as types."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from workers.api.reviewing.bodies import TEXT, Body, Wanted


class AssignmentRequest(Body):
    """Whose what fits is: who is the id of a token; of organ, year, form and batch at least one is named, in full."""

    who: Annotated[str, Field(max_length=64, pattern=TEXT)]
    organ: Wanted = ""
    year: Wanted = ""
    form: Wanted = ""
    batch: Wanted = ""


class AssignmentBody(AssignmentRequest):
    """An assignment. name: of the person."""

    id: str
    name: str
    made: AwareDatetime


class PersonBody(Body):
    """As `PersonTally` has them. name: of the token."""

    who: str
    name: str
    decided: int
    pace: float | None
    corrected: int
    agreed: int
    differed: int


class SilentBody(Body):
    """Errors of one kind of reading in the audit sample; low, high: 95 % interval of their share."""

    kind: str
    seen: int
    wrong: int
    low: float
    high: float


class PeopleBody(Body):
    """How people do. agreement: 95 % interval of the share of fields read twice that both read alike."""

    people: list[PersonBody]
    agreed: int
    differed: int
    agreement: tuple[float, float] | None
    waiting_again: int
    silent: list[SilentBody]
