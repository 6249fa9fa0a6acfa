"""The real pipeline in real processes, with the null engine: every broken file has its own clear end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers.pdfs import write_blank, write_encrypted, write_truncated

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

pytest.importorskip("extractor.pipeline")


def _run(*arguments: str | Path) -> tuple[int, str, str]:
    command = [
        sys.executable,
        "-c",
        "from workers.cli.start import main; main()",
        "run",
        *map(str, arguments),
    ]
    done = subprocess.run(
        [*command, "--engine", "null"], capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout, done.stderr


def _result(path: Path) -> tuple[str, str]:
    payload = json.loads(path.read_text(encoding="utf-8"))
    return payload["status"], payload["issues"][0]["code"] if payload["issues"] else ""


def test_each_broken_file_has_its_own_error_and_the_rest_is_read(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "text.pdf").write_text("这不是一个PDF文件\n", encoding="utf-8")
    write_truncated(folder / "truncated.pdf")
    write_encrypted(folder / "encrypted.pdf", password="secret")
    write_blank(folder / "too-many.pdf", pages=31)
    write_blank(folder / "blank.pdf", pages=2)
    code, _, stderr = _run(folder, "-o", out, "--max-pages", "30")
    assert code == 2
    assert _result(out / "blank.json")[0] == "no_form_found"
    failed = {path.stem: _result(path) for path in out.glob("*.json") if path.stem != "blank"}
    assert set(failed) == {"empty", "text", "truncated", "encrypted", "too-many"}
    assert {status for status, _ in failed.values()} == {"failed"}
    assert failed["encrypted"][1] == "encrypted"
    assert len({stderr.split(f"failed: {name}.pdf: ")[1].splitlines()[0] for name in failed}) >= 4


def test_password_opens_and_a_lone_locked_file_ends_with_8(tmp_path):
    locked = write_encrypted(tmp_path / "locked.pdf", password="secret")
    assert _run(locked, "-o", tmp_path / "out")[0] == 8
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    code, _, stderr = _run(locked, "-o", tmp_path / "out", "--password-file", tmp_path / "password")
    assert (code, _result(tmp_path / "out" / "locked.json")[0]) == (0, "no_form_found"), stderr


@pytest.mark.slow
def test_five_hundred_pages_are_read(tmp_path):
    path = write_blank(tmp_path / "long.pdf", pages=500, size=(60, 85))
    assert _run(path, "-o", tmp_path / "out")[0] == 0
    payload = json.loads((tmp_path / "out" / "long.json").read_text(encoding="utf-8"))
    assert (payload["status"], len(payload["pages"])) == ("no_form_found", 500)
