"""Notices to other programs that a job has ended: written with the store's care, sent until taken or given up.

Signed as standardwebhooks.com says. A notice may come twice, with the same webhook-id, should the process die
between sending it and writing that down.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import random
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Signer

from extractor.seams.errors import UsageError
from extractor.wording.said import say
from workers.service.notices.addresses import AddressError, check_url, post_json
from workers.service.sealing import Seal
from workers.service.service import Service
from workers.service.store.database import Database
from workers.service.store.records import Job
from workers.service.store.schema import JobState, deliveries, jobs, webhooks

_LOG = logging.getLogger(__name__)
#: Tries of one notice, and seconds between the first two; each wait is longer by the factor: two days in all.
TRIES = 12
_FIRST_WAIT, _FACTOR = 5.0, 2.7
#: Seconds after which a notice that somebody began to send is anybody's again; far longer than sending takes.
_LEASE = 120.0
#: Seconds ahead that no notice is ever due: the clock was set back.
_NEVER = 2 * 86_400.0
#: Seconds for which a notice is kept after its end.
_KEPT = 7 * 86_400.0
_AT_ONCE, _THREADS = 64, 8


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to send notices; created in seconds since 1970."""

    id: str
    url: str
    created: float


class WebhookStore:
    """Webhooks in a `Database`; methods raise ServiceError or StorageError when it does not answer."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database, self._seal = database, seal

    def create(self, url: str, *, private: bool) -> tuple[Webhook, str]:
        """A new webhook and the secret its notices are signed with, which is told this once.

        Raises:
            AddressError: nothing may be sent to that URL (`private` as in `check_url`).
        """
        check_url(url, private=private)
        if self._seal.key is None:
            _LOG.warning("%s", say("messages.service.unsealed"))
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        webhook = Webhook(secrets.token_hex(6), url, time.time())
        with self._database.write() as connection:
            row = {
                "id": webhook.id,
                "url": url,
                "secret": self._seal.close(secret),
                "created": webhook.created,
            }
            connection.execute(sa.insert(webhooks).values(**row))
        return webhook, secret

    def list(self) -> list[Webhook]:
        """Oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(webhooks).order_by(webhooks.c.created, webhooks.c.id))
            return [Webhook(row.id, row.url, row.created) for row in rows]

    def delete(self, identifier: str) -> None:
        """Forgets a webhook and what was still to be sent to it.

        Raises:
            UsageError: there is no such webhook.
        """
        with self._database.write() as connection:
            connection.execute(sa.delete(deliveries).where(deliveries.c.webhook == identifier))
            if connection.execute(sa.delete(webhooks).where(webhooks.c.id == identifier)).rowcount != 1:
                raise UsageError(f"there is no webhook {identifier}")

    def sweep(self) -> int:
        """Forgets notices that were taken or given up a week ago; how many there were.

        Secrets from before there was a key are sealed meanwhile, and those of another key are told of.
        """
        old = deliveries.c.done < time.time() - _KEPT
        with self._database.write() as connection:
            for row in connection.execute(sa.select(webhooks.c.id, webhooks.c.secret)).all():
                _warn_of_other_key(self._seal, row.id, row.secret)
                sealed = self._seal.close(row.secret)
                if sealed != row.secret:
                    mine = webhooks.c.id == row.id
                    connection.execute(sa.update(webhooks).where(mine).values(secret=sealed))
            return connection.execute(sa.delete(deliveries).where(old)).rowcount


def _warn_of_other_key(seal: Seal, webhook: str, secret: str) -> None:
    try:
        seal.open(secret)
    except UsageError as error:
        _LOG.warning("webhook %s is told nothing, for its secret cannot be opened: %s", webhook, error)


def announce(database: Database, job: Job) -> None:
    """Has every webhook told that a job ended; asked again for the same end it changes nothing."""
    with database.write() as connection:
        _announce(database, connection, [job])


def announce_missed(database: Database, seconds: float = 300.0) -> None:
    """Announces what ended in the last seconds, in case a process died between the end and its announcement."""
    ended = jobs.c.state.in_([JobState.DONE, JobState.FAILED]) & (jobs.c.finished > time.time() - seconds)
    with database.read() as connection:
        if connection.execute(sa.select(webhooks.c.id).limit(1)).first() is None:
            return
        recent = [Job.from_row(row) for row in connection.execute(sa.select(jobs).where(ended))]
    if recent:
        with database.write() as connection:
            _announce(database, connection, recent)


def deliver_due(service: Service) -> int:
    """Sends the notices that are due, a batch of them at once; how many were taken by their receivers.

    Raises:
        ServiceError, StorageError: the store does not answer.
    """
    found = _find_due(service.database)
    if not found:
        return 0
    with ThreadPoolExecutor(min(_THREADS, len(found)), thread_name_prefix="webhook") as threads:
        return sum(threads.map(lambda notice: _deliver(service, notice), found))


@dataclass(frozen=True, slots=True)
class _Notice:
    id: str
    url: str
    secret: str
    body: str
    attempts: int


def _announce(database: Database, connection: sa.Connection, ended: Iterable[Job]) -> None:
    receivers = connection.execute(sa.select(webhooks.c.id, webhooks.c.created)).all()
    for job in ended:
        finished = job.finished or job.updated
        for webhook, created in receivers:
            if created > finished:
                continue
            # Of what it tells and to whom: announced twice it is still one notice.
            name = hashlib.sha256(f"{webhook} {job.id} {job.fence} {finished}".encode()).hexdigest()[:32]
            row = {"id": name, "webhook": webhook, "job": job.id, "body": _body(job), "due": time.time()}
            database.insert_new(connection, deliveries, row | {"created": time.time()})


def _body(job: Job) -> str:
    moment = datetime.fromtimestamp(job.finished or job.updated, UTC).isoformat().replace("+00:00", "Z")
    data = {"id": job.id, "name": job.name, "document": job.document, "state": job.state.value}
    if job.state is JobState.FAILED:
        told: dict[str, object] = {"error": {"code": job.code, "message": job.reason}}
    else:
        told = {"error": None, "result": {"status": job.status, "sha256": job.result, "review": job.review}}
    notice = {"type": f"job.{job.state.value}", "timestamp": moment, "data": data | told}
    return json.dumps(notice, ensure_ascii=False)


def _find_due(database: Database) -> list[_Notice]:
    now = time.time()
    is_due = (deliveries.c.due <= now) | (deliveries.c.due > now + _NEVER)
    query = (
        sa.select(
            deliveries.c.id, webhooks.c.url, webhooks.c.secret, deliveries.c.body, deliveries.c.attempts
        )
        .join(webhooks, webhooks.c.id == deliveries.c.webhook)
        .where(deliveries.c.done.is_(None), is_due)
        .order_by(deliveries.c.due)
        .limit(_AT_ONCE)
    )
    with database.read() as connection:
        return [_Notice(*row) for row in connection.execute(query)]


def _deliver(service: Service, notice: _Notice) -> bool:
    """Whether this process sent the notice and it was taken."""
    database, attempt = service.database, notice.attempts + 1
    if not _change(database, notice, notice.attempts, attempts=attempt, due=time.time() + _LEASE):
        return False
    problem = _send(notice, service.seal, private=service.settings.webhook_private)
    now = time.time()
    if not problem:
        _change(database, notice, attempt, done=now, error="")
        return True
    if attempt >= TRIES:
        _LOG.warning("the notice %s is given up after %d tries: %s", notice.id, attempt, problem)
        _change(database, notice, attempt, done=now, error=f"given up after {attempt} tries: {problem}")
    else:
        _change(database, notice, attempt, due=now + wait_after(attempt), error=problem)
    return False


def wait_after(attempt: int) -> float:
    """Seconds until the next try after so many, never quite the same."""
    return _FIRST_WAIT * _FACTOR ** (attempt - 1) * random.uniform(0.9, 1.1)


def _change(database: Database, notice: _Notice, seen: int, **values: object) -> bool:
    """Writes to a notice unless somebody else tried it since; says whether it did."""
    mine = (deliveries.c.id == notice.id) & (deliveries.c.attempts == seen) & deliveries.c.done.is_(None)
    with database.write() as connection:
        return connection.execute(sa.update(deliveries).where(mine).values(**values)).rowcount == 1


def _send(notice: _Notice, seal: Seal, *, private: bool) -> str:
    """Why the notice was not taken, empty when it was."""
    moment = datetime.now(UTC)
    try:
        headers = {
            "webhook-id": notice.id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Signer(seal.open(notice.secret)).sign(notice.id, moment, notice.body),
            "User-Agent": "gio-extractor",
        }
        status = post_json(check_url(notice.url, private=private), notice.body, headers)
    except (AddressError, UsageError) as error:
        return str(error)
    return "" if 200 <= status < 300 else f"the receiver answered {status}"
