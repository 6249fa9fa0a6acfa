"""No network at run time: a scan is extracted in a process that dies at the first socket."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

_SCANS = sorted((ROOT / "fixtures" / "scans").glob("*.pdf"))


def _extract(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.offline_extraction", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.model
@pytest.mark.slow
def test_extraction_touches_no_network():
    done = _extract(_SCANS[0])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("complete 1", "partial 1"))


def test_the_guard_sees_the_network():
    script = (
        "import sys, socket; from tests.offline_extraction import _forbid; sys.addaudithook(_forbid); "
        "socket.create_connection(('127.0.0.1', 9))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 99
    assert "network touched" in done.stderr
