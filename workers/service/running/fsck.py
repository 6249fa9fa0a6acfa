"""Whether store and blobs agree: every document in exactly one state, every blob there and of its own hash."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from extractor.seams.errors import StorageError
from extractor.wording.said import say
from workers.service.service import Service
from workers.service.store.blobs import digest_file
from workers.service.store.schema import JobState, attempts, documents, jobs, pages

#: Seconds a blob nobody refers to is left alone: its submission may be about to be committed.
ORPHAN_AGE = 3600.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong. subject: id of the job or hash of the blob. repaired: whether it is mended now."""

    kind: str
    subject: str
    message: str
    repaired: bool = False


def check_service(service: Service, *, repair: bool = False) -> Iterator[Problem]:
    """Every problem found, while looking; with `repair` those are mended that can be without losing anything."""
    yield from _check_jobs(service, repair=repair)
    yield from _check_blobs(service, repair=repair)
    yield from sweep_orphans(service, repair=repair)


def _check_jobs(service: Service, *, repair: bool) -> Iterator[Problem]:
    with service.database.read() as connection:
        rows = connection.execute(sa.select(jobs.c.id, jobs.c.state, jobs.c.attempts, jobs.c.result)).all()
        open_attempts = set(
            connection.execute(sa.select(attempts.c.job).where(attempts.c.ended.is_(None))).scalars()
        )
    for row in rows:
        if row.state == JobState.DONE and not service.blobs.exists(row.result):
            mended = repair and _read_again(service, row.id)
            yield Problem(
                "lost_result", row.id, say("messages.fsck.lost_result", sha256=row.result), repaired=mended
            )
        if row.state == JobState.RUNNING and row.id not in open_attempts:
            yield Problem("no_attempt", row.id, say("messages.fsck.no_attempt"))
        if row.attempts > service.settings.attempts:
            yield Problem("attempts", row.id, say("messages.fsck.attempts", count=row.attempts))
    with service.database.read() as connection:
        used = sa.select(jobs.c.document)
        unused = sa.select(documents.c.sha256).where(documents.c.sha256.not_in(used))
        for sha256 in connection.execute(unused).scalars():
            yield Problem("no_job", sha256, say("messages.fsck.no_job"))


def _check_blobs(service: Service, *, repair: bool) -> Iterator[Problem]:
    """Reads every blob a job needs; a document whose blob is gone or spoilt cannot be mended here."""
    with service.database.read() as connection:
        wanted = {sha: "document" for sha in connection.execute(sa.select(documents.c.sha256)).scalars()}
        results = sa.select(jobs.c.result, jobs.c.id).where(jobs.c.result.is_not(None))
        makers = {row.result: row.id for row in connection.execute(results)}
    for sha256 in (*wanted, *makers):
        try:
            with service.blobs.local(sha256) as path:
                found = digest_file(path)
        except StorageError as error:
            if sha256 in wanted:
                yield Problem("lost_document", sha256, str(error))
            continue
        if found != sha256:
            mended = False
            if repair and sha256 in makers:
                service.blobs.delete(sha256)
                mended = _read_again(service, makers[sha256])
            yield Problem("spoilt", sha256, say("messages.fsck.spoilt", found=found), repaired=mended)


def sweep_orphans(service: Service, *, repair: bool) -> Iterator[Problem]:
    """Blobs no job needs; with `repair` those of them that are old enough are deleted."""
    with service.database.read() as connection:
        needed = set(connection.execute(sa.select(documents.c.sha256)).scalars())
        needed |= set(
            connection.execute(sa.select(jobs.c.result).where(jobs.c.result.is_not(None))).scalars()
        )
        kept = sa.select(pages.c.checkpoint).where(pages.c.checkpoint.is_not(None))
        needed |= set(connection.execute(kept).scalars())
    now = time.time()
    for sha256, changed in service.blobs.list():
        # A time ahead was written before the clock was set back.
        if sha256 in needed or 0 <= now - changed < ORPHAN_AGE:
            continue
        if repair:
            service.blobs.delete(sha256)
        yield Problem("orphan", sha256, say("messages.fsck.orphan"), repaired=repair)


def _read_again(service: Service, job: str) -> bool:
    """Queues a job whose result is lost, to be read again from its document."""
    with service.database.write() as connection:
        done = sa.update(jobs).where(jobs.c.id == job, jobs.c.state == JobState.DONE)
        lost = {"code": "lost_result", "reason": "its result was lost", "result": None, "status": ""}
        connection.execute(done.values(state=JobState.FAILED, **lost))
    service.jobs.retry(job)
    return True
