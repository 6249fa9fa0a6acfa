from __future__ import annotations

import ast
import doctest
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import extractor
from extractor.seams.errors import DocumentError, UsageError
from extractor.values.result import ResultStatus
from tests.paths import ROOT
from tests.workers.pdfs import write_blank

_SCAN = ROOT / "fixtures" / "scans" / "dongfeng-2025.pdf"
_QUICK = {"engine": "null", "second_engine": "none"}


def _children() -> set[str]:
    found = set()
    for path in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        found |= {
            pid for pid in path.read_text().split() if "reading" in Path(f"/proc/{pid}/cmdline").read_text()
        }
    return found


@pytest.mark.model
@pytest.mark.slow
def test_the_examples_of_the_documentation_hold(tmp_path):
    given = {"SCAN": str(_SCAN), "FOLDER": str(tmp_path / "results")}
    told = doctest.testfile(
        str(ROOT / "docs" / "python.md"), module_relative=False, globs=given, encoding="utf-8"
    )
    assert told.attempted > 10
    assert told.failed == 0


@pytest.mark.slow
def test_documents_come_as_they_are_ready_and_leaving_the_loop_ends_the_processes(tmp_path):
    for number in range(4):
        write_blank(tmp_path / f"{number}.pdf", pages=number + 1)
    (tmp_path / "4.pdf").write_bytes(b"%PDF-1.7 broken")
    seen = {document.name: document.status for document in extractor.stream([tmp_path], jobs=2, **_QUICK)}
    assert seen == dict.fromkeys("0123", ResultStatus.NO_FORM_FOUND) | {"4": ResultStatus.FAILED}
    before = _children()
    documents = extractor.stream([tmp_path], jobs=2, **_QUICK)
    next(documents)
    documents.close()
    assert _children() <= before


@pytest.mark.slow
def test_what_is_not_there_comes_as_failed_and_costs_no_other(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        write_blank(tmp_path / name, pages=1)
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    seen = list(extractor.stream([tmp_path / "none.pdf", tmp_path], jobs=1, **_QUICK))
    failed = [document for document in seen if document.status is ResultStatus.FAILED]
    assert len(seen) == 4
    assert sorted(document.result.issues[0].message for document in failed)[0].endswith("does not exist")
    assert "link" in failed[1].result.issues[0].message


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"error_budget": -1.0}, "more than 0"),
        ({"forms": "none.yaml"}, "none.yaml"),
        ({"facts": ["none.yaml"]}, "none.yaml"),
        ({"engine": "none such"}, "none such"),
    ],
)
def test_options_that_cannot_be_used_are_told_before_anything_is_read(tmp_path, options, told):
    with pytest.raises(UsageError, match=told):
        extractor.read(tmp_path / "a.pdf", **options)
    with pytest.raises(UsageError, match=r"stream\(\['a.pdf'\]\)"):
        next(extractor.stream("a.pdf"))


@pytest.mark.slow
def test_results_stay_where_they_are_wanted_and_are_found_again(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    write_blank(tmp_path / "in" / "sub" / "a.pdf", pages=1)
    told = []
    started = time.monotonic()
    (document,) = extractor.stream([tmp_path / "in"], output=tmp_path / "out", progress=told.append, **_QUICK)
    assert document.name == "sub/a"
    assert told and told[-1].finished <= 1 and told[-1].seconds <= time.monotonic() - started
    (tmp_path / "out" / "other.json").write_text("{}")
    results = extractor.open_results(tmp_path / "out")
    assert list(results) == [results["sub/a"]] == [document]
    with pytest.raises(KeyError):
        results["other"]


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(DocumentError, match="does not exist") as caught:
        extractor.read(tmp_path / "none.pdf", **_QUICK)
    assert caught.value.code == "no_input"
    with pytest.raises(UsageError, match="no folder of results"):
        extractor.open_results(tmp_path / "none")
    with pytest.raises(UsageError, match="stream reads them all"):
        extractor.read(tmp_path, **_QUICK)
    with pytest.raises(AttributeError):
        extractor.write  # noqa: B018


def _examples(cell: dict[str, Any]) -> list[doctest.Example]:
    """The statements of a cell, of which the last one says something."""
    source = "".join(cell["source"])
    statements = [ast.get_source_segment(source, node) or "" for node in ast.parse(source).body]
    (output,) = cell["outputs"]
    said = "".join(output["data"]["text/plain"])
    return [doctest.Example(text, said if text is statements[-1] else "") for text in statements]


@pytest.mark.model
@pytest.mark.slow
def test_every_cell_of_the_notebook_says_what_stands_below_it(monkeypatch):
    notebook = json.loads((ROOT / "docs" / "python.ipynb").read_text(encoding="utf-8"))
    monkeypatch.chdir(ROOT / "docs")
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    examples = [example for cell in cells for example in _examples(cell)]
    told = doctest.DocTestRunner().run(doctest.DocTest(examples, {}, "python.ipynb", None, None, None))
    assert told.failed == 0
    assert len(cells) > 4


@pytest.mark.slow
def test_a_run_is_broken_off_from_wherever_that_is_wanted(tmp_path):
    for number in range(8):
        write_blank(tmp_path / f"{number}.pdf", pages=20)
    before, cancel = _children(), threading.Event()
    documents = extractor.stream([tmp_path], jobs=1, cancel=cancel, **_QUICK)
    next(documents)
    cancel.set()
    with pytest.raises(extractor.CancelledError, match="broken off"):
        list(documents)
    assert _children() <= before
    with pytest.raises(extractor.CancelledError):
        extractor.read(tmp_path / "0.pdf", cancel=cancel, **_QUICK)
