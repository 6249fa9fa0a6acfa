from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from extractor.seams.errors import ExtractorError, ServiceError, UsageError
from workers.service.store.database import Database
from workers.service.store.schema import metadata

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


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
