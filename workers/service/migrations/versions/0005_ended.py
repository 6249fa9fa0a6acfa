"""Jobs by when they ended: what is old is forgotten, and what has just ended is announced."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_jobs_finished_id", "jobs", ["finished", "id"])


def downgrade() -> None:
    op.drop_index("ix_jobs_finished_id", table_name="jobs")
