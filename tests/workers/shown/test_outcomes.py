from __future__ import annotations

from extractor.seams.errors import ExitCode
from extractor.values.result import Issue, PageFacts, Result, ResultStatus, Source
from workers.shown.durations import say_duration
from workers.shown.outcomes import Outcome, exit_code, summarise
from workers.shown.progress import Snapshot


def _outcome(status: ResultStatus, code: str = "", output: str | None = "x.json") -> Outcome:
    return Outcome("x.pdf", output, status, code=code)


def test_exit_code_follows_the_contract():
    good = _outcome(ResultStatus.COMPLETE)
    locked, missing = (
        _outcome(ResultStatus.FAILED, "encrypted"),
        _outcome(ResultStatus.FAILED, "no_input", None),
    )
    assert exit_code([]) is ExitCode.NO_INPUT
    assert exit_code([missing]) is ExitCode.NO_INPUT
    assert exit_code([missing, _outcome(ResultStatus.FAILED, "storage", None)]) is ExitCode.STORAGE
    assert exit_code([good, good]) is ExitCode.OK
    assert exit_code([good, _outcome(ResultStatus.PARTIAL)]) is ExitCode.SOME_FAILED
    assert exit_code([_outcome(ResultStatus.PARTIAL)]) is ExitCode.SOME_FAILED
    assert exit_code([good, locked]) is ExitCode.SOME_FAILED
    assert exit_code([locked]) is ExitCode.ENCRYPTED
    assert exit_code([missing, good]) is ExitCode.SOME_FAILED


def test_a_partial_document_says_which_pages_it_lacks():
    lost = PageFacts(3, 0.0, 0.0, "scan", issues=("page_size",))
    result = Result(
        source=Source("x.pdf", "", 1, 2),
        status=ResultStatus.PARTIAL,
        pages=(PageFacts(1, 595.0, 842.0, "scan"), lost),
        issues=(Issue("uncalibrated", "other readers"), Issue("page_size", "page 3 is too large", 3)),
    )
    outcome = summarise(result, "x.pdf", "x.json")
    assert outcome.code == "page_size"
    assert outcome.failure == "partial: x.pdf: 1 of its 2 pages was not read: page 3 is too large"
    assert not outcome.failed


def test_time_left_counts_the_documents_not_yet_done():
    snapshot = Snapshot(total=10, finished=4, read=2, pages=6, seconds=3.0)
    assert snapshot.pages_per_second == 2.0
    assert snapshot.seconds_left == 9.0
    assert Snapshot(None, 4, 2, 6, 3.0).seconds_left is None
    assert Snapshot(10, 4, 0, 0, 3.0).seconds_left is None


def test_durations_read_as_people_say_them():
    told = ["0 s", "0.01 s", "0.4 s", "59 s", "3 min 5 s", "2 h 10 min"]
    assert [say_duration(s) for s in (0, 0.01, 0.4, 59.4, 185, 7800)] == told
