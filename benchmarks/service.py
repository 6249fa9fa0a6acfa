"""Documents through the whole service beside the same documents through `extractor run`, in one run.

`python benchmarks/service.py --documents 1000 --engine null`: starts `extractor serve` on a folder of its own with
two workers, submits over HTTP while asking the API all the time, and tells what the queue costs per document, how
fast the API answers meanwhile (99th percentile), how the memory of the processes grows, and whether any document was
lost or read twice. The store is SQLite unless EXTRACTOR_DATABASE_URL names an empty database. With an engine other
than null, PDFs come from --scans, each made different by a trailing comment.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pypdfium2

from workers.service.database import Database

_ROOT = Path(__file__).parents[1]
_EXTRACTOR = [sys.executable, "-c", "from workers.cli import main; main()"]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def make_documents(folder: Path, count: int, scans: list[Path]) -> list[Path]:
    """Different documents: blank pages, or copies of the scans."""
    folder.mkdir()
    if not scans:
        blank = pypdfium2.PdfDocument.new()
        blank.new_page(595, 842).close()
        blank.save(folder / "blank.bin")
        scans = [folder / "blank.bin"]
    contents = [scan.read_bytes() for scan in scans]
    made = []
    for number in range(count):
        path = folder / f"{number:05d}.pdf"
        path.write_bytes(contents[number % len(contents)] + b"\n%% %d\n" % number)
        made.append(path)
    return made


def time_run(folder: Path, output: Path, engine: str, jobs: int) -> float:
    """Wall-clock seconds of `extractor run` over the folder."""
    started = time.monotonic()
    arguments = ["run", str(folder), "--output", str(output), "--engine", engine, "--second-engine", "none"]
    command = [*_EXTRACTOR, *arguments, "--jobs", str(jobs), "--quiet"]
    subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


class Asker(threading.Thread):
    """Asks the API for its jobs, again and again, and keeps how long each answer took."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address, self.seconds, self.done = address, [], threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            while not self.done.is_set():
                started = time.monotonic()
                client.get("/v1/jobs", params={"limit": 50}).raise_for_status()
                self.seconds.append(time.monotonic() - started)
                time.sleep(0.05)


def memory_mb(pid: int) -> dict[str, float]:
    """Resident megabytes of a process's descendants by kind."""
    found: dict[str, float] = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
        kind = next((word for word in ("reader", "web", "worker", "valkey") if word in command), "other")
        resident = int(Path(f"/proc/{child}/statm").read_text().split()[1]) * 4096 / 2**20
        found[kind] = max(found.get(kind, 0.0), resident)
        for name, value in memory_mb(int(child)).items():
            found[name] = max(found.get(name, 0.0), value)
    return found


def serve(data: Path, engine: str, jobs: int) -> tuple[subprocess.Popen[bytes], str]:
    """A service on a free port and its address."""
    environment = os.environ | {"EXTRACTOR_ENGINE": engine, "EXTRACTOR_SECOND_ENGINE": "none"}
    log = data.with_suffix(".log")
    command = [*_EXTRACTOR, "serve", "--data", str(data), "--port", "0", "--jobs", str(jobs)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=_ROOT, env=environment, stderr=stream)
    while True:
        found = re.search(r"serving on (http://\S+)", log.read_text())
        if found:
            return process, found[1]
        time.sleep(0.1)


def count_states(client: httpx.Client) -> dict[str, int]:
    """Jobs by state, from /metrics."""
    text = client.get("/metrics").text
    return {
        state: int(float(value))
        for state, value in re.findall(r'extractor_jobs\{state="(\w+)"\} (\S+)', text)
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--engine", default="null")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scans", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = make_documents(folder / "in", arguments.documents, arguments.scans)
        run_seconds = time_run(folder / "in", folder / "out", arguments.engine, arguments.jobs)
        process, address = serve(folder / "data", arguments.engine, arguments.jobs)
        try:
            measure(process, address, documents, run_seconds)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        database = Database(
            os.environ.get("EXTRACTOR_DATABASE_URL") or f"sqlite:///{folder / 'data/service.sqlite3'}"
        )
        with database.read() as store:
            attempts = store.exec_driver_sql("SELECT count(*) FROM attempts").scalar_one()
            jobs = store.exec_driver_sql("SELECT count(DISTINCT job) FROM attempts").scalar_one()
        database.close()
    say(f"{jobs} jobs worked on, {attempts} attempts: {attempts - jobs or 'none'} twice")


def measure(
    process: subprocess.Popen[bytes], address: str, documents: list[Path], run_seconds: float
) -> None:
    """Sends the documents, waits for their end and prints what it cost."""
    with httpx.Client(base_url=address, timeout=60) as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.1)
        asker = Asker(address)
        asker.start()
        started = time.monotonic()
        sends = []
        for path in documents:
            sent = time.monotonic()
            client.post("/v1/jobs", files={"file": (path.name, path.read_bytes())}).raise_for_status()
            sends.append(time.monotonic() - sent)
        first = memory_mb(process.pid)
        while (states := count_states(client)).get("queued", 0) + states.get("running", 0):
            time.sleep(0.2)
        seconds = time.monotonic() - started
        asker.done.set()
        last = memory_mb(process.pid)
    count = len(documents)
    say(f"{count} documents: {states}")
    say(f"run      {run_seconds:7.1f} s  {run_seconds / count * 1e3:7.1f} ms a document")
    say(f"service  {seconds:7.1f} s  {seconds / count * 1e3:7.1f} ms a document")
    overhead, sending = (seconds - run_seconds) / count * 1e3, statistics.mean(sends) * 1e3
    say(f"queue overhead {overhead:.1f} ms a document, sending {sending:.1f} ms")
    median, p99 = statistics.median(asker.seconds) * 1e3, _p99(asker.seconds) * 1e3
    say(f"API meanwhile: {len(asker.seconds)} answers, median {median:.0f} ms, p99 {p99:.0f} ms")
    for kind in sorted(first.keys() | last.keys()):
        say(
            f"memory {kind:7} {first.get(kind, 0):6.0f} MB when all were sent, {last.get(kind, 0):6.0f} at last"
        )


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


if __name__ == "__main__":
    main()
