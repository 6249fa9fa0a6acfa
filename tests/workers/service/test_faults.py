"""A full disk, a disk gone read-only, a clock set back, a database restarted: told clearly, and nothing is lost."""

from __future__ import annotations

import io
import os
import subprocess
import threading
import time

import pytest

from extractor.seams.errors import ServiceError, StorageError
from tests.workers.disks import fill
from tests.workers.pdfs import write_blank
from tests.workers.postgres_server import PostgresServer
from tests.workers.service.processes import Stage, wait_until
from workers.service.running.reconcile import Leadership, Reconciler
from workers.service.store.schema import JobState

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

#: Seconds the database is away.
_AWAY = 6.0


def test_a_full_disk_refuses_uploads_and_takes_them_again_when_there_is_room(small_disk, tmp_path):
    stage = Stage(tmp_path / "data", f"sqlite:///{small_disk / 's.sqlite3'}", store=str(small_disk / "blobs"))
    try:
        kept = stage.submit(write_blank(tmp_path / "kept.pdf", pages=2))
        filler = fill(small_disk)
        with pytest.raises(StorageError, match=r"No space left|disk is full"):
            stage.service.submit(io.BytesIO(b"%PDF-" + os.urandom(50_000)), "large.pdf")
        filler.unlink()
        other = stage.submit(write_blank(tmp_path / "other.pdf", pages=3))
        stage.start_worker()
        assert {job.state for job in stage.wait_for_end(kept.id, other.id)} == {JobState.DONE}
    finally:
        stage.close()


def test_a_worker_on_a_full_disk_keeps_what_it_read_until_there_is_room(small_disk, tmp_path):
    stage = Stage(tmp_path / "data", f"sqlite:///{tmp_path / 's.sqlite3'}", store=str(small_disk / "blobs"))
    try:
        job = stage.submit(write_blank(tmp_path / "slow.pdf", pages=6))
        filler = fill(small_disk)
        worker = stage.start_worker()
        wait_until(lambda: "asking again" in worker.log.read_text(), what="the refusal")
        assert "No space left" in worker.log.read_text()
        assert stage.job(job.id).state is JobState.RUNNING
        filler.unlink()
        (job,) = stage.wait_for_end(job.id)
        assert (job.state, job.attempts) == (JobState.DONE, 1)
    finally:
        stage.close()


def test_a_store_gone_read_only_is_told_and_comes_back(small_disk, tmp_path):
    stage = Stage(tmp_path / "data", f"sqlite:///{small_disk / 's.sqlite3'}", store=str(small_disk / "blobs"))
    try:
        kept = stage.submit(write_blank(tmp_path / "kept.pdf", pages=2))
        stage.service.database.close()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        pdf = write_blank(tmp_path / "other.pdf", pages=3)
        with pytest.raises((StorageError, ServiceError), match=r"[Rr]ead-only|readonly|unable to open"):
            stage.submit(pdf)
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        other = stage.submit(pdf)
        stage.start_worker()
        assert {job.state for job in stage.wait_for_end(kept.id, other.id)} == {JobState.DONE}
    finally:
        stage.close()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_costs_no_job(tmp_path, database_url, monkeypatch, hours):
    stage = Stage(tmp_path / "data", database_url, lease=0.5)
    try:
        lost = stage.submit(write_blank(tmp_path / "lost.pdf", pages=2))
        held = stage.submit(write_blank(tmp_path / "held.pdf", pages=3))
        waiting = stage.submit(write_blank(tmp_path / "waiting.pdf", pages=4))
        assert stage.service.jobs.claim(lost.id, "a worker that is gone") is not None
        claim = stage.service.jobs.claim(held.id, "a worker that lives")
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + 3600 * hours)
        reconciler = Reconciler(stage.service)
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            assert stage.service.jobs.beat(claim)
            reconciler.round()
            time.sleep(0.1)
        assert stage.job(held.id).state is JobState.RUNNING
        assert stage.job(lost.id).state is JobState.QUEUED
        assert stage.service.jobs.hand_back(claim, "the test is over")
        stage.start_worker()
        ended = stage.wait_for_end(lost.id, held.id, waiting.id)
        assert {job.state for job in ended} == {JobState.DONE}
    finally:
        stage.close()


def test_an_outage_counts_for_no_lease(tmp_path, database_url, monkeypatch):
    stage = Stage(tmp_path / "data", database_url, lease=0.5, reconcile=0.05)
    stop = threading.Event()
    reconciler = Reconciler(stage.service)
    is_away = threading.Event()
    monkeypatch.setattr(Leadership, "hold", lambda leader: not is_away.is_set())
    thread = threading.Thread(target=reconciler.run, args=(stop,))
    try:
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
        thread.start()
        claim = stage.service.jobs.claim(job.id, "a worker that lives")
        wait_until(lambda: reconciler.is_acting, what="the first round")
        time.sleep(0.2)
        is_away.set()
        # Nobody can give a sign of life for longer than a lease.
        time.sleep(0.8)
        is_away.clear()
        wait_until(lambda: reconciler.is_acting, what="a round after the outage")
        time.sleep(0.2)
        assert stage.service.jobs.beat(claim)
    finally:
        stop.set()
        thread.join()
        stage.close()


def test_postgresql_is_restarted_while_documents_are_read(tmp_path):
    server = PostgresServer()
    stage = Stage(tmp_path / "data", server.url, lease=_AWAY - 1)
    try:
        jobs = [
            stage.submit(write_blank(tmp_path / f"{n}.pdf", pages=9 + n), f"slow-{n}.pdf") for n in range(3)
        ]
        # A third waits, and nobody is told of it yet.
        with write_blank(tmp_path / "late.pdf", pages=2).open("rb") as stream:
            blob = stage.service.blobs.put(stream)
        late, _ = stage.service.jobs.submit(blob.sha256, blob.size, "late.pdf", stage.service.pipeline)
        stage.service.jobs.outbox.rung([late.id])
        worker = stage.start_worker(4)
        # Both are at work, and for a while: whether a claim was kept cannot be known of one cut off in the middle.
        wait_until(lambda: all(stage.job(job.id).pages_done > 0 for job in jobs[:2]), what="first pages")
        server.stop()
        # Its message is taken at once, and gone: whoever took it has to wait for the database.
        stage.service.bell.ring(late.id)
        with pytest.raises(ServiceError, match="does not answer"):
            stage.job(jobs[0].id)
        # Longer than a lease: nobody loses a job for that.
        time.sleep(_AWAY)
        server.start()
        ended = stage.wait_for_end(*(job.id for job in (*jobs, late)))
        assert {job.state for job in ended} == {JobState.DONE}
        assert {job.attempts for job in ended} == {1}
        # What a worker says of an error it does not know; the server says "closed the connection unexpectedly".
        assert ": unexpected;" not in worker.log.read_text()
    finally:
        stage.close()
        server.close()
