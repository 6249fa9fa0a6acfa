"""Long documents read by several workers at once: real processes, killed in the middle."""

from __future__ import annotations

import json

import pikepdf
import pytest
import sqlalchemy as sa

from tests.paths import ROOT
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.store.schema import JobState, stretches

#: Whole documents, or processes and servers of its own.
pytestmark = [pytest.mark.slow, pytest.mark.issue(25)]

_FIXTURES = ROOT / "fixtures"
_REPORT = _FIXTURES / "scans" / "dongfeng-2025-born.pdf"


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """Nine reports of three pages each, bound together: three stretches to read, two to understand."""
    path = tmp_path_factory.mktemp("volume") / "volume.pdf"
    with pikepdf.open(_REPORT) as report, pikepdf.new() as bound:
        for _ in range(9):
            bound.pages.extend(report.pages)
        bound.save(path)
    return path


def _open(data, **settings):
    recording = _FIXTURES / "recordings" / f"{_REPORT.stem}.npz"
    return Stage(
        data,
        f"sqlite:///{data / 'service.sqlite3'}",
        engine=f"replay:{recording}",
        long_document=5,
        **settings,
    )


@pytest.fixture
def stage(tmp_path):
    opened = _open(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory, volume):
    """What the result is when one worker reads it."""
    stage = _open(tmp_path_factory.mktemp("alone"))
    try:
        job = stage.submit(volume)
        stage.start_worker()
        (job,) = stage.wait_for_end(job.id)
        return _without_timing(stage.result(job))
    finally:
        stage.close()


def _without_timing(content):
    payload = json.loads(content)
    assert len(payload["reports"]) == 9, "the reports must have been read for this to mean anything"
    return json.dumps(payload | {"timing": {}, "source": payload["source"] | {"name": ""}})


def _readers(stage):
    """Who has a stretch in hand."""
    with stage.service.database.read() as connection:
        rows = connection.execute(sa.select(stretches.c.worker).where(stretches.c.worker != ""))
        return {row.worker for row in rows}


def _submit_to_two(stage, volume, name):
    workers = [stage.start_worker() for _ in range(2)]
    wait_until(lambda: stage.machines() == 2, what="two workers")
    job = stage.submit(volume, name)
    wait_until(lambda: len(_readers(stage)) == 2, what="a helper")
    return job, workers


def test_a_long_document_is_read_by_all_and_has_the_bytes_of_one_reading(stage, volume, alone):
    job, _ = _submit_to_two(stage, volume, "slow.pdf")
    (job,) = stage.wait_for_end(job.id)
    assert _without_timing(stage.result(job)) == alone
    assert (job.attempts, job.pages_done) == (1, 27)
    wait_until(lambda: _blobs(stage) == {job.document, job.result}, seconds=5, what="the blobs' end")


def _blobs(stage):
    return {path.name for path in (stage.settings.data / "blobs").glob("??/*")}


def test_a_helper_and_then_the_holder_are_killed_in_the_middle(stage, volume, alone):
    job, workers = _submit_to_two(stage, volume, "slow.pdf")
    holder = stage.job(job.id).worker
    mine, other = sorted(workers, key=lambda worker: f":{worker.process.pid}:" not in f":{holder}:")
    other.kill()
    done = stage.job(job.id).pages_done
    wait_until(lambda: stage.job(job.id).pages_done > done, what="another page")
    mine.kill()
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert _without_timing(stage.result(job)) == alone


def test_a_page_that_kills_whoever_reads_it_costs_itself(stage, tmp_path):
    job, _ = _submit_to_two(stage, write_blank(tmp_path / "blank.pdf", pages=21), "slow+die-12.pdf")
    (job,) = stage.wait_for_end(job.id)
    result = json.loads(stage.result(job))
    assert [issue["page"] for issue in result["issues"] if issue["code"] == "page_left_out"] == [12]
    assert [page["number"] for page in result["pages"] if page["issues"]] == [12]


def test_a_document_that_is_cancelled_leaves_nothing_but_itself(stage, tmp_path):
    job, _ = _submit_to_two(stage, write_blank(tmp_path / "blank.pdf", pages=40), "slow.pdf")
    wait_until(lambda: stage.job(job.id).pages_done > 2, what="some pages")
    stage.service.jobs.cancel(job.id)
    (job,) = stage.wait_for_end(job.id)
    assert job.state is JobState.FAILED
    wait_until(lambda: _blobs(stage) == {job.document}, seconds=10, what="the blobs' end")
