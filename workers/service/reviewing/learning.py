"""What people decided, for calibration: how sure the machine was of every field they settled, and whether rightly."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from workers.service.reviewing.decisions import DECIDE
from workers.service.reviewing.titles import TITLES
from workers.service.store.database import Database
from workers.service.store.review_schema import decisions, review_fields
from workers.service.store.schema import jobs

#: Kinds a person gives a field that nobody can read: neither right nor wrong.
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions of people that stand. confidence: the machine's, 0 to 1. document: number of the job of each."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    document: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.right)


def read_decided(database: Database, pipeline: str, *, audit: bool) -> Decided:
    """Decisions on fields in review, or on the audit sample; the two are kept apart, for one measures the other.

    pipeline: of the documents, as in `ReadOptions.fingerprint`: another one's confidences are another calibrator's,
    and what it learned from people is in this one's already.

    Raises:
        ServiceError: the store does not answer.
    """
    query = (
        sa.select(decisions.c.seen, decisions.c.changed, decisions.c.job)
        .join(review_fields, review_fields.c.decision == decisions.c.id)
        .join(jobs, jobs.c.id == decisions.c.job)
        .where(
            jobs.c.pipeline == pipeline,
            decisions.c.act == DECIDE,
            decisions.c.kind != _UNREADABLE,
            decisions.c.field.not_in(TITLES),
            decisions.c.audit == sa.literal(audit),
        )
        .order_by(decisions.c.id)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    told = [(float(json.loads(row.seen)["confidence"]), not row.changed, row.job) for row in rows]
    # Of a field that said nothing there is nothing to learn.
    told = [item for item in told if item[0] > 0]
    numbers = {job: number for number, job in enumerate(dict.fromkeys(job for *_, job in told))}
    return Decided(
        np.array([confidence for confidence, _, _ in told], dtype=np.float64),
        np.array([is_right for _, is_right, _ in told], dtype=bool),
        np.array([numbers[job] for *_, job in told], dtype=np.int64),
    )
