"""Mutated PDFs through a whole service with two workers: every job has to end, and the processes to stay.

`python benchmarks/fuzz_service.py --documents 2000 --engine fast [PDF…]`: starts `extractor serve` on a folder of its
own, submits documents made of the fixtures (`tests.mutations`) over HTTP with a good one after every 20 of them, and
waits. PDFs and folders named are sent too, a good one after each; nothing in them may become a field. It tells how
the jobs ended, which accepted figures are not those printed (of scans with truth), what the good ones say, whether
the workers are those of the beginning, and their memory; 1 where anything of it is not as it should be. What is told
by its seed is made again with `python -m tests.mutations SEED FIXTURE OUT.pdf`.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fuzz_documents import find_fixtures, find_wrong
from benchmarks.service import descendants, memory_mb, say, serve
from tests.mutations import Mutator

#: A document that is not changed, and after how many that are.
_GOOD, _GOOD_EVERY = "dongfeng-2025", 20
#: Failures that are the program's own.
_BUGS = frozenset({"internal_error", "crashed", "timeout"})
#: Seconds between two looks at memory.
_LOOK = 5.0
#: Memory is flat when the median of the last quarter is at most so much of that of the second.
_FLAT = 1.25
#: Jobs that have ended before progress is told.
_TOLD_EVERY = 100


@dataclass(frozen=True)
class Document:
    """What is sent. fixture: what it was made of, None for one of the caller's, in which there are no fields."""

    name: str
    fixture: Path | None
    content: bytes = field(repr=False)
    is_good: bool = False


@dataclass
class Tally:
    """What became of the documents."""

    ends: Counter[str] = field(default_factory=Counter)
    good: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    accepted: int = 0

    def count(self, document: Document, job: dict[str, Any], payload: dict[str, Any] | None) -> None:
        """Adds a job that has ended; payload: its result, None without one."""
        end = str(job["error"]["code"] if job["error"] else payload["status"] if payload else job["state"])
        if document.is_good:
            whole = ("accepted", "review")
            read, wrong = (
                find_wrong(payload, document.fixture, whole) if payload and document.fixture else (0, [])
            )
            self.good[f"{end}, {read} fields, {len(wrong)} not as printed"] += 1
            return
        self.ends[end] += 1
        if end in _BUGS:
            self.findings.append(f"{document.name}: {end}: {job['error']['message']}")
        if payload and document.fixture:
            accepted, wrong = find_wrong(payload, document.fixture)
            self.accepted += accepted
            self.findings += [f"{document.name} of {document.fixture.stem}: {text}" for text in wrong]
        elif payload:
            told = [item for report in payload["reports"] for item in report["fields"].items()]
            self.findings += [
                f"{document.name}: {name} {item['raw']!r} where there is nothing"
                for name, item in told
                if item["value"] is not None
            ]


class Looker(threading.Thread):
    """Looks at the memory of a process's descendants, by kind, until it is told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.looks, self.done = pid, list[dict[str, float]](), threading.Event()

    def run(self) -> None:
        while not self.done.wait(_LOOK):
            # A process that was listed may be gone by now.
            with suppress(OSError):
                self.looks.append(memory_mb(self.pid))

    def tell(self) -> bool:
        """Prints the memory of each kind over time; whether it is flat."""
        is_flat = True
        for kind in sorted({kind for look in self.looks for kind in look}):
            seen = [look[kind] for look in self.looks if kind in look]
            size = -(-len(seen) // 4)
            quarters = [statistics.median(seen[at : at + size]) for at in range(0, len(seen), size)]
            grown = quarters[-1] / quarters[min(1, len(quarters) - 1)]
            is_flat &= grown <= _FLAT
            say(
                f"memory {kind:7} {' '.join(f'{size:6.0f}' for size in quarters)} MB, median by quarter;"
                f" {max(seen):.0f} at most"
            )
        return is_flat


def make_documents(arguments: argparse.Namespace, mutator: Mutator) -> Iterator[Document]:
    """Mutated ones, the caller's, and good ones among them."""
    fixtures = find_fixtures("")
    (good,) = [fixture for fixture in fixtures if fixture.stem == _GOOD]

    def make_good(number: object) -> Document:
        # Not the same bytes: each is read itself.
        return Document(
            f"good-{number}.pdf", good, good.read_bytes() + f"\n%% {number}".encode(), is_good=True
        )

    for number in range(arguments.documents):
        seed = arguments.seed + number
        fixture = fixtures[seed % len(fixtures)]
        yield Document(f"{seed}.pdf", fixture, mutator.mutate(fixture.read_bytes(), seed))
        if number % _GOOD_EVERY == 0:
            yield make_good(number)
    for named in arguments.others:
        for path in sorted(named.rglob("*.pdf")) if named.is_dir() else [named]:
            yield Document(path.name, None, path.read_bytes())
            yield make_good(path.stem)


def submit(client: httpx.Client, document: Document) -> str | None:
    """The job's id, None where what was sent is refused at once; waits where the service says it is busy."""
    while True:
        answer = client.post("/v1/jobs", files={"file": (document.name, document.content)})
        if answer.status_code in {415, 422}:
            # No PDF by its beginning, or nothing at all.
            return None
        if answer.status_code not in {429, 503}:
            answer.raise_for_status()
            return str(answer.json()["id"])
        time.sleep(1)


def send_all(client: httpx.Client, arguments: argparse.Namespace, until: float) -> dict[str, Document]:
    """What was sent until then, by job."""
    jobs: dict[str, Document] = {}
    refused = same = 0
    mutator = Mutator()
    try:
        for document in make_documents(arguments, mutator):
            job = submit(client, document)
            refused += job is None
            same += job in jobs
            if job is not None:
                jobs.setdefault(job, document)
            if time.monotonic() > until:
                break
    finally:
        mutator.close()
    # Whose first bytes were changed is no PDF any more.
    say(
        f"{len(jobs)} jobs; {refused} refused at once, no PDFs any more; {same} of bytes that were sent before"
    )
    return jobs


def follow(client: httpx.Client, jobs: dict[str, Document], until: float) -> tuple[Tally, int]:
    """What became of the jobs until then, and how many have not ended."""
    tally, open_jobs = Tally(), dict(jobs)
    while open_jobs:
        is_over = time.monotonic() > until
        for job, document in list(open_jobs.items()):
            told = client.get(f"/v1/jobs/{job}").json()
            if told["state"] == "queued":
                # So are those behind it, in the main.
                break
            if told["state"] == "running":
                continue
            result = client.get(f"/v1/jobs/{job}/result").json() if told["result"] else None
            tally.count(document, told, result)
            del open_jobs[job]
            if len(open_jobs) % _TOLD_EVERY == 0:
                say(f"{time.strftime('%H:%M:%S')} {len(open_jobs)} to go, {len(tally.findings)} findings")
        if is_over:
            break
        time.sleep(1)
    return tally, len(open_jobs)


def find_workers(pid: int) -> set[str]:
    """Ids of the processes of the service that are meant to live as long as it."""
    return {child for kind, child in descendants(pid) if kind in {"web", "worker", "valkey"}}


def main() -> int:
    """Submits, waits and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("others", type=Path, nargs="*", help="PDFs and folders of them without a report")
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="null")
    parser.add_argument("--patience", type=float, default=1800.0, help="seconds for all of it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        second = "none" if arguments.engine == "null" else "auto"
        process, address = serve(Path(name) / "data", arguments.engine, jobs=2, second=second)
        looker = Looker(process.pid)
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                while client.get("/readyz").status_code != 200:
                    time.sleep(0.2)
                looker.start()
                before, started = find_workers(process.pid), time.monotonic()
                jobs = send_all(client, arguments, started + arguments.patience)
                tally, still_open = follow(client, jobs, started + arguments.patience)
                seconds, after = time.monotonic() - started, find_workers(process.pid)
        finally:
            looker.done.set()
            process.send_signal(signal.SIGINT)
            process.wait()
    say(
        f"{len(jobs) - still_open} of {len(jobs)} jobs ended in {seconds:.0f} s: {dict(tally.ends.most_common())}"
    )
    say(f"good documents: {dict(tally.good)}")
    say(f"{tally.accepted} fields accepted of mutated scans, {len(tally.findings)} findings")
    for line in tally.findings:
        say(f"finding: {line}")
    say(f"processes {'are those of the beginning' if before <= after else f'lost: {before - after}'}")
    is_flat = looker.tell()
    is_well = not still_open and before <= after and is_flat
    is_well &= len(tally.good) == 1 and " 0 not as printed" in next(iter(tally.good))
    return 0 if is_well and not tally.findings else 1


if __name__ == "__main__":
    sys.exit(main())
