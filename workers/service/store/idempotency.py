"""Requests that a client may send again under the same key, and get the same answer."""

from __future__ import annotations

import time

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from workers.service.store.database import Database
from workers.service.store.schema import idempotency

#: Seconds for which an answer is kept.
KEPT = 86_400.0


class KeyReusedError(ExtractorError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


class KeyBusyError(ExtractorError):
    """The first request with this key is still being answered."""

    code = "idempotency_key_busy"
    retryable = True


class AnswerStore:
    """Answers by client and key.

    An answer is empty while its request is worked on, for `patience` seconds at most: who began it and did not
    end it until then is gone.
    """

    def __init__(self, database: Database, patience: float) -> None:
        self._database = database
        self._patience = patience

    def begin(self, client: str, key: str, request: str) -> str | None:
        """The answer given before; None when the caller is to make one, and then `keep` it or `release` the key.

        Raises:
            KeyReusedError: the key was used for a request other than `request` (a hash).
            KeyBusyError: the same request is being answered right now.
        """
        now = time.time()
        with self._database.write() as connection:
            connection.execute(sa.delete(idempotency).where(_is(client, key) & self._is_worthless(now)))
            row = {"client": client, "key": key, "request": request, "answer": "", "created": now}
            if self._database.insert_new(connection, idempotency, row):
                return None
            known = connection.execute(sa.select(idempotency).where(_is(client, key))).one()
        if known.request != request:
            raise KeyReusedError("this Idempotency-Key was used for another request: take a new one")
        if not known.answer:
            raise KeyBusyError("the first request with this Idempotency-Key is still being answered")
        return str(known.answer)

    def keep(self, client: str, key: str, answer: str) -> None:
        """The answer to a request begun before."""
        with self._database.write() as connection:
            connection.execute(sa.update(idempotency).where(_is(client, key)).values(answer=answer))

    def release(self, client: str, key: str) -> None:
        """Forgets a request that was begun and could not be answered."""
        with self._database.write() as connection:
            unanswered = _is(client, key) & (idempotency.c.answer == "")
            connection.execute(sa.delete(idempotency).where(unanswered))

    def sweep(self) -> int:
        """Forgets answers older than a day; how many there were."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(idempotency).where(self._is_worthless(time.time()))).rowcount

    def _is_worthless(self, now: float) -> sa.ColumnElement[bool]:
        created = idempotency.c.created
        abandoned = (idempotency.c.answer == "") & (created < now - self._patience)
        # What lies in the future was written before the clock was set back.
        old = (created < now - KEPT) | (created > now + KEPT)
        return abandoned | old


def _is(client: str, key: str) -> sa.ColumnElement[bool]:
    return (idempotency.c.client == client) & (idempotency.c.key == key)
