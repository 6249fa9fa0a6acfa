"""A share of what one person decided is read by another, who does not see it, and by a third where the two differ.

It says how far people agree, which nothing else does: what one person confirms by habit nobody looks at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workers.service.reviewing.doubts import chance_of
from workers.service.reviewing.titles import ORGAN

#: Readings of a field, as `schema.review_fields.reading_no` counts those that are done while another is wanted.
ONCE, TWICE, SETTLED = 1, 2, 3
AGREE, DIFFER = "agree", "differ"


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads a field, and what it says: names and values of what tells two readings apart."""

    who: str
    said: Mapping[str, Any]


def is_doubled(job: str, report: int, field: str, share: float) -> bool:
    """Whether a field is read twice: as good as random, and always the same."""
    return chance_of(job, report, field, "double") < share


def told_apart_by(field: str) -> tuple[str, ...]:
    """What tells two readings of a field apart: how a number is written does not, of a name there is nothing else."""
    return ("kind", "raw") if field == ORGAN else ("kind", "value")


def after_reading(
    row: sa.Row[Any], reading: Reading, before: Reading | None, *, is_chosen: bool
) -> dict[str, Any]:
    """What becomes of a field's row of `schema.review_fields` once it was read: columns that are other than before.

    before: the reading that held until now. is_chosen: whether another person is to read it as well.
    """
    if row.reading_no == 0 and is_chosen and row.settled is None:
        return {"settled": None, "reading_no": ONCE, "readers": f" {reading.who} "}
    if row.settled is not None or row.reading_no not in {ONCE, TWICE} or before is None:
        return {}
    if f" {reading.who} " in row.readers:
        # Who looks at it again has not become another person.
        return {"settled": None}
    readers = f"{row.readers}{reading.who} "
    if row.reading_no == TWICE:
        return {"reading_no": SETTLED, "readers": readers}
    if reading.said == before.said:
        return {"reading_no": SETTLED, "readers": readers, "outcome": AGREE}
    return {"settled": None, "reading_no": TWICE, "readers": readers, "outcome": DIFFER}


def after_taking_back(row: sa.Row[Any], standing: Reading | None) -> dict[str, Any]:
    """The same once a decision was taken back. standing: the reading that holds again, None where none does."""
    if row.reading_no == 0:
        return {}
    if standing is None:
        return {"reading_no": 0, "readers": "", "outcome": ""}
    return {"settled": None, "reading_no": ONCE, "readers": f" {standing.who} ", "outcome": ""}
