"""Odd and broken PDFs, one process each: each must end in a result or a clear error, in bounded time and memory.

`python benchmarks/robustness.py FOLDER` prints what became of every PDF in the folder: a file that was read and is
no report gives `no_form_found`, a broken one `failed` with its code; a traceback, a crash or a time-out is a bug.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

#: Failures that are the program's own.
_BUGS = frozenset({"internal_error", "crashed", "timeout", "no result", "traceback", "memory"})


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file: status or failure code, wall seconds, and the largest process in megabytes."""

    file: str
    outcome: str
    seconds: float
    peak_mb: float
    reason: str

    @property
    def is_bug(self) -> bool:
        return self.outcome in _BUGS


def run_file(pdf: Path, engine: str, timeout: float) -> Row:
    """Extracts one file in a process of its own, as a user would."""
    with tempfile.TemporaryDirectory() as folder:
        options = [
            "--output",
            folder,
            "--jobs",
            "1",
            "--quiet",
            "--engine",
            engine,
            "--timeout",
            f"{timeout:g}",
        ]
        code = "from workers.cli.start import main; main()"
        log = Path(folder) / "stderr.txt"
        started = time.monotonic()
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", code, "run", str(pdf), *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
            # wait4 tells the memory of this process and of those it waited for; Popen.wait does not.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        outcome, reason = _judge(Path(folder), log.read_text(encoding="utf-8", errors="replace"))
    return Row(pdf.name, outcome, seconds, usage.ru_maxrss / 1024, reason)


def _judge(folder: Path, stderr: str) -> tuple[str, str]:
    results = sorted(folder.glob("*.json"))
    if not results:
        return "no result", stderr.strip()[-300:]
    payload = json.loads(results[0].read_text(encoding="utf-8"))
    issue = payload["issues"][0] if payload["issues"] else {"code": "", "message": ""}
    outcome = issue["code"] if payload["status"] == "failed" else payload["status"]
    if "Traceback" in stderr:
        return "traceback", stderr.strip()[-300:]
    return outcome, issue["message"]


def main() -> int:
    """Runs all, prints the table, and returns 1 when there was a bug."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", default="fast")
    parser.add_argument("--timeout", type=float, default=60.0)
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.folder.iterdir() if path.suffix.lower() == ".pdf")
    rows = []
    write = sys.stdout.write
    write(f"{'file':56} {'outcome':20} {'seconds':>7} {'peak MB':>8}  reason\n")
    for pdf in files:
        row = run_file(pdf, arguments.engine, arguments.timeout)
        rows.append(row)
        write(f"{row.file:56} {row.outcome:20} {row.seconds:7.1f} {row.peak_mb:8.0f}  {row.reason[:160]}\n")
        sys.stdout.flush()
    bugs = [row for row in rows if row.is_bug]
    slowest, largest = max(rows, key=lambda r: r.seconds), max(rows, key=lambda r: r.peak_mb)
    write(
        f"\n{len(rows)} files, {len(bugs)} bugs; slowest {slowest.file} ({slowest.seconds:.0f} s),"
        f" largest {largest.file} ({largest.peak_mb:.0f} MB)\n"
    )
    return 1 if bugs else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    sys.exit(main())
