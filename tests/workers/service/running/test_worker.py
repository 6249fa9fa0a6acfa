from __future__ import annotations

import json
import os
import signal
import time

import pypdfium2 as pdfium
import pytest
import redis
import sqlalchemy as sa

from extractor.seams.errors import StorageError
from tests.workers.office import RTF, search_path, write_program
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.reviewing.renderer import Picture, PictureError, Renderer
from workers.service.running.valkey import socket_path
from workers.service.running.worker import Worker
from workers.service.service import open_service
from workers.service.settings import read_settings
from workers.service.store.schema import JobState, pages

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def stage(tmp_path, database_url):
    opened = Stage(tmp_path / "data", database_url)
    yield opened
    opened.close()


def test_a_document_goes_through(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "a.pdf", pages=3))
    assert job.state is JobState.QUEUED
    worker = stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts, job.pages, job.pages_done) == (JobState.DONE, 1, 3, 3)
    # Celery silenced all but warnings once it had started.
    wait_until(lambda: "no_form_found after" in worker.log.read_text(), what="a word about the end")
    payload = json.loads(stage.result(job))
    assert payload["source"]["name"] == "a.pdf"
    assert stage.submit(tmp_path / "a.pdf", "b.pdf").id == job.id
    assert stage.job(job.id).attempts == 1
    with redis.Redis(unix_socket_path=str(socket_path(stage.broker.folder))) as client:
        commands = client.info("commandstats").keys()
    assert "cmdstat_brpop" in commands
    assert not commands & {"cmdstat_zrem", "cmdstat_hdel"}, "nothing is acknowledged"


def test_a_copy_with_its_text_is_kept_where_that_is_wanted(tmp_path):
    stage = Stage(tmp_path / "data", f"sqlite:///{tmp_path / 'store.sqlite3'}", searchable=True)
    try:
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
        stage.start_worker()
        (job,) = stage.wait_for_end(job.id)
        assert job.copy is not None
        with stage.service.blobs.local(job.copy) as path, pdfium.PdfDocument(path) as copy:
            assert len(copy) == 2
        assert "copy" in json.loads(stage.result(job))["timing"]
    finally:
        stage.close()


@pytest.mark.issue(27)
def test_of_a_document_of_an_office_its_pdf_is_kept_and_shown(stage, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", search_path(write_program(tmp_path / "bin", pages=3)))
    path = tmp_path / "a.rtf"
    path.write_bytes(RTF)
    job = stage.submit(path)
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.pages) == (JobState.DONE, 3)
    assert json.loads(stage.result(job))["source"]["bytes"] == len(RTF)
    blobs = stage.service.blobs
    with blobs.local(job.copy) as kept:
        assert kept.read_bytes() == (tmp_path / "bin" / "made.pdf").read_bytes()
    renderer = Renderer(blobs)
    try:
        assert renderer.draw(Picture(job.document, 3, 40, copy=job.copy)).startswith(b"\x89PNG")
        with pytest.raises(PictureError):
            renderer.draw(Picture(job.document, 3, 40))
    finally:
        renderer.close()


def test_a_document_that_always_kills_its_process_fails_and_its_neighbours_do_not(stage, tmp_path):
    poison = stage.submit(write_blank(tmp_path / "poison.pdf", pages=1), "die-0.pdf")
    neighbours = [stage.submit(write_blank(tmp_path / f"{n}.pdf", pages=n + 2)) for n in range(4)]
    stage.start_worker(2)
    failed, *done = stage.wait_for_end(poison.id, *(job.id for job in neighbours))
    assert failed.state is JobState.FAILED
    assert (failed.attempts, failed.code) == (3, "crashed")
    assert "killed outside any page (SIGKILL)" in failed.reason
    assert {job.state for job in done} == {JobState.DONE}
    assert {job.attempts for job in done} == {1}


def test_a_page_that_always_kills_its_process_is_left_out(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "a.pdf", pages=3), "die-2.pdf")
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 3)
    (issue,) = [told for told in json.loads(stage.result(job))["issues"] if told["page"]]
    assert (issue["code"], issue["page"]) == ("page_left_out", 2)


def test_a_reader_killed_while_it_waits_costs_nobody_an_attempt(stage, tmp_path):
    worker = stage.start_worker()
    for number in range(3):
        job = stage.submit(write_blank(tmp_path / f"{number}.pdf", pages=number + 1))
        (job,) = stage.wait_for_end(job.id)
        assert (job.state, job.attempts) == (JobState.DONE, 1)
        assert worker.kill_readers() == 1


def test_a_reader_that_was_dying_when_the_document_came_costs_no_attempt(stage, tmp_path):
    worker = stage.start_worker()
    stage.wait_for_end(stage.submit(write_blank(tmp_path / "first.pdf", pages=1)).id)
    (reader,) = worker.readers()
    # It looks alive and takes no notice: what a process is like for a moment after it was killed.
    os.kill(reader, signal.SIGSTOP)
    job = stage.submit(write_blank(tmp_path / "second.pdf", pages=2))
    wait_until(lambda: stage.job(job.id).state is JobState.RUNNING, what="the claim")
    time.sleep(0.5)
    os.kill(reader, signal.SIGKILL)
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 1)


@pytest.mark.parametrize("fault", ["lost", "spoilt"])
def test_a_document_the_store_has_not_kept_fails_until_it_is_sent_again(stage, tmp_path, fault):
    pdf = write_blank(tmp_path / "a.pdf", pages=2)
    job = stage.submit(pdf)
    with stage.service.blobs.local(job.document) as kept:
        kept.unlink() if fault == "lost" else kept.write_bytes(b"%PDF-1.7 another")
    stage.start_witness()
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.code) == (JobState.FAILED, "lost_document")
    assert job.document in job.reason
    assert stage.submit(pdf).id == job.id
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_a_store_that_is_not_mounted_has_lost_nothing(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
    blobs, aside = tmp_path / "data" / "blobs", tmp_path / "aside"
    worker = stage.start_worker()
    assert stage.wait_for_end(job.id)[0].state is JobState.DONE
    other = stage.submit(write_blank(tmp_path / "b.pdf", pages=3), "slow.pdf")
    worker.stop()
    blobs.rename(aside)
    blobs.mkdir()
    with pytest.raises(StorageError, match="is it mounted"), stage.service.blobs.local(other.document):
        pass


def test_a_worker_that_is_asked_to_end_hands_its_work_back(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "slow.pdf", pages=12))
    worker = stage.start_worker()
    wait_until(lambda: stage.job(job.id).pages_done > 0, what="the first page")
    started = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - started < 10
    job = stage.job(job.id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_cancelling_a_running_job_stops_it(stage, tmp_path):
    job = stage.submit(write_blank(tmp_path / "slow.pdf", pages=100))
    stage.start_worker()
    wait_until(lambda: stage.job(job.id).pages_done > 0, what="the first page")
    stage.service.jobs.cancel(job.id)
    (job,) = stage.wait_for_end(job.id, seconds=10)
    assert (job.state, job.code) == (JobState.FAILED, "cancelled")


def test_a_broken_document_fails_at_once_with_its_reason(stage, tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    job = stage.submit(tmp_path / "broken.pdf")
    stage.start_worker()
    (job,) = stage.wait_for_end(job.id)
    assert (job.state, job.attempts, job.code) == (JobState.FAILED, 1, "damaged_pdf")
    assert "broken.pdf" in job.reason


@pytest.mark.parametrize(("long", "kept"), [(2, 1), (3, 0)])
def test_what_was_recognised_is_kept_in_the_store_of_a_long_document_only_and_until_it_is_done(
    tmp_path, long, kept
):
    stage = Stage(tmp_path / "data", f"sqlite:///{tmp_path / 'service.sqlite3'}", long_document=long)
    try:
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=3), "slow.pdf")
        stage.start_worker()
        wait_until(lambda: stage.job(job.id).pages_done > 0, what="the first page")
        # Of empty pages all checkpoints are one blob.
        assert _blobs(tmp_path) - {job.document} == set(_kept(stage))
        assert len(_kept(stage)) == kept
        (job,) = stage.wait_for_end(job.id)
        wait_until(lambda: _blobs(tmp_path) == {job.document, job.result}, seconds=5, what="the blobs' end")
    finally:
        stage.close()


def _blobs(folder):
    return {path.name for path in (folder / "data" / "blobs").glob("??/*")}


def _kept(stage):
    with stage.service.database.read() as connection:
        kept = sa.select(pages.c.checkpoint).where(pages.c.checkpoint.is_not(None)).distinct()
        return connection.execute(kept).scalars().all()


class TestHanging:
    @pytest.fixture
    def stage(self, tmp_path, database_url):
        opened = Stage(tmp_path / "data", database_url, page_timeout=4.0)
        yield opened
        opened.close()

    def test_a_page_that_hangs_is_cut_off_and_the_rest_is_read(self, stage, tmp_path):
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=3), "hang-2.pdf")
        stage.start_worker()
        (job,) = stage.wait_for_end(job.id)
        assert (job.state, job.attempts) == (JobState.DONE, 1)
        (issue,) = [told for told in json.loads(stage.result(job))["issues"] if told["page"]]
        assert (issue["code"], issue["page"]) == ("page_left_out", 2)
        assert "page 2 was not done after 4 s" in issue["message"]


@pytest.mark.filterwarnings("ignore::celery.exceptions.SecurityWarning")
def test_whatever_the_store_did_while_there_was_no_broker_messages_are_taken_as_it_is_now(tmp_path, broker):
    """The last of many calls was to take none, and a worker with its store there took none for twenty seconds."""
    settings = read_settings(data=tmp_path, broker_url=broker, engine="null", second_engine="none")
    service, share, aside = open_service(settings), tmp_path / "blobs", tmp_path / "aside"
    app, queues = service.bell.celery, list(service.bell.heard)
    try:
        with app.connection_for_read() as connection:
            worker = Worker(service, 1)
            worker._celery = app.Worker(concurrency=1, queues=queues, quiet=True)
            consumer = worker._celery.consumer
            consumer.task_consumer = app.amqp.TaskConsumer(connection)
            for number in range(41):
                (share if number % 2 == 0 else aside).rename(aside if number % 2 == 0 else share)
                worker._store.look()
                if number % 5 == 0:
                    worker._waker.wake()
                    consumer.hub.run_once()
                    takes = {bool(consumer.task_consumer.consuming_from(name)) for name in queues}
                    assert takes == {number % 2 == 1}
    finally:
        service.close()
