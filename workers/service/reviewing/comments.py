"""What people say to each other about a field."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from workers.service.reviewing.queue import FieldKey
from workers.service.store.database import Database
from workers.service.store.review_schema import comments


@dataclass(frozen=True, slots=True)
class Comment:
    """made: seconds since 1970."""

    field: str
    who: str
    made: float
    text: str


class CommentStore:
    """Comments in a `Database`; every method raises ServiceError or StorageError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: FieldKey, who: str, text: str) -> Comment:
        made = Comment(key.field, who, time.time(), text)
        with self._database.write() as connection:
            row = {"job": key.job, "report": key.report, "field": key.field}
            connection.execute(sa.insert(comments).values(**row, who=who, made=made.made, text=text))
        return made

    def of_report(self, job: str, report: int) -> list[Comment]:
        """All about fields of a report, oldest first."""
        wanted = (comments.c.job == job) & (comments.c.report == report)
        columns = (comments.c.field, comments.c.who, comments.c.made, comments.c.text)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).where(wanted).order_by(comments.c.id)).all()
        return [Comment(**row._mapping) for row in rows]
