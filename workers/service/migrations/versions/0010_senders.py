"""Who sent a job, so that those who wait are read in turn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
_WAITING = sa.text("state = 'queued' AND bell IS NULL")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("sender", sa.String(length=64), server_default="", nullable=False))
    _index(["pipeline", "urgency", "sender", "created", "id"])


def downgrade() -> None:
    _index(["pipeline", "urgency", "created", "id"])
    with op.batch_alter_table("jobs") as table:
        table.drop_column("sender")


def _index(columns: list[str]) -> None:
    op.drop_index("ix_jobs_to_ring", table_name="jobs")
    op.create_index("ix_jobs_to_ring", "jobs", columns, postgresql_where=_WAITING, sqlite_where=_WAITING)
