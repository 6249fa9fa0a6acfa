"""A scripted reviewer that answers from the truth through HTTP, and what a long queue costs it.

`python benchmarks/reviewer.py SCAN.pdf`: starts `extractor serve` on a folder of its own, submits the scan (its truth
lies beside it as .truth.json), settles every field in review, and prints how many it was shown and what is right
before and after, and what it took: field by field, and with all that one question settles on one card; between the
two everything is taken back. Then the job is copied until --queue fields wait, and --keys cards are fetched and
decided one after the other: milliseconds per key (the decision and the next card), bytes per card with its picture.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reviewer_keys import decide, review, take_all_back
from workers.service.store.database import Database
from workers.service.store.review_schema import review_fields
from workers.service.store.schema import documents, jobs

_ROOT = Path(__file__).parents[1]
_EXTRACTOR = [sys.executable, "-c", "from workers.cli.start import main; main()"]
_ROWS = 1000
#: A field that the result lacks, as its form was taken for another.
_NOT_THERE = {"status": "missing", "value": None}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(folder: Path, engine: str) -> tuple[subprocess.Popen[bytes], str]:
    """A service with one reader on a free port, and its address; nothing is sampled for the audit."""
    told = {"EXTRACTOR_ENGINE": engine, "EXTRACTOR_AUDIT_SHARE": "0", "EXTRACTOR_RATE": "1000000"}
    if engine.startswith("replay:"):
        told["EXTRACTOR_SECOND_ENGINE"] = "none"
    log = folder / "log"
    command = [*_EXTRACTOR, "serve", "--data", str(folder / "data"), "--port", "0", "--jobs", "1"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=_ROOT, env=os.environ | told, stderr=stream)
    while not (found := re.search(r"serving on (http://\S+)", log.read_text())):
        if process.poll() is not None:
            raise SystemExit(log.read_text())
        time.sleep(0.1)
    return process, found[1]


def submit(client: httpx.Client, scan: Path) -> str:
    """Id of the scan's job, which is done."""
    while client.get("/readyz").status_code != 200:
        time.sleep(0.1)
    job = str(client.post("/v1/jobs", files={"file": (scan.name, scan.read_bytes())}).json()["id"])
    while (state := client.get(f"/v1/jobs/{job}").json()["state"]) != "done":
        if state == "failed":
            raise SystemExit("the job failed")
        time.sleep(0.2)
    return job


def wrong_fields(client: httpx.Client, job: str, truth: list[dict[str, Any]]) -> dict[str, str]:
    """Status of the fields whose value as it stands is not the true one, by report and id."""
    reports = client.get(f"/v1/jobs/{job}/reviewed").json()["reports"]
    return {
        f"{number}/{key}": report["fields"].get(key, _NOT_THERE)["status"]
        for number, (report, told) in enumerate(zip(reports, truth, strict=True))
        for key, value in told["fields"].items()
        if report["fields"].get(key, _NOT_THERE)["value"] != value
    }


def fill_queue(database: Database, folder: Path, job: str, count: int, above: float = 1.0) -> list[str]:
    """Copies a job until that many fields wait: every field of every copy; the ids of the copies.

    folder: where results are kept. above: priority that each of the fields has at least.
    """
    with database.read() as connection:
        known = dict(connection.execute(sa.select(jobs).where(jobs.c.id == job)).one()._mapping)
        blob = dict(
            connection.execute(sa.select(documents).where(documents.c.sha256 == known["document"]))
            .one()
            ._mapping
        )
    result = known["result"]
    [path] = [path for path in folder.rglob(f"*{result[4:]}*") if path.is_file()][:1]
    payload = json.loads(path.read_bytes())
    ids = [(number, key) for number, report in enumerate(payload["reports"]) for key in report["fields"]]
    rows: list[dict[str, Any]] = []
    copies = []
    while len(rows) < count:
        name = secrets.token_hex(16)
        copies.append(name)
        rows += [
            {
                "job": name,
                "report": number,
                "field": key,
                "form": known["form"],
                "year": known["year"],
                "organ": known["organ"],
                "doubt": "confidence",
                "priority": above + int(hashlib.sha256(f"{name}{key}".encode()).hexdigest()[:6], 16) / 2**24,
                "wrong": 0.1,
                "audit": False,
                "opened": time.time(),
            }
            for number, key in ids
        ]
    with database.write() as connection:
        for name in copies:
            document = secrets.token_hex(32)
            connection.execute(sa.insert(documents).values(**(blob | {"sha256": document})))
            connection.execute(sa.insert(jobs).values(**(known | {"id": name, "document": document})))
        for start in range(0, count, _ROWS):
            connection.execute(sa.insert(review_fields), rows[start : min(count, start + _ROWS)])
    return copies


def time_keys(client: httpx.Client, truth: list[dict[str, Any]], keys: int) -> None:
    """Prints what a key costs at the queue as it is."""
    answer = client.post("/v1/review/next", json={}).json()
    say(f"{answer['waiting']} fields wait")
    decisions, cards, both, sizes = [], [], [], []
    for _ in range(keys):
        field = answer["field"]
        started = time.perf_counter()
        decide(client, [field], truth[field["report"]]["fields"])
        decided = time.perf_counter()
        sent = client.post("/v1/review/next", json={})
        ended = time.perf_counter()
        answer = sent.json()
        decisions.append(decided - started)
        cards.append(ended - decided)
        both.append(ended - started)
        sizes.append(len(sent.content))
    for name, seconds in (("decision", decisions), ("next card", cards), ("key", both)):
        p99 = statistics.quantiles(seconds, n=100)[98]
        say(f"{name:10} p50 {statistics.median(seconds) * 1e3:6.1f} ms   p99 {p99 * 1e3:6.1f} ms")
    say(f"card       p50 {statistics.median(sizes) / 1e3:6.1f} KB   largest {max(sizes) / 1e3:6.1f} KB")


def picture_sizes(client: httpx.Client, job: str, field: str) -> str:
    """Bytes of a cell's picture and of its page as the review page asks for them."""
    page = client.get(f"/v1/jobs/{job}/result").json()["reports"][0]["fields"][field]["page"]
    paths = (f"fields/0/{field}/crop.png?dpi=200", f"pages/{page}.jpg?dpi=110")
    sizes = [len(client.get(f"/v1/jobs/{job}/{path}").raise_for_status().content) / 1e3 for path in paths]
    return f"picture of the cell {sizes[0]:.1f} KB, of its page {sizes[1]:.1f} KB"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--engine", default="fast")
    parser.add_argument("--queue", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=300)
    arguments = parser.parse_args()
    truth = json.loads(arguments.scan.with_suffix(".truth.json").read_text("utf-8"))["reports"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, address = serve(folder, arguments.engine)
        try:
            with httpx.Client(base_url=address, timeout=120) as client:
                job = submit(client, arguments.scan)
                total = sum(len(report["fields"]) for report in truth)
                before = wrong_fields(client, job, truth)
                unseen = sum(status == "accepted" for status in before.values())
                say(f"{total} fields, {len(before)} wrong, {unseen} of them accepted and never asked about")
                for together in (False, True):
                    effort = review(client, truth, together=together)
                    after = wrong_fields(client, job, truth)
                    way = "together" if together else "one by one"
                    say(
                        f"{way}: {effort.cards} cards, {effort.keys} keys for {effort.fields} fields "
                        f"({effort.fields / total:.1%}), {effort.changed} corrected, {effort.settled} settled by the "
                        f"sums, {len(after)} wrong: {sorted(after) or 'none'}"
                    )
                    if not together:
                        take_all_back(client)
                first = next(iter(truth[0]["fields"]))
                say(picture_sizes(client, job, first))
                database = Database(f"sqlite:///{folder / 'data' / 'service.sqlite3'}")
                fill_queue(database, folder / "data", job, arguments.queue)
                database.close()
                time_keys(client, truth, arguments.keys)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


if __name__ == "__main__":
    main()
