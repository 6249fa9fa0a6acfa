"""What questions cost a service that has read two million documents: fills a PostgreSQL, then asks as people do.

`python benchmarks/many_jobs.py URL --fill` makes the rows in a database of its own (three minutes, 4 GB); without it
the one that is there is asked. Printed are milliseconds, of the first time and the median of those after it: of the
store by itself, and of an `extractor serve` on it. That reads one scan, whose fields are then put before the million
that wait, and tells what a reviewer's keys cost: over HTTP, and with --page on the page of a browser, from the key to
the next card.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reviewer import fill_queue, time_keys
from tests.workers.api.browsing import asked, open_browser, press, shown, wait
from tests.workers.service.serving import Serve
from workers.service.notices.webhooks import announce_missed
from workers.service.reviewing.queue import ReviewFilter, ReviewQueue
from workers.service.reviewing.tally import count_waiting, tally_review
from workers.service.running.fsck import sweep
from workers.service.service import open_service
from workers.service.settings import read_settings
from workers.service.store.blobs import FolderBlobs
from workers.service.store.catalog import JobCatalog, JobFilter
from workers.service.store.database import Database
from workers.service.store.jobs import JobStore
from workers.service.store.records import Finished
from workers.service.store.schema import attempts, documents, facts, jobs, webhooks

_ROOT = Path(__file__).parents[1]
_SCAN = "dept-2023-bilevel"
_ROUNDS = 6
#: What the API is asked.
_ASKED = (
    "/metrics",
    "/",
    "/?organ=涟水县",
    "/?organ=县第4999人",
    "/?organ=没有这个机关",
    "/v1/jobs",
    "/v1/review",
)
#: Fields that wait before all of the fill, whose priorities are below 97, and the keys that are timed.
_CARDS, _BEFORE_ALL, _KEYS = 2_000, 100.0, 300
#: Seconds between keys on the page: a quick reviewer's.
_BETWEEN = 0.25
#: Of a thousand jobs 940 are done, 30 failed, 29 wait and one is read; half have a field that waits, all three pages.
#: Ids and hashes are scattered as real ones are.
_FILL = (
    """INSERT INTO documents (sha256, bytes, created)
       SELECT encode(sha256(n::text::bytea), 'hex'), 500000, 1.7e9 + n FROM generate_series(1, :jobs) n""",
    """INSERT INTO jobs (id, document, name, pipeline, state, attempts, fence, bell, code, pages, pages_done, result,
                         status, form, organ, year, accepted, review, findings, expected_errors, created, updated,
                         started, finished)
       SELECT md5(n::text), encode(sha256(n::text::bytea), 'hex'), '年报-' || n || '.pdf', 'pipeline',
              CASE WHEN n % 1000 < 940 THEN 'done' WHEN n % 1000 < 970 THEN 'failed' WHEN n % 1000 < 999 THEN 'queued'
                   ELSE 'running' END,
              1, 1, CASE WHEN n % 2000 < 1000 THEN 1.7e9 + n END,
              CASE WHEN n % 1000 BETWEEN 940 AND 969
                   THEN (ARRAY['encrypted', 'damaged_pdf', 'worker_lost'])[n % 3 + 1] ELSE '' END,
              3, 3, CASE WHEN n % 1000 < 940 THEN encode(sha256(('result' || n)::bytea), 'hex') END,
              'complete', 'gio-2021',
              (ARRAY['金湖县', '洪泽区', '盱眙县', '涟水县'])[n % 4 + 1] || '第' || n % 5000 || '人民政府',
              (2014 + n % 11)::text, 190, 10, 1, 0.02, 1.7e9 + n, 1.7e9 + n, 1.7e9 + n,
              CASE WHEN n % 1000 < 970 THEN 1.7e9 + n END
       FROM generate_series(1, :jobs) n""",
    """INSERT INTO pages (job, number, outcome, seconds)
       SELECT md5(n::text), page, CASE WHEN n % 500 = 0 THEN 'timeout' ELSE 'done' END, 1.0
       FROM generate_series(1, :jobs) n, generate_series(1, 3) page""",
    "INSERT INTO organs (name) SELECT DISTINCT organ FROM jobs",
    """INSERT INTO job_findings (job, kind, count)
       SELECT md5(n::text), 'arithmetic', 1 FROM generate_series(1, :jobs) n WHERE n % 1000 < 300""",
    """INSERT INTO review_fields (job, report, field, form, year, organ, doubt, priority, wrong, opened)
       SELECT id, 0, 'requests.new_received.natural_person', form, year, organ, 'confidence',
              (created::bigint % 97), 0.1, created FROM jobs WHERE (created - 1.7e9)::bigint % 1000 < 500""",
)


def fill(database: Database, jobs: int) -> None:
    """Makes the rows."""
    database.migrate()
    for statement in _FILL:
        began = time.monotonic()
        with database.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.execute(sa.text(statement), {"jobs": jobs})
        sys.stderr.write(f"{statement.split()[2]}: {time.monotonic() - began:.0f} s\n")
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")


def questions(database: Database) -> dict[str, Callable[[], object]]:
    """What is asked, by its name."""
    catalog, store = JobCatalog(database), JobStore(database, pipeline="pipeline")
    queue = ReviewQueue(database)

    def claim(wanted: ReviewFilter) -> None:
        queue.claim_next("reviewer", wanted)
        queue.release("reviewer")

    return {
        "the next card, and given back": lambda: claim(ReviewFilter()),
        "the next card of a year": lambda: claim(ReviewFilter(year="2024")),
        "the next card of an organ that few have": lambda: claim(ReviewFilter(organ="县第4999人")),
        "the next card of an organ that many have": lambda: claim(ReviewFilter(organ="涟水县")),
        "the next card of an organ that has none": lambda: claim(ReviewFilter(organ="没有这个机关")),
        "the next card of a doubt that none has": lambda: claim(ReviewFilter(doubt="sum")),
        "how many fields wait": lambda: queue.count(ReviewFilter()),
        "counted: states": catalog.count_states,
        "counted: fields": catalog.sum_fields,
        "counted: pages": catalog.count_pages,
        "counted: failed": catalog.count_failed,
        "counted: what waits for review": lambda: count_waiting(database),
        "counted: the review's numbers": lambda: tally_review(database),
        "the list: newest": lambda: catalog.list(JobFilter(), 50),
        "?organ= of many": lambda: catalog.list(JobFilter(organ="涟水县"), 50),
        "?organ= of few": lambda: catalog.list(JobFilter(organ="县第4999人"), 50),
        "?organ= of none": lambda: catalog.list(JobFilter(organ="没有这个机关"), 50),
        "?name= of one": lambda: catalog.list(JobFilter(name="年报-123457."), 50),
        "is_any_rung": store.outbox.is_any_rung,
        "to_ring": lambda: store.outbox.to_ring(512),
        "announce_missed": lambda: announce_missed(database),
    }


def complete(database: Database, count: int, threads: int, slow: float = 0.0) -> float:
    """Has documents claimed and done by so many at once, as by as many workers; documents a second.

    slow: seconds that a commit takes more than it does here, while its locks are held.
    """
    store = JobStore(database)
    seconds = {f"stage-{number}": 0.5 for number in range(8)}
    names = [uuid.uuid4().hex * 2 for _ in range(count)]
    waiting = [store.submit(name, 9, "a.pdf", "pipeline")[0].id for name in names]

    def work(job: str) -> None:
        claim = store.claim(job, "worker")
        if claim is not None:
            finished = Finished("f" * 64, "complete", 3, organ="某局", stages=seconds)
            store.complete(claim, finished, lambda _: time.sleep(slow))

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, waiting))
    rate = count / (time.monotonic() - began)
    with database.write() as connection:
        for table, key in ((attempts, attempts.c.job), (jobs, jobs.c.id)):
            connection.execute(sa.delete(table).where(key.in_(waiting)))
        connection.execute(sa.delete(documents).where(documents.c.sha256.in_(names)))
    return rate


def take(name: str, ask: Callable[[], object], rounds: int) -> None:
    """Prints what the first answer took, and the median of the others."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        taken.append(1e3 * (time.perf_counter() - began))
    sys.stdout.write(f"| {name} | {taken[0]:,.1f} | {statistics.median(taken[1:]):,.1f} |\n")
    sys.stdout.flush()


def time_page(address: str, folder: Path) -> None:
    """Prints what is waited for on the page from a key to the next card."""
    with open_browser(folder) as browser:
        browser.get(f"{address}/review")
        for _ in range(_KEYS):
            wait(lambda: shown(browser))
            press(browser, Keys.ENTER)
            if asked(browser):
                press(browser, Keys.ENTER)
            time.sleep(_BETWEEN)
        taken = browser.execute_script("return timings")
    p99 = statistics.quantiles(taken, n=100)[98]
    sys.stdout.write(f"on the page p50 {statistics.median(taken):.1f} ms   p99 {p99:.1f} ms\n")


def ask_api(database: Database, folder: Path, store: Path, rounds: int, *, page: bool) -> None:
    """What a service with a folder of its own answers, and what the keys of a reviewer cost it."""
    recording = _ROOT / "fixtures" / "recordings" / f"{_SCAN}.npz"
    told = {"ENGINE": f"replay:{recording}", "STORE": str(store), "RATE": "1000000"}
    scan = _ROOT / "fixtures" / "scans" / f"{_SCAN}.pdf"
    url = database.engine.url.render_as_string(hide_password=False)
    with closing(
        Serve(folder / "data", url, 1, {f"EXTRACTOR_{key}": value for key, value in told.items()})
    ) as serve:
        serve.http.timeout = 120
        for page in _ASKED:
            take(f"GET {page}", lambda page=page: serve.http.get(page).raise_for_status(), rounds)
        job = serve.submit(scan, scan.name)
        copies = [job]
        try:
            serve.wait_for_end(job)
            copies += fill_queue(database, store, job, _CARDS, _BEFORE_ALL)
            truth = json.loads(scan.with_suffix(".truth.json").read_text("utf-8"))["reports"]
            time_keys(serve.http, truth, _KEYS)
            if page:
                serve.http.delete("/v1/review/claims").raise_for_status()
                time_page(str(serve.http.base_url).rstrip("/"), folder)
        finally:
            serve.stop()
            forget(database, copies)


def forget(database: Database, names: list[str]) -> None:
    """Deletes jobs with their documents."""
    with database.write() as connection:
        chosen = sa.delete(jobs).where(jobs.c.id.in_(names)).returning(jobs.c.document)
        sent = list(connection.execute(chosen).scalars())
        connection.execute(sa.delete(documents).where(documents.c.sha256.in_(sent)))


def tell_sweep(url: str, folder: Path, store: Path) -> None:
    """Prints what a look for files that no job needs takes, in a process of its own."""
    began = time.monotonic()
    settings = read_settings(
        data=folder, database_url=url, store=str(store), broker_url="redis://127.0.0.1:1/0"
    )
    service = open_service(settings, may_found=False)
    # What was held at most is forgotten: what follows is the sweep's own.
    Path("/proc/self/clear_refs").write_text("5")
    before = _most_held()
    for _ in sweep(service, repair=False):
        pass
    grown = _most_held() - before
    service.close()
    sys.stdout.write(
        f"| the sweep: seconds, MB it grows by | {time.monotonic() - began:.1f} | {grown / 1024:.0f} |\n"
    )


def _most_held() -> int:
    """Most memory this process has held, in kB."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def ask_service(database: Database, rounds: int, *, page: bool) -> None:
    """What is asked of a service on the database, whose documents were never anywhere."""
    with tempfile.TemporaryDirectory(prefix="many-jobs-") as name:
        folder = Path(name)
        store = folder / "blobs"
        # Known by its mark any folder is the store of a service that knows none.
        FolderBlobs(store).leave_mark(uuid.uuid4().hex)
        with database.write() as connection:
            connection.execute(sa.delete(facts).where(facts.c.key == "store"))
        ask_api(database, folder, store, rounds, page=page)
        url = database.engine.url.render_as_string(hide_password=False)
        sweeping = multiprocessing.get_context("spawn").Process(target=tell_sweep, args=(url, folder, store))
        sweeping.start()
        sweeping.join()


def main() -> None:
    """Fills where asked to, and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--jobs", type=int, default=2_000_000)
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    given = parser.parse_args()
    database = Database(given.url)
    if given.fill:
        fill(database, given.jobs)
    database.migrate()
    with database.write() as connection:
        row = {"id": "bench", "url": "http://127.0.0.1:1/", "secret": "x", "created": time.time()}
        database.insert_new(connection, webhooks, row)
    for threads, slow in ((1, 0.0), (16, 0.0), (16, 0.03)):
        rate = complete(database, 40 * threads, threads, slow)
        told = f"{threads} at once, commits {slow * 1e3:.0f} ms slower"
        sys.stdout.write(f"| claims and completions a second, {told} | {rate:,.0f} |\n")
    for name, ask in questions(database).items():
        take(name, ask, given.rounds)
    ask_service(database, given.rounds, page=given.page)


if __name__ == "__main__":
    main()
