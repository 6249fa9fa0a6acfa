"""Workers of several versions and settings at once: each reads what was sent with its own."""

from __future__ import annotations

import time

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, WorkerProcess, wait_until
from tests.workers.service.stores import make_newer
from workers.service.service import open_service
from workers.service.settings import read_settings
from workers.service.store.machines import MachineStore
from workers.service.store.schema import OLDEST, JobState

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def stage(tmp_path, new_database):
    opened = Stage(tmp_path / "data", new_database())
    yield opened
    opened.close()


@pytest.fixture
def others(stage):
    """The same service with other settings."""
    opened = open_service(stage.settings.model_copy(update={"error_budget": 2.0}))
    assert opened.pipeline != stage.service.pipeline
    yield opened
    opened.close()


def _submit(service, pdf):
    with pdf.open("rb") as stream:
        return service.submit(stream, pdf.name)[0]


def test_a_job_waits_for_a_worker_of_its_pipeline(stage, others, tmp_path):
    pdfs = [write_blank(tmp_path / f"{n}.pdf", pages=n + 1) for n in range(3)]
    ours, theirs = [stage.submit(pdf) for pdf in pdfs], [_submit(others, pdf) for pdf in pdfs]
    # The same document by two pipelines is two jobs.
    assert {job.document for job in ours} == {job.document for job in theirs}
    assert len({job.id for job in (*ours, *theirs)}) == 6
    stage.start_worker()
    assert {job.state for job in stage.wait_for_end(*(job.id for job in ours))} == {JobState.DONE}
    time.sleep(2)
    waiting = [stage.job(job.id) for job in theirs]
    assert {(job.state, job.attempts) for job in waiting} == {(JobState.QUEUED, 0)}
    machines = MachineStore(stage.service.database, stage.settings.heartbeat)
    assert machines.waiting() == {others.pipeline: 3}
    stage.workers.append(WorkerProcess(others.settings))
    assert {job.state for job in stage.wait_for_end(*(job.id for job in theirs))} == {JobState.DONE}
    assert {one.pipeline for one in machines.list()} == {stage.service.pipeline, others.pipeline}
    assert [one.state for one in machines.list()] == ["working", "working"]


def test_workers_go_on_and_start_while_a_newer_version_has_changed_the_store(stage, tmp_path):
    """A worker that was started again while machines were updated refused the store: it had to be updated at once."""
    worker = stage.start_worker()
    slow = stage.submit(write_blank(tmp_path / "slow.pdf", pages=9), "slow.pdf")
    wait_until(lambda: stage.job(slow.id).pages_done > 0, what="the first page")
    make_newer(stage.service.database, OLDEST)
    late = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
    ended = stage.wait_for_end(slow.id, late.id)
    worker.stop()
    again = stage.start_worker()
    machines = MachineStore(stage.service.database, stage.settings.heartbeat)
    wait_until(lambda: machines.list() or again.process.poll() is not None, what="its start")
    ended += stage.wait_for_end(stage.submit(write_blank(tmp_path / "b.pdf", pages=3)).id)
    assert {(job.state, job.attempts) for job in ended} == {(JobState.DONE, 1)}


def test_what_no_worker_reads_is_told_and_can_be_adopted(stage, others, tmp_path):
    left = [_submit(others, write_blank(tmp_path / f"{n}.pdf", pages=n + 1)) for n in range(3)]
    worker = stage.start_worker()
    wait_until(lambda: "3 jobs wait for pipeline" in worker.log.read_text(), what="a word about them")
    assert others.pipeline in worker.log.read_text()
    assert stage.service.jobs.adopt() == 3
    assert stage.service.jobs.adopt() == 0
    ended = stage.wait_for_end(*(job.id for job in left))
    assert {(job.state, job.attempts, job.pipeline) for job in ended} == {
        (JobState.DONE, 1, stage.service.pipeline)
    }


def test_where_there_is_one_machine_it_reads_whatever_there_is(tmp_path, broker):
    settings = read_settings(data=tmp_path, broker_url=broker, engine="null", second_engine="none")
    before = open_service(settings)
    job = _submit(before, write_blank(tmp_path / "a.pdf", pages=1))
    before.close()
    after = open_service(settings.model_copy(update={"error_budget": 2.0}))
    try:
        assert after.pipeline != before.pipeline
        assert after.bell.queues == before.bell.queues
        assert after.jobs.claim(job.id, "worker") is not None
    finally:
        after.close()


def test_a_failed_job_of_an_earlier_version_is_tried_again_by_this_one(stage, others, tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    job = _submit(others, tmp_path / "broken.pdf")
    assert others.jobs.fail(others.jobs.claim(job.id, "w"), "damaged_pdf", "is damaged", final=True)
    stage.service.jobs.retry(job.id)
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.pipeline) == (JobState.FAILED, stage.service.pipeline)


def test_a_worker_says_what_it_works_for_and_leaves_in_order(stage, tmp_path):
    worker = stage.start_worker(2)
    machines = MachineStore(stage.service.database, stage.settings.heartbeat)
    wait_until(machines.list, what="a worker")
    job = stage.submit(write_blank(tmp_path / "slow.pdf", pages=30), "slow.pdf")
    wait_until(lambda: stage.job(job.id).pages_done > 1, what="work")
    (machine,) = machines.list()
    assert (machine.state, machine.slots, machine.pipeline) == ("working", 2, stage.service.pipeline)
    (in_hand,) = machine.in_hand
    assert (in_hand.job, in_hand.pages) == (job.id, 30)
    assert stage.service.pipeline in worker.log.read_text()
    assert worker.stop() == 0
    assert machines.list() == []
    dead = stage.start_worker()
    wait_until(machines.list, what="another worker")
    dead.kill()
    wait_until(lambda: [one.state for one in machines.list()] == ["gone"], what="its being missed")
