"""Names and places that would once have ended a whole run: each is its own document's matter now."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.workers.pdfs import write_blank
from workers.batch.inputs import find_inputs
from workers.cli.entry import run_cli
from workers.files.storage import write_bytes

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """Two good documents."""
    made = tmp_path / "in"
    made.mkdir()
    for name in ("a.pdf", "z.pdf"):
        write_blank(made / name, pages=1)
    return made


def _run(folder, output, *options):
    return run_cli(
        [
            "run",
            str(folder),
            "--output",
            str(output),
            "--engine",
            "null",
            "--second-engine",
            "none",
            "-q",
            *options,
        ]
    )


def _names(output):
    return sorted(path.name for path in output.rglob("*.json"))


def test_a_name_that_is_no_text_is_read_under_a_readable_one(folder, tmp_path):
    shutil.copy(os.fsencode(folder / "a.pdf"), os.fsencode(folder) + b"/\xb9\xab.pdf")
    assert _run(folder, tmp_path / "out") == 0
    assert _names(tmp_path / "out") == ["a.json", "z.json", "\ufffd\ufffd.json"]
    source = json.loads((tmp_path / "out" / "\ufffd\ufffd.json").read_text())["source"]
    assert source["name"] == "\ufffd\ufffd.pdf"


@pytest.mark.parametrize("stem", ["a" * 251, "报" * 82])
def test_a_long_name_gets_a_shorter_result(folder, tmp_path, stem):
    shutil.copy(folder / "a.pdf", folder / f"{stem}.pdf")
    assert _run(folder, tmp_path / "out") == 0
    assert len(_names(tmp_path / "out")) == 3
    assert all(len(name.encode()) <= 210 for name in _names(tmp_path / "out"))


def test_long_names_that_begin_alike_stay_apart(tmp_path):
    names = [f"{'报' * 75}{end}.pdf" for end in "一二"]
    for name in names:
        write_blank(tmp_path / name, pages=1)
    outputs = [item.output for item in find_inputs([tmp_path])]
    assert len(set(outputs)) == 2


@pytest.mark.issue(26)
def test_a_path_no_file_system_bears_is_read_under_a_shorter_one_and_the_neighbours_too(folder, tmp_path):
    deep = "/".join([letter * 200 for letter in "abcdefghijklmnopqrstuvwxyzabcd"])
    with zipfile.ZipFile(folder / "m.zip", "w") as archive:
        for name in (f"{deep}/one.pdf", f"{deep}/two.pdf", f"{deep[:-1]}x/one.pdf"):
            archive.write(folder / "a.pdf", name)
    assert _run(folder, tmp_path / "out") == 0
    names = sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json")
    )
    assert len(names) == 5
    assert all(len(name.encode()) <= 1024 for name in names)
    assert names[0] == "a.json"
    assert names[-1] == "z.json"
    assert _run(folder, tmp_path / "out") == 0


@pytest.mark.issue(26)
def test_an_output_so_deep_that_some_results_do_not_fit_costs_these_only(folder, tmp_path):
    output = tmp_path
    while len(str(output)) < 3500:
        output = output / ("o" * 200)
    with zipfile.ZipFile(folder / "m.zip", "w") as archive:
        archive.write(folder / "a.pdf", "/".join("d" * 200 for _ in range(4)) + "/x.pdf")
    assert _run(folder, output) == 2
    assert _names(output) == ["a.json", "z.json"]


def test_a_result_that_cannot_be_written_is_its_documents_failure(folder, tmp_path):
    (tmp_path / "out" / "a.json").mkdir(parents=True)
    assert _run(folder, tmp_path / "out") == 2
    assert (tmp_path / "out" / "z.json").is_file()


def test_a_wrong_option_does_not_cost_an_earlier_result(folder, tmp_path):
    assert _run(folder, tmp_path / "out") == 0
    before = (tmp_path / "out" / "a.json").read_bytes()
    assert _run(folder, tmp_path / "out", "--force", "--timeout", "0.001") == 2
    assert (tmp_path / "out" / "a.json").read_bytes() == before


def test_a_file_that_is_no_result_is_not_replaced_unless_asked(folder, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    (output / "a.json").write_text('{"mine": true}')
    assert _run(folder, output) == 2
    assert (output / "a.json").read_text() == '{"mine": true}'
    assert _run(folder, output, "--force") == 0
    assert "mine" not in (output / "a.json").read_text()


def test_a_broken_form_is_told_before_any_work(folder, tmp_path, capsys):
    (tmp_path / "mine.yml").write_text("id: [")
    assert _run(folder, tmp_path / "out", "--forms", str(tmp_path / "mine.yml")) == 1
    assert "mine.yml" in capsys.readouterr().err
    assert _names(tmp_path / "out") == [] if (tmp_path / "out").exists() else True


def test_overlays_that_cannot_be_written_are_told_before_any_work(folder, tmp_path):
    (tmp_path / "file").write_text("")
    assert _run(folder, tmp_path / "out", "--debug-overlays", str(tmp_path / "file")) == 5


def test_many_writers_of_one_file_do_not_hinder_each_other(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    target = tmp_path / "x.json"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: write_bytes(target, b"%d" % n), range(400)))
    assert target.read_bytes().isdigit()
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.skipif(Path("/dev/full").exists() is False, reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("forms", "list"), ("forms", "show", "gio-2021"), ("--help",)])
def test_output_that_cannot_be_written_is_an_input_output_error(arguments, unbuffered):
    """Python writes stdout when it pleases, at the end of the process where it is buffered."""
    command = [sys.executable, "-c", "from workers.cli.start import main; main()", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment
        )
    assert found.returncode == 5
    assert "No space left on device" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_told_nothing(unbuffered):
    command = [
        sys.executable,
        "-c",
        "from workers.cli.start import main; main()",
        "forms",
        "show",
        "gio-2021",
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 5
    process.stderr.close()
