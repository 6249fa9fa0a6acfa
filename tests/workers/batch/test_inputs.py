from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.workers.office import search_path, write_program
from workers.batch.archives import archive_opener
from workers.batch.inputs import find_inputs, may_be_document


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_folders_are_searched_recursively_in_any_case_and_order_is_stable(tmp_path):
    _touch(
        *(tmp_path / name for name in ("b.PDF", "a.pdf", "s/c.Pdf", "s/notes.txt", ".hidden/d.pdf", ".e.pdf"))
    )
    found = list(find_inputs([tmp_path]))
    assert [(item.name, item.output) for item in found] == [
        ("a.pdf", "a.json"), ("b.PDF", "b.json"), ("s/c.Pdf", "s/c.json"),
    ]  # fmt: skip


def test_pictures_are_documents_and_what_is_neither_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", search_path())
    _touch(*(tmp_path / name for name in ("a.TIF", "b.jpeg", "c.docx", "s/d.ofd", "README", ".e.txt")))
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as packed:
        for name in ("g.png", "h.xlsx"):
            packed.writestr(name, b"")
    left = []
    found = list(find_inputs([tmp_path], archives=archive_opener(None, leave_out=left.append)))
    assert [(item.name, item.output) for item in found] == [
        ("a.TIF", "a.json"), ("b.jpeg", "b.json"), ("f.zip/g.png", "f.zip/g.json"),
    ]  # fmt: skip
    assert left == ["README", "c.docx", "h.xlsx", "d.ofd"]


@pytest.mark.issue(27)
def test_documents_of_an_office_are_documents_where_libreoffice_is(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", search_path(write_program(tmp_path / "bin")))
    folder = tmp_path / "in"
    _touch(*(folder / name for name in ("a.DOCX", "b.html", "c.xlsx")))
    with zipfile.ZipFile(folder / "d.zip", "w") as packed:
        packed.writestr("e.wps", b"")
    left = []
    found = list(find_inputs([folder], archives=archive_opener(None, leave_out=left.append)))
    assert [(item.name, item.output) for item in found] == [
        ("a.DOCX", "a.json"), ("b.html", "b.json"), ("d.zip/e.wps", "d.zip/e.json"),
    ]  # fmt: skip
    assert left == ["c.xlsx"]
    monkeypatch.setenv("PATH", search_path())
    sent = archive_opener(None, is_document=may_be_document)
    assert [item.name for item in find_inputs([folder], archives=sent)] == ["a.DOCX", "b.html", "d.zip/e.wps"]


def test_names_that_clash_stay_apart(tmp_path):
    paths = [tmp_path / name for name in ("one/x.pdf", "one/x.PDF", "two/X.pdf", "two/x-2.pdf")]
    _touch(*paths)
    outputs = [item.output for item in find_inputs(paths)]
    assert outputs == ["x.json", "x-2.json", "X-3.json", "x-2-2.json"]


def test_a_file_is_taken_whatever_it_is_called(tmp_path):
    path = tmp_path / "v1.2 report"
    _touch(path)
    assert [item.output for item in find_inputs([path])] == ["v1.2 report.json"]


def test_a_file_given_more_than_once_is_read_once_and_told(tmp_path, monkeypatch):
    _touch(tmp_path / "in" / "a.pdf", tmp_path / "in" / "b.pdf")
    (tmp_path / "in" / "link.pdf").symlink_to("a.pdf")
    monkeypatch.chdir(tmp_path)
    told = []
    given = [Path("in/a.pdf"), tmp_path / "in" / "a.pdf", Path("in"), Path("./in/../in/b.pdf")]
    found = find_inputs(given, lambda path, count: told.append((path, count)))
    told_of = [(item.name, item.problem_code if item.problem else "") for item in found]
    assert told_of == [("a.pdf", ""), ("b.pdf", ""), ("link.pdf", "link")]
    assert told == [(given[1], 1), (given[2], 1), (given[3], 1)]


def test_what_may_not_be_read_is_told_apart_from_what_is_not_there(tmp_path, monkeypatch):
    _touch(tmp_path / "a.pdf")
    # A superuser, as tests may be run by, is let into everything.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    (item,) = find_inputs([tmp_path / "a.pdf"])
    assert (item.problem, item.problem_code) == (f"{item.path} cannot be read: no permission", "storage")
    (missing,) = find_inputs([tmp_path / "none.pdf"])
    assert missing.problem_code == "no_input"


def test_problems_are_told(tmp_path):
    assert next(find_inputs([tmp_path / "none"])).problem.endswith("does not exist")
    assert next(find_inputs([Path("/dev/null")])).problem.endswith("neither a file nor a folder")


def test_a_path_that_cannot_be_asked_about_is_a_problem_and_the_next_is_found(tmp_path):
    _touch(tmp_path / "a.pdf")
    deep = Path("/".join(["d" * 200] * 30)) / "x.pdf"
    found = list(find_inputs([deep, tmp_path]))
    assert [(item.name, item.problem_code) for item in found] == [("x.pdf", "storage"), ("a.pdf", "no_input")]
    assert "too long" in found[0].problem
    assert not found[1].problem


@pytest.mark.parametrize(
    "raised", [RecursionError("deep"), MemoryError(), KeyError("x"), OSError(5, "I/O error")]
)
def test_whatever_an_archive_brings_about_is_its_own_matter(tmp_path, monkeypatch, raised):
    _touch(tmp_path / "a.zip", tmp_path / "b.pdf")

    def fail(path, meter):
        raise raised
        yield

    monkeypatch.setattr("workers.batch.archives.zip_entries", fail)
    found = list(find_inputs([tmp_path], archives=archive_opener(None)))
    assert [(item.name, bool(item.problem)) for item in found] == [("a.zip", True), ("b.pdf", False)]


@pytest.mark.issue(26)
def test_links_in_folders_are_followed_only_when_asked(tmp_path):
    _touch(tmp_path / "elsewhere.pdf")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.pdf").symlink_to(tmp_path / "elsewhere.pdf")
    (told,) = find_inputs([tmp_path / "in"])
    assert (told.problem_code, "--follow-links" in told.problem) == ("link", True)
    (followed,) = find_inputs([tmp_path / "in"], follow_links=True)
    assert not followed.problem
    (given,) = find_inputs([tmp_path / "in" / "link.pdf"])
    assert not given.problem


@pytest.mark.issue(26)
def test_a_line_break_in_a_name_breaks_no_line(tmp_path):
    _touch(tmp_path / "new\nline.pdf")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x\ry.pdf", "")
    found = list(find_inputs([tmp_path], archives=archive_opener(None)))
    assert [item.output for item in found] == ["a.zip/x\ufffdy.json", "new\ufffdline.json"]
    assert found[1].path.exists()
