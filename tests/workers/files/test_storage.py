"""Files and folders that are not done yet: what a killed process left goes, what a living one makes stays."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT
from workers.files.scratch import scratch_folder
from workers.files.storage import prepare_folder, remove_unfinished, replacing, write_bytes


def _kill_at(call: str, code: str) -> None:
    """Runs code in a process that is killed in place of its first call of that function of `os` or `fcntl`."""
    killing = (
        f"import os, signal, fcntl, pathlib; {call} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", killing + code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("call", ["os.fsync", "fcntl.flock", "pathlib.Path.replace"])
def test_what_a_killed_writer_left_goes(tmp_path, call):
    code = f"from workers.files.storage import *\nwrite_bytes(Path({str(tmp_path)!r}) / 'sub' / 'a.json', b'half')"
    _kill_at(call, code)
    (tmp_path / "sub" / ".own.tmp").write_text("somebody's own")
    assert len(list(tmp_path.rglob(".writing-*"))) == 1
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".own.tmp"]


def test_what_is_being_written_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: remove_unfinished(tmp_path))
    write_bytes(tmp_path / "a.json", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"whole"


def test_a_file_taken_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    import fcntl

    flock, seen = fcntl.flock, []

    def clear_first(stream, operation):
        if not seen:
            seen.append(operation)
            next(tmp_path.glob(".writing-*")).unlink()
        flock(stream, operation)

    monkeypatch.setattr("fcntl.flock", clear_first)
    write_bytes(tmp_path / "a.json", b"whole")
    assert (tmp_path / "a.json").read_bytes() == b"whole"


def test_a_folder_is_proved_and_left_as_it_was(tmp_path):
    prepare_folder(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("call", ["os.open", "fcntl.flock"])
def test_a_scratch_folder_whose_maker_was_killed_goes(tmp_path, call):
    code = (
        f"from workers.files.scratch import *\nwith scratch_folder(Path({str(tmp_path)!r}), 'members'): pass"
    )
    _kill_at(call, code)
    assert len(list(tmp_path.glob(".members-*"))) == 1
    with scratch_folder(tmp_path, "members") as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_a_scratch_folder_taken_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    import tempfile

    mkdtemp, made = tempfile.mkdtemp, []

    def make(**arguments):
        made.append(Path(mkdtemp(**arguments)))
        if len(made) == 1:
            made[0].rmdir()
        return str(made[-1])

    monkeypatch.setattr("tempfile.mkdtemp", make)
    with scratch_folder(tmp_path, "members") as folder:
        assert folder == made[1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.issue(26)
def test_a_file_that_is_taken_away_leaves_none(tmp_path):
    (tmp_path / "copy.pdf").write_bytes(b"of earlier")
    with replacing(tmp_path / "copy.pdf") as temporary:
        temporary.unlink()
    assert list(tmp_path.iterdir()) == []
