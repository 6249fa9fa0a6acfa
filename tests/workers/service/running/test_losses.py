"""A document is lost when those who took it do not find it either."""

from __future__ import annotations

import io
import shutil
import threading

import pytest
import sqlalchemy as sa

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.running import losses
from workers.service.running.losses import Witness, is_lost
from workers.service.store.catalog import JobCatalog
from workers.service.store.schema import JobState, facts, jobs

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def claim(service):
    kept = service.blobs.put(io.BytesIO(b"%PDF-1.7"))
    job, _ = service.jobs.submit(kept.sha256, kept.size, "a.pdf", "pipeline")
    claim = service.jobs.claim(job.id, "worker")
    assert claim is not None
    return claim


@pytest.mark.parametrize("fault", ["lost", "spoilt", ""])
def test_who_took_it_says_whether_it_is_lost(service, claim, fault):
    with service.blobs.local(claim.document) as kept:
        if fault:
            kept.unlink() if fault == "lost" else kept.write_bytes(b"%PDF-1.7 another")
    stop = threading.Event()
    witness = threading.Thread(target=Witness(service).run, args=(stop,))
    witness.start()
    assert is_lost(service, claim, stop) is bool(fault)
    stop.set()
    witness.join()
    with service.database.read() as connection:
        assert not connection.execute(sa.select(facts).where(facts.c.key.startswith("lost:"))).all()


def test_while_nobody_says_so_it_is_not_lost(service, claim, monkeypatch):
    monkeypatch.setattr(losses, "_PATIENCE", 0.3)
    service.blobs.delete(claim.document)
    assert not is_lost(service, claim, threading.Event())


def test_what_one_machine_misses_another_one_reads(tmp_path, new_database):
    """Its store has the right mark, and is a copy that stayed behind: its jobs failed for good."""
    stage = Stage(tmp_path / "data", new_database(), store=str(tmp_path / "share"))
    try:
        stage.start_witness()
        shutil.copytree(tmp_path / "share", tmp_path / "copy")
        right = stage.settings
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
        stage.settings = right.model_copy(update={"store": str(tmp_path / "copy")})
        worker = stage.start_worker()
        catalog = JobCatalog(stage.service.database)

        def outcomes():
            return [attempt.outcome for attempt in catalog.attempts(job.id) if attempt.outcome]

        wait_until(outcomes, what="an end of the attempt", tell=worker.log.read_text)
        assert (stage.job(job.id).state, stage.job(job.id).attempts) == (JobState.QUEUED, 0)
        assert "is there for the API, and not here" in worker.log.read_text()
        worker.stop()
        stage.settings = right
        with stage.service.database.write() as connection:
            connection.execute(sa.update(jobs).values(not_before=0.0))
        stage.start_worker()
        (done,) = stage.wait_for_end(job.id)
        assert (done.state, done.attempts, outcomes()) == (JobState.DONE, 1, ["handed back", "done"])
    finally:
        stage.close()
