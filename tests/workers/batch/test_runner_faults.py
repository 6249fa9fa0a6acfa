"""A full disk, a kill, a clock set back, files replaced: a run goes on from there, and nothing is half-written."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.workers.disks import fill

#: Processes of its own.
pytestmark = [pytest.mark.slow, pytest.mark.issue(26)]


def _digests(out: Path) -> dict[str, str]:
    """Of what document each result is; every one is whole."""
    results = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*.json")}
    assert {payload["status"] for payload in results.values()} <= {"no_form_found"}
    return {name: payload["source"]["sha256"] for name, payload in results.items()}


def test_faults_lose_nothing_and_leave_nothing_half_written(start, documents, small_disk):
    folder, out = documents(*(f"slow-{number}.pdf" for number in range(5))), small_disk / "out"
    command = ("run", folder, "-o", out, "--engine", "null", "--jobs", "1", "--export", "xlsx")

    run = start(*command)
    run.wait_until(lambda: (out / "slow-0.xlsx").exists())
    filler = fill(small_disk)
    code, _, stderr = run.finish()
    assert (code, "No space left" in stderr) == (5, True), stderr
    assert "slow-0" in _digests(out)
    filler.unlink()

    run = start(*command)
    run.wait_until(lambda: (out / "slow-2.xlsx").exists())
    run.process.send_signal(signal.SIGKILL)
    run.wait_until(lambda: run.survivors() == [])
    assert _digests(out).keys() >= {"slow-0", "slow-1", "slow-2"}

    # As if the clock had been an hour ahead until now.
    ahead = time.time() + 3600
    for path in out.iterdir():
        os.utime(path, (ahead, ahead))
    (folder / "slow-1.pdf").write_bytes(b"%PDF-1.4 another document")
    code, _, stderr = start(*command).finish()
    assert code == 0, stderr
    there = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert _digests(out) == there
    assert {path.suffix for path in out.iterdir()} == {".json", ".xlsx"}
    anew = {path.name for path in out.iterdir() if path.stat().st_mtime < ahead - 1}
    assert {name for name in anew if name[5] in "012"} == {"slow-1.json", "slow-1.xlsx"}
