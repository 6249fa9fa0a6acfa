"""Whether store and blobs agree: every document in exactly one state, every blob there and of its own hash.

Ids and hashes are gone through by their first two digits: of two million documents a 256th is in memory at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from extractor.seams.errors import StorageError
from extractor.wording.said import say
from workers.service.service import Service
from workers.service.store.blobs import digest_file
from workers.service.store.schema import JobState, attempts, documents, jobs, pages, stretches

#: Seconds a blob nobody refers to is left alone, for its submission may be about to be committed, and one that is
#: being written and has not grown.
ORPHAN_AGE = 3600.0
_DIGITS = tuple(f"{number:02x}" for number in range(256))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong. subject: id of the job, hash of the blob or name of what is unfinished.

    repaired: whether it is mended now.
    """

    kind: str
    subject: str
    message: str
    repaired: bool = False


def check_service(service: Service, *, repair: bool = False) -> Iterator[Problem]:
    """Every problem found, while looking; with `repair` those are mended that can be without losing anything."""
    for digits in _DIGITS:
        yield from _check_jobs(service, digits, repair=repair)
        yield from _check_blobs(service, digits, repair=repair)
    yield from sweep(service, repair=repair)


def sweep(service: Service, *, repair: bool) -> Iterator[Problem]:
    """Blobs no job needs, and what writers that were killed left; with `repair` what is old enough is deleted."""
    for digits in _DIGITS:
        # Asked before the blobs are listed: what is needed from now on has just been put.
        needed = _needed(service, digits)
        for sha256, changed in service.blobs.list(digits):
            if sha256 not in needed and _is_old(changed):
                if repair:
                    service.blobs.delete(sha256)
                yield Problem("orphan", sha256, say("messages.fsck.orphan"), repaired=repair)
    for name, changed in service.blobs.unfinished():
        if _is_old(changed):
            if repair:
                service.blobs.discard(name)
            yield Problem("unfinished", name, say("messages.fsck.unfinished"), repaired=repair)


def _is_old(changed: float) -> bool:
    # A time ahead is of a machine whose clock is; far ahead, it was written before the clock was set back.
    return abs(time.time() - changed) >= ORPHAN_AGE


def _begins(column: sa.Column[str], digits: str) -> sa.ColumnElement[bool]:
    """That an id or hash begins so: as a range, which every database looks up in an index."""
    return column.between(digits, f"{digits}g")


def _needed(service: Service, digits: str) -> set[str]:
    columns = (documents.c.sha256, jobs.c.result, jobs.c.copy, pages.c.checkpoint, stretches.c.kept)
    with service.database.read() as connection:
        return {
            sha256
            for column in columns
            for sha256 in connection.execute(sa.select(column).where(_begins(column, digits))).scalars()
        }


def _check_jobs(service: Service, digits: str, *, repair: bool) -> Iterator[Problem]:
    with service.database.read() as connection:
        ours = sa.select(jobs.c.id, jobs.c.state, jobs.c.attempts, jobs.c.result)
        rows = connection.execute(ours.where(_begins(jobs.c.id, digits))).all()
        is_open = attempts.c.ended.is_(None) & _begins(attempts.c.job, digits)
        open_attempts = set(connection.execute(sa.select(attempts.c.job).where(is_open)).scalars())
        used = sa.select(jobs.c.id).where(jobs.c.document == documents.c.sha256).exists()
        lone = sa.select(documents.c.sha256).where(_begins(documents.c.sha256, digits), ~used)
        unused = list(connection.execute(lone).scalars())
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
    for sha256 in unused:
        yield Problem("no_job", sha256, say("messages.fsck.no_job"))


def _check_blobs(service: Service, digits: str, *, repair: bool) -> Iterator[Problem]:
    """Reads every blob a job needs; a document whose blob is gone or spoilt cannot be mended here."""
    with service.database.read() as connection:
        kept = sa.select(documents.c.sha256).where(_begins(documents.c.sha256, digits))
        wanted = set(connection.execute(kept).scalars())
        results = sa.select(jobs.c.result, jobs.c.id).where(_begins(jobs.c.result, digits))
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


def _read_again(service: Service, job: str) -> bool:
    """Queues a job whose result is lost, to be read again from its document."""
    with service.database.write() as connection:
        done = sa.update(jobs).where(jobs.c.id == job, jobs.c.state == JobState.DONE)
        lost = {
            "code": "lost_result",
            "reason": "its result was lost",
            "result": None,
            "copy": None,
            "status": "",
        }
        connection.execute(done.values(state=JobState.FAILED, **lost))
    service.jobs.retry(job)
    return True
