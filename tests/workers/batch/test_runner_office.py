"""Runs over documents of an office, with a program that stands in for LibreOffice."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.workers.office import RTF, search_path, write_program
from tests.workers.pdfs import write_blank
from workers.cli.entry import run_cli

#: Whole documents, and the process that reads them.
pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.issue(27)]
_QUICK = ("--engine", "null", "--second-engine", "none", "--jobs", "1")


def test_one_is_read_by_its_pdf_and_known_by_its_own_bytes(tmp_path, monkeypatch):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    page = b"<!doctype html><p>called a PDF"
    (folder / "a.rtf").write_bytes(RTF)
    (folder / "b.pdf").write_bytes(page)
    monkeypatch.setenv("PATH", search_path(write_program(tmp_path / "bin", pages=3)))
    assert run_cli(["run", str(folder), "--output", str(out), *_QUICK, "--export", "pdf"]) == 0
    for name, content in (("a.rtf", RTF), ("b.pdf", page)):
        read = json.loads((out / f"{name[0]}.json").read_bytes())
        source = {
            "name": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "pages": 3,
        }
        assert source.items() <= read["source"].items()
        assert "drawn_by" in read["engine"]
        assert (out / f"{name[0]}.pdf").read_bytes().startswith(b"%PDF")
    assert not list(out.rglob(".*"))


_FAULTS = [
    ("sleep 60", "timeout", "LibreOffice was not done after 1 s, cut off; --page-timeout gives it longer"),
    ("exit 4", "not_converted", "LibreOffice made no PDF of it (exit code 4)"),
    (None, "no_libreoffice", "apt-get install libreoffice-writer-nogui"),
]


@pytest.mark.parametrize("fault", _FAULTS)
def test_what_goes_wrong_with_one_is_its_own_failure(tmp_path, monkeypatch, capsys, fault):
    what, code, told = fault
    out, paths = tmp_path / "out", [write_blank(tmp_path / "good.pdf", pages=1), tmp_path / "a.rtf"]
    paths[1].write_bytes(RTF)
    program = () if what is None else (write_program(tmp_path / "bin", what),)
    monkeypatch.setenv("PATH", search_path(*program))
    limits = ("--page-timeout", "1") if code == "timeout" else ()
    assert run_cli(["run", *map(str, paths), "--output", str(out), *_QUICK, *limits]) == 2
    failed = json.loads((out / "a.json").read_bytes())
    assert (failed["status"], failed["issues"][0]["code"]) == ("failed", code)
    assert told in capsys.readouterr().err
    assert json.loads((out / "good.json").read_bytes())["status"] == "no_form_found"
