"""Documents through the whole service beside the same documents through `extractor run`, in one run.

`python benchmarks/service.py --documents 1000 --engine null`: starts `extractor serve` on a folder of its own with
two workers, submits over HTTP while asking the API all the time, and tells what the queue costs per document, how
fast the API answers meanwhile (99th percentile), how the memory of the processes grows, and whether any document was
lost or read twice. The store is SQLite unless EXTRACTOR_DATABASE_URL names an empty database; of a PostgreSQL it
also tells how many writing transactions, rows and bytes of log a document costs, of the broker how many commands,
and of the blobs how many bytes. With an engine other than null, PDFs come from --scans, each made different by a
trailing comment.
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
from collections.abc import Iterator
from pathlib import Path

import httpx
import pypdfium2
import redis

from workers.service.running.valkey import socket_path
from workers.service.store.database import Database

_ROOT = Path(__file__).parents[1]
_EXTRACTOR = [sys.executable, "-c", "from workers.cli.start import main; main()"]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def make_documents(folder: Path, count: int, scans: list[Path], shape: tuple[int, int]) -> list[Path]:
    """Different documents: copies of the scans, or blank pages. shape: how many, and bytes of a document at least."""
    pages, size = shape
    folder.mkdir()
    if not scans:
        blank = pypdfium2.PdfDocument.new()
        for _ in range(pages):
            blank.new_page(595, 842).close()
        blank.save(folder / "blank.bin")
        scans = [folder / "blank.bin"]
    contents = [scan.read_bytes() for scan in scans]
    made = []
    for number in range(count):
        path = folder / f"{number:05d}.pdf"
        content = contents[number % len(contents)] + b"\n%% %d\n" % number
        path.write_bytes(content + b"%" * max(0, size - len(content)))
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

    def __init__(self, address: str, every: float) -> None:
        super().__init__(daemon=True)
        self.address, self.every = address, every
        self.seconds, self.done = [], threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            while not self.done.is_set():
                started = time.monotonic()
                client.get("/v1/jobs", params={"limit": 50}).raise_for_status()
                self.seconds.append(time.monotonic() - started)
                self.done.wait(self.every)


def descendants(pid: int) -> Iterator[tuple[str, str]]:
    """Kind and id of each process below one."""
    # Whatever thread started it: readers are started by those that watch over them.
    for child in " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
        yield (
            next((word for word in ("reading", "web", "worker", "valkey") if word in command), "other"),
            child,
        )
        yield from descendants(int(child))


def memory_mb(pid: int) -> dict[str, float]:
    """Resident megabytes of a process's descendants by kind, of the largest of each."""
    found: dict[str, float] = {}
    for kind, child in descendants(pid):
        resident = int(Path(f"/proc/{child}/statm").read_text().split()[1]) * 4096 / 2**20
        found[kind] = max(found.get(kind, 0.0), resident)
    return found


def cpu_ms(pid: int) -> dict[str, float]:
    """Milliseconds of processor time of a process's descendants by kind; readers that have ended do not count."""
    found: dict[str, float] = {}
    for kind, child in descendants(pid):
        used = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        found[kind] = found.get(kind, 0.0) + (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK") * 1e3
    return found


def serve(data: Path, engine: str, jobs: int, second: str = "none") -> tuple[subprocess.Popen[bytes], str]:
    """A service on a free port and its address."""
    environment = os.environ | {"EXTRACTOR_ENGINE": engine, "EXTRACTOR_SECOND_ENGINE": second}
    log = data.with_suffix(".log")
    command = [*_EXTRACTOR, "serve", "--data", str(data), "--port", "0", "--jobs", str(jobs)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=_ROOT, env=environment, stderr=stream)
    while True:
        found = re.search(r"serving on (http://\S+)", log.read_text())
        if found:
            return process, found[1]
        time.sleep(0.1)


#: Commands of the broker that only ask whether there is anything, or keep a connection alive.
_IDLE = {
    "brpop",
    "ping",
    "info",
    "client",
    "hello",
    "select",
    "llen",
    "exists",
    "get",
    "command",
    "config",
    "auth",
}


def count_costs(database: Database, data: Path) -> dict[str, float]:
    """What the service has cost so far: of the store (PostgreSQL only), the broker and the blobs."""
    costs: dict[str, float] = {}
    if database.engine.dialect.name == "postgresql":
        with database.read() as store:
            asked = (
                "SELECT pg_snapshot_xmax(pg_current_snapshot())::text, (SELECT wal_bytes FROM pg_stat_wal)"
            )
            transactions, log = store.exec_driver_sql(asked).one()
            costs |= {"writing transactions": float(transactions), "bytes of the store's log": float(log)}
            changed = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
            costs["rows written"] = float(store.exec_driver_sql(changed).scalar_one() or 0)
    with redis.Redis(unix_socket_path=str(socket_path(data / "broker"))) as broker:
        told = broker.info("commandstats")
    used = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in told.items()}
    costs |= {f"broker {name}": calls for name, calls in used.items() if name not in _IDLE}
    blobs = [path.stat().st_size for path in (data / "blobs").rglob("*") if path.is_file()]
    return costs | {"blobs": float(len(blobs)), "bytes of blobs": float(sum(blobs))}


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
    parser.add_argument("--pages", type=int, default=1, help="of a document, where there are no --scans")
    parser.add_argument("--bytes", type=int, default=0, help="of a document, at least")
    parser.add_argument(
        "--ask-every", type=float, default=0.05, help="seconds between two questions to the API"
    )
    parser.add_argument("--scans", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = (arguments.pages, arguments.bytes)
        documents = make_documents(folder / "in", arguments.documents, arguments.scans, shape)
        run_seconds = time_run(folder / "in", folder / "out", arguments.engine, arguments.jobs)
        process, address = serve(folder / "data", arguments.engine, arguments.jobs)
        database = Database(
            os.environ.get("EXTRACTOR_DATABASE_URL") or f"sqlite:///{folder / 'data/service.sqlite3'}"
        )
        try:
            before = count_costs(database, folder / "data")
            measure(process, Asker(address, arguments.ask_every), documents, run_seconds)
            after = count_costs(database, folder / "data")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        for name, value in after.items():
            say(f"{(value - before.get(name, 0)) / arguments.documents:10.1f} {name} a document")
        with database.read() as store:
            attempts = store.exec_driver_sql("SELECT count(*) FROM attempts").scalar_one()
            jobs = store.exec_driver_sql("SELECT count(DISTINCT job) FROM attempts").scalar_one()
        database.close()
    say(f"{jobs} jobs worked on, {attempts} attempts: {attempts - jobs or 'none'} twice")


def measure(
    process: subprocess.Popen[bytes], asker: Asker, documents: list[Path], run_seconds: float
) -> None:
    """Sends the documents, waits for their end and prints what it cost."""
    with httpx.Client(base_url=asker.address, timeout=60) as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.1)
        asker.start()
        used = cpu_ms(process.pid)
        started = time.monotonic()
        sends = []
        for path in documents:
            sent = time.monotonic()
            client.post("/v1/jobs", files={"file": (path.name, path.read_bytes())}).raise_for_status()
            sends.append(time.monotonic() - sent)
        first = memory_mb(process.pid)
        while (states := count_states(client)).get("queued", 0) + states.get("running", 0):
            time.sleep(max(0.2, asker.every))
        seconds = time.monotonic() - started
        asker.done.set()
        last, all_used = memory_mb(process.pid), cpu_ms(process.pid)
    count = len(documents)
    say(f"{count} documents: {states}")
    say(f"run      {run_seconds:7.1f} s  {run_seconds / count * 1e3:7.1f} ms a document")
    say(f"service  {seconds:7.1f} s  {seconds / count * 1e3:7.1f} ms a document")
    overhead, sending = (seconds - run_seconds) / count * 1e3, statistics.mean(sends) * 1e3
    say(f"queue overhead {overhead:.1f} ms a document, sending {sending:.1f} ms")
    for kind in sorted(all_used):
        say(f"processor {kind:7} {(all_used[kind] - used.get(kind, 0.0)) / count:7.1f} ms a document")
    median, p99 = statistics.median(asker.seconds) * 1e3, _p99(asker.seconds) * 1e3
    say(f"API meanwhile: {len(asker.seconds)} answers, median {median:.0f} ms, p99 {p99:.0f} ms")
    for kind in sorted(first.keys() | last.keys()):
        say(
            f"memory {kind:7} {first.get(kind, 0):6.0f} MB when all were sent, {last.get(kind, 0):6.0f} at last"
        )


def _p99(seconds: list[float]) -> float:
    if len(seconds) < 2:
        return max(seconds, default=0.0)
    return statistics.quantiles(seconds, n=100)[98]


if __name__ == "__main__":
    main()
