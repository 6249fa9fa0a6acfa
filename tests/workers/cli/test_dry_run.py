"""What `run --dry-run` says, and that it does nothing."""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.workers.office import search_path
from tests.workers.pdfs import write_blank, write_encrypted
from workers.cli.entry import run_cli

#: It asks a process for pages.
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "in"
    (made / "sub").mkdir(parents=True)
    write_blank(made / "a.pdf", pages=3)
    write_blank(made / "sub" / "b.pdf", pages=2)
    (made / "c.pdf").write_bytes(b"%PDF-1.7 broken")
    (made / "l.pdf").symlink_to(made / "a.pdf")
    return made


def test_it_says_what_would_be_read_and_reads_nothing(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", search_path())
    out = tmp_path / "out"
    (folder / "notes.docx").write_bytes(b"PK")
    assert run_cli(["run", str(folder), "--output", str(out), "--dry-run"]) == 2
    told = capsys.readouterr()
    assert told.out == "read\ta.pdf\nfail\tc.pdf\nfail\tl.pdf\nread\tsub/b.pdf\n"
    assert "c.pdf: cannot be opened" in told.err
    assert "l.pdf is a link" in told.err
    assert "4 documents: 2 to be read with 5 pages, 0 kept" in told.err
    assert "1 .docx" in told.err and "install it (apt-get install libreoffice-writer-nogui)" in told.err
    assert not out.exists()


@pytest.mark.model
def test_what_is_there_already_is_kept(folder, tmp_path, capsys):
    out = tmp_path / "out"
    (folder / "c.pdf").unlink()
    (folder / "l.pdf").unlink()
    quick = ["--engine", "null", "--second-engine", "none", "--output", str(out)]
    assert run_cli(["run", str(folder), *quick, "--jobs", "1", "--quiet"]) == 0
    write_blank(folder / "sub" / "b.pdf", pages=4)
    capsys.readouterr()
    assert run_cli(["run", str(folder), *quick, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "documents": 2,
        "read": 1,
        "keep": 1,
        "fail": 0,
        "pages": 4,
        "left_out": {},
    }
    assert run_cli(["run", str(folder), *quick, "--dry-run", "--json", "--force"]) == 0
    assert json.loads(capsys.readouterr().out)["read"] == 2


def test_members_of_archives_are_listed_and_their_pages_not_counted(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(write_blank(tmp_path / "x.pdf", pages=2), "x.pdf")
    assert run_cli(["run", str(tmp_path / "a.zip"), "--output", str(tmp_path / "out"), "--dry-run"]) == 0
    told = capsys.readouterr()
    assert told.out == "read\ta.zip/x.pdf\n"
    assert "1 document: 1 to be read, 0 kept" in told.err


def test_nothing_at_all_ends_as_a_run_would(tmp_path, capsys):
    assert run_cli(["run", str(tmp_path), "--output", str(tmp_path / "out"), "--dry-run"]) == 4


@pytest.mark.issue(27)
@pytest.mark.parametrize(
    ("content", "code", "told"),
    [(b"", 2, "empty (0 bytes)"), (b"%PDF-1.7 cut", 2, "cannot be opened"), (None, 4, "does not exist")],
)
def test_one_that_cannot_be_read_is_no_document_to_be_read(tmp_path, capsys, content, code, told):
    path = tmp_path / "a.pdf"
    if content is not None:
        path.write_bytes(content)
    assert run_cli(["run", str(path), "--output", str(tmp_path / "out"), "--dry-run"]) == code
    said = capsys.readouterr()
    assert said.out == "fail\ta.pdf\n"
    assert told in said.err and "1 document: 0 to be read with 0 pages" in said.err


@pytest.mark.issue(27)
def test_one_under_a_password_is_to_be_read(tmp_path, capsys):
    path = write_encrypted(tmp_path / "a.pdf", password="secret")
    assert run_cli(["run", str(path), "--output", str(tmp_path / "out"), "--dry-run"]) == 0
    assert capsys.readouterr().out == "read\ta.pdf\n"
