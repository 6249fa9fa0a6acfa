"""A folder of bombs with a report among them, read by the real command with the real engines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.bombs import write_bombs
from tests.paths import ROOT

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.issue(26)]

_RUN = """
import resource, sys
from workers.cli.entry import run_cli
code = run_cli(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
#: Bombs that are damaged in a way that lets their pages be read: they are blank, or a few lines of prose.
_HARMLESS = 12


def test_bombs_cost_nobody_anything_and_become_no_figures(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    names = [path.stem for path in write_bombs(folder)]
    assert len(names) >= 25
    good = ROOT / "fixtures" / "scans" / "dongfeng-2025.pdf"
    for name in ("a-report", "n-report", "z-report"):
        # Not the same bytes: each is read itself.
        (folder / f"{name}.pdf").write_bytes(good.read_bytes() + b"\n%" + name.encode())
    options = ["run", str(folder), "-o", str(out), "--jobs", "1", "--json", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *options], capture_output=True, text=True, timeout=570, check=False
    )
    told, _, peak = done.stdout.rpartition("}\n")
    summary = json.loads(told + "}")
    assert done.returncode == 2
    # Peak memory of any process, in megabytes: within what one may take by default.
    assert int(peak) / 1024 < 4096
    by_name = {item["name"].removesuffix(".pdf"): item for item in summary["results"]}
    assert set(by_name) == {*names, "a-report", "n-report", "z-report"}
    assert not [name for name in names if by_name[name]["accepted"] or by_name[name]["review"]]
    # Nothing crashed, hung or was a bug of ours.
    ends = {name: by_name[name]["code"] for name in names}
    assert not {name: code for name, code in ends.items() if code in {"crashed", "timeout", "internal_error"}}
    assert sum(not code for code in ends.values()) <= _HARMLESS
    assert max(item["seconds"] for item in summary["results"]) < 60
    truth = json.loads(good.with_suffix(".truth.json").read_text(encoding="utf-8"))["reports"][0]["fields"]
    for name in ("a-report", "n-report", "z-report"):
        payload = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
        assert payload["status"] == "complete"
        read = {field: told["value"] for field, told in payload["reports"][0]["fields"].items()}
        assert {field: read[field] for field in truth} == truth
    shutil.rmtree(folder)
