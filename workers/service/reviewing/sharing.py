"""Whose fields of a body, a year, a form or a batch are: theirs come first, and nobody else is given them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workers.service.store.catalog import in_batch
from workers.service.store.database import Database
from workers.service.store.review_schema import assignments, review_fields
from workers.service.store.schema import jobs

_NAMED = ("organ", "year", "form", "batch")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is somebody's: all that fits what is named, in full. made: seconds since 1970."""

    id: str
    who: str
    organ: str
    year: str
    form: str
    batch: str
    made: float


class AssignmentStore:
    """Assignments in a `Database`; every method raises ServiceError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, who: str, organ: str = "", year: str = "", form: str = "", batch: str = "") -> Assignment:
        """Gives somebody what fits; something must be named."""
        made = Assignment(secrets.token_hex(6), who, organ, year, form, batch, time.time())
        with self._database.write() as connection:
            values = {name: getattr(made, name) for name in ("id", "who", *_NAMED, "made")}
            connection.execute(sa.insert(assignments).values(**values))
        return made

    def remove(self, identifier: str) -> bool:
        """Takes it back; whether it was there."""
        with self._database.write() as connection:
            return bool(
                connection.execute(sa.delete(assignments).where(assignments.c.id == identifier)).rowcount
            )

    def list(self) -> list[Assignment]:
        """All of them, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(assignments).order_by(assignments.c.made, assignments.c.id)
            ).all()
        return [Assignment(**row._mapping) for row in rows]


def find_shares(connection: sa.Connection, person: str) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions of `schema.review_fields` by which a person is given fields, one after the other."""
    rows = connection.execute(sa.select(assignments)).all()
    mine = [_fits(row) for row in rows if row.who == person]
    if mine:
        yield sa.or_(*mine)
    others = [_fits(row) for row in rows if row.who != person]
    yield sa.not_(sa.or_(*others)) if others else sa.true()


def _fits(row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    named = {name: row._mapping[name] for name in _NAMED if row._mapping[name]}
    batch = named.pop("batch", "")
    conditions = [review_fields.c[name] == value for name, value in named.items()]
    if batch:
        conditions.append(is_of_batch(batch))
    return sa.and_(sa.true(), *conditions)


def is_of_batch(batch: str) -> sa.ColumnElement[bool]:
    """The condition that a field is of a document of a batch."""
    return review_fields.c.job.in_(sa.select(jobs.c.id).where(in_batch(batch)))
