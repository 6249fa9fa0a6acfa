"""What every command says, in one language: `python -m tests.transcript zh > docs/zh/commands.md`.

A test holds the pages in `docs` to it. Times and ids are told as …, for they are others each time.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from extractor.wording.catalogue import Language
from tests.commands import list_commands
from tests.paths import ROOT
from tests.workers.office import search_path

_TITLES = {
    Language.ENGLISH: ("Commands", "Help of every command", "A session"),
    Language.CHINESE: ("命令", "每个命令的说明", "实际操作"),
}
_MADE = "<!-- python -m tests.transcript {language} makes this page; a test holds it to the program. -->"
_VARIES = (
    (re.compile(r"\b[0-9a-f]{6,64}\b"), "…"),
    (re.compile(r"\d+ (?:min|分) \d+ (?:s|秒)|[\d.]+ (?:s|秒)(?=[,，读 ])"), "… s"),
    (re.compile(r"[\d.]+ pages/s|每秒 [\d.]+ 页"), "… pages/s"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "…"),
    (re.compile(r"gio_[\w-]+"), "…"),
)
#: What is typed, in a folder with `scans/` (a report, an empty file and two that are none) and a faulty form.
_SESSION = (
    "run scans --dry-run --output results",
    "run scans --output results --engine null --second-engine none --jobs 1 --export parquet,xlsx",
    "run nowhere.pdf",
    "run scans --engine tesseract",
    "show results/report.json",
    "show results/nothing.json",
    "export results --format csv",
    "export results --format docx",
    "report results",
    "search results 公开平台",
    "evaluate results truth --worst 2",
    "evaluate nowhere",
    "forms list",
    "forms show gio-2014 --fields",
    "forms show gio-1999",
    "forms check wrong.yaml",
    "token create ann --role submit --data service",
    "token list --data service",
    "fsck --data service",
    "calibrate --data service --dry-run",
    "fsck --data nowhere",
    "submit scans/report.pdf --server ftp://queue",
    "status --server http://queue:port",
    "watch nowhere --once",
    "retry 0f --code worker_lost",
    "jobs cancel --state done",
    "jobs purge --older-than old --no-export",
    "serve",
    "worker",
    "bogus",
    "runn scans",
    "run scans --jobs many",
    "forms check gio-2021",
    "forms check nowhere.yaml",
)


def transcribe(language: Language) -> str:
    """The page of a language."""
    # Of the environment nothing is heeded; imported here, for commands look at it when they are.
    from workers.cli.entry import extractor

    title, helps, session = _TITLES[language]
    parts = [f"# {title}", _MADE.format(language=language), f"## {helps}"]
    for path, _ in list_commands(extractor):
        parts.append(f"### {' '.join(('extractor', *path))}\n\n{_run([*path, '--help'], language)}")
    parts.append(f"## {session}")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        _set_up(Path(folder))
        for line in _SESSION:
            shown = _run(shlex.split(line), language).replace(str(Path(folder).resolve()), "…")
            parts.append(
                f"```console\n$ extractor {line}\n{shown.removeprefix('```text').strip('`').strip()}\n```"
            )
    return "\n\n".join(parts) + "\n"


def _set_up(folder: Path) -> None:
    scans = folder / "scans"
    scans.mkdir()
    shutil.copy(ROOT / "fixtures/scans/dongfeng-2025.pdf", scans / "report.pdf")
    (scans / "empty.pdf").touch()
    for name in ("note.docx", "old.ofd"):
        (scans / name).touch()
    (folder / "truth").mkdir()
    shutil.copy(ROOT / "fixtures/scans/dongfeng-2025.truth.json", folder / "truth" / "report.truth.json")
    (folder / "wrong.yaml").write_text("id: mine\ntitel: wrong\n", encoding="utf-8")


def _run(arguments: list[str], language: Language) -> str:
    """What a command says, stdout and stderr as they come, and how it ends where that is not well."""
    from workers.cli.entry import run_cli

    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        code = run_cli(["--lang", language.value, *arguments])
    shown = told.getvalue().rstrip()
    for pattern, instead in _VARIES:
        shown = pattern.sub(instead, shown)
    return "\n".join(["```text", shown, *([f"[{int(code)}]"] if code else []), "```"])


def main(language: str) -> None:
    """Writes the page of a language to stdout, as it is on a terminal of 80 columns and nowhere else."""
    for name in [name for name in os.environ if name.startswith(("EXTRACTOR_", "LC_")) or name == "LANG"]:
        del os.environ[name]
    os.environ["COLUMNS"] = "80"
    # Whether LibreOffice is on this machine is not to be in the page.
    os.environ["PATH"] = search_path()
    page = transcribe(Language(language))
    sys.stdout.buffer.write(page.encode())


if __name__ == "__main__":
    main(sys.argv[1])
