"""Mutated PDFs through a whole service with two workers: every job has to end, and the processes to stay.

`python benchmarks/fuzz_service.py --documents 2000`: starts `extractor serve` on a folder of its own, submits
documents made of the fixtures (`tests.mutations`) over HTTP, a good one after every 20 of them, and waits. It tells
how the jobs ended, what the good ones say, whether the workers are those of the beginning, and their memory; 1 where
anything of it is not as it should be.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.service import descendants, memory_mb, say, serve
from tests.mutations import Mutator

_SCANS = Path(__file__).parents[1] / "fixtures" / "scans"
#: A document that is not changed follows so many that are.
_GOOD_EVERY = 20
#: Failures that are the program's own.
_BUGS = frozenset({"internal_error", "crashed", "timeout"})


def submit(client: httpx.Client, name: str, content: bytes) -> str | None:
    """The job's id, None where what was sent is refused at once; waits where the service says it is busy."""
    while True:
        answer = client.post("/v1/jobs", files={"file": (name, content)})
        if answer.status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE:
            return None
        if answer.status_code not in {429, 503}:
            answer.raise_for_status()
            return str(answer.json()["id"])
        time.sleep(1)


def wait_for_ends(client: httpx.Client, jobs: list[str], seconds: float) -> dict[str, dict[str, Any]]:
    """The jobs that have ended, within so many seconds."""
    ended: dict[str, dict[str, Any]] = {}
    until = time.monotonic() + seconds
    while len(ended) < len(jobs) and time.monotonic() < until:
        for job in jobs:
            if job not in ended:
                told = client.get(f"/v1/jobs/{job}").json()
                if told["state"] not in {"done", "failed", "cancelled"}:
                    break
                ended[job] = told
        time.sleep(1)
    return ended


def name_end(job: dict[str, Any]) -> str:
    """The code of its failure, the status of its result, or its state."""
    if job["error"]:
        return str(job["error"]["code"])
    return str(job["result"]["status"] if job["result"] else job["state"])


def tell_result(job: dict[str, Any]) -> str:
    """What a result says, in short."""
    told = job["result"] or {}
    return f"{name_end(job)}, {told.get('accepted')} fields accepted, {told.get('review')} in review"


def find_workers(pid: int) -> set[str]:
    """Ids of the processes of the service that are meant to live as long as it."""
    return {child for kind, child in descendants(pid) if kind in {"web", "worker", "valkey"}}


def main() -> int:
    """Submits, waits and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="null")
    parser.add_argument("--patience", type=float, default=1800.0, help="seconds for all to end")
    arguments = parser.parse_args()
    fixtures, mutator = sorted(_SCANS.glob("*.pdf")), Mutator()
    with tempfile.TemporaryDirectory() as name:
        process, address = serve(Path(name) / "data", arguments.engine, jobs=2)
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                while client.get("/readyz").status_code != 200:
                    time.sleep(0.2)
                before, started = find_workers(process.pid), time.monotonic()
                bad, good, refused = list[str](), list[str](), 0
                for number in range(arguments.documents):
                    seed = arguments.seed + number
                    content = mutator.mutate(fixtures[seed % len(fixtures)].read_bytes(), seed)
                    job = submit(client, f"{seed}.pdf", content)
                    # Whose first bytes were changed is no PDF any more.
                    refused += job is None
                    bad += [job] if job is not None else []
                    if number % _GOOD_EVERY == 0:
                        whole = (_SCANS / "dongfeng-2025.pdf").read_bytes() + b"\n%% %d" % number
                        good.append(str(submit(client, f"good-{number}.pdf", whole)))
                early = memory_mb(process.pid)
                ended = wait_for_ends(client, bad + good, arguments.patience)
                seconds = time.monotonic() - started
                results = {tell_result(ended[job]) for job in good if job in ended}
                late, after = memory_mb(process.pid), find_workers(process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
            mutator.close()
    ends = Counter(name_end(told) for job, told in ended.items() if job not in good)
    say(f"{len(ended)} of {len(bad) + len(good)} jobs ended in {seconds:.0f} s: {dict(ends.most_common())}")
    say(f"{refused} refused at once: no PDFs any more")
    say(f"{len(good)} good documents: {results}")
    say(f"processes {'are those of the beginning' if before <= after else f'lost: {before - after}'}")
    for kind in sorted(early.keys() | late.keys()):
        say(
            f"memory {kind:7} {early.get(kind, 0):6.0f} MB when all were sent, {late.get(kind, 0):6.0f} at last"
        )
    is_well = len(ended) == len(bad) + len(good) and before <= after and len(results) == 1
    return 0 if is_well and not _BUGS & ends.keys() else 1


if __name__ == "__main__":
    sys.exit(main())
