"""Commands in processes of their own, and stores of both kinds: SQLite in a folder and a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from extractor.seams.errors import ServiceError
from tests.paths import ROOT
from tests.workers.object_store import ObjectStore
from workers.service.bell import Bell
from workers.service.running.valkey import broker_url, valkey_command
from workers.service.store.database import Database
from workers.service.store.jobs import JobStore

#: In the environment of a command and of all that it starts, in whatever session that is.
_MARK = "COMMAND_UNDER_TEST"


def _marked(mark: str) -> list[int]:
    """Processes with a mark that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                is_marked = f"{_MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if is_marked and state != "Z":
                found.append(int(folder.name))
    return found


class Session:
    """A command in a process session of its own, marked, so that whatever it leaves behind can be found."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "tests.workers.faulty_cli", *map(str, arguments)]
        pipe = subprocess.PIPE
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {_MARK: self.mark},
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)

    def survivors(self) -> list[int]:
        return _marked(self.mark)

    def readers(self) -> list[int]:
        """Processes that read, or are about to."""
        reading = []
        for pid in self.survivors():
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                reading += [pid] if b"tests.workers.faults" in command else []
        return reading

    def finish(self) -> tuple[int, str, str]:
        """Exit code, stdout and stderr once the command has ended."""
        stdout, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stdout, stderr

    def kill(self) -> None:
        for pid in self.survivors():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Session]]:
    """Starts the command line with the faulty pipeline; nothing of it outlives the test."""
    sessions: list[Session] = []

    def start_session(*arguments: str | Path) -> Session:
        sessions.append(Session(*arguments))
        return sessions[-1]

    yield start_session
    for session in sessions:
        session.kill()


@pytest.fixture
def documents(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of files with the given names; the faulty pipeline does what their names say."""

    def make(*names: str) -> Path:
        folder = tmp_path / "documents"
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"%PDF-1.4 " + name.encode())
        return folder

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system can only be mounted by a superuser")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server started for these tests, without a database name."""
    # Imported here: it is only in the test extra, and warns where there is no XDG_RUNTIME_DIR.
    runtime = tempfile.mkdtemp(prefix="pg-runtime-")
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    import pgserver

    server: Any = pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    # Nothing here outlives the machine's own memory; a process that is killed loses nothing by it.
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    admin.dispose()
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3 server started for these tests."""
    server = ObjectStore()
    yield server
    server.close()


@pytest.fixture
def bucket(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty bucket, which this process and those it starts can use."""
    for name, value in object_store.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{object_store.make_bucket()}"


@pytest.fixture(scope="session")
def postgres_schema(postgres: str) -> str:
    """Name of a PostgreSQL database with this version's schema and nothing in it, to be copied."""
    name = "schema_of_this_version"
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    _make_schema(sa.make_url(postgres).set(database=name).render_as_string(hide_password=False))
    return name


@pytest.fixture(scope="session")
def sqlite_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite, the same."""
    path = tmp_path_factory.mktemp("schema") / "service.sqlite3"
    _make_schema(f"sqlite:///{path}")
    return path


def _make_schema(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


@pytest.fixture
def new_database(postgres: str) -> Iterator[Callable[..., str]]:
    """Makes a PostgreSQL database, empty or as a template is; its URL."""
    base = sa.make_url(postgres)
    names: list[str] = []
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")

    def make(template: str = "template1") -> str:
        names.append(f"t{uuid.uuid4().hex[:12]}")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {names[-1]} TEMPLATE {template}")
        return base.set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty store of each kind, with this version's schema: to make it anew for every test takes longer."""
    if request.param == "sqlite":
        path = tmp_path / "store" / "service.sqlite3"
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_schema"), path)
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("new_database")(request.getfixturevalue("postgres_schema")))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a store of each kind that was never started: it has no schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'service.sqlite3'}"
    return str(request.getfixturevalue("new_database")())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database)


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """URL of a real broker, one for all tests: its queue is shared, what a test puts in stays."""
    folder = Path(tempfile.mkdtemp(prefix="broker-"))
    process = subprocess.Popen(valkey_command(folder, os.getpid()), stdout=subprocess.DEVNULL)
    url = broker_url(folder)
    bell = Bell(url)
    end = time.monotonic() + 20
    while True:
        try:
            bell.waiting()
            break
        except ServiceError:
            assert time.monotonic() < end, "the broker did not start"
            time.sleep(0.05)
    bell.close()
    yield url
    process.terminate()
    process.wait()
    shutil.rmtree(folder)
