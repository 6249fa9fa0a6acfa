"""What people decided: only ever added to. What holds of a field follows from its decisions in their order.

Everything about one job is written under a lock of its row, so that two decisions that settle the same neighbours
come one after the other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from extractor.deciding.redecide import Evidence, Given, Settled, find_settled
from extractor.output.result_json import field_to_json
from extractor.seams.calibrator import MAX_CONFIDENCE
from extractor.seams.errors import ExtractorError
from extractor.values.result import Field, FieldStatus, Kind, Report
from workers.service.reviewing.doubling import (
    Reading,
    after_reading,
    after_taking_back,
    is_doubled,
    told_apart_by,
)
from workers.service.reviewing.doubts import Doubt, reading_of
from workers.service.reviewing.queue import CLAIM_SECONDS, FieldKey, is_field
from workers.service.reviewing.titles import TITLES, all_fields
from workers.service.store.database import Database
from workers.service.store.records import NoSuchJobError
from workers.service.store.review_schema import decisions, review_fields
from workers.service.store.schema import jobs

#: `who` of a decision that nobody took: the sums did.
SETTLED = "settled"
DECIDE, SETTLE, UNDO = "decide", "settle", "undo"
#: What of the machine's field is kept with a decision.
_SEEN = ("kind", "value", "raw", "confidence", "status", "candidates")
#: Columns of `schema.decisions` that a `Decision` has as they are.
_AS_THEY_ARE = [column.name for column in decisions.c if column.name not in {"job", "kind", "seen"}]


class StaleFieldError(ExtractorError):
    """Somebody else decided in between; version: the field's now."""

    code = "stale"

    def __init__(self, version: int) -> None:
        super().__init__("somebody decided this field in between; look at it again")
        self.version = version


class NothingToUndoError(ExtractorError):
    """No decision about the field stands."""

    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class Decision:
    """A step of a review. seconds: how long the person looked. made: seconds since 1970.

    act: "decide", "settle" or "undo". confidence: probability that it is right. undoes: id of the decision taken
    back, cause: of the one by which the sums settled this one, or that was taken together with it; None else.
    seen_json: the machine's field as it was shown, which hardly anybody asks for and is long.
    """

    id: int
    report: int
    field: str
    act: str
    who: str
    made: float
    seconds: float
    kind: Kind
    value: float | None
    raw: str
    printed_so: bool
    confidence: float
    audit: bool
    changed: bool
    seen_json: str
    cause: int | None
    undoes: int | None

    @property
    def seen(self) -> dict[str, Any]:
        """The machine's field as it was shown."""
        return dict(json.loads(self.seen_json))


@dataclass(frozen=True, slots=True)
class Step:
    """Who looked at which field for how long, and the version of the field that was looked at.

    holder: as whom that person claims fields.
    """

    key: FieldKey
    who: str
    version: int
    seconds: float = 0.0
    holder: str = ""


@dataclass(frozen=True, slots=True)
class LastDecision:
    """What somebody decided last: where, the version of that field now, and what."""

    key: FieldKey
    version: int
    decision: Decision


class DecisionStore:
    """Decisions in a `Database`; every method raises ServiceError or StorageError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(
        self, told: Sequence[tuple[Step, Given]], report: Report, evidence: Evidence, *, double: float = 0.0
    ) -> tuple[Settled, ...]:
        """Adds decisions about fields of one report, all or none, and settles what the sums now say beyond doubt.

        The first is the cause of the others: taken back, it takes them with it. `report`: the machine's, with its
        evidence as `redecide.recover_evidence` finds it. double: share of what was open another person reads too.

        Raises:
            StaleFieldError: one of the fields is not of that version any more.
            NoSuchJobError: the job was deleted.
        """
        first = told[0][0]
        with self._database.write() as connection:
            _lock(connection, first.key.job)
            cause = None
            for step, given in told:
                cause = self._decide(connection, step, given, report, cause, double)
            assert cause is not None
            standing = standing_decisions(_read(connection, first.key.job, first.key.report))
            known = {
                item.field: _given(item)
                for item in standing.values()
                if item.who != SETTLED and item.field not in TITLES
            }
            found = find_settled(report, evidence, known)
            return tuple(item for item in found if _settle(connection, first, item, cause, report))

    def _decide(
        self,
        connection: sa.Connection,
        step: Step,
        given: Given,
        report: Report,
        cause: int | None,
        double: float,
    ) -> int:
        """Adds one decision; the id of its cause, which is its own where it has none."""
        row = self._checked(connection, step, report)
        written = {
            "act": DECIDE,
            "kind": given.kind.value,
            "value": given.value,
            "raw": given.raw,
            "printed_so": given.printed_so,
            "confidence": MAX_CONFIDENCE,
            "audit": row.audit,
            "cause": cause,
        }
        before = _standing(connection, step.key) if row.reading_no else None
        made = _add(connection, step, written, _seen(_find(report, step.key.field)))
        key = step.key
        is_chosen = is_doubled(key.job, key.report, key.field, double)
        reading = Reading(step.who, {name: written[name] for name in told_apart_by(key.field)})
        _settle_row(connection, key, made, after_reading(row, reading, before, is_chosen=is_chosen))
        return made if cause is None else cause

    def undo(self, step: Step, report: Report) -> tuple[str, ...]:
        """Takes the field's last standing decision back, and all that was decided or settled with it.

        The fields of those.

        Raises:
            StaleFieldError: the field is not of that version any more.
            NothingToUndoError: none stands.
            NoSuchJobError: the job was deleted.
        """
        key = step.key
        with self._database.write() as connection:
            _lock(connection, key.job)
            self._checked(connection, step, report)
            standing = standing_decisions(_read(connection, key.job, key.report))
            last = standing.get(key.field)
            if last is None:
                raise NothingToUndoError("no decision about this field stands")
            caused = [item for item in standing.values() if item.cause == last.id]
            for item in (last, *caused):
                _take_back(connection, step, item)
            return tuple(item.field for item in caused)

    def last_of(self, who: str, job: str = "") -> LastDecision | None:
        """The latest decision of somebody that stands, of one job alone if any is named; None when none does.

        Of those taken together it is the first, which takes the others back with it. One that another decision about
        the same field came after does not stand before that one is taken back.
        """
        mine = sa.and_(decisions.c.who == who, decisions.c.act == DECIDE)
        if job:
            mine = sa.and_(mine, decisions.c.job == job)
        query = sa.select(decisions, review_fields.c.version).join(review_fields, stands()).where(mine)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(decisions.c.id.desc()).limit(1)).one_or_none()
            if row is None:
                return None
            if row.cause is not None:
                row = connection.execute(query.where(decisions.c.id == row.cause)).one_or_none() or row
        return LastDecision(FieldKey(row.job, row.report, row.field), row.version, _decision(row))

    def history(self, job: str, report: int | None = None, field: str = "") -> list[Decision]:
        """Every step of a job, of one of its reports or fields, in order."""
        with self._database.read() as connection:
            return _read(connection, job, report, field)

    def _checked(self, connection: sa.Connection, step: Step, report: Report) -> sa.Row[Any]:
        """The field's row, made if need be, at the version expected."""
        key = step.key
        wanted = sa.select(review_fields).where(is_field(key))
        row = connection.execute(wanted).one_or_none()
        if row is None:
            self._database.insert_new(connection, review_fields, _unasked(key, report))
            row = connection.execute(wanted).one()
        if row.version != step.version:
            raise StaleFieldError(row.version)
        return row


def standing_decisions(steps: Iterable[Decision]) -> dict[str, Decision]:
    """The decision that holds, by field, from the steps of one report in order."""
    stacks: dict[str, list[Decision]] = {}
    for step in steps:
        stack = stacks.setdefault(step.field, [])
        if step.act == UNDO:
            stacks[step.field] = [item for item in stack if item.id != step.undoes]
        else:
            stack.append(step)
    return {field: stack[-1] for field, stack in stacks.items() if stack}


def stands() -> sa.ColumnElement[bool]:
    """The condition that a row of `schema.decisions` is what holds of a row of `schema.review_fields`."""
    return sa.and_(
        review_fields.c.job == decisions.c.job,
        review_fields.c.report == decisions.c.report,
        review_fields.c.field == decisions.c.field,
        review_fields.c.decision == decisions.c.id,
    )


def _lock(connection: sa.Connection, job: str) -> None:
    found = connection.execute(sa.select(jobs.c.id).where(jobs.c.id == job).with_for_update())
    if found.first() is None:
        raise NoSuchJobError(f"there is no job {job}")


def _unasked(key: FieldKey, report: Report) -> dict[str, Any]:
    """Row of a field that was never in the queue; settled until somebody decides, as the machine's value holds."""
    field = _find(report, key.field)
    is_open = field.status is FieldStatus.REVIEW
    now = time.time()
    return {
        "job": key.job,
        "report": key.report,
        "field": key.field,
        "form": report.form,
        "year": str(report.year.value or ""),
        "organ": str(report.organ.value or ""),
        "doubt": (Doubt.CONFIDENCE if is_open else Doubt.EDIT).value,
        "priority": 0.0,
        "wrong": 1.0 - field.confidence,
        "reading": reading_of(field),
        "opened": now,
        "settled": None if is_open else now,
    }


def _find(report: Report, key: str) -> Field:
    return all_fields(report)[key]


def _seen(field: Field) -> dict[str, Any]:
    told = field_to_json(field)
    return {name: told[name] for name in _SEEN}


def _add(connection: sa.Connection, step: Step, written: Mapping[str, Any], seen: Mapping[str, Any]) -> int:
    row = {
        "job": step.key.job,
        "report": step.key.report,
        "field": step.key.field,
        "who": step.who,
        "made": time.time(),
        "seconds": step.seconds,
        "seen": json.dumps(seen, ensure_ascii=False),
        "changed": any(written[name] != seen[name] for name in told_apart_by(step.key.field)),
    }
    added = connection.execute(sa.insert(decisions).values(**(row | dict(written))))
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def _settle_row(
    connection: sa.Connection, key: FieldKey, decision: int, changed: Mapping[str, Any] | None = None
) -> None:
    free = {"claimed_by": "", "claimed_until": 0.0, "settled": time.time(), "decision": decision}
    connection.execute(
        sa.update(review_fields)
        .where(is_field(key))
        .values(version=review_fields.c.version + 1, **(free | dict(changed or {})))
    )


def _standing(connection: sa.Connection, key: FieldKey) -> Reading | None:
    """What a person said of a field that holds; None where nobody did."""
    found = standing_decisions(_read(connection, key.job, key.report, key.field)).get(key.field)
    if found is None or found.who == SETTLED:
        return None
    said = {"kind": found.kind.value, "value": found.value, "raw": found.raw}
    return Reading(found.who, {name: said[name] for name in told_apart_by(key.field)})


def _settle(connection: sa.Connection, step: Step, found: Settled, cause: int, report: Report) -> bool:
    """Writes that the sums settled a field, unless it is closed, or before somebody else's eyes."""
    key = FieldKey(step.key.job, step.key.report, found.field)
    row = connection.execute(sa.select(review_fields).where(is_field(key))).one_or_none()
    is_held = row is not None and row.claimed_by not in {"", step.holder} and row.claimed_until > time.time()
    if row is None or row.settled is not None or row.reading_no or is_held:
        return False
    field = _find(report, found.field)
    written = {
        "act": SETTLE,
        "kind": field.kind.value,
        "value": field.value,
        "raw": field.raw,
        "confidence": found.confidence,
        "cause": cause,
    }
    made = _add(connection, Step(key, SETTLED, row.version), written, _seen(field))
    _settle_row(connection, key, made)
    return True


def _take_back(connection: sa.Connection, step: Step, decision: Decision) -> None:
    key = FieldKey(step.key.job, step.key.report, decision.field)
    written = {
        "act": UNDO,
        "kind": decision.kind.value,
        "value": decision.value,
        "raw": decision.raw,
        "confidence": decision.confidence,
        "audit": decision.audit,
        "undoes": decision.id,
    }
    of_step = Step(key, step.who, 0, step.seconds if key == step.key else 0.0)
    _add(connection, of_step, written, decision.seen)
    before = standing_decisions(_read(connection, key.job, key.report, key.field)).get(key.field)
    row = connection.execute(sa.select(review_fields).where(is_field(key))).one()
    # A field that a person changed unasked has the machine's value again, which was accepted.
    settled = time.time() if before is not None or row.doubt == Doubt.EDIT else None
    values = {"settled": settled, "decision": before.id if before is not None else None}
    values |= after_taking_back(row, _standing(connection, key))
    # Who takes something back looks at it again.
    mine = {"claimed_by": step.holder, "claimed_until": time.time() + CLAIM_SECONDS}
    connection.execute(
        sa.update(review_fields)
        .where(is_field(key))
        .values(**values, **mine, version=review_fields.c.version + 1)
    )


def _read(connection: sa.Connection, job: str, report: int | None = None, field: str = "") -> list[Decision]:
    query = sa.select(decisions).where(decisions.c.job == job).order_by(decisions.c.id)
    if report is not None:
        query = query.where(decisions.c.report == report)
    if field:
        query = query.where(decisions.c.field == field)
    return [_decision(row) for row in connection.execute(query)]


def _decision(row: sa.Row[Any]) -> Decision:
    values = {name: row._mapping[name] for name in _AS_THEY_ARE}
    return Decision(kind=Kind(row.kind), seen_json=row.seen, **values)


def _given(decision: Decision) -> Given:
    return Given(decision.kind, decision.value, decision.raw, decision.printed_so)
