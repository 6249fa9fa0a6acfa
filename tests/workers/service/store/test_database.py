from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from extractor.seams.errors import ExtractorError, ServiceError, UsageError
from tests.workers.service.stores import make_newer
from workers.service.reviewing.queue import URGENCY
from workers.service.store.database import MIGRATIONS, Database, prepare_postgresql
from workers.service.store.review_schema import review_fields
from workers.service.store.schema import HEAD, OLDEST, characters, jobs
from workers.service.store.tables import metadata

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("ignore:autogenerate skipping .* 'ix_jobs_name_characters'; dialect 'sqlite'")
def test_migrations_make_the_schema_the_code_expects(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_who_only_reads_holds_no_transaction_open(new_database, postgres_schema):
    store, other = (Database(new_database(postgres_schema)) for _ in range(2))
    state = sa.text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    with store.read() as reading, other.read() as looking:
        pid = reading.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        assert looking.execute(state, {"pid": pid}).scalar_one() == "idle"
    with store.write() as writing:
        pid = writing.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with other.read() as looking:
            assert looking.execute(state, {"pid": pid}).scalar_one() == "idle in transaction"
    store.close()
    other.close()


def test_a_connection_that_rested_and_is_gone_is_replaced_and_one_in_use_is_not_asked(
    new_database, postgres_schema, monkeypatch
):
    store, other = (Database(new_database(postgres_schema)) for _ in range(2))
    asked = []
    ping = store.engine.dialect.do_ping
    monkeypatch.setattr(store.engine.dialect, "do_ping", lambda item: asked.append(1) or ping(item))
    own = sa.text("SELECT pg_backend_pid()")
    for _ in range(3):
        with store.read() as reading:
            pid = reading.execute(own).scalar_one()
    assert asked == []
    with other.write() as ending:
        ending.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    monkeypatch.setattr("workers.service.store.database._RESTED", 0.0)
    with store.read() as reading:
        assert reading.execute(own).scalar_one() != pid
    assert asked == [1]
    store.close()
    other.close()


def test_what_need_not_outlive_a_power_cut_does_not_wait_for_the_disk(new_database, postgres_schema):
    store = Database(new_database(postgres_schema))
    told = []
    with store.write() as writing:
        writing.execute(sa.text("SET synchronous_commit TO on"))
    for lasting in (False, True):
        with store.write(lasting=lasting) as writing:
            told.append(writing.execute(sa.text("SHOW synchronous_commit")).scalar_one())
    store.close()
    assert told == ["off", "on"]


def test_the_schema_is_called_by_its_last_step():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_two_processes_may_migrate_at_once(empty_database_url):
    stores = [Database(empty_database_url) for _ in range(4)]
    errors = []

    def migrate(store):
        try:
            store.migrate()
        except ExtractorError as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert errors == []


@pytest.mark.parametrize(("after_ours", "is_refused"), [(1, True), (0, False), (-1, False)])
def test_a_store_of_a_newer_version_is_refused_unless_that_one_says_ours_can_work_with_it(
    database, after_ours, is_refused
):
    make_newer(database, f"{int(HEAD) + after_ours:04}")
    if is_refused:
        with pytest.raises(UsageError, match="newer version"):
            database.migrate()
    else:
        database.migrate()
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9998"


def test_a_store_that_does_not_say_who_can_work_with_it_is_refused(database):
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9998'"))
        connection.execute(sa.text("DELETE FROM facts WHERE key = 'oldest_schema'"))
    with pytest.raises(UsageError, match="newer version"):
        database.migrate()


def test_code_of_the_oldest_schema_can_work_with_this_one(empty_database_url):
    """While machines are updated one after the other, old workers read and write the new schema."""
    database = Database(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    shapes = []
    for step in (OLDEST, "head"):
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, step)
            shapes.append(_shape(connection))
    before, after = shapes
    for table, columns in before.items():
        changed = {
            name: after[table].get(name) for name in columns if after[table].get(name) != columns[name]
        }
        assert changed == {}, f"{table}: raise OLDEST"
        for name in after[table].keys() - columns.keys():
            _, is_nullable, has_default = after[table][name]
            assert is_nullable or has_default, f"{table}.{name}: old code does not fill it; raise OLDEST"
    # And back: what was taken away by the steps is there again.
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, OLDEST)
        assert _shape(connection) == before
    database.close()


def _shape(connection):
    """Type of each column of each table, whether it may be null, and whether it has a default."""
    inspector = sa.inspect(connection)
    return {
        table: {
            column["name"]: (str(column["type"]), column["nullable"], column["default"] is not None)
            for column in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
    }


def test_a_store_that_is_not_there_is_a_service_error():
    database = Database("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(ServiceError, match="does not answer") as caught, database.read():
        pass
    assert "secret" not in str(caught.value)
    database.close()


def test_the_next_field_of_a_review_is_found_by_its_index_alone(database):
    """Two million jobs took 4.3 s a card, all open fields being read and sorted."""
    query = sa.select(review_fields).where(review_fields.c.settled.is_(None)).order_by(*URGENCY).limit(1)
    plan = _plan(database, query)
    assert "ix_review_fields_open" in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (
            "ix_jobs_to_ring",
            sa.select(jobs.c.id)
            .where(jobs.c.state == "queued", jobs.c.bell.is_(None), jobs.c.pipeline == "ours")
            .where(jobs.c.urgency == "bulk", jobs.c.sender == "token")
            .order_by(jobs.c.created, jobs.c.id)
            .limit(9),
        ),
        (
            "ix_jobs_to_ring",
            sa.select(jobs.c.sender)
            .where(jobs.c.state == "queued", jobs.c.bell.is_(None), jobs.c.pipeline == "ours")
            .where(jobs.c.urgency == "bulk", jobs.c.sender > "token")
            .order_by(jobs.c.sender)
            .limit(1),
        ),
        (
            "ix_jobs_rung",
            sa.select(jobs.c.id)
            .where(jobs.c.state == "queued", jobs.c.bell.is_not(None), jobs.c.pipeline == "ours")
            .limit(1),
        ),
        ("ix_jobs_finished_id", sa.select(jobs.c.id).where(jobs.c.finished > 1.0)),
        (
            "ix_jobs_organ",
            sa.select(jobs.c.id)
            .where(jobs.c.organ == "某局")
            .order_by(jobs.c.created.desc(), jobs.c.id.desc())
            .limit(9),
        ),
    ],
)
def test_what_is_asked_all_the_time_is_found_by_an_index(database, index, query):
    """With two million jobs each of these read them all: 16 to 825 ms."""
    plan = _plan(database, query)
    assert index in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan


def test_a_part_of_a_name_is_found_by_its_characters(new_database):
    """With two million jobs the names were all read: 529 ms."""
    database = Database(new_database())
    database.migrate()
    part = characters(jobs.c.name).contains(characters(sa.literal("年报-1")))
    assert "ix_jobs_name_characters" in _plan(database, sa.select(jobs.c.id).where(part), "seqscan")
    database.close()


def _plan(database, query, *without):
    told = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.write() as connection:
        if not database.is_sqlite:
            for way in without or ("seqscan", "bitmapscan"):
                connection.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        return "\n".join(map(str, connection.execute(sa.text(f"{explain} {told}")).all()))


def test_what_is_in_hand_when_a_store_is_closed_is_closed_when_it_is_given_back(empty_database_url):
    """Left open it was collected some time later, in the middle of another test."""
    database = Database(empty_database_url)
    ends = []
    sa.event.listen(database.engine, "close", lambda connection, _: ends.append(connection))
    with database.read() as connection:
        in_hand = connection.connection.dbapi_connection
        database.close()
        assert ends == []
    assert ends == [in_hand]
    # Who asks once more is answered, and leaves nothing open either.
    database.ping()
    assert len(ends) == 2


def test_a_connection_that_cannot_be_prepared_is_closed():
    class Leaving:
        autocommit, is_closed = False, False

        def execute(self, _told):
            raise ConnectionError("the server went away")

        def close(self):
            self.is_closed = True

    connection = Leaving()
    with pytest.raises(ConnectionError):
        prepare_postgresql(connection, None)
    assert connection.is_closed
