"""A remote store that resets, fails or is slow: nothing is lost by it, and no attempt is counted for it."""

from __future__ import annotations

import io
import os
import subprocess
import threading
import time

import pytest

from tests.workers.object_store import Line, ObjectStore
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from tests.workers.service.serving import COMMAND, Serve
from tests.workers.tls import make_certificate
from workers.service.store.blobs import AwayError
from workers.service.store.remote_blobs import RemoteBlobs
from workers.service.store.schema import JobState

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
#: Seconds a line is bad: several leases of the workers in these tests.
_BAD = 10.0


@pytest.fixture
def line(object_store, bucket, monkeypatch):
    """A line to the server, by which this process and those it starts go."""
    opened = Line(object_store.port)
    for name, value in object_store.environment(opened.port).items():
        monkeypatch.setenv(name, value)
    yield opened
    opened.close()


@pytest.mark.parametrize("mode", ["reset", "error", "slow"])
def test_no_attempt_is_counted_for_a_bad_line(tmp_path, new_database, line, bucket, mode):
    """After 4.7 minutes of resets 33 of 61 documents had failed as worker_lost."""
    stage = Stage(tmp_path / "data", new_database(), store=f"{bucket}/blobs")
    try:
        names = [f"{'slow-' if n % 3 == 0 else ''}{n}.pdf" for n in range(9)]
        jobs = [stage.submit(write_blank(tmp_path / name, pages=n + 2), name) for n, name in enumerate(names)]
        worker = stage.start_worker(2)
        wait_until(lambda: any(stage.job(job.id).pages_done > 1 for job in jobs), what="work")
        line.mode = mode
        time.sleep(_BAD)
        line.mode = "good"
        ended = stage.wait_for_end(*(job.id for job in jobs), seconds=150)
        assert {(job.state, job.attempts) for job in ended} == {(JobState.DONE, 1)}
        told = worker.log.read_text()
        assert ("No job is taken until it is back" in told) == (mode != "slow"), told
        assert "Traceback" not in told
    finally:
        stage.close()


def test_uploads_are_to_come_again_and_submit_does(tmp_path, line, bucket, monkeypatch):
    """They were answered 500, at which `submit` gave up."""
    monkeypatch.setenv("EXTRACTOR_STORE", f"{bucket}/blobs")
    served = Serve(tmp_path / "data")
    try:
        pdf = write_blank(tmp_path / "a.pdf", pages=2)
        line.mode = "error"
        answer = served.http.post("/v1/jobs", files={"file": ("a.pdf", pdf.read_bytes())})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        ready = served.http.get("/readyz")
        assert (ready.status_code, ready.json()["missing"]) == (503, ["blobs"])
        command = [
            *COMMAND,
            "submit",
            str(pdf),
            "--server",
            served.address,
            "--output",
            str(tmp_path / "out"),
        ]
        threading.Timer(12.0, lambda: setattr(line, "mode", "good")).start()
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ, timeout=90
        )
        assert ended.returncode == 0, ended.stderr
        assert "asking again until it is well" in ended.stderr
        assert (tmp_path / "out" / "a.json").is_file()
        assert served.stop() == 0
    finally:
        served.close()


@pytest.mark.parametrize("mode", ["reset", "error"])
def test_whatever_goes_wrong_is_a_store_that_does_not_answer(line, bucket, mode):
    blobs = RemoteBlobs(f"{bucket}/blobs")
    kept = blobs.put(io.BytesIO(b"kept")).sha256
    line.mode = mode
    steps = {
        "put": lambda: blobs.put(io.BytesIO(b"new")),
        "local": lambda: blobs.local(kept).__enter__(),
        "exists": lambda: blobs.exists(kept),
        "delete": lambda: blobs.delete(kept),
        "list": lambda: list(blobs.list(kept[:2])),
        "unfinished": lambda: list(blobs.unfinished()),
        "discard": lambda: blobs.discard("probe-0"),
        "read_mark": blobs.read_mark,
        "leave_mark": lambda: blobs.leave_mark("mark"),
        "probe": blobs.probe,
    }
    for name, step in steps.items():
        with pytest.raises(AwayError, match="does not answer"):
            pytest.fail(f"{name} gave {step()!r}")
    line.mode = "good"
    assert blobs.exists(kept)


def test_wrong_keys_are_told_as_such(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(AwayError, match=r"does not answer: .*[Ss]ignature") as caught:
        RemoteBlobs(bucket).put(io.BytesIO(b"a"))
    assert "of-the-test" not in str(caught.value)


def test_a_server_with_a_certificate_of_its_own_is_believed_by_its_ca_only(tmp_path, monkeypatch):
    certificate, key = make_certificate(tmp_path)
    server = ObjectStore(certificate, key)
    try:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.port}")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        blobs = RemoteBlobs(f"s3://{server.make_bucket()}/blobs")
        blobs.probe()
        monkeypatch.delenv("AWS_CA_BUNDLE")
        with pytest.raises(AwayError, match=r"does not answer: .*CERTIFICATE_VERIFY_FAILED"):
            RemoteBlobs("s3://bucket").probe()
    finally:
        server.close()
