"""Celery's own tools, as its users know them, on a service with real workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.paths import ROOT
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.running.supervisor import _to_environment
from workers.service.store.machines import MachineStore
from workers.service.store.schema import JobState

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_CELERY = [sys.executable, "-m", "celery", "-A", "workers.celery_app"]


@pytest.fixture
def stage(tmp_path, new_database):
    opened = Stage(tmp_path / "data", new_database(), store=str(tmp_path / "blobs"))
    yield opened
    opened.close()


@pytest.fixture
def celery(stage):
    """Starts a command of Celery's."""
    started = []

    def start(*arguments):
        environment = os.environ | _to_environment(stage.settings)
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(
                [*_CELERY, *arguments], cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_inspect_tells_who_is_there_and_which_job_is_read(stage, celery, tmp_path):
    stage.start_worker(2)
    job = stage.submit(write_blank(tmp_path / "slow.pdf", pages=200), "slow.pdf")
    wait_until(lambda: stage.job(job.id).pages_done > 0, what="work")
    told, errors = celery("inspect", "active", "--json", "--timeout", "10").communicate(timeout=60)
    (tasks,) = json.loads(told).values()
    (held,) = [task["id"] for task in tasks if task["name"] == "extractor.read"]
    assert held == job.id, errors
    # Its other thread may be reading pages of the same document.
    assert all(task["args"][0] == job.id for task in tasks), errors
    told, _ = celery("inspect", "active_queues", "--json", "--timeout", "10").communicate(timeout=60)
    (queues,) = json.loads(told).values()
    assert {queue["name"] for queue in queues} == set(stage.service.bell.heard)


def test_a_worker_started_by_celery_reads_and_hands_back(stage, celery, tmp_path):
    events = celery("events", "--dump")
    # What it does not hear yet it does not tell: while others start it may be slower than the worker.
    assert "starting capture" in events.stdout.readline()
    log = tmp_path / "box.log"
    options = ("--concurrency", "1", "--loglevel", "info", "--hostname", "box@%h")
    worker = celery("worker", *options, "--logfile", str(tmp_path / "%n.log"))
    machines = MachineStore(stage.service.database, stage.settings.heartbeat)
    wait_until(machines.list, what="the worker")
    assert machines.list()[0].slots == 1
    first = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
    (done,) = stage.wait_for_end(first.id)
    assert (done.state, done.attempts) == (JobState.DONE, 1)
    slow = stage.submit(write_blank(tmp_path / "slow.pdf", pages=60), "slow.pdf")
    wait_until(lambda: stage.job(slow.id).pages_done > 0, what="work")
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=40)
    assert stage.service.pipeline in log.read_text(encoding="utf-8")
    job = stage.job(slow.id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert machines.list() == []
    time.sleep(0.5)
    events.send_signal(signal.SIGINT)
    told, _ = events.communicate(timeout=20)
    assert "started: active=0" in told
    assert f"task succeeded: extractor.read({first.id})" in told, told


@pytest.mark.parametrize(
    ("arguments", "settings", "told", "code"),
    [
        (["worker", "--pool", "solo"], {}, "leave out --pool", 1),
        (["worker", "--logfile", "missing/%n.log"], {}, "No such file or directory", 5),
        (["worker"], {"store": "elsewhere"}, "the store of this service is not there", 9),
        (["status"], {"broker_url": ""}, "set EXTRACTOR_BROKER_URL", 1),
    ],
)
def test_what_cannot_work_is_told(stage, celery, arguments, settings, told, code):
    stage.settings = stage.settings.model_copy(update=settings)
    process = celery(*arguments)
    out, errors = process.communicate(timeout=60)
    assert told in out + errors
    assert process.returncode == code
