"""What the store knows about jobs: submitted, claimed, finished. Every step is one short transaction.

A job's row is changed only by a statement that names the state and the fence it expects, so that a worker that
was given up and comes back can change nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.outbox import LONGEST_DELAY, Outbox, is_due
from workers.service.store.pages import (
    KnownPages,
    count_kept,
    find_pages,
    forget_checkpoints,
    note_page,
    note_spoilt,
)
from workers.service.store.records import (
    CANCELLED,
    LOST,
    Claim,
    Finished,
    Job,
    JobConflictError,
    NoSuchJobError,
    PageRead,
    Pulse,
    job_id,
)
from workers.service.store.schema import JobState, attempts, documents, jobs, organs, pages, stretches
from workers.service.store.stage_seconds import add_stage_seconds
from workers.service.urgency import Urgency


class JobStore:
    """Jobs in a `Database`; `attempts_allowed` as in the settings.

    pipeline: by which whoever uses this reads; jobs of another are left to others. Empty for all.

    Every method raises ServiceError or StorageError when the store does not answer or cannot be written.
    """

    def __init__(self, database: Database, attempts_allowed: int = 3, pipeline: str = "") -> None:
        self.database = database
        self.attempts_allowed = attempts_allowed
        self.pipeline = pipeline
        self.outbox = Outbox(database, pipeline)
        self._is_ours = jobs.c.pipeline == pipeline if pipeline else sa.true()

    def submit(  # noqa: PLR0913 - one argument for each that is told of a document
        self,
        document: str,
        size: int,
        name: str,
        pipeline: str,
        urgency: Urgency = Urgency.BULK,
        sender: str = "",
        batch: str = "",
    ) -> tuple[Job, bool]:
        """The job for a document whose blob is kept, and whether it is new (or begins anew, or is urgent now).

        sender: of those who wait each is read in turn; it stays whoever sent the document first. batch: what was sent
        together with it, which stays as it was told first.
        """
        now, identifier = time.time(), job_id(document, pipeline)
        row = {
            "document": document,
            "name": name,
            "pipeline": pipeline,
            "state": JobState.QUEUED,
            "urgency": urgency,
            "sender": sender,
            "batch": batch,
        }
        with self.database.write() as connection:
            kept = {"sha256": document, "bytes": size, "created": now}
            self.database.insert_new(connection, documents, kept)
            times = {"created": now, "updated": now}
            is_new = self.database.insert_new(connection, jobs, {"id": identifier, **row, **times})
            if not is_new:
                is_new = _requeue(connection, identifier, jobs.c.code.in_([CANCELLED, LOST]), urgency=urgency)
            if not is_new and urgency is Urgency.INTERACTIVE:
                waits = (jobs.c.id == identifier) & (jobs.c.state == JobState.QUEUED)
                later = sa.update(jobs).where(waits, jobs.c.urgency == Urgency.BULK)
                is_new = connection.execute(later.values(urgency=urgency, bell=None)).rowcount == 1
            return _get(connection, identifier), is_new

    def get(self, identifier: str) -> Job:
        """Raises NoSuchJobError."""
        with self.database.read() as connection:
            return _get(connection, identifier)

    def claim(self, identifier: str, worker: str) -> Claim | None:
        """Takes a queued job and counts the attempt; None when somebody else has it or it is done."""
        now = time.time()
        with self.database.write() as connection:
            taken = connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == identifier, jobs.c.state == JobState.QUEUED, is_due(now), self._is_ours)
                .values(
                    state=JobState.RUNNING,
                    attempts=jobs.c.attempts + 1,
                    fence=jobs.c.fence + 1,
                    beat=0,
                    worker=worker,
                    pages_done=count_kept(identifier),
                    updated=now,
                    started=sa.func.coalesce(jobs.c.started, now),
                )
            )
            if taken.rowcount != 1:
                return None
            job = _get(connection, identifier)
            connection.execute(
                sa.insert(attempts).values(job=job.id, fence=job.fence, worker=worker, started=now)
            )
        is_last = job.attempts >= self.attempts_allowed
        return Claim(job.id, job.document, job.name, job.fence, job.attempts, is_last)

    def beat(self, claim: Claim) -> bool:
        """A sign of life; False when the work is to stop: the claim is lost or the job was cancelled."""
        with self.database.write() as connection:
            alive = connection.execute(_held(claim).values(beat=jobs.c.beat + 1, updated=time.time()))
            if alive.rowcount != 1:
                return False
            return not connection.execute(sa.select(jobs.c.cancel).where(jobs.c.id == claim.job)).scalar_one()

    def page_done(self, claim: Claim, page: PageRead) -> bool:
        """A page has been read, which is a sign of life too; answers as `beat`."""
        with self.database.write() as connection:
            values: dict[str, Any] = {"pages": page.total, "pages_done": page.number, "updated": time.time()}
            values["beat"] = jobs.c.beat + 1
            if connection.execute(_held(claim).values(**values)).rowcount != 1:
                return False
            note_page(self.database, connection, claim.job, page)
            return not connection.execute(sa.select(jobs.c.cancel).where(jobs.c.id == claim.job)).scalar_one()

    def complete(
        self, claim: Claim, finished: Finished, then: Callable[[sa.Connection], None] | None = None
    ) -> bool:
        """The result is in the blob store; False when the claim was lost and nothing was written.

        `then` writes what belongs to the result, in the same transaction.
        """
        now = time.time()
        with self.database.write() as connection:
            values = {item.name: getattr(finished, item.name) for item in fields(finished)}
            seconds = values.pop("stages")
            values |= {
                "pages_done": finished.pages,
                "code": "",
                "reason": "",
                "updated": now,
                "finished": now,
            }
            done = connection.execute(_held(claim).values(state=JobState.DONE, **values))
            if done.rowcount == 1:
                _end_attempt(connection, claim.job, claim.fence, "done")
                _drop_checkpoints(connection, claim.job)
                add_stage_seconds(self.database, connection, seconds)
                if finished.organ:
                    self.database.insert_new(connection, organs, {"name": finished.organ})
                if then is not None:
                    then(connection)
            return done.rowcount == 1

    def spoil_page(self, job: str, number: int, outcome: str = "") -> None:
        """A process ended on this page, or (with an outcome) the page is not to be tried again."""
        with self.database.write() as connection:
            note_spoilt(self.database, connection, job, number, outcome)

    def find_pages(self, job: str) -> KnownPages:
        """What is known of a job's pages by now."""
        with self.database.read() as connection:
            return find_pages(connection, job)

    def fail(self, claim: Claim, code: str, reason: str, *, final: bool) -> JobState | None:
        """Ends an attempt: the job is queued again, or has failed if `final` or no attempt is left.

        None when the claim was lost and nothing was written.
        """
        with self.database.write() as connection:
            state = JobState.FAILED if final or claim.last else JobState.QUEUED
            return _give_up(connection, claim, state, code, reason)

    def hand_back(self, claim: Claim, reason: str, *, delay: float = 0.0) -> bool:
        """Queues the job again as if this attempt had not been; `delay` in seconds, at most a minute."""
        now = time.time()
        with self.database.write() as connection:
            handed = connection.execute(
                _held(claim).values(
                    state=JobState.QUEUED,
                    attempts=jobs.c.attempts - 1,
                    bell=None,
                    not_before=now + min(delay, LONGEST_DELAY) if delay else 0.0,
                    updated=now,
                    worker="",
                )
            )
            if handed.rowcount == 1:
                _end_attempt(connection, claim.job, claim.fence, "handed back", reason=reason)
            return handed.rowcount == 1

    def cancel(self, identifier: str) -> Job:
        """Breaks a job off: at once if it is queued, at its next sign of life if it runs.

        Raises:
            NoSuchJobError: there is no such job.
            JobConflictError: it has ended.
        """
        now = time.time()
        with self.database.write() as connection:
            ended = {"code": CANCELLED, "reason": "cancelled by a user", "updated": now, "finished": now}
            queued = sa.update(jobs).where(jobs.c.id == identifier, jobs.c.state == JobState.QUEUED)
            running = sa.update(jobs).where(jobs.c.id == identifier, jobs.c.state == JobState.RUNNING)
            broken_off = connection.execute(queued.values(state=JobState.FAILED, **ended)).rowcount
            if not broken_off and not connection.execute(running.values(cancel=True)).rowcount:
                job = _get(connection, identifier)
                raise JobConflictError(f"the job is {job.state.value} and cannot be cancelled any more")
            if broken_off:
                _drop_checkpoints(connection, identifier)
            return _get(connection, identifier)

    def retry(self, identifier: str) -> Job:
        """Queues a failed job again, with all its attempts and all its pages, to be read by our pipeline.

        Raises:
            NoSuchJobError: there is no such job.
            JobConflictError: it has not failed.
        """
        with self.database.write() as connection:
            pipeline = {"pipeline": self.pipeline} if self.pipeline else {}
            if not _requeue(connection, identifier, **pipeline):
                job = _get(connection, identifier)
                raise JobConflictError(f"the job is {job.state.value}; only a failed one can be tried again")
            return _get(connection, identifier)

    def adopt(self) -> int:
        """Has all that waits for another pipeline read by ours; how many jobs those were.

        What was recognised of them is forgotten: it is not what our pipeline would have.
        """
        others = (jobs.c.state == JobState.QUEUED) & ~self._is_ours
        with self.database.write() as connection:
            whose = sa.select(jobs.c.id).where(others)
            of_others = pages.c.job.in_(whose)
            connection.execute(sa.delete(pages).where(of_others))
            connection.execute(sa.delete(stretches).where(stretches.c.job.in_(whose)))
            adopted = sa.update(jobs).where(others).values(pipeline=self.pipeline, bell=None)
            return connection.execute(adopted).rowcount

    def delete(self, identifier: str) -> tuple[str, ...]:
        """Forgets a job; the blobs of its checkpoints. Document and result are swept away later if no job needs them.

        Raises:
            NoSuchJobError: there is no such job.
            JobConflictError: it is running.
        """
        with self.database.write() as connection:
            job = _get(connection, identifier)
            idle = sa.delete(jobs).where(jobs.c.id == identifier, jobs.c.state != JobState.RUNNING)
            kept = sa.select(pages.c.checkpoint).where(
                pages.c.job == identifier, pages.c.checkpoint.is_not(None)
            )
            checkpoints = tuple(connection.execute(kept).scalars())
            for table in (attempts, pages, stretches):
                connection.execute(sa.delete(table).where(table.c.job == identifier))
            if connection.execute(idle).rowcount != 1:
                raise JobConflictError("the job is running: cancel it first")
            others = sa.select(jobs.c.id).where(jobs.c.document == job.document).exists()
            connection.execute(sa.delete(documents).where(documents.c.sha256 == job.document, ~others))
        return checkpoints

    def pulses(self) -> list[Pulse]:
        """Every running job's sign of life."""
        running = sa.select(jobs.c.id, jobs.c.fence, jobs.c.beat).where(jobs.c.state == JobState.RUNNING)
        with self.database.read() as connection:
            return [Pulse(row.id, row.fence, row.beat) for row in connection.execute(running)]

    def expire(self, pulse: Pulse, reason: str) -> JobState | None:
        """Takes a job from a worker that gave no sign of life since `pulse`; None when it did after all."""
        with self.database.write() as connection:
            current = sa.select(jobs).where(
                jobs.c.id == pulse.job,
                jobs.c.state == JobState.RUNNING,
                jobs.c.fence == pulse.fence,
                jobs.c.beat == pulse.beat,
            )
            if not self.database.is_sqlite:
                current = current.with_for_update()
            row = connection.execute(current).one_or_none()
            if row is None:
                return None
            job = Job.from_row(row)
            is_last = job.attempts >= self.attempts_allowed
            claim = Claim(job.id, job.document, job.name, job.fence, job.attempts, is_last)
            state = JobState.FAILED if is_last else JobState.QUEUED
            return _give_up(connection, claim, state, "worker_lost", reason)


def _get(connection: sa.Connection, identifier: str) -> Job:
    row = connection.execute(sa.select(jobs).where(jobs.c.id == identifier)).one_or_none()
    if row is None:
        raise NoSuchJobError(f"there is no job {identifier}")
    return Job.from_row(row)


def _held(claim: Claim) -> sa.Update:
    """An update that changes the job only while the claim stands."""
    return sa.update(jobs).where(
        jobs.c.id == claim.job, jobs.c.state == JobState.RUNNING, jobs.c.fence == claim.fence
    )


def _give_up(
    connection: sa.Connection, claim: Claim, state: JobState, code: str, reason: str
) -> JobState | None:
    now = time.time()
    cancelled = sa.select(jobs.c.cancel).where(jobs.c.id == claim.job)
    if connection.execute(cancelled).scalar_one_or_none():
        state, code, reason = JobState.FAILED, CANCELLED, "cancelled by a user"
    values: dict[str, Any] = {"state": state, "code": code, "reason": reason, "bell": None, "updated": now}
    if state is JobState.FAILED:
        values |= {"finished": now, "cancel": False}
    given_up = connection.execute(_held(claim).values(worker="", not_before=0.0, **values)).rowcount == 1
    if given_up:
        if state is JobState.FAILED:
            _drop_checkpoints(connection, claim.job)
        _end_attempt(connection, claim.job, claim.fence, "failed", code=code, reason=reason)
    return state if given_up else None


def _drop_checkpoints(connection: sa.Connection, job: str) -> None:
    forget_checkpoints(connection, job)
    connection.execute(sa.delete(stretches).where(stretches.c.job == job))


def _requeue(
    connection: sa.Connection, identifier: str, *conditions: sa.ColumnElement[bool], **more: str
) -> bool:
    requeued = connection.execute(
        sa.update(jobs)
        .where(jobs.c.id == identifier, jobs.c.state == JobState.FAILED, *conditions)
        .values(
            state=JobState.QUEUED,
            attempts=0,
            bell=None,
            not_before=0.0,
            cancel=False,
            code="",
            reason="",
            pages_done=0,
            updated=time.time(),
            finished=None,
            **more,
        )
    )
    if requeued.rowcount == 1:
        for table in (pages, stretches):
            connection.execute(sa.delete(table).where(table.c.job == identifier))
    return requeued.rowcount == 1


def _end_attempt(
    connection: sa.Connection, job: str, fence: int, outcome: str, *, code: str = "", reason: str = ""
) -> None:
    connection.execute(
        sa.update(attempts)
        .where(attempts.c.job == job, attempts.c.fence == fence)
        .values(ended=time.time(), outcome=outcome, code=code, reason=reason)
    )
