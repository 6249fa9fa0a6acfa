from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from extractor.seams.errors import ExtractorError, ServiceError, UsageError
from workers.service.reviewing.queue import URGENCY
from workers.service.store.database import Database
from workers.service.store.schema import characters, jobs, metadata, review_fields

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("ignore:autogenerate skipping .* 'ix_jobs_name_characters'; dialect 'sqlite'")
def test_migrations_make_the_schema_the_code_expects(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_two_processes_may_migrate_at_once(database_url):
    stores = [Database(database_url) for _ in range(4)]
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


def test_a_store_of_a_newer_version_is_refused(database):
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer version"):
        database.migrate()


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
    with database.read() as connection:
        if not database.is_sqlite:
            for way in without or ("seqscan", "bitmapscan"):
                connection.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        return "\n".join(map(str, connection.execute(sa.text(f"{explain} {told}")).all()))
