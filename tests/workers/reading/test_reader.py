"""A real process that reads and whoever watches over it: what each fault of a document costs, and how it is told."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.workers.pdfs import write_blank, write_encrypted
from workers.reading.blame import read_patiently
from workers.reading.options import ReadOptions, SetupError
from workers.reading.protocol import How, Lack, PageEvent, ReadLimits, ReadRequest, Watcher
from workers.reading.reader import CHILD, Reader

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_NULL = ReadOptions(engine="null")
_LIMITS = ReadLimits(page_timeout=30.0, document_timeout=60.0)
_FAULTY = "tests.workers.reading.faulty_child"


class Listener(Watcher):
    """Keeps what it is told; says stop after a page, where one is given."""

    def __init__(self, stop_after: int = 0) -> None:
        self.pages: list[PageEvent] = []
        self._stop_after = stop_after

    def page(self, event: PageEvent) -> bool:
        self.pages.append(event)
        return event.number != self._stop_after

    def alive(self) -> bool:
        return True


@pytest.fixture
def reader():
    """Makes readers, which do not outlive the test."""
    made = []

    def make(options=_NULL, limits=_LIMITS, module=_FAULTY) -> Reader:
        made.append(Reader(options, limits, module))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def request_for(tmp_path):
    def make(name: str = "a.pdf", pages: int = 3, **told) -> ReadRequest:
        pdf = write_blank(tmp_path / "document.pdf", pages=pages)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return ReadRequest(pdf, name, tmp_path / "result.json", work, **told)

    return make


def _process(reader: Reader) -> int:
    assert reader._process is not None
    return reader._process.pid


def test_a_request_goes_through_json_unchanged(tmp_path):
    plain = ReadRequest(tmp_path, "名.pdf", tmp_path / "o", tmp_path / "w")
    full = replace(
        plain,
        left_out={3: "left out"},
        checkpoints=(tmp_path / "1", tmp_path / "2"),
        overlays=tmp_path / "over",
        searchable=tmp_path / "copy",
        is_archival=True,
    )
    for request in (plain, full):
        assert ReadRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_documents_are_read_in_one_process_until_it_is_replaced(reader, request_for):
    listener, request = Listener(), request_for()
    one = reader(limits=replace(_LIMITS, documents=2))
    assert one.read(request, listener).how is How.DONE
    assert [(event.number, event.total) for event in listener.pages] == [(1, 3), (2, 3), (3, 3)]
    first = _process(one)
    payload = json.loads(request.output.read_text())
    assert payload["engine"]["run"] == one.fingerprint != ""
    assert one.read(request, Listener()).how is How.DONE
    assert one.read(request, Listener()).how is How.DONE
    assert _process(one) != first


def test_no_word_of_the_options_is_on_the_command_line(reader, tmp_path):
    locked = write_encrypted(tmp_path / "locked.pdf", password="open sesame")
    request = ReadRequest(locked, "locked.pdf", tmp_path / "result.json", tmp_path)
    one = reader(replace(_NULL, password="open sesame"), module=CHILD)
    assert one.read(request, Listener()).how is How.DONE
    for place in ("cmdline", "environ"):
        assert b"sesame" not in Path(f"/proc/{_process(one)}/{place}").read_bytes()
    end = reader(module=CHILD).read(request, Listener())
    assert end.failure is not None
    assert (end.how, end.failure.code, end.failure.retryable) == (How.FAILED, "encrypted", False)


def test_an_engine_that_does_not_load_is_told(reader, request_for):
    with pytest.raises(SetupError, match="cannot read the recording"):
        reader(ReadOptions(engine="replay:nowhere.npz")).read(request_for(), Listener())


def test_a_module_in_the_folder_we_are_in_does_not_stand_in_for_ours(
    reader, request_for, tmp_path, monkeypatch
):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    assert reader(module=CHILD).read(request_for(), Listener()).how is How.DONE


def test_a_process_that_is_never_ready_is_started_three_times(reader, request_for):
    end = reader(module="tests.workers.nowhere").read(request_for(), Listener())
    assert end.failure is not None
    assert (end.how, end.page, end.failure.code) == (How.DIED, None, "crashed")
    assert "ended before it was ready (exit code 1)" in end.failure.message


def test_a_death_is_explained_and_the_next_document_read(reader, request_for):
    one = reader()
    end = one.read(request_for("die-2.pdf"), Listener())
    assert end.failure is not None
    assert (end.how, end.page, end.total, end.failure.lack) == (How.DIED, 2, 3, Lack.MEMORY)
    assert "was killed while it read page 2 (SIGKILL), perhaps for want of memory" in end.failure.message
    assert one.read(request_for(), Listener()).how is How.DONE


def test_a_process_killed_while_it_waits_costs_no_document(reader, request_for):
    one = reader()
    assert one.prepare(lambda: True) is None
    os.kill(_process(one), signal.SIGKILL)
    assert one.read(request_for(), Listener()).how is How.DONE


def test_whoever_watches_can_stop_it(reader, request_for):
    one = reader()
    assert one.read(request_for(), Listener(stop_after=2)).how is How.STOPPED
    assert one._process is None


@pytest.mark.parametrize(
    ("limits", "lack", "page", "told"),
    [
        ({"page_timeout": 1.0}, Lack.PAGE_TIME, 2, "page 2 was not done after 1 s, cut off"),
        ({"document_timeout": 1.0}, Lack.DOCUMENT_TIME, None, "the document was not done after 1 s, cut off"),
    ],
)
def test_a_page_that_hangs_is_cut_off(reader, request_for, limits, lack, page, told):
    end = reader(limits=replace(_LIMITS, **limits)).read(request_for("hang-2.pdf"), Listener())
    assert end.failure is not None
    assert (end.how, end.page, end.failure.lack, end.failure.message) == (How.HUNG, page, lack, told)


def test_a_process_that_takes_too_much_memory_is_ended(reader, request_for):
    end = reader(limits=replace(_LIMITS, memory_mb=1)).read(request_for("hang-2.pdf"), Listener())
    assert end.failure is not None
    assert (end.how, end.failure.code, end.failure.lack) == (How.HUNG, "memory", Lack.ALLOWED_MEMORY)
    assert "MB of memory, more than the 1 allowed" in end.failure.message


def test_time_spent_before_counts(reader, request_for):
    end = reader().read(request_for("hang-2.pdf"), Listener(), spent=59.0)
    assert end.failure is not None
    assert end.failure.lack is Lack.DOCUMENT_TIME
    assert 0.5 < end.seconds < 20


class TestPatience:
    def test_a_page_that_kills_twice_is_left_out_and_what_was_read_is_not_read_again(
        self, reader, request_for
    ):
        listener, request = Listener(), request_for("die-3.pdf", pages=4)
        assert read_patiently(reader(), request, listener, deaths=2).how is How.DONE
        issue, notice = json.loads(request.output.read_text())["issues"]
        assert notice["code"] == "uncalibrated"
        assert (issue["code"], issue["page"]) == ("page_left_out", 3)
        assert "the process that read it ended 2 times" in issue["message"]
        assert [event.number for event in listener.pages] == [1, 2, 1, 2, 1, 2, 3, 4]

    def test_a_death_that_is_not_allowed_ends_it(self, reader, request_for):
        end = read_patiently(reader(), request_for("die-2.pdf"), Listener())
        assert (end.how, end.page) == (How.DIED, 2)

    def test_a_death_on_no_page_is_not_tried_again(self, reader, request_for):
        listener = Listener()
        assert read_patiently(reader(), request_for("die-0.pdf"), listener, deaths=2).how is How.DIED
        assert listener.pages == []

    def test_a_page_that_hangs_is_told_and_left_out(self, reader, request_for):
        told, request = [], request_for("hang-2.pdf")
        end = read_patiently(
            reader(limits=replace(_LIMITS, page_timeout=1.0)),
            request,
            Listener(),
            tell_hanging=lambda page, failure: told.append((page, failure.code)),
        )
        assert (end.how, told) == (How.DONE, [(2, "timeout")])

    @pytest.mark.parametrize("fault", ["die", "hang"])
    def test_with_no_page_left_the_document_has_failed_for_that_reason(self, reader, request_for, fault):
        limits = replace(_LIMITS, page_timeout=1.0)
        request = request_for(f"{fault}-1.pdf", pages=1)
        end = read_patiently(reader(limits=limits), request, Listener(), deaths=2)
        assert end.failure is not None
        assert end.how is How.FAILED
        assert end.failure.code == ("crashed" if fault == "die" else "timeout")


class TestMemoryOfWhatWasReadBefore:
    """With a limit of 1,800 MB the ninth document lost its cover page to the memory of the eight before."""

    #: The hoard of one document is under the half at which a process is replaced; with a large page it is too much.
    limits = ReadLimits(page_timeout=30.0, document_timeout=60.0, memory_mb=1400)

    def test_a_page_is_not_to_blame_for_the_documents_before(self, reader, request_for):
        one = reader(limits=self.limits)
        assert read_patiently(one, request_for("hoard-1.pdf"), Listener()).how is How.DONE
        process = one._process
        hung = []
        end = read_patiently(
            one, request_for("large-1.pdf"), Listener(), tell_hanging=lambda page, _: hung.append(page)
        )
        assert (end.how, hung) == (How.DONE, [])
        assert one._process is not process

    def test_nor_for_the_pages_before(self, reader, request_for):
        one, listener, hung = reader(limits=self.limits), Listener(), []
        request = request_for("hoard-1+large-3.pdf")
        end = read_patiently(one, request, listener, tell_hanging=lambda page, _: hung.append(page))
        assert (end.how, hung) == (How.DONE, [])
        # Those that were read by then are read from their checkpoints.
        assert [event.number for event in listener.pages] == [1, 2, 1, 2, 3]

    @pytest.mark.parametrize(("page", "processes"), [(1, 2), (2, 3)])
    def test_a_page_that_a_fresh_process_cannot_bear_is_left_out(self, reader, request_for, page, processes):
        one, listener, hung = reader(limits=replace(self.limits, memory_mb=900)), Listener(), []
        request = request_for(f"swell-{page}.pdf")
        end = read_patiently(one, request, listener, tell_hanging=lambda number, _: hung.append(number))
        assert (end.how, hung) == (How.DONE, [page])
        # A page with pages before it gets one process more; page 1 is told of by all but the one that ended on it.
        assert [event.number for event in listener.pages].count(1) == processes - (page == 1)
