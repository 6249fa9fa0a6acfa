"""Stores as other versions leave them."""

from __future__ import annotations

import sqlalchemy as sa

from workers.service.store.database import Database


def make_newer(database: Database, oldest: str) -> None:
    """What a later version may do to the schema: a column with a default, a table, an index.

    oldest: step of the schema whose code can work with it, as that version says.
    """
    with database.write() as connection:
        for change in (
            "ALTER TABLE jobs ADD COLUMN shelf VARCHAR(8) NOT NULL DEFAULT ''",
            "CREATE TABLE shelves (name VARCHAR(8) PRIMARY KEY)",
            "CREATE INDEX ix_jobs_shelf ON jobs (shelf)",
            "UPDATE alembic_version SET version_num = '9998'",
            f"UPDATE facts SET value = '{oldest}' WHERE key = 'oldest_schema'",
        ):
            connection.execute(sa.text(change))
