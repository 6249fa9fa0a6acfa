from __future__ import annotations

import io
import json
import os
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from extractor.output.result_json import result_to_json
from tests.workers.reports import report, result
from workers.service.running.retention import forget_old
from workers.service.settings import read_settings
from workers.service.store.records import Finished, NoSuchJobError
from workers.service.store.schema import jobs

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_DAY = 86_400.0


@pytest.fixture
def end(service):
    """Has a job done, or failed, so many days ago; its id."""

    def make(days, *, is_done=True):
        content = json.dumps(result_to_json(result(report()))).encode()
        job, _ = service.submit(io.BytesIO(b"%PDF-1.7" + os.urandom(8)), "年报.pdf")
        claim = service.jobs.claim(job.id, "worker")
        if is_done:
            blob = service.blobs.put(io.BytesIO(content + b" " * days))
            assert service.jobs.complete(claim, Finished(blob.sha256, "complete", 1))
        else:
            service.jobs.fail(claim, "encrypted", "a password is needed", final=True)
        with service.database.write() as connection:
            old = sa.update(jobs).where(jobs.c.id == job.id)
            connection.execute(old.values(finished=time.time() - days * _DAY))
        return job.id

    return make


def _is_there(service, job):
    try:
        return bool(service.jobs.get(job))
    except NoSuchJobError:
        return False


def _keeping(service, **settings):
    return replace(service, settings=read_settings(data=service.settings.data, broker_url="", **settings))


def test_nothing_is_forgotten_unless_it_is_asked_for(service, end):
    old = end(10_000)
    assert forget_old(service) == 0
    assert _is_there(service, old)


def test_what_ended_long_ago_is_forgotten_and_its_result_is_kept_elsewhere(service, end, tmp_path):
    old, failed, young = end(100), end(100, is_done=False), end(80)
    waiting, _ = service.submit(io.BytesIO(b"%PDF-1.7 waits"), "waits.pdf")
    keeping = _keeping(service, keep="90d", keep_export=tmp_path / "kept")
    assert forget_old(keeping) == 2
    assert [_is_there(service, job) for job in (old, failed, young, waiting.id)] == [False, False, True, True]
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.name == f"年报-{old[:8]}.json"
    assert json.loads(kept.read_bytes())["reports"][0]["form"] == "gio-2021"


def test_one_whose_result_is_lost_stays_and_the_others_go(service, end, tmp_path):
    lost, old = end(101), end(100)
    service.blobs.delete(service.jobs.get(lost).result)
    keeping = _keeping(service, keep="90d", keep_export=tmp_path / "kept")
    assert forget_old(keeping) == 1
    assert [_is_there(service, job) for job in (lost, old)] == [True, False]


def test_more_than_one_batch_is_gone_through(service, end, monkeypatch):
    monkeypatch.setattr("workers.service.running.retention._BATCH", 2)
    ended = [end(100 + number) for number in range(5)]
    assert forget_old(_keeping(service, keep="90d")) == 5
    assert not any(_is_there(service, job) for job in ended)
