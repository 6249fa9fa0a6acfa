"""A store that is not there, or is another one, has lost nothing: real folders, and a real S3 server."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
import sqlalchemy as sa

from extractor.seams.errors import ExitCode
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from tests.workers.service.serving import COMMAND
from workers.service.service import open_service
from workers.service.store.blobs import AwayError
from workers.service.store.schema import JobState, facts

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_JOBS = 20


@pytest.fixture(params=["folder", "remote"])
def store(request, tmp_path):
    """URL of a store, and of one that is not it, as a share that is not mounted or a mistyped bucket."""
    if request.param == "folder":
        return str(tmp_path / "share"), str(tmp_path / "mount-point")
    bucket = request.getfixturevalue("bucket")
    return f"{bucket}/ours", f"{bucket}x/ours"


@pytest.fixture
def stage(tmp_path, new_database, store):
    opened = Stage(tmp_path / "data", new_database(), store=store[0])
    yield opened
    opened.close()


def _submit(stage, folder, count):
    return [stage.submit(write_blank(folder / f"{n}.pdf", pages=n % 3 + 1), f"{n}.pdf") for n in range(count)]


def test_a_worker_without_the_store_does_not_start_and_no_job_is_touched(stage, store, tmp_path):
    """Twenty of twenty jobs had failed for good within 2.1 s, as lost."""
    jobs = _submit(stage, tmp_path, _JOBS)
    settings = stage.settings
    stage.settings = settings.model_copy(update={"store": store[1]})
    worker = stage.start_worker(2)
    assert worker.process.wait(60) == ExitCode.SERVICE
    told = worker.log.read_text()
    assert "the store of this service is not there" in told and store[1] in told
    found = [stage.job(job.id) for job in jobs]
    assert {(job.state, job.attempts) for job in found} == {(JobState.QUEUED, 0)}
    stage.settings = settings
    stage.start_worker(2)
    assert {job.state for job in stage.wait_for_end(*(job.id for job in jobs))} == {JobState.DONE}


def test_a_worker_with_the_store_of_another_service_does_not_start(stage, store, tmp_path, new_database):
    other = Stage(tmp_path / "other", new_database(), store=store[1])
    try:
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=1))
        stage.settings = stage.settings.model_copy(update={"store": store[1]})
        worker = stage.start_worker()
        assert worker.process.wait(60) == ExitCode.SERVICE
        assert "the store of this service is another one" in worker.log.read_text()
        assert stage.job(job.id).state is JobState.QUEUED
    finally:
        other.close()


class TestAwayMidWay:
    """Only a folder can be taken away from under a process; `test_bad_lines` has what befalls a bucket."""

    @pytest.fixture
    def store(self, tmp_path):
        return str(tmp_path / "share"), ""

    def test_it_takes_no_more_jobs_says_so_and_goes_on_when_it_is_back(self, stage, tmp_path):
        share, aside = tmp_path / "share", tmp_path / "aside"
        stage.start_witness()
        jobs = _submit(stage, tmp_path, _JOBS)
        slow = stage.submit(write_blank(tmp_path / "slow.pdf", pages=20), "slow.pdf")
        worker = stage.start_worker(2)
        wait_until(lambda: stage.job(slow.id).pages_done > 0, what="work")
        share.rename(aside)
        # What a mount point looks like whose share is gone, with what an earlier version left there.
        (share / "incoming").mkdir(parents=True)
        wait_until(lambda: "No job is taken" in worker.log.read_text(), what="a word about the store")
        later = stage.service.jobs.submit("e" * 64, 9, "later.pdf", stage.service.pipeline)[0]
        stage.service.ring(later)
        # Its page is read meanwhile, and its result waits. That messages wait as well, for longer than a lease, is
        # nothing to be mended: workers ended for it, and whoever started them again had them refused.
        time.sleep(1.7 * stage.settings.lease)
        assert "none is taken" not in worker.log.read_text()
        told = [stage.job(job.id) for job in (*jobs, slow, later)]
        assert JobState.FAILED not in {job.state for job in told}
        assert stage.job(later.id).state is JobState.QUEUED
        assert not list((share / "incoming").iterdir())
        (share / "incoming").rmdir()
        share.rmdir()
        aside.rename(share)
        ended = stage.wait_for_end(*(job.id for job in (*jobs, slow)), seconds=120)
        assert {(job.state, job.attempts) for job in ended} == {(JobState.DONE, 1)}
        assert "the store is back" in worker.log.read_text()
        # Now that the store is there it is known to have lost this one, which it never had.
        (lost,) = stage.wait_for_end(later.id)
        assert (lost.state, lost.code) == (JobState.FAILED, "lost_document")


def test_only_who_serves_makes_a_store(tmp_path, new_database):
    """Of many machines one whose share is not mounted might be the first to start."""
    environment = {
        "EXTRACTOR_BROKER_URL": "redis://127.0.0.1:1/0",
        "EXTRACTOR_DATABASE_URL": new_database(),
        "EXTRACTOR_STORE": str(tmp_path / "blobs"),
        "EXTRACTOR_ENGINE": "null",
    }
    command = [*COMMAND, "worker"]
    ended = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert ended.returncode == ExitCode.SERVICE
    assert "start `extractor serve` first" in ended.stderr
    assert not (tmp_path / "blobs").exists()


def test_a_service_from_before_stores_were_known_does_not_take_an_empty_one(stage, store, tmp_path):
    stage.submit(write_blank(tmp_path / "a.pdf", pages=1))
    with stage.service.database.write() as connection:
        connection.execute(sa.delete(facts).where(facts.c.key == "store"))
    with pytest.raises(AwayError, match="holds none of this service's last documents"):
        open_service(stage.settings.model_copy(update={"store": store[1]}))
    open_service(stage.settings).close()
