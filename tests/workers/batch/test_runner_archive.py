"""Runs over whole archives: what is read once, what is read again, and what is left after a kill."""

from __future__ import annotations

import json
import os
import signal
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from workers.batch.supply import Contents

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _summary(started) -> tuple[int, dict[str, Any]]:
    code, stdout, _ = started.finish()
    return code, json.loads(stdout)


def _by_name(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in summary["results"]}


def _manifest(out: Path) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in pq.read_table(out / "manifest.parquet").to_pylist()}


def test_the_same_bytes_are_read_once_and_told(start, documents, tmp_path):
    folder, out = documents("a.pdf", "slow-1.pdf", "slow-2.pdf"), tmp_path / "out"
    for name in ("slow-3.pdf", "sub/b.pdf", "z.pdf"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((folder / "slow-1.pdf").read_bytes())
    command = ("run", folder, "-o", out, "--engine", "null", "--jobs", "2", "--json", "--export", "parquet")
    code, summary = _summary(start(*command))
    assert (code, summary["documents"], summary["duplicates"]) == (0, 6, 3)
    first = _read(out / "slow-1.json")
    for name in ("slow-3", "sub/b", "z"):
        copy = _read(out / f"{name}.json")
        assert copy["source"] == first["source"] | {"name": f"{name}.pdf", "duplicate_of": "slow-1"}
        assert {**copy, "source": 0, "timing": 0} == {**first, "source": 0, "timing": 0}
    told = {row["path"]: row["duplicate_of"] for row in _manifest(out).values()}
    assert told == {
        "a.pdf": None, "slow-1.pdf": None, "slow-2.pdf": None,
        "slow-3.pdf": "slow-1", "sub/b.pdf": "slow-1", "z.pdf": "slow-1",
    }  # fmt: skip
    again = _summary(start(*command))[1]
    assert (again["resumed"], again["duplicates"]) == (6, 3)


def test_a_crash_is_not_repeated_for_the_same_bytes(start, documents, tmp_path):
    folder, out = documents("crash-1.pdf", "good.pdf"), tmp_path / "out"
    for number in range(2, 6):
        (folder / f"crash-{number}.pdf").write_bytes((folder / "crash-1.pdf").read_bytes())
    code, summary = _summary(start("run", folder, "-o", out, "--engine", "null", "--json"))
    assert (code, summary["failed"], summary["duplicates"]) == (2, 5, 4)
    assert {item["code"] for item in summary["results"] if item["status"] == "failed"} == {"crashed"}


def test_a_duplicate_is_read_itself_where_the_first_gives_no_result(start, documents, tmp_path):
    folder, out = documents("a.pdf"), tmp_path / "out"
    (folder / "b.pdf").write_bytes((folder / "a.pdf").read_bytes())
    out.mkdir()
    (out / "a.json").write_text("somebody's own")
    _, summary = _summary(start("run", folder, "-o", out, "--engine", "null", "--json"))
    assert {name: item["code"] for name, item in _by_name(summary).items()} == {
        "a.pdf": "output_exists", "b.pdf": "",
    }  # fmt: skip
    assert "duplicate_of" not in _read(out / "b.json")["source"]


def test_only_what_failed_is_tried_again(start, documents, tmp_path):
    folder, out = documents("damaged.pdf", "good.pdf", "locked.pdf"), tmp_path / "out"
    command = ("run", folder, "-o", out, "--engine", "null", "--json")
    start(*command).finish()
    documents("new.pdf")
    before = (out / "good.json").stat().st_mtime_ns
    code, summary = _summary(start(*command, "--retry-failed", "--force"))
    assert (code, sorted(_by_name(summary))) == (2, ["damaged.pdf", "locked.pdf"])
    assert not (out / "new.json").exists()
    assert (out / "good.json").stat().st_mtime_ns == before


def test_nothing_failed_and_nothing_to_retry_is_no_error(start, documents, tmp_path):
    command = ("run", documents("good.pdf"), "-o", tmp_path / "out", "--engine", "null")
    start(*command).finish()
    code, stdout, stderr = start(*command, "--retry-failed").finish()
    assert (code, stdout) == (0, "")
    assert "nothing had failed" in stderr


def test_archives_are_read_through_and_resumed(start, documents, tmp_path):
    folder, out = documents("a.pdf"), tmp_path / "out"
    with zipfile.ZipFile(folder / "年报.zip", "w") as archive:
        archive.writestr("区/x.pdf", b"x")
        archive.writestr("damaged.pdf", b"d")
        archive.writestr("same.pdf", (folder / "a.pdf").read_bytes())
        archive.writestr("inner.zip", b"")
    (folder / "broken.tar.gz").write_bytes(b"nothing")
    command = (
        "run", folder, "-o", out, "--engine", "null", "--json", "--export", "xlsx,parquet", "--jobs", "2",
    )  # fmt: skip
    code, summary = _summary(start(*command))
    assert code == 2
    assert {name: (item["code"], item["duplicate_of"]) for name, item in _by_name(summary).items()} == {
        "a.pdf": ("", ""),
        "broken.tar.gz": ("archive", ""),
        "年报.zip/区/x.pdf": ("", ""),
        "年报.zip/damaged.pdf": ("damaged", ""),
        "年报.zip/same.pdf": ("", "a"),
        "年报.zip/inner.zip": ("nested_archive", ""),
    }
    assert (out / "年报.zip" / "区" / "x.xlsx").exists()
    assert set(_manifest(out)) == set(_by_name(summary))
    assert not list(out.rglob(".*"))
    again = _by_name(_summary(start(*command))[1])
    assert sum(item["resumed"] for item in again.values()) == 3
    retried = _by_name(_summary(start(*command, "--retry-failed"))[1])
    assert set(retried) == {"broken.tar.gz", "年报.zip/damaged.pdf", "年报.zip/inner.zip"}


def test_a_mended_archive_leaves_no_failure_behind(start, documents, tmp_path):
    folder, out = documents("a.pdf"), tmp_path / "out"
    (folder / "b.zip").write_bytes(b"cut off")
    command = ("run", folder, "-o", out, "--engine", "null", "--json", "--export", "parquet")
    assert _summary(start(*command))[0] == 2
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("x.pdf", b"x")
    code, _ = _summary(start(*command))
    assert code == 0
    assert set(_manifest(out)) == {"a.pdf", "b.zip/x.pdf"}


def test_a_mended_archive_is_what_failed(start, documents, tmp_path):
    folder, out = documents("a.pdf"), tmp_path / "out"
    (folder / "b.zip").write_bytes(b"cut off")
    command = ("run", folder, "-o", out, "--engine", "null", "--json")
    start(*command).finish()
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("x.pdf", b"x")
    code, summary = _summary(start(*command, "--retry-failed"))
    assert (code, list(_by_name(summary))) == (0, ["b.zip/x.pdf"])
    assert not (out / "b.zip.json").exists()


def test_a_killed_run_leaves_no_copies_at_the_next(start, documents, tmp_path):
    folder, out = documents("a.pdf"), tmp_path / "out"
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("hang-1.pdf", b"1")
        archive.writestr("hang-2.pdf", b"2")
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "2")
    command.wait_until(lambda: (out / "a.json").exists() and list(out.rglob("hang-1.pdf")) != [])
    command.process.send_signal(signal.SIGKILL)
    command.wait_until(lambda: command.survivors() == [], seconds=5)
    assert list(out.glob(".members-*"))
    assert start("run", folder, "-o", out, "--engine", "null", "--timeout", "1").finish()[0] == 2
    assert not list(out.glob(".members-*"))


def test_an_interrupted_run_says_how_to_have_the_dataset(start, documents, tmp_path):
    folder, out = documents("aaa.pdf", "hang-1.pdf"), tmp_path / "out"
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "2", "--export", "parquet,xlsx")
    command.wait_until(lambda: (out / "aaa.json").exists())
    os.killpg(command.process.pid, signal.SIGINT)
    code, _, stderr = command.finish()
    assert code == 130
    assert f"extractor export {out} --format parquet" in stderr
    assert "1 document not read yet" in stderr
    assert not (out / "dataset").exists()


def test_a_run_interrupted_before_its_first_document_does_not_say_that_there_was_none(
    start, documents, tmp_path
):
    folder, out = documents("hang-1.pdf"), tmp_path / "out"
    command = start("run", folder, "-o", out, "--engine", "null", "--jobs", "1")
    command.wait_until(lambda: out.exists())
    time.sleep(1.0)
    os.killpg(command.process.pid, signal.SIGINT)
    code, _, stderr = command.finish()
    assert code == 130
    assert "interrupted: what is done stands in" in stderr
    assert "no document was found" not in stderr


def test_only_what_has_the_same_size_as_another_is_hashed(tmp_path, monkeypatch):
    from workers.batch.inputs import find_inputs

    for name, content in {"a": b"1", "b": b"22", "c": b"333", "d": b"33x", "e": b"333"}.items():
        (tmp_path / f"{name}.pdf").write_bytes(content)
    hashed = []

    def digest(path: Path) -> str:
        hashed.append(path.name)
        return path.read_text()

    monkeypatch.setattr("workers.batch.supply.file_digest", digest)
    contents = Contents()
    assert [contents.find_first(item) for item in find_inputs([tmp_path])] == ["", "", "", "", "c.json"]
    assert hashed == ["c.pdf", "d.pdf", "e.pdf"]
