"""kill -9 of everything, at every stage: each document ends done exactly once, with the undisturbed result."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.paths import ROOT
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.store.schema import JobState, attempts

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FIXTURES = ROOT / "fixtures"
_SCAN = _FIXTURES / "scans" / "dept-2023-bilevel.pdf"


@pytest.fixture
def stage(tmp_path, database_url):
    recording = _FIXTURES / "recordings" / "dept-2023-bilevel.npz"
    opened = Stage(tmp_path / "data", database_url, engine=f"replay:{recording}", long_document=1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the scan's result is when nothing happens."""
    data = tmp_path_factory.mktemp("undisturbed")
    recording = _FIXTURES / "recordings" / "dept-2023-bilevel.npz"
    stage = Stage(data, f"sqlite:///{data / 'service.sqlite3'}", engine=f"replay:{recording}")
    try:
        job = stage.submit(_SCAN)
        stage.start_worker()
        (job,) = stage.wait_for_end(job.id)
        return _without_timing(stage.result(job))
    finally:
        stage.close()


def _without_timing(content: bytes) -> str:
    payload = json.loads(content)
    assert payload["reports"], "the scan must have been read for this to mean anything"
    return json.dumps(payload | {"timing": {}})


def _successes(stage, job):
    done = sa.select(sa.func.count()).where(attempts.c.job == job.id, attempts.c.outcome == "done")
    with stage.service.database.read() as connection:
        return connection.execute(done).scalar_one()


def _check_done_once(stage, job, undisturbed):
    assert job.state is JobState.DONE
    assert _without_timing(stage.result(job)) == undisturbed
    assert _successes(stage, job) == 1


@pytest.mark.parametrize("point", ["claim", "checkpoint", "page", "put", "complete"])
def test_the_worker_is_killed(stage, undisturbed, point):
    job = stage.submit(_SCAN)
    worker = stage.start_worker(die_at=point)
    wait_until(lambda: worker.process.poll() is not None, what="the worker's death")
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    _check_done_once(stage, job, undisturbed)
    assert job.attempts == (1 if point == "complete" else 2)


def test_the_reader_is_killed_while_it_reads(stage, undisturbed):
    job = stage.submit(_SCAN)
    worker = stage.start_worker()
    wait_until(lambda: stage.job(job.id).pages_done == 1, what="the first page")
    assert worker.kill_readers() == 1
    (job,) = stage.wait_for_end(job.id)
    _check_done_once(stage, job, undisturbed)
    assert job.attempts == 2


def test_no_reader_outlives_its_worker(stage, tmp_path):
    stage.submit(write_blank(tmp_path / "slow.pdf", pages=200))
    worker = stage.start_worker()
    wait_until(worker.readers, what="a reader")
    (reader,) = worker.readers()
    worker.kill()
    wait_until(lambda: not Path(f"/proc/{reader}").exists(), seconds=10, what="the reader's end")


def test_the_broker_is_killed_and_comes_back(stage, undisturbed, tmp_path):
    jobs = [stage.submit(write_blank(tmp_path / f"{n}.pdf", pages=n + 1), f"slow-{n}.pdf") for n in range(5)]
    jobs.append(stage.submit(_SCAN))
    stage.start_worker()
    wait_until(lambda: stage.job(jobs[0].id).state is JobState.DONE, what="the first document")
    stage.broker.kill()
    time.sleep(1)
    late = stage.submit(write_blank(tmp_path / "late.pdf", pages=9))
    stage.broker.start()
    *done, scan, last = stage.wait_for_end(*(job.id for job in jobs), late.id)
    assert {job.state for job in (*done, last)} == {JobState.DONE}
    _check_done_once(stage, scan, undisturbed)


def test_the_broker_loses_everything(stage, undisturbed, tmp_path):
    jobs = [stage.submit(write_blank(tmp_path / f"{n}.pdf", pages=n + 1)) for n in range(5)]
    jobs.append(stage.submit(_SCAN))
    stage.broker.wipe()
    stage.broker.start()
    stage.start_worker()
    *done, scan = stage.wait_for_end(*(job.id for job in jobs))
    assert {job.state for job in done} == {JobState.DONE}
    assert {job.attempts for job in done} == {1}
    _check_done_once(stage, scan, undisturbed)


def test_everything_is_killed_at_once(stage, undisturbed, tmp_path):
    jobs = [stage.submit(write_blank(tmp_path / f"{n}.pdf", pages=n + 1), f"slow-{n}.pdf") for n in range(3)]
    jobs.append(stage.submit(_SCAN))
    worker = stage.start_worker(2)
    wait_until(lambda: stage.job(jobs[1].id).state is not JobState.QUEUED, what="work")
    worker.kill()
    stage.broker.wipe()
    stage.broker.start()
    stage.start_worker(2)
    *done, scan = stage.wait_for_end(*(job.id for job in jobs))
    assert {job.state for job in done} == {JobState.DONE}
    _check_done_once(stage, scan, undisturbed)


@pytest.mark.model
def test_a_page_that_hangs_leaves_a_partial_result_of_the_others(tmp_path, database_url):
    # Of a document with a page left out more is looked at than any recording knows.
    stage = Stage(tmp_path / "data", database_url, engine="fast", page_timeout=15.0)
    try:
        job = stage.submit(_SCAN, "hang-2.pdf")
        stage.start_worker()
        (job,) = stage.wait_for_end(job.id)
        assert (job.state, job.attempts, job.status) == (JobState.DONE, 1, "partial"), job.reason
        payload = json.loads(stage.result(job))
        assert [report["form"] for report in payload["reports"]] == ["gio-2021"]
        assert ("page_left_out", 2) in [(issue["code"], issue["page"]) for issue in payload["issues"]]
    finally:
        stage.close()


def test_a_message_delivered_ten_times_is_one_run(stage, undisturbed):
    job = stage.submit(_SCAN)
    for _ in range(10):
        stage.service.bell.ring(job.id)
    stage.start_worker(4)
    (job,) = stage.wait_for_end(job.id)
    wait_until(lambda: stage.service.bell.waiting() == 0, what="the end of the messages")
    _check_done_once(stage, job, undisturbed)
    with stage.service.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(attempts)).scalar_one() == 1
