"""A worker that hears nothing of what waits: real ones, made deaf as soon as they are ready."""

from __future__ import annotations

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.bell import Bell
from workers.service.running.hearing import DEAF, Hearing
from workers.service.store.schema import JobState

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(tmp_path):
    url = f"sqlite:///{tmp_path / 'service.sqlite3'}"
    opened = Stage(tmp_path / "data", url, lease=2.0)
    yield opened
    opened.close()


def test_who_is_not_to_take_any_hears_all_there_is(broker):
    """A worker whose store is away takes nothing, however long messages wait."""
    bell = Bell(broker, "hearing")
    bell.ring("job")
    assert bell.waiting() == 1
    hearing = Hearing(bell, 1, 0.0, lambda: None, lambda: True)
    # Whoever is deaf connects anew at the second look and ends its process at the third.
    for _ in range(4):
        hearing.look()
    bell.close()


def test_a_thread_taken_for_busy_that_is_not_is_found_out(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "one.pdf", pages=1))
    worker = stage.start_worker(die_at="ghost")
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 1)
    log = worker.log.read_text()
    assert log.index("none is taken") < log.index("no_form_found")


def test_a_worker_whose_loop_is_stuck_ends_to_be_started_again(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "one.pdf", pages=1))
    worker = stage.start_worker(die_at="stuck")
    wait_until(
        lambda: worker.process.poll() is not None,
        what="the end of a deaf worker",
        tell=lambda: stage.describe([job.id]),
    )
    assert worker.process.returncode == DEAF
    assert stage.job(job.id).state is JobState.QUEUED
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 1)
