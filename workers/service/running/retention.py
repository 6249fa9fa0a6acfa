"""Jobs that ended long ago are forgotten, once their results are where the settings want them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from extractor.output.result_json import result_to_json
from workers.files.storage import kept_name, read_result, write_bytes
from workers.service.reviewing.applying import review_result
from workers.service.reviewing.decisions import DecisionStore
from workers.service.reviewing.doubts import ReviewPlan, plan_review
from workers.service.service import Service
from workers.service.store.blobs import LostBlobError
from workers.service.store.records import Job, JobConflictError, NoSuchJobError
from workers.service.store.schema import JobState, jobs

_LOG = logging.getLogger(__name__)
#: Jobs looked at in one statement.
_BATCH = 200


def forget_old(service: Service) -> int:
    """Forgets jobs older than the settings keep them; how many there were.

    One whose result cannot be exported stays, and is told. Their blobs are swept away as those of any job.

    Raises:
        ServiceError: the store does not answer.
        StorageError: nothing can be read or written there, or in the folder of exports.
    """
    keep, count = service.settings.keep_seconds, 0
    if keep is None:
        return count
    plan = plan_review(service.settings) if service.settings.keep_export else None
    for job in _old_jobs(service, keep):
        try:
            if plan is not None and service.settings.keep_export is not None and job.result:
                _export(service, job, plan, service.settings.keep_export)
            service.delete(job.id)
        except LostBlobError as error:
            _LOG.warning("job %s is kept, for its result cannot be exported: %s", job.id, error)
        except (JobConflictError, NoSuchJobError):
            # Somebody had it read again, or deleted it, meanwhile.
            continue
        else:
            count += 1
    return count


def _old_jobs(service: Service, keep: float) -> Iterator[Job]:
    """Jobs that ended longer ago than so many seconds, oldest first; what is deleted meanwhile changes nothing."""
    ended = jobs.c.state.in_([JobState.DONE, JobState.FAILED])
    last: tuple[float, str] = (0.0, "")
    while True:
        with service.database.read() as connection:
            until = service.database.clock(connection) - keep
            after = sa.tuple_(jobs.c.finished, jobs.c.id) > sa.tuple_(*map(sa.literal, last))
            query = sa.select(jobs).where(ended, jobs.c.finished < until, after)
            query = query.order_by(jobs.c.finished, jobs.c.id).limit(_BATCH)
            found = [Job.from_row(row) for row in connection.execute(query)]
        yield from found
        if len(found) < _BATCH:
            return
        last = (found[-1].finished or 0.0, found[-1].id)


def _export(service: Service, job: Job, plan: ReviewPlan, folder: Path) -> None:
    """Writes the result of a job as it was reviewed.

    Raises:
        LostBlobError: there is none any more.
        StorageError: it cannot be read or written.
    """
    if job.result is None:
        return
    with service.blobs.local(job.result) as path:
        result = read_result(path)
    if result is None:
        raise LostBlobError(f"{job.result} is no result: run `extractor fsck`")
    reviewed = review_result(result, DecisionStore(service.database).history(job.id), plan)
    content = json.dumps(result_to_json(reviewed), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    write_bytes(folder / kept_name(job.name, job.id), content.encode() + b"\n")
