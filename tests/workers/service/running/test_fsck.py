from __future__ import annotations

import hashlib
import io
import os
import time
import tracemalloc

import pytest
import sqlalchemy as sa

from workers.service.running.fsck import ORPHAN_AGE, check_service, sweep
from workers.service.store.records import Finished, PageRead
from workers.service.store.schema import JobState, documents

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _finish(service, document=b"%PDF-1.7 a", result=b"{}"):
    job, _ = service.submit(io.BytesIO(document), "a.pdf")
    claim = service.jobs.claim(job.id, "worker")
    kept = service.blobs.put(io.BytesIO(result))
    service.jobs.complete(claim, Finished(kept.sha256, "complete", 1))
    return service.jobs.get(job.id)


def _path(service, sha256):
    with service.blobs.local(sha256) as path:
        return path


def _kinds(service, **options):
    return [(problem.kind, problem.repaired) for problem in check_service(service, **options)]


def test_a_sound_service_has_no_problems(service):
    _finish(service)
    service.submit(io.BytesIO(b"%PDF-1.7 b"), "b.pdf")
    assert _kinds(service) == []


def test_a_lost_result_is_read_again(service):
    job = _finish(service)
    _path(service, job.result).unlink()
    assert _kinds(service) == [("lost_result", False)]
    assert _kinds(service, repair=True) == [("lost_result", True)]
    assert service.jobs.get(job.id).state is JobState.QUEUED


def test_a_spoilt_result_is_read_again_and_a_spoilt_document_told_of(service):
    job = _finish(service)
    _path(service, job.result).write_bytes(b"{ }")
    assert _kinds(service, repair=True) == [("spoilt", True)]
    assert service.jobs.get(job.id).state is JobState.QUEUED
    _path(service, job.document).write_bytes(b"else")
    assert _kinds(service, repair=True) == [("spoilt", False)]


def test_a_lost_document_is_told_of(service):
    job = _finish(service)
    _path(service, job.document).unlink()
    assert _kinds(service, repair=True) == [("lost_document", False)]


def test_blobs_no_job_needs_are_swept_once_they_are_old(service):
    young = service.blobs.put(io.BytesIO(b"young")).sha256
    # Of a machine whose clock is ahead of this one's.
    younger = service.blobs.put(io.BytesIO(b"younger")).sha256
    old, older = (service.blobs.put(io.BytesIO(content)).sha256 for content in (b"old", b"older"))
    for sha256, age in {younger: -60, old: ORPHAN_AGE + 1, older: -ORPHAN_AGE - 60}.items():
        then = time.time() - age
        os.utime(_path(service, sha256), (then, then))
    assert _kinds(service) == [("orphan", False)] * 2
    assert _kinds(service, repair=True) == [("orphan", True)] * 2
    assert service.blobs.exists(young) and service.blobs.exists(younger)
    assert not service.blobs.exists(old) and not service.blobs.exists(older)


def test_what_a_killed_writer_left_is_swept_once_it_is_old(service, tmp_path):
    old, young = (tmp_path / "blobs" / "incoming" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    before = time.time() - ORPHAN_AGE - 1
    os.utime(old, (before, before))
    assert _kinds(service) == [("unfinished", False)]
    assert _kinds(service, repair=True) == [("unfinished", True)]
    assert (old.exists(), young.exists()) == (False, True)


def test_the_sweep_of_many_documents_takes_no_memory_for_them(service):
    """Two million had 806 MB of hashes in memory at once."""
    rows = [
        {"sha256": hashlib.sha256(b"%d" % n).hexdigest(), "bytes": 1, "created": 1.0} for n in range(20_000)
    ]
    with service.database.write() as connection:
        connection.execute(sa.insert(documents), rows)
    del rows
    list(sweep(service, repair=False))
    tracemalloc.start()
    try:
        list(sweep(service, repair=False))
        # All of them are 2.8 MB.
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_an_attempt_too_many_and_a_running_job_without_one_are_told_of(service):
    job, _ = service.submit(io.BytesIO(b"%PDF-1.7 a"), "a.pdf")
    claim = service.jobs.claim(job.id, "worker")
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE attempts SET ended = 1")
        connection.exec_driver_sql("UPDATE jobs SET attempts = 9")
    assert [kind for kind, _ in _kinds(service)] == ["no_attempt", "attempts"]
    assert claim is not None


@pytest.mark.issue(25)
def test_what_is_kept_of_a_long_document_that_is_read_is_needed_however_old(service):
    job, _ = service.submit(io.BytesIO(b"%PDF-1.7 long"), "a.pdf")
    claim = service.jobs.claim(job.id, "holder")
    page, report = (service.blobs.put(io.BytesIO(content)).sha256 for content in (b"page", b"report"))
    service.stretches.part(claim, 20, 10)
    stretch = service.stretches.take(job.id, "holder")
    service.stretches.page_done(stretch, PageRead(1, 20, 0.5, page))
    service.stretches.end(stretch, is_done=True, kept=report)
    then = time.time() - ORPHAN_AGE - 60
    for sha256 in (page, report):
        os.utime(_path(service, sha256), (then, then))
    assert _kinds(service) == []
