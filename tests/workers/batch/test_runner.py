"""Real processes: every fault stays with the document that has it."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _issue(path: Path) -> tuple[str, str]:
    payload = _read(path)
    assert payload["status"] == "failed"
    return payload["issues"][0]["code"], payload["issues"][0]["message"]


def test_each_fault_fails_only_its_own_document(start, documents, tmp_path):
    folder = documents(
        "bug.pdf", "crash.pdf", "damaged.pdf", "exit.pdf", "good-1.pdf", "hang.pdf", "memory.pdf",
        "segfault.pdf", "sub/good-2.PDF",
    )  # fmt: skip
    out = tmp_path / "out"
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "2", "--timeout", "2")
    code, stdout, stderr = command.finish()
    assert code == 2
    assert _read(out / "good-1.json")["status"] == "no_form_found"
    assert _read(out / "sub" / "good-2.json")["source"]["name"] == "sub/good-2.PDF"
    expected = {
        "bug": ("internal_error", "ZeroDivisionError: a bug"),
        "crash": ("crashed", "SIGKILL"),
        "damaged": ("damaged", "scan it again"),
        "exit": ("crashed", "exit code 3"),
        "hang": ("timeout", "--timeout"),
        "memory": ("memory", "--max-memory"),
        "segfault": ("crashed", "SIGSEGV"),
    }
    for name, (issue, text) in expected.items():
        found, message = _issue(out / f"{name}.json")
        assert found == issue
        assert text in message
        assert f"failed: {name}.pdf: " in stderr
    assert sorted(stdout.splitlines()) == sorted(str(path) for path in out.rglob("*.json"))
    assert not list(out.rglob(".*"))


def test_stdout_carries_only_data_even_when_a_library_prints(start, documents, tmp_path):
    out = tmp_path / "out"
    code, stdout, _ = start("run", documents("noisy.pdf"), "-o", out, "--engine", "null").finish()
    assert (code, stdout) == (0, f"{out / 'noisy.json'}\n")


def test_run_resumes_and_retries_what_failed(start, documents, tmp_path):
    folder, out = documents("damaged.pdf", "good-1.pdf", "good-2.pdf"), tmp_path / "out"
    command = ("run", folder, "-o", out, "--engine", "null", "--json")
    first = json.loads(start(*command).finish()[1])
    assert (first["documents"], first["failed"], first["resumed"]) == (3, 1, 0)
    (folder / "good-2.pdf").write_bytes(b"%PDF-1.4 another document")
    (folder / "damaged.pdf").rename(folder / "mended.pdf")
    before = (out / "good-1.json").stat().st_mtime_ns
    second = json.loads(start(*command).finish()[1])
    assert {r["name"]: r["resumed"] for r in second["results"]} == {
        "good-1.pdf": True, "good-2.pdf": False, "mended.pdf": False,
    }  # fmt: skip
    assert (out / "good-1.json").stat().st_mtime_ns == before
    third = json.loads(start(*command, "--force").finish()[1])
    assert third["resumed"] == 0


def test_another_setting_redoes_the_result(start, documents, tmp_path):
    command = ("run", documents("good.pdf"), "-o", tmp_path / "out", "--engine", "null", "--json")
    start(*command).finish()
    assert json.loads(start(*command).finish()[1])["resumed"] == 1
    assert json.loads(start(*command, "--max-pages", "7").finish()[1])["resumed"] == 0


def test_interrupt_kills_the_children_and_says_how_to_go_on(start, documents, tmp_path):
    folder, out = documents("aaa.pdf", "hang-1.pdf", "hang-2.pdf"), tmp_path / "out"
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "2")
    command.wait_until(lambda: (out / "aaa.json").exists())
    os.killpg(command.process.pid, signal.SIGINT)
    code, stdout, stderr = command.finish()
    assert code == 130
    # The result is on disk before its process has told the runner; one not told yet is told by the next run.
    assert stdout in ("", f"{out / 'aaa.json'}\n")
    assert "the same command goes on from there" in stderr
    assert "Traceback" not in stderr, stderr
    command.wait_until(lambda: command.survivors() == [], seconds=5)


def test_children_do_not_outlive_a_killed_parent(start, documents, tmp_path):
    folder, out = documents("aaa.pdf", "hang-1.pdf", "hang-2.pdf"), tmp_path / "out"
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "2")
    command.wait_until(lambda: (out / "aaa.json").exists())
    command.process.send_signal(signal.SIGKILL)
    command.wait_until(lambda: command.survivors() == [], seconds=5)


@pytest.mark.parametrize(
    ("names", "expected"),
    [(("good.pdf",), 0), (("locked.pdf",), 8), (("good.pdf", "locked.pdf"), 2), ((), 4)],
)
def test_exit_codes(start, documents, tmp_path, names, expected):
    folder = documents(*names)
    folder.mkdir(exist_ok=True)
    code, _, stderr = start("run", folder, "-o", tmp_path / "out", "--engine", "null").finish()
    assert code == expected
    assert stderr


def test_a_process_killed_while_it_waits_costs_no_document(start, documents, tmp_path):
    out = tmp_path / "out"
    folder = documents(*(f"slow-{n}.pdf" for n in range(8)))
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "2")

    command.wait_until(command.readers)
    # It imports what it needs for a second and has no document yet.
    os.kill(command.readers()[0], signal.SIGKILL)
    code, stdout, stderr = command.finish()
    assert (code, len(stdout.splitlines())) == (0, 8), stderr


def test_processes_that_never_live_end_the_run(start, documents, tmp_path):
    command = start(
        "run", documents("a.pdf", "b.pdf"), "-o", tmp_path / "out", "--engine", "null", "--jobs", "2"
    )

    def kill_children() -> bool:
        for pid in command.readers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return command.process.poll() is not None

    command.wait_until(kill_children)
    code, _, stderr = command.finish()
    assert code == 2
    assert "the process that read it was killed before it was ready (SIGKILL)" in stderr


def test_missing_input_is_named_and_the_others_are_read(start, documents, tmp_path):
    folder, out = documents("good.pdf"), tmp_path / "out"
    code, stdout, stderr = start("run", tmp_path / "nowhere", folder, "-o", out, "--engine", "null").finish()
    assert (code, stdout) == (2, f"{out / 'good.json'}\n")
    assert "nowhere does not exist" in stderr


def test_where_nothing_is_read_nothing_is_counted(start, tmp_path):
    code, _, stderr = start("run", tmp_path / "nowhere", "-o", tmp_path / "out", "--engine", "null").finish()
    assert code == 4
    assert "nowhere does not exist" in stderr
    assert "field" not in stderr and "pages/s" not in stderr


def test_output_that_cannot_be_written_ends_the_run(start, documents, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    code, stdout, stderr = start("run", documents("good.pdf"), "-o", blocked, "--engine", "null").finish()
    assert (code, stdout) == (5, "")
    assert "cannot write to" in stderr


def test_engine_that_does_not_load_ends_the_run(start, documents, tmp_path):
    out, engine = tmp_path / "out", f"replay:{tmp_path / 'none.npz'}"
    code, stdout, stderr = start("run", documents("a.pdf", "b.pdf"), "-o", out, "--engine", engine).finish()
    assert (code, stdout) == (1, "")
    assert "cannot read the recording" in stderr


def test_quiet_run_says_nothing(start, documents, tmp_path):
    command = start("run", documents("good.pdf"), "-o", tmp_path / "out", "--engine", "null", "--quiet")
    code, _, stderr = command.finish()
    assert (code, stderr) == (0, "")


def test_a_results_name_does_not_change_hands(start, documents, tmp_path):
    folder, out = documents("x.png", "y.pdf"), tmp_path / "out"
    command = ("run", folder, "-o", out, "--engine", "null", "--json")
    start(*command).finish()
    documents("x.jpg", "y.PDF")
    second = json.loads(start(*command).finish()[1])
    assert {Path(r["output"]).name: (r["name"], r["resumed"]) for r in second["results"]} == {
        "x.json": ("x.png", True),
        "x-2.json": ("x.jpg", False),
        "y.json": ("y.pdf", True),
        "y-2.json": ("y.PDF", False),
    }
    (folder / "x.png").unlink()
    third = json.loads(start(*command).finish()[1])
    assert {r["name"]: Path(r["output"]).name for r in third["results"]}["x.jpg"] == "x-2.json"
    assert all(r["resumed"] for r in third["results"])


@pytest.mark.parametrize("after", range(4))
def test_what_was_finished_when_a_run_is_broken_off_is_in_its_summary(start, documents, tmp_path, after):
    folder, out = documents(*(f"slow-{number:02}.pdf" for number in range(24))), tmp_path / "out"
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "4", "--json")
    command.wait_until(lambda: len(list(out.glob("*.json"))) > 2 * after)
    command.process.send_signal(signal.SIGINT)
    code, stdout, _ = command.finish()
    assert code == 130
    told = {Path(r["output"]).name for r in json.loads(stdout)["results"]}
    assert told == {path.name for path in out.glob("*.json")}
