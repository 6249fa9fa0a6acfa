"""Blobs that are needed are looked up by their hash, and documents by the characters of their names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("jobs", "result"), ("pages", "checkpoint")):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_where=where, sqlite_where=where)
    if op.get_context().dialect.name == "postgresql":
        characters = sa.text("string_to_array(lower(name), NULL)")
        op.create_index("ix_jobs_name_characters", "jobs", [characters], postgresql_using="gin")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("ix_jobs_name_characters", table_name="jobs")
    for table, column in (("jobs", "result"), ("pages", "checkpoint")):
        op.drop_index(f"ix_{table}_{column}", table_name=table)
