"""Everything a process of the service holds: the store, the blobs, the bell, and what they are for."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from extractor.seams.errors import ExtractorError, ServiceError, StorageError, UsageError
from extractor.wording.said import say
from workers.service.bell import Bell
from workers.service.sealing import Seal, open_seal
from workers.service.settings import ServiceSettings
from workers.service.store.database import Database
from workers.service.store.identity import KnownBlobs, open_blobs
from workers.service.store.jobs import JobStore
from workers.service.store.records import Job
from workers.service.store.stretches import StretchStore
from workers.service.urgency import Urgency

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """One per process. pipeline: fingerprint of the options by which a document would be read now."""

    settings: ServiceSettings
    database: Database
    jobs: JobStore
    stretches: StretchStore
    blobs: KnownBlobs
    bell: Bell
    seal: Seal
    pipeline: str

    def submit(
        self,
        stream: BinaryIO,
        name: str,
        urgency: Urgency = Urgency.BULK,
        sender: str = "",
        batch: str = "",
    ) -> tuple[Job, bool]:
        """Keeps a document and queues it; the job, and whether there was none for it before.

        sender: who sent it, for of those who wait each is read in turn. batch: what its sender calls what was sent
        together with it. When this returns the job is in the store for
        good; should the broker be away, it is told later.

        Raises:
            TooLargeError: the document is larger than the settings allow.
            ServiceError: the store does not answer.
            StorageError: the document cannot be kept.
        """
        blob = self.blobs.put(stream, limit=round(self.settings.max_upload_mb * 1e6))
        job, is_new = self.jobs.submit(blob.sha256, blob.size, name, self.pipeline, urgency, sender, batch)
        if is_new:
            self.ring(job)
        return job, is_new

    def ring(self, job: Job) -> None:
        """Tells the broker of a queued job, unless it holds enough already; the reconciler tells the rest."""
        try:
            if self.bell.waiting(job.urgency) < self.settings.window:
                self.bell.ring(job.id, job.urgency)
                self.jobs.outbox.rung([job.id])
        except ServiceError as error:
            _LOG.warning("%s; job %s is kept and will be told of later", error, job.id)

    def delete(self, identifier: str) -> None:
        """Forgets a job, with what was kept while it was read.

        Raises:
            NoSuchJobError: there is no such job.
            JobConflictError: it is running.
            ServiceError: the store does not answer.
        """
        self.drop(self.jobs.delete(identifier))

    def drop(self, checkpoints: Iterable[str]) -> None:
        """Deletes blobs of checkpoints; what cannot be deleted now is swept away later."""
        try:
            for sha256 in checkpoints:
                self.blobs.delete(sha256)
        except StorageError as error:
            _LOG.debug("%s; checkpoints are swept away later", error)

    def close(self) -> None:
        self.bell.close()
        self.database.close()


def open_service(settings: ServiceSettings, *, may_found: bool = True) -> Service:
    """Connects to the parts; the schema is brought up to date.

    may_found: whether a service without a store of blobs gets it here.

    Raises:
        UsageError: the settings name no broker, or something that cannot be used.
        ServiceError: the database does not answer.
        AwayError: the store is not there, or is not this service's.
        StorageError: a folder cannot be written.
    """
    if not settings.broker_url:
        raise UsageError(say("messages.service.no_broker"))
    settings.read_options.check()
    try:
        pipeline = settings.read_options.fingerprint()
    except OSError as error:
        raise UsageError(say("messages.service.unreadable_forms", why=error)) from error
    database = Database(settings.database)
    try:
        database.migrate()
        blobs = open_blobs(database, settings.blobs, may_found=may_found)
        seal = open_seal(settings)
    except ExtractorError:
        database.close()
        raise
    # Where there is one machine, whoever reads there reads all, also what an earlier version left.
    ours = pipeline if settings.database_url else ""
    jobs = JobStore(database, settings.attempts, ours)
    stretches = StretchStore(database, ours, settings.lease)
    bell = Bell(settings.broker_url, ours)
    return Service(settings, database, jobs, stretches, blobs, bell, seal, pipeline)
