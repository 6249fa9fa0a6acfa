"""Alembic's entry point: runs the steps on the connection `workers.service.store.database` hands over."""

from __future__ import annotations

from alembic import context

from workers.service.store import review_schema, schema
from workers.service.store.tables import metadata

#: Their tables are part of it once they are imported.
_TABLES = (schema.jobs, review_schema.review_fields)
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
