"""A service without a broker, and jobs that are done, with something to review."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extractor.values.result import Result
from tests.workers.reports import forms
from workers.service.bell import Bell
from workers.service.reviewing.doubts import ReviewPlan
from workers.service.reviewing.queue import open_review
from workers.service.running.work import summarise_result
from workers.service.sealing import open_seal
from workers.service.service import Service
from workers.service.settings import read_settings
from workers.service.store.database import Database
from workers.service.store.identity import open_blobs
from workers.service.store.jobs import JobStore
from workers.service.store.stretches import StretchStore


@pytest.fixture
def complete(store: JobStore) -> Callable[..., str]:
    """Has a job done with a result; its id."""
    count = 0

    def end(result: Result, share: float = 0.0) -> str:
        nonlocal count
        count += 1
        document = hashlib.sha256(str(count).encode()).hexdigest()
        job, _ = store.submit(document, 9, "年报.pdf", "pipeline")
        claim = store.claim(job.id, "worker")
        assert claim is not None
        plan = ReviewPlan(forms(), share)
        finished = replace(summarise_result(result, "f" * 64), status="complete", pages=1)
        assert store.complete(claim, finished, lambda c: open_review(c, job.id, result, plan))
        return job.id

    return end


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[Service]:
    """A service without a broker."""
    settings = read_settings(data=tmp_path, broker_url="redis://127.0.0.1:1/0")
    blobs = open_blobs(database, str(tmp_path / "blobs"), may_found=True)
    jobs, bell = JobStore(database), Bell(settings.broker_url)
    stretches = StretchStore(database, "", settings.lease)
    opened = Service(settings, database, jobs, stretches, blobs, bell, open_seal(settings), "pipeline")
    yield opened
    opened.bell.close()
