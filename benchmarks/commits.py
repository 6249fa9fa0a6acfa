"""Writing transactions a second of a store: SQLite with its one writer, PostgreSQL with 1 to 64 connections.

`python benchmarks/commits.py` puts both on the disk of the folder for temporary files (a PostgreSQL out of a wheel);
with EXTRACTOR_DATABASE_URL it is that PostgreSQL, in which a table of its own is made and dropped. A transaction
changes two rows and waits for the disk, as a page of a job does. `scale.py` is given what comes out.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg

_SECONDS = 5.0
_CONNECTIONS = (1, 4, 16, 64)
_TABLE = "extractor_benchmark_commits"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def time_sqlite(folder: Path) -> float:
    """Commits a second, with the settings of the service's store."""
    connection = sqlite3.connect(folder / "commits.sqlite3", isolation_level=None)
    for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        connection.execute(line)
    connection.execute(f"CREATE TABLE {_TABLE} (id INTEGER PRIMARY KEY, value TEXT)")
    connection.execute(f"INSERT INTO {_TABLE} VALUES (1, ''), (2, '')")
    end, count = time.monotonic() + _SECONDS, 0
    while time.monotonic() < end:
        connection.execute("BEGIN IMMEDIATE")
        # SQLite writes nothing where a value stays as it is.
        connection.execute(f"UPDATE {_TABLE} SET value = ?", (f"{count:300}",))
        connection.execute("COMMIT")
        count += 1
    connection.close()
    return count / _SECONDS


def time_postgresql(url: str, connections: int) -> float:
    """Commits a second of so many connections, each on rows of its own."""
    counts = [0] * connections
    end = time.monotonic() + _SECONDS

    def work(place: int) -> None:
        change = f"UPDATE {_TABLE} SET value = %s WHERE id IN (%s, %s)"
        with psycopg.connect(url) as connection:
            while time.monotonic() < end:
                connection.execute(change, ("x" * 300, 2 * place, 2 * place + 1))
                connection.commit()
                counts[place] += 1

    threads = [threading.Thread(target=work, args=(place,)) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / _SECONDS


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as name:
        url = os.environ.get("EXTRACTOR_DATABASE_URL", "").replace("+psycopg", "")
        server = None
        if not url:
            os.environ.setdefault("XDG_RUNTIME_DIR", name)
            import pgserver

            server = pgserver.get_server(Path(name) / "pg", cleanup_mode="delete")
            url = server.get_uri()
            say(f"SQLite       1 connection   {time_sqlite(Path(name)):6.0f} commits/s")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE {_TABLE} (id integer PRIMARY KEY, value text)")
            rows = f"INSERT INTO {_TABLE} SELECT i, '' FROM generate_series(0, {2 * max(_CONNECTIONS) - 1}) i"
            connection.execute(rows)
            try:
                for count in _CONNECTIONS:
                    say(f"PostgreSQL {count:3} connections  {time_postgresql(url, count):6.0f} commits/s")
            finally:
                connection.execute(f"DROP TABLE {_TABLE}")
        if server is not None:
            server.cleanup()


if __name__ == "__main__":
    main()
