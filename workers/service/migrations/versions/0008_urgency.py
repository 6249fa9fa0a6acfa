"""What a person waits for is read before archives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
_WAITING = sa.text("state = 'queued' AND bell IS NULL")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("urgency", sa.String(length=16), server_default="bulk", nullable=False))
    _index(["pipeline", "urgency", "created", "id"])


def downgrade() -> None:
    _index(["pipeline", "created", "id"])
    with op.batch_alter_table("jobs") as table:
        table.drop_column("urgency")


def _index(columns: list[str]) -> None:
    op.drop_index("ix_jobs_to_ring", table_name="jobs")
    op.create_index("ix_jobs_to_ring", "jobs", columns, postgresql_where=_WAITING, sqlite_where=_WAITING)
