"""How `extractor status` tells of jobs, and `submit` of one that begins anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from workers.batch.inputs import Input
from workers.cli.commands import submit
from workers.remote.client import ServiceClient
from workers.remote.submitting import Submission
from workers.shown.progress import QuietDisplay


def _job(**changed: Any) -> dict[str, Any]:
    result = {"status": "complete", "accepted": 1, "review": 2}
    job = {"id": "0f", "state": "done", "name": "a.pdf", "error": None, "step": None, "result": result}
    return job | {"pages": {"done": 3, "total": 3}} | changed


@pytest.mark.parametrize(("status", "told"), [("complete", "done"), ("partial", "done, partial")])
def test_what_was_not_read_whole_is_not_simply_done(status, told, capsys, monkeypatch):
    job = _job(result={"status": status, "accepted": 1, "review": 2})
    monkeypatch.setattr(Console, "is_terminal", True)
    submit._print_jobs([job])
    assert told in capsys.readouterr().out
    assert (", partial" in told) == (status == "partial")
    monkeypatch.setattr(Console, "is_terminal", False)
    submit._print_jobs([job])
    # Programs find the state where it was, and what became of the document behind all else.
    assert capsys.readouterr().out.splitlines()[1].split("\t") == [
        "0f",
        "done",
        "3/3",
        "1",
        "2",
        "a.pdf",
        "",
        status,
    ]


def test_once_all_pages_are_read_the_step_that_goes_on_is_told():
    running = _job(state="running", step="reading", result=None)
    assert submit._tell_progress(running) == "a.pdf: running, page 3 of 3"
    told = submit._tell_progress(running | {"step": "understanding"})
    assert told == "a.pdf: all 3 pages are read; tables and sums are being understood"


class _Service:
    def __init__(self, job: dict[str, Any], *, is_new: bool) -> None:
        self._answer = (job, is_new)

    def submit(self, path: Path, name: str) -> tuple[dict[str, Any], bool]:
        return self._answer


@pytest.mark.parametrize(
    ("updated", "is_new", "is_again"),
    [("2026-02", True, True), ("2026-01", True, False), ("2026-02", False, False)],
)
def test_a_document_that_was_there_before_and_begins_anew_is_told(updated, is_new, is_again, tmp_path):
    job = _job(state="queued", created="2026-01", updated=updated)
    told = []
    client = cast(ServiceClient, _Service(job, is_new=is_new))
    sending = Submission(client, QuietDisplay(), tell=lambda item, job, again: told.append(again))
    sending.send([Input(tmp_path / "a.pdf", "a.pdf", Path("a.pdf.json"))], lambda: 1)
    assert told == [is_again]
