"""A run over documents of several pages: a page that kills, hangs or swells costs itself; none is read twice."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT
from tests.workers.pdfs import write_blank
from workers.batch.runner import run_documents
from workers.batch.settings import RunSettings
from workers.reading.options import ReadOptions
from workers.reading.protocol import ReadLimits
from workers.shown.outcomes import Outcome
from workers.shown.progress import QuietDisplay

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FIXTURES = ROOT / "fixtures"


@pytest.fixture
def run(tmp_path):
    settings = RunSettings(
        tmp_path / "out",
        ReadOptions(engine="null"),
        reader_module="tests.workers.reading.faulty_child",
    )

    def run_one(path: Path, **told: Any) -> Outcome:
        report = run_documents([path], replace(settings, force=True, **told), QuietDisplay())
        assert list((tmp_path / "out").glob(".*")) == []
        (outcome,) = report.outcomes
        return outcome

    return run_one


def _page_issues(outcome: Outcome) -> list[tuple[str, int]]:
    assert outcome.output is not None
    payload = json.loads(Path(outcome.output).read_text())
    return [(issue["code"], issue["page"]) for issue in payload["issues"] if issue["code"] != "uncalibrated"]


def test_a_page_that_always_kills_its_process_is_left_out(run, tmp_path):
    outcome = run(write_blank(tmp_path / "die-2.pdf", pages=3))
    assert (outcome.failed, outcome.pages, _page_issues(outcome)) == (False, 3, [("page_left_out", 2)])


def test_a_page_that_hangs_is_left_out(run, tmp_path):
    limits = ReadLimits(page_timeout=1.0)
    outcome = run(write_blank(tmp_path / "hang-3.pdf", pages=3), limits=limits)
    assert (outcome.failed, _page_issues(outcome)) == (False, [("page_left_out", 3)])


def test_a_page_that_takes_too_much_memory_is_left_out(run, tmp_path):
    limits = ReadLimits(memory_mb=1000)
    outcome = run(write_blank(tmp_path / "swell-2.pdf", pages=3), limits=limits)
    assert (outcome.failed, _page_issues(outcome)) == (False, [("page_left_out", 2)])
    assert "more than the 1,000 allowed" in Path(outcome.output).read_text()


@pytest.mark.parametrize(
    ("name", "limits", "code", "told"),
    [
        (
            "hang-1",
            ReadLimits(page_timeout=1.0),
            "timeout",
            "after 1 s, cut off; --page-timeout gives it longer",
        ),
        ("hang-2", ReadLimits(document_timeout=1.0), "timeout", "cut off; --timeout gives it longer"),
        ("swell-1", ReadLimits(memory_mb=1000), "memory", "1,000 allowed; --max-memory allows it more"),
        (
            "die-1",
            ReadLimits(),
            "crashed",
            "page 1 (SIGKILL), perhaps for want of memory; fewer --jobs leave more",
        ),
    ],
)
def test_a_document_that_fails_says_which_option_would_help(run, tmp_path, name, limits, code, told):
    pages = 2 if name == "hang-2" else 1
    outcome = run(write_blank(tmp_path / f"{name}.pdf", pages=pages), limits=limits)
    assert (outcome.failed, outcome.code) == (True, code)
    assert told in outcome.reason


def test_pages_read_before_a_death_are_known_after_it(run, tmp_path):
    recording = _FIXTURES / "recordings" / "dept-2023-bilevel.npz"
    options = ReadOptions(engine=f"replay:{recording}")
    results = []
    for name in ("undisturbed", "once-2"):
        path = Path(shutil.copy(_FIXTURES / "scans" / "dept-2023-bilevel.pdf", tmp_path / f"{name}.pdf"))
        outcome = run(path, options=options)
        assert outcome.status.value == "complete"
        results.append(json.loads(Path(outcome.output).read_text()) | {"timing": 0, "source": 0})
    assert results[0] == results[1]
    assert int((tmp_path / "once-2.struck").read_text()) == 1
