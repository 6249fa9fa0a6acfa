"""The connection to the store: SQLite in one folder or PostgreSQL for many machines, by URL."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from extractor.seams.errors import ServiceError, StorageError, UsageError
from extractor.wording.said import say
from workers import PACKAGE
from workers.service.store.schema import HEAD, OLDEST, facts
from workers.shown.addresses import mask_url

#: Seconds a statement waits for another writer of the same SQLite file.
_BUSY_SECONDS = 30.0
#: A PostgreSQL to which no link leads any more is known to be gone when it has said nothing for 25 s (idle, interval,
#: count) or taken nothing for 20 s (milliseconds): by the defaults of Linux it is 2 h 11 min and 15 min.
_KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
#: The same for the server, which keeps what a client that is gone had locked; and milliseconds that a statement, a
#: wait for a lock, and a transaction that does nothing may take.
_SESSION = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "statement_timeout": "60000",
    "lock_timeout": "30000",
    "idle_in_transaction_session_timeout": "60000",
}
#: Folder of Alembic's steps.
MIGRATIONS = files(f"{PACKAGE}.service") / "migrations"
#: What SQLite and PostgreSQL say of a disk that takes nothing more, and SQLite of a file that is no store any more.
_UNWRITABLE = ("disk is full", "readonly database", "disk I/O", "No space left")
_SPOILT = ("is not a database", "is malformed")
#: Seconds of rest after which a connection is asked whether it is still there before it is used: to ask each time is
#: a round trip, and a reviewer's key uses ten.
_RESTED = 1.0
#: Fact under which `schema.OLDEST` of whoever made the schema is kept.
_OLDEST_FACT = "oldest_schema"
#: Number of the PostgreSQL advisory lock under which migrations run: any, but always the same.
_MIGRATION_LOCK = 7_120_645


class Database:
    """Short transactions on the store; one object per process, shared by its threads, never over a fork."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._is_closed = False
        arguments: dict[str, Any] = {"connect_timeout": 10, **_KEEPALIVES}
        if self.is_sqlite:
            arguments = {"timeout": _BUSY_SECONDS}
        try:
            # A part of a password behind an @ would be taken for the host, and told as such.
            if "@" in (sa.make_url(url).host or ""):
                raise ValueError
            self.engine = sa.create_engine(url, pool_size=8, max_overflow=16, connect_args=arguments)
        except (SQLAlchemyError, ImportError) as error:
            raise UsageError(say("messages.service.no_database_url", url=mask_url(url), why=error)) from error
        except ValueError as error:
            raise UsageError(say("messages.service.unsound_database_url")) from error
        if self.is_sqlite:
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(self.engine, "connect", prepare_postgresql)
            sa.event.listen(self.engine, "checkin", _note_rest)
            sa.event.listen(self.engine, "checkout", self._check_rested)
        sa.event.listen(self.engine, "checkin", self._let_go)

    def _check_rested(self, connection: Any, record: Any, _proxy: object) -> None:
        """Has the pool replace a connection that has rested and is gone, with all others that are as old."""
        if time.monotonic() - record.info.get("rests", math.inf) > _RESTED and not self._is_there(connection):
            raise sa.exc.InvalidatePoolError

    def _is_there(self, connection: Any) -> bool:
        try:
            return bool(self.engine.dialect.do_ping(connection))
        except self.engine.dialect.loaded_dbapi.Error:
            return False

    @contextmanager
    def write(self, *, lasting: bool = True) -> Iterator[sa.Connection]:
        """A transaction that may write; committed at the end, rolled back by an exception.

        lasting: whether it outlives a power cut from the moment it is committed; what need not is not waited for
        until PostgreSQL has it on its disk.

        Raises:
            ServiceError: the store does not answer.
            StorageError: its disk is full or cannot be written.
        """
        with _translate(self.url), self.engine.begin() as connection:
            if not lasting and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that only reads and never waits for a writer; of SQLite a transaction.

        PostgreSQL shows each statement what is committed when it begins, in a transaction or not: to begin and end
        one takes two round trips more, and one key of a reviewer needs ten such reads.
        """
        how = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with _translate(self.url), self.engine.connect() as connection:
            reading = connection.execution_options(reading=True, **how)
            with reading.begin():
                yield reading

    def clock(self, connection: sa.Connection) -> float:
        """Seconds since 1970 by the clock that all who use this store share."""
        if self.is_sqlite:
            return time.time()
        now = sa.func.extract("epoch", sa.func.clock_timestamp())
        return float(connection.execute(sa.select(now)).scalar_one())

    def ping(self) -> None:
        """Raises ServiceError when the store does not answer."""
        with self.read() as connection:
            connection.execute(sa.select(1))

    def insert_new(self, connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
        """Inserts a row unless one with its key is there; says whether it did."""
        statement: sqlite.Insert | postgresql.Insert
        statement = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
        # The row count of an INSERT is not told by every driver; what it returns is.
        told = statement.values(**values).on_conflict_do_nothing().returning(sa.literal(1))
        return connection.execute(told).first() is not None

    def insert_or_add(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], column: str
    ) -> None:
        """Inserts rows; to one whose key is there the number in the column is added."""
        statement: sqlite.Insert | postgresql.Insert
        statement = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
        statement = statement.values(list(rows))
        added = {column: table.c[column] + statement.excluded[column]}
        keys = list(table.primary_key.columns)
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added))

    def migrate(self) -> None:
        """Brings the schema to this version's; two processes may ask at once.

        One that a newer version has made stays as it is, where that version says that ours can work with it: machines
        are updated one after the other, and sometimes back.

        Raises:
            UsageError: the store was made by a newer version, and ours cannot work with it.
            ServiceError: it does not answer.
        """
        with self.read() as connection:
            if _find_step(connection) == HEAD:
                return
        with self.write() as connection:
            if not self.is_sqlite:
                # A step may take as long as its table is large.
                for name in ("statement_timeout", "lock_timeout"):
                    connection.execute(sa.select(sa.func.set_config(name, "0", True)))  # noqa: FBT003
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            current = _find_step(connection)
            if current == HEAD or (current is not None and self._oldest(connection) <= HEAD < current):
                return
            self._upgrade(connection)
            if not self.insert_new(connection, facts, {"key": _OLDEST_FACT, "value": OLDEST}):
                connection.execute(sa.update(facts).where(facts.c.key == _OLDEST_FACT).values(value=OLDEST))

    def _upgrade(self, connection: sa.Connection) -> None:
        # Imported here: it takes a tenth of a second, and every process but the first finds the schema made.
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            told = say("messages.service.newer_store", url=mask_url(self.url), why=error)
            raise UsageError(told) from error

    def _oldest(self, connection: sa.Connection) -> str:
        """Oldest step whose code can work with the store, as its maker says; after all others if nobody does."""
        found = connection.execute(sa.select(facts.c.value).where(facts.c.key == _OLDEST_FACT)).scalar()
        return str(found or "9999")

    def close(self) -> None:
        """Lets go of all connections; one that a thread still has in hand is closed as soon as it is given back."""
        self._is_closed = True
        self.engine.dispose()

    def _let_go(self, _connection: object, record: Any) -> None:
        # The pool that has it back is nobody's any more.
        if self._is_closed:
            record.invalidate()


def _find_step(connection: sa.Connection) -> str | None:
    """The step of the schema that a store is at, as Alembic keeps it; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _note_rest(_connection: object, record: Any) -> None:
    record.info["rests"] = time.monotonic()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def prepare_postgresql(connection: Any, _record: object) -> None:
    """Tells a new connection of the driver what holds for all its statements; closes one that cannot be told."""
    # Not among the options of the connection: poolers in front of a PostgreSQL refuse those.
    told = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
    try:
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SELECT {told}")
        connection.autocommit = before
    except BaseException:
        # Nobody has it yet who would: a server that goes away at this moment would leave it open.
        connection.close()
        raise


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads and then writes fails at once when another wrote between: take the lock first.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _translate(url: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        if any(words in reason for words in _SPOILT):
            told = say("messages.service.damaged_store", url=mask_url(url), why=reason)
            raise StorageError(told) from error
        if any(words in reason for words in _UNWRITABLE):
            told = say("messages.service.unwritable_store", url=mask_url(url), why=reason)
            raise StorageError(told) from error
        if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or error.connection_invalidated:
            raise ServiceError(say("messages.service.store_silent", url=mask_url(url), why=reason)) from error
        raise
    except PoolTimeout as error:
        raise ServiceError(say("messages.service.store_silent", url=mask_url(url), why=error)) from error
