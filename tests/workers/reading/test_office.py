"""What LibreOffice may do to us, tried with a program that does it, and what it makes of documents where it is."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from extractor.scan.office import OfficeKind
from tests.workers.office import RTF, needs_office, search_path, write_program
from tests.workers.pdfs import write_blank
from workers.reading.office import draw, draw_request, find_drawn, find_program
from workers.reading.protocol import How, Lack, ReadLimits, ReadRequest

_QUICK = ReadLimits(page_timeout=15.0)


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "a.rtf"
    path.write_bytes(RTF)
    return path


@pytest.fixture
def make(tmp_path, document):
    """Has a program that does so make a PDF; the failure."""

    def make(what: str, limits: ReadLimits = _QUICK, alive=lambda: True):
        program = write_program(tmp_path / "bin", what) / "soffice"
        return draw(document, tmp_path / "made.pdf", OfficeKind.RTF, program, limits, alive)

    return make


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_pdf_is_kept_and_all_else_goes(make, tmp_path):
    assert make('echo rest > "$own/rest"; cp "$(dirname "$0")/made.pdf" "$made"') is None
    assert len(pdfium.PdfDocument(tmp_path / "made.pdf")) == 2
    assert _left(tmp_path) == ["a.rtf", "bin", "made.pdf"]


@pytest.mark.parametrize(
    ("what", "code"),
    [("exit 3", "3"), ("kill -ABRT $$", ""), ("exit 0", "0"), ('ln -s /etc/hostname "$made"', "0")],
)
def test_a_program_that_makes_none_is_told_with_how_it_ended(make, tmp_path, what, code):
    failure = make(what)
    assert (failure.code, failure.retryable) == ("not_converted", False)
    assert f"exit code {code}" in failure.message and "a.rtf" in failure.message
    assert _left(tmp_path) == ["a.rtf", "bin"]


def test_it_is_started_again_where_it_wants_to_with_a_profile_that_is_new(make, tmp_path):
    again = 'test -e "$own/seen" || { touch "$own/seen"; exit 81; }\n'
    assert make(again + 'cp "$(dirname "$0")/made.pdf" "$made"') is None
    assert make('test -f "$own/profile/user/registrymodifications.xcu" && exit 7').message.count(
        "exit code 7"
    )


def test_one_that_hangs_is_cut_off_with_all_that_it_started(make, tmp_path):
    mark = f"3141.{time.time_ns() % 10**6:06d}"
    began = time.monotonic()
    failure = make(f"setsid sleep {mark} &\nsleep {mark} &\nsleep {mark}", ReadLimits(page_timeout=1.5))
    assert time.monotonic() - began < 10
    assert (failure.code, failure.lack) == ("timeout", Lack.PAGE_TIME)
    assert "LibreOffice" in failure.message
    time.sleep(0.2)
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark in _text_of(path)]
    assert _left(tmp_path) == ["a.rtf", "bin"]


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_one_that_nobody_waits_for_is_ended(make, tmp_path):
    began = time.monotonic()
    assert make("sleep 60", alive=lambda: time.monotonic() - began < 0.5) is None
    assert time.monotonic() - began < 10
    assert _left(tmp_path) == ["a.rtf", "bin"]


def test_it_finds_no_files_but_its_own_writes_no_others_and_knows_no_secret(make, tmp_path, monkeypatch):
    monkeypatch.setenv("EXTRACTOR_DATABASE_URL", "postgresql://u:secret@host/db")
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    tried = f"""
        cat {secret} && exit 11
        ls {tmp_path} && exit 12
        echo x > {tmp_path}/written && exit 13
        cat /etc/passwd && exit 14
        env | grep -q secret && exit 15
        echo x > "$own/fine" || exit 16
        exit 42"""
    assert "exit code 42" in make(tried).message
    assert _left(tmp_path) == ["a.rtf", "bin", "secret.txt"]


def test_it_reaches_no_network(make):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        reach = f'bash -c "exec 3<>/dev/tcp/127.0.0.1/{port}" && exit 17\nexit 42'
        assert "exit code 42" in make(reach).message
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(("megabytes", "code"), [(4096, 43), (512, 42)])
def test_memory_beyond_the_limit_is_refused(make, megabytes, code):
    # `tail` holds what it is to show at the end.
    much = "head -c 700000000 /dev/zero | tail -c 690000000 > /dev/null && exit 43; exit 42"
    assert f"exit code {code}" in make(much, ReadLimits(page_timeout=60.0, memory_mb=megabytes)).message


def test_a_document_is_drawn_once_and_others_are_left_alone(tmp_path, document, monkeypatch):
    folder = write_program(tmp_path / "bin")
    monkeypatch.setenv("PATH", search_path(folder))
    work = tmp_path / "work"
    work.mkdir()
    asked = ReadRequest(document, "a.rtf", tmp_path / "r.json", work)
    drawn, end = draw_request(asked, _QUICK, lambda: True)
    assert end is None and drawn.drawn == find_drawn(work)
    assert ReadRequest.from_json(drawn.to_json()).drawn == drawn.drawn
    (folder / "soffice").unlink()
    write_program(folder, "exit 5")
    assert draw_request(asked, _QUICK, lambda: True)[0].drawn == drawn.drawn
    plain = ReadRequest(write_blank(tmp_path / "b.pdf", pages=1), "b.pdf", tmp_path / "r.json", work)
    assert draw_request(plain, _QUICK, lambda: True) == (plain, None)
    drawn.drawn.unlink()
    failed, end = draw_request(asked, _QUICK, lambda: True)
    assert (failed.drawn, end.how, end.failure.code) == (None, How.FAILED, "not_converted")
    assert draw_request(asked, _QUICK, lambda: False)[1].how is How.STOPPED


def test_where_it_is_not_the_reader_says_so(tmp_path, document, monkeypatch):
    monkeypatch.setenv("PATH", search_path())
    asked = ReadRequest(document, "a.rtf", tmp_path / "r.json", tmp_path)
    assert find_program() is None and draw_request(asked, _QUICK, lambda: True) == (asked, None)


@needs_office
@pytest.mark.slow
def test_nothing_that_a_page_names_is_loaded(tmp_path):
    asked = []

    class _Listener(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address)

    picture = tmp_path / "private.png"
    picture.write_bytes((Path(__file__).parents[3] / "docs/images/clean-scan.png").read_bytes())
    server = http.server.HTTPServer(("127.0.0.1", 0), _Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"http://127.0.0.1:{server.server_port}"
    try:
        page = tmp_path / "a.html"
        page.write_text(
            f'<html><link rel="stylesheet" href="{place}/a.css"><p>before</p><img src="{place}/a.png">'
            f'<img src="{picture.as_uri()}"><iframe src="{place}/b.html"></iframe><p>after</p></html>'
        )
        program = find_program()
        assert program is not None
        assert draw(page, tmp_path / "a.pdf", OfficeKind.HTML, program, ReadLimits(page_timeout=60.0)) is None
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []
    page = pdfium.PdfDocument(tmp_path / "a.pdf")[0]
    text = page.get_textpage().get_text_range()
    assert "before" in text and "after" in text
    sizes = [item.get_px_size() for item in page.get_objects() if isinstance(item, pdfium.PdfImage)]
    assert all(max(size) < 100 for size in sizes), "a mark in place of a picture at most"
