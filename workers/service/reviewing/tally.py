"""Review in numbers: what waits, what was decided and how fast, and how many accepted fields are wrong."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from workers.scoring.intervals import wilson_interval
from workers.service.reviewing.decisions import DECIDE, stands
from workers.service.reviewing.doubts import Doubt
from workers.service.store.database import Database
from workers.service.store.review_schema import decisions, job_findings, review_fields
from workers.service.store.schema import JobState, jobs

_DAY = 86_400.0
#: Seconds beyond which somebody went for a cup of tea; such decisions say nothing about pace.
PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class AuditEstimate:
    """The audit sample: fields looked at that were right, or wrong, and those nobody looked at yet."""

    right: int
    wrong: int
    open: int

    @property
    def rate(self) -> float | None:
        """Share of accepted fields that are wrong, 0 to 1; None before anything was looked at."""
        seen = self.right + self.wrong
        return self.wrong / seen if seen else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of that share."""
        return wilson_interval(self.wrong, self.right + self.wrong)


@dataclass(frozen=True, slots=True)
class ReviewTally:
    """waiting: open fields by doubt. decided: fields a person decided, settled: those the sums did.

    corrected: decisions of people that differ from the machine. today: those of the last 24 hours that stand,
    pace: their mean seconds (None without any), reviewers: who took them. documents, pages: done in the last 24
    hours. findings: by kind.
    """

    waiting: dict[str, int]
    accepted: int
    decided: int
    settled: int
    corrected: int
    today: int
    pace: float | None
    reviewers: int
    documents: int
    pages: int
    findings: dict[str, int]
    audit: AuditEstimate


def count_audit(database: Database) -> AuditEstimate:
    """The audit sample as it stands. Raises ServiceError."""
    with database.read() as connection:
        return _count_audit(connection)


def count_waiting(database: Database) -> dict[str, int]:
    """Open fields by doubt, all doubts named. Raises ServiceError."""
    with database.read() as connection:
        return _count_waiting(connection)


def count_open(database: Database, identifiers: Collection[str]) -> dict[str, int]:
    """By job how many of the fields it put to review are still open; jobs without any are left out.

    Raises ServiceError.
    """
    query = sa.select(review_fields.c.job, sa.func.count()).where(
        review_fields.c.job.in_(identifiers),
        review_fields.c.settled.is_(None),
        review_fields.c.reading_no == 0,
        ~review_fields.c.audit,
    )
    with database.read() as connection:
        return {job: int(count) for job, count in connection.execute(query.group_by(review_fields.c.job))}


def tally_review(database: Database) -> ReviewTally:
    """Everything counted, in one transaction. Raises ServiceError."""
    since = time.time() - _DAY
    with database.read() as connection:
        standing = (
            sa.select(decisions.c.act, decisions.c.changed, sa.func.count())
            .join(review_fields, stands())
            .group_by(decisions.c.act, decisions.c.changed)
        )
        acts = {(act, bool(changed)): int(count) for act, changed, count in connection.execute(standing)}
        recent = sa.and_(decisions.c.act == DECIDE, decisions.c.made >= since)
        # What was taken back, or decided again since, is not a field that was reviewed.
        holding = decisions.join(review_fields, stands())
        pace = sa.func.avg(sa.case((decisions.c.seconds < PAUSE, decisions.c.seconds)))
        who = sa.func.count(sa.distinct(decisions.c.who))
        today = connection.execute(
            sa.select(sa.func.count(), pace, who).select_from(holding).where(recent)
        ).one()
        done = jobs.c.state == JobState.DONE
        work = sa.select(sa.func.count(), sa.func.sum(jobs.c.pages)).where(done, jobs.c.finished >= since)
        documents = connection.execute(work).one()
        accepted = connection.execute(sa.select(sa.func.sum(jobs.c.accepted)).where(done)).scalar()
        kinds = sa.select(job_findings.c.kind, sa.func.sum(job_findings.c["count"]))
        findings = connection.execute(kinds.group_by(job_findings.c.kind)).all()
        decided = {changed: acts.get((DECIDE, changed), 0) for changed in (False, True)}
        return ReviewTally(
            waiting=_count_waiting(connection),
            accepted=int(accepted or 0),
            decided=sum(decided.values()),
            settled=sum(count for (act, _), count in acts.items() if act != DECIDE),
            corrected=decided[True],
            today=int(today[0]),
            pace=float(today[1]) if today[1] is not None else None,
            reviewers=int(today[2]),
            documents=int(documents[0]),
            pages=int(documents[1] or 0),
            findings={str(kind): int(count) for kind, count in findings},
            audit=_count_audit(connection),
        )


def _count_waiting(connection: sa.Connection) -> dict[str, int]:
    query = sa.select(review_fields.c.doubt, sa.func.count()).where(
        review_fields.c.settled.is_(None), review_fields.c.reading_no == 0
    )
    found = {doubt: int(count) for doubt, count in connection.execute(query.group_by(review_fields.c.doubt))}
    return {doubt.value: found.get(doubt.value, 0) for doubt in Doubt if doubt is not Doubt.EDIT}


def _count_audit(connection: sa.Connection) -> AuditEstimate:
    query = (
        sa.select(decisions.c.changed, sa.func.count())
        .select_from(review_fields.outerjoin(decisions, review_fields.c.decision == decisions.c.id))
        .where(review_fields.c.audit)
        .group_by(decisions.c.changed)
    )
    with_outcome = {changed: int(count) for changed, count in connection.execute(query)}
    return AuditEstimate(
        right=with_outcome.get(False, 0), wrong=with_outcome.get(True, 0), open=with_outcome.get(None, 0)
    )
