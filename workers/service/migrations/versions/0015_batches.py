"""Batches: what was sent together, by the name its sender gave it. And copies of documents with their text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("batch", sa.Text, server_default="", nullable=False))
    op.add_column("jobs", sa.Column("copy", sa.String(64)))
    named, copied = sa.text("batch <> ''"), sa.text("copy IS NOT NULL")
    op.create_index("ix_jobs_batch", "jobs", ["batch", "id"], postgresql_where=named, sqlite_where=named)
    op.create_index("ix_jobs_copy", "jobs", ["copy"], postgresql_where=copied, sqlite_where=copied)
    op.add_column("assignments", sa.Column("batch", sa.Text, server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("assignments", "batch")
    op.drop_index("ix_jobs_copy", table_name="jobs")
    op.drop_index("ix_jobs_batch", table_name="jobs")
    op.drop_column("jobs", "copy")
    op.drop_column("jobs", "batch")
