"""`run --export pdf`: a copy beside every result, made again when it is gone, and never in a scan's place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pikepdf
import pytest

from extractor.output.archival import is_archival
from extractor.seams.errors import ExitCode
from tests.workers.pdfs import write_blank
from workers.cli.entry import run_cli

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    (folder / "sub").mkdir(parents=True)
    write_blank(folder / "a.pdf", pages=1)
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def run(path: Path, out: Path, *options: str) -> int:
    given = options or ("--export", "pdf")
    return run_cli(["run", str(path), "--output", str(out), "--engine", "null", "--quiet", *given])


def copies(out: Path) -> list[str]:
    return sorted(
        str(path.relative_to(out)) for path in out.rglob("*") if path.suffix != ".json" and path.is_file()
    )


def test_a_copy_stands_beside_its_result_and_is_made_again_when_it_is_gone(scans, out):
    run(scans, out)
    assert copies(out) == ["a.pdf"]
    assert (out / "a.pdf").read_bytes().startswith(b"%PDF")
    first = (out / "a.pdf").stat().st_mtime_ns
    assert first >= (out / "a.json").stat().st_mtime_ns
    run(scans, out)
    assert (out / "a.pdf").stat().st_mtime_ns == first
    (out / "a.pdf").unlink()
    run(scans, out)
    assert copies(out) == ["a.pdf"]


def test_a_copy_that_is_no_pdf_a_is_made_again_where_one_is_asked_for(scans, out, capsys):
    run(scans, out)
    assert not is_archival(out / "a.pdf")
    run(scans, out, "--export", "pdfa")
    assert is_archival(out / "a.pdf")
    with pikepdf.open(scans / "a.pdf", allow_overwriting_input=True) as pdf:
        pdf.attachments["a.txt"] = b"a"
        pdf.save()
    capsys.readouterr()
    made = []
    for _ in range(2):
        run_cli(["run", str(scans), "--output", str(out), "--engine", "null", "--export", "pdfa"])
        assert re.search(r"a\.pdf: .*ISO 19005-2, 6\.8", capsys.readouterr().err)
        made.append((out / "a.pdf").stat().st_mtime_ns)
    # What cannot be PDF/A is not made again and again.
    assert made[0] == made[1]


def test_documents_of_the_same_bytes_get_the_same_copy(scans, out):
    (scans / "sub" / "b.pdf").write_bytes((scans / "a.pdf").read_bytes())
    run(scans, out)
    assert copies(out) == ["a.pdf", "sub/b.pdf"]
    assert json.loads((out / "sub" / "b.json").read_text())["source"]["duplicate_of"] == "a"
    assert (out / "a.pdf").read_bytes() == (out / "sub" / "b.pdf").read_bytes()


def test_a_document_that_fails_has_no_copy(scans, out):
    (scans / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    assert run(scans, out) != 0
    assert json.loads((out / "broken.json").read_text())["status"] == "failed"
    assert copies(out) == ["a.pdf"]


def test_copies_among_the_scans_are_refused(scans, capsys):
    assert run(scans, scans / "results") == ExitCode.USAGE
    assert "would be taken for scans" in capsys.readouterr().err
    assert not (scans / "results").exists()


@pytest.mark.issue(27)
def test_overlays_among_the_scans_are_refused(scans, out, capsys):
    assert run(scans, out, "--debug-overlays", str(scans / "sub" / "drawn")) == ExitCode.USAGE
    assert "would be taken for scans" in capsys.readouterr().err
    assert not (scans / "sub" / "drawn").exists() and not out.exists()


def test_a_scan_is_never_replaced_by_its_copy(scans, capsys):
    before = (scans / "a.pdf").read_bytes()
    assert run(scans / "a.pdf", scans) != 0
    assert "is the scan itself" in capsys.readouterr().err
    assert (scans / "a.pdf").read_bytes() == before
