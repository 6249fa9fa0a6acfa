from __future__ import annotations

import io
import os
import time

import pytest

from workers.service.running.fsck import ORPHAN_AGE
from workers.service.running.housekeeping import Housekeeper

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def test_old_files_no_job_needs_are_swept_when_it_is_time_and_not_before(service, monkeypatch):
    job, _ = service.submit(io.BytesIO(b"%PDF-1.7"), "a.pdf")
    old = service.blobs.put(io.BytesIO(b"old")).sha256
    before = time.time() - ORPHAN_AGE - 1
    with service.blobs.local(old) as path:
        os.utime(path, (before, before))
    keeper = Housekeeper(service, lambda: True)
    keeper.round()
    assert service.blobs.exists(old)
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 4000)
    keeper.round()
    assert not service.blobs.exists(old)
    assert service.blobs.exists(job.document)
