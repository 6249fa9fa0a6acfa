"""Which of the workers of a pipeline does the rounds: the one named in a row, as long as it goes on saying so.

A lock would end with its connection, and one whose link went down lives for as long as the system waits for it: two
hours by the defaults. Everything done in a round is a compare-and-set or may be done twice, so a holder that was
frozen and thaws does no harm in the round that it had begun.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.schema import leadership


@dataclass(frozen=True, slots=True)
class Rounds:
    """is_held: whether somebody does them. age: seconds since the last one ended, None where there has been none."""

    is_held: bool
    age: float | None


class Leadership:
    """One per process. pipeline: the one whose workers it is among.

    lease: seconds without a sign of the holder, as watched from here, after which it is gone.

    Every method raises ServiceError or StorageError when the store does not answer.
    """

    def __init__(self, database: Database, pipeline: str, lease: float) -> None:
        self._database, self._lease, self._key = database, lease, pipeline
        self._name = uuid.uuid4().hex
        #: What the row said, and since when, by the monotonic clock: clocks that are set cost nobody the lead.
        self._seen = ("", -1)
        self._since = 0.0

    def hold(self) -> bool:
        """Renews or takes the lead; whether this one has it now."""
        with self._database.write() as connection:
            self._database.insert_new(connection, leadership, {"key": self._key})
            row = connection.execute(sa.select(leadership).where(leadership.c.key == self._key)).one()
            current = (row.holder, row.beat)
            if current != self._seen:
                self._seen, self._since = current, time.monotonic()
            is_free = row.holder in {"", self._name} or time.monotonic() - self._since >= self._lease
            if not is_free:
                return False
            known = (leadership.c.holder == row.holder) & (leadership.c.beat == row.beat)
            turn = sa.update(leadership).where(leadership.c.key == self._key, known)
            return connection.execute(turn.values(holder=self._name, beat=row.beat + 1)).rowcount == 1

    def tell_done(self) -> None:
        """A round has been done to its end."""
        with self._database.write() as connection:
            mine = sa.update(leadership).where(
                leadership.c.key == self._key, leadership.c.holder == self._name
            )
            connection.execute(mine.values(acted=self._database.clock(connection)))

    def release(self) -> None:
        """Lets another one act at once."""
        with self._database.write() as connection:
            mine = sa.update(leadership).where(
                leadership.c.key == self._key, leadership.c.holder == self._name
            )
            connection.execute(mine.values(holder=""))

    def depose(self) -> None:
        """Lets anybody act at once; for where whoever holds it is known to be gone."""
        with self._database.write() as connection:
            connection.execute(sa.update(leadership).where(leadership.c.key == self._key).values(holder=""))


def tell_rounds(database: Database, pipeline: str) -> Rounds:
    """How it stands with the rounds of a pipeline's workers. Raises ServiceError."""
    with database.read() as connection:
        row = connection.execute(sa.select(leadership).where(leadership.c.key == pipeline)).one_or_none()
        if row is None:
            return Rounds(is_held=False, age=None)
        age = None if row.acted is None else max(0.0, database.clock(connection) - row.acted)
        return Rounds(bool(row.holder), age)
