"""Who may do what: tokens, of which the store keeps a hash only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from extractor.seams.errors import UsageError
from extractor.wording.said import say
from workers.service.store.database import Database
from workers.service.store.schema import tokens

#: What every secret begins with, so that it is recognised where it does not belong.
SECRET_PREFIX = "gio_"
_MAX_NAME = 200


class Role(StrEnum):
    """Each one may do all that the ones before it may.

    submit: send documents, follow them, fetch results. review: look after results. admin: delete, webhooks.
    """

    SUBMIT = "submit"
    REVIEW = "review"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether it may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; times in seconds since 1970, `revoked` None while it is good."""

    id: str
    name: str
    role: Role
    created: float
    revoked: float | None


class TokenStore:
    """Tokens in a `Database`; methods raise ServiceError or StorageError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, role: Role) -> tuple[Token, str]:
        """A new token and its secret, which is told this once and kept nowhere.

        Raises:
            UsageError: the name is empty, longer than 200 characters or not to be shown in one line.
        """
        if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
            raise UsageError(say("messages.token.needs_name", most=_MAX_NAME))
        secret = SECRET_PREFIX + secrets.token_urlsafe(32)
        token = Token(secrets.token_hex(6), name.strip(), role, time.time(), None)
        with self._database.write() as connection:
            connection.execute(
                sa.insert(tokens).values(
                    id=token.id, name=token.name, role=role, digest=_digest(secret), created=token.created
                )
            )
        return token, secret

    def revoke(self, identifier: str) -> Token:
        """Makes a token worthless, at once; again does no harm.

        Raises:
            UsageError: there is no such token.
        """
        with self._database.write() as connection:
            good = (tokens.c.id == identifier) & tokens.c.revoked.is_(None)
            connection.execute(sa.update(tokens).where(good).values(revoked=time.time()))
            row = connection.execute(sa.select(tokens).where(tokens.c.id == identifier)).one_or_none()
        if row is None:
            raise UsageError(say("messages.token.none", id=identifier))
        return _token(row)

    def list(self) -> list[Token]:
        """All tokens ever made, oldest first."""
        with self._database.read() as connection:
            query = sa.select(tokens).order_by(tokens.c.created, tokens.c.id)
            return [_token(row) for row in connection.execute(query)]

    def find(self, secret: str) -> Token | None:
        """The token of a secret; None when there is none or it was revoked."""
        digest = _digest(secret)
        with self._database.read() as connection:
            good = (tokens.c.digest == digest) & tokens.c.revoked.is_(None)
            row = connection.execute(sa.select(tokens).where(good)).one_or_none()
        # What the search of an index takes tells of hashes, of which nothing can be guessed; equal it must be.
        if row is None or not hmac.compare_digest(row.digest, digest):
            return None
        return _token(row)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    values = row._mapping
    return Token(values["id"], values["name"], Role(values["role"]), values["created"], values["revoked"])
