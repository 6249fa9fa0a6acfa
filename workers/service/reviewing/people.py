"""Who reviews how fast and how alike, and how many errors go unseen, for whoever looks after several people."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from workers.scoring.intervals import wilson_interval
from workers.service.reviewing.decisions import DECIDE, stands
from workers.service.reviewing.doubling import AGREE, DIFFER, TWICE
from workers.service.reviewing.queue import FieldKey
from workers.service.reviewing.tally import PAUSE
from workers.service.store.database import Database
from workers.service.store.review_schema import READ_ONCE, decisions, review_fields

_DAY = 86_400.0
#: Fields read twice that are looked at for agreement, the newest decisions first, and disputes that are told.
_LOOKED_AT, _TOLD = 20_000, 50
#: Kinds of reading; all else is a number.
_KINDS = ("blank", "dash", "unreadable", "missing")


@dataclass(frozen=True, slots=True)
class PersonTally:
    """What one person decided in the last day and what of it stands. pace: mean seconds, None without any.

    corrected: of those that stand how many differ from the machine. agreed, differed: with another person, ever.
    """

    who: str
    decided: int
    pace: float | None
    corrected: int
    agreed: int
    differed: int


@dataclass(frozen=True, slots=True)
class SilentErrors:
    """Of the audit sample the fields that the machine read as one kind: how many were looked at, and were wrong."""

    kind: str
    seen: int
    wrong: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share that is wrong."""
        return wilson_interval(self.wrong, self.seen)


@dataclass(frozen=True, slots=True)
class PeopleTally:
    """people: those who decided anything in the last day or read a field that another read. disputes: not settled."""

    people: tuple[PersonTally, ...]
    agreed: int
    differed: int
    silent: tuple[SilentErrors, ...]
    disputes: tuple[FieldKey, ...]
    waiting_again: int

    @property
    def agreement(self) -> tuple[float, float] | None:
        """95 % interval of the share of fields read twice that both read alike; None before any was."""
        both = self.agreed + self.differed
        return wilson_interval(self.agreed, both) if both else None


def tally_people(database: Database) -> PeopleTally:
    """Everything counted, in one transaction. Raises ServiceError."""
    with database.read() as connection:
        recent = connection.execute(_recent(time.time() - _DAY)).all()
        twice = connection.execute(
            sa.select(review_fields.c.readers, review_fields.c.outcome)
            .where(review_fields.c.outcome != "")
            .limit(_LOOKED_AT)
        ).all()
        silent = _count_silent(connection)
        disputes = connection.execute(
            sa.select(review_fields.c.job, review_fields.c.report, review_fields.c.field)
            .where(review_fields.c.reading_no == TWICE, review_fields.c.settled.is_(None))
            .limit(_TOLD)
        ).all()
        again = connection.execute(
            sa.select(sa.func.count()).where(READ_ONCE, review_fields.c.settled.is_(None))
        ).scalar_one()
    by_outcome = {
        outcome: Counter(who for row in twice if row.outcome == outcome for who in row.readers.split()[:2])
        for outcome in (AGREE, DIFFER)
    }
    known = {row.who: row for row in recent}
    names = sorted({*known, *by_outcome[AGREE], *by_outcome[DIFFER]})
    people = tuple(
        PersonTally(
            who,
            int(known[who].decided) if who in known else 0,
            float(known[who].pace) if who in known and known[who].pace is not None else None,
            int(known[who].corrected or 0) if who in known else 0,
            by_outcome[AGREE][who],
            by_outcome[DIFFER][who],
        )
        for who in names
    )
    outcomes = Counter(row.outcome for row in twice)
    return PeopleTally(
        people,
        outcomes[AGREE],
        outcomes[DIFFER],
        silent,
        tuple(FieldKey(row.job, row.report, row.field) for row in disputes),
        int(again),
    )


def _recent(since: float) -> sa.Select[tuple[str, int, float | None, int | None]]:
    """Of each person what was decided since then and stands; not only what holds, for a second reading hides none."""
    corrected = sa.func.sum(sa.case((decisions.c.changed, 1), else_=0))
    pace = sa.func.avg(sa.case((decisions.c.seconds < PAUSE, decisions.c.seconds)))
    return (
        sa.select(
            decisions.c.who,
            sa.func.count().label("decided"),
            pace.label("pace"),
            corrected.label("corrected"),
        )
        .select_from(decisions.join(review_fields, stands()))
        .where(decisions.c.act == DECIDE, decisions.c.made >= since)
        .group_by(decisions.c.who)
    )


def _count_silent(connection: sa.Connection) -> tuple[SilentErrors, ...]:
    kind = sa.case((review_fields.c.reading.in_(_KINDS), review_fields.c.reading), else_="number")
    wrong = sa.func.sum(sa.case((decisions.c.changed, 1), else_=0))
    query = (
        sa.select(kind.label("kind"), sa.func.count().label("seen"), wrong.label("wrong"))
        .select_from(review_fields.join(decisions, review_fields.c.decision == decisions.c.id))
        .where(review_fields.c.audit)
        .group_by(kind)
    )
    rows = connection.execute(query).all()
    return tuple(SilentErrors(row.kind, int(row.seen), int(row.wrong or 0)) for row in sorted(rows))
