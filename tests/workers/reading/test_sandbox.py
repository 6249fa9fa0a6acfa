"""What the process that reads may not do, tried from within a real one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.reading.test_reader import Listener
from workers.reading.options import ReadOptions
from workers.reading.protocol import BrokenEventError, How, Lack, ReadLimits, ReadRequest, parse_event
from workers.reading.reader import Reader

_LIMITS = ReadLimits(page_timeout=20.0, document_timeout=40.0)


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.setenv("EXTRACTOR_DATABASE_URL", "postgresql://u:secret@host/db")
    one = Reader(ReadOptions(engine="null"), _LIMITS, "tests.workers.reading.probing_child")
    yield one
    one.kill()


def _request(folder: Path, name: str) -> ReadRequest:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return ReadRequest(write_blank(folder / "d.pdf", pages=1), name, folder / "result.json", work)


@pytest.mark.slow
@pytest.mark.issue(26)
def test_a_document_reaches_no_network_no_program_and_no_more_than_it_was_given(reader, tmp_path):
    request = _request(tmp_path, "a.pdf")
    assert reader.read(request, Listener()).how is How.DONE
    told = {item["code"]: item["message"] for item in json.loads(request.output.read_text())["issues"]}
    refused = ("internet", "unix", "program", "fork", "ptrace")
    assert {name: told[name] for name in refused} == dict.fromkeys(refused, "PermissionError")
    assert (told["file"], told["files"], told["memory"]) == ("OSError", "OSError", "MemoryError")
    assert told["thread"] == "done: ran"
    assert "EXTRACTOR" not in told["environment"]
    # One line tells of the loopback; a network of its own has no other.
    assert told["interfaces"] == "done: 1"


@pytest.mark.slow
@pytest.mark.issue(26)
@pytest.mark.parametrize("name", ["endless.pdf", "garbage.pdf", "elsewhere.pdf"])
def test_a_process_that_says_what_is_no_event_is_ended_at_once(reader, tmp_path, name):
    end = reader.read(_request(tmp_path, name), Listener())
    assert end.failure is not None
    assert (end.how, end.failure.code) == (How.DIED, "crashed")
    assert end.seconds < 10
    assert reader.read(_request(tmp_path, "a.pdf"), Listener()).how is How.DONE


@pytest.mark.slow
@pytest.mark.issue(26)
def test_memory_that_is_refused_costs_the_page_and_the_process(reader, tmp_path):
    end = reader.read(_request(tmp_path, "greedy.pdf"), Listener())
    assert end.failure is not None
    assert (end.how, end.page, end.failure.lack) == (How.HUNG, 1, Lack.ALLOWED_MEMORY)
    assert "page 1 wanted more memory than the 4,096 MB allowed" in end.failure.message
    assert reader._process is None


@pytest.mark.slow
@pytest.mark.issue(26)
def test_a_bloated_process_is_not_handed_to_the_next_document(tmp_path):
    small = Reader(
        ReadOptions(engine="null"), ReadLimits(memory_mb=150), "tests.workers.reading.probing_child"
    )
    try:
        assert small.read(_request(tmp_path, "a.pdf"), Listener()).how is How.DONE
        assert small._process is None
    finally:
        small.kill()


def test_only_events_are_listened_to():
    event = {"event": "page", "number": 1, "total": 2, "seconds": 0.5, "checkpoint": None}
    assert parse_event(json.dumps(event | {"more": 1}).encode()) == event
    failed = {"event": "failed", "code": "c", "message": "m", "retryable": False, "lack": "memory"}
    assert parse_event(json.dumps(failed).encode()) == failed
    for wrong in (
        b"", b"[]", b"1", b"{}", b'{"event": "exit"}', b'{"event": ["page"]}', b"[" * 60_000,
        json.dumps(event | {"number": "1"}).encode(),
        json.dumps(failed | {"lack": "money"}).encode(),
    ):  # fmt: skip
        with pytest.raises(BrokenEventError):
            parse_event(wrong)
