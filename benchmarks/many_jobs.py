"""What questions cost a service that has read two million documents: fills a PostgreSQL, then asks as people do.

`python benchmarks/many_jobs.py URL --fill` makes the rows in a database of its own (a minute, 4 GB); without it the
one that is there is asked. Printed is the median of five in milliseconds, of the code that is installed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from workers.service.notices.webhooks import announce_missed
from workers.service.reviewing.tally import count_waiting, tally_review
from workers.service.store.catalog import JobCatalog, JobFilter
from workers.service.store.database import Database
from workers.service.store.jobs import JobStore
from workers.service.store.records import Finished
from workers.service.store.schema import attempts, documents, jobs, webhooks

_ROUNDS = 5
#: Of a thousand jobs 940 are done, 30 failed, 29 wait and one is read; half have a field that waits, all three pages.
_FILL = (
    """INSERT INTO documents (sha256, bytes, created)
       SELECT lpad(to_hex(n), 64, '0'), 500000, 1.7e9 + n FROM generate_series(1, :jobs) n""",
    """INSERT INTO jobs (id, document, name, pipeline, state, attempts, fence, bell, code, pages, pages_done, result,
                         status, form, organ, year, accepted, review, findings, expected_errors, created, updated,
                         started, finished)
       SELECT lpad(to_hex(n), 32, '0'), lpad(to_hex(n), 64, '0'), '年报-' || n || '.pdf', 'pipeline',
              CASE WHEN n % 1000 < 940 THEN 'done' WHEN n % 1000 < 970 THEN 'failed' WHEN n % 1000 < 999 THEN 'queued'
                   ELSE 'running' END,
              1, 1, CASE WHEN n % 2000 < 1000 THEN 1.7e9 + n END,
              CASE WHEN n % 1000 BETWEEN 940 AND 969
                   THEN (ARRAY['encrypted', 'damaged_pdf', 'worker_lost'])[n % 3 + 1] ELSE '' END,
              3, 3, CASE WHEN n % 1000 < 940 THEN lpad(to_hex(n), 64, 'f') END, 'complete', 'gio-2021',
              (ARRAY['金湖县', '洪泽区', '盱眙县', '涟水县'])[n % 4 + 1] || '第' || n % 5000 || '人民政府',
              (2014 + n % 11)::text, 190, 10, 1, 0.02, 1.7e9 + n, 1.7e9 + n, 1.7e9 + n,
              CASE WHEN n % 1000 < 970 THEN 1.7e9 + n END
       FROM generate_series(1, :jobs) n""",
    """INSERT INTO pages (job, number, outcome, seconds)
       SELECT lpad(to_hex(n), 32, '0'), page, CASE WHEN n % 500 = 0 THEN 'timeout' ELSE 'done' END, 1.0
       FROM generate_series(1, :jobs) n, generate_series(1, 3) page""",
    "INSERT INTO organs (name) SELECT DISTINCT organ FROM jobs",
    """INSERT INTO job_findings (job, kind, count)
       SELECT lpad(to_hex(n), 32, '0'), 'arithmetic', 1 FROM generate_series(1, :jobs) n WHERE n % 1000 < 300""",
    """INSERT INTO review_fields (job, report, field, form, year, organ, doubt, priority, wrong, opened)
       SELECT lpad(to_hex(n), 32, '0'), 0, 'requests.new_received.natural_person', 'gio-2021', '2024', '某局', 'ink',
              n % 97, 0.1, 1.7e9 FROM generate_series(1, :jobs) n WHERE n % 1000 < 500""",
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
    return {
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


def main() -> None:
    """Fills where asked to, and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--jobs", type=int, default=2_000_000)
    parser.add_argument("--fill", action="store_true")
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
        taken = []
        for _ in range(given.rounds):
            began = time.perf_counter()
            ask()
            taken.append(1e3 * (time.perf_counter() - began))
        sys.stdout.write(f"| {name} | {statistics.median(taken):,.1f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
