"""Two million jobs: waiting ones by index, names of organs apart, and counters that completions do not queue for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, columns, condition in (
        ("ix_jobs_to_ring", ["pipeline", "created", "id"], "state = 'queued' AND bell IS NULL"),
        ("ix_jobs_rung", ["pipeline", "bell"], "state = 'queued' AND bell IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "jobs", columns, postgresql_where=where, sqlite_where=where)
    op.create_index("ix_jobs_organ", "jobs", ["organ", sa.text("created DESC"), sa.text("id DESC")])
    op.create_table(
        "organs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_organs")),
    )
    op.execute("INSERT INTO organs (name) SELECT DISTINCT organ FROM jobs WHERE organ <> ''")
    op.create_table(
        "stage_seconds",
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "slot", name=op.f("pk_stage_seconds")),
    )


def downgrade() -> None:
    op.drop_table("stage_seconds")
    op.drop_table("organs")
    for name in ("ix_jobs_organ", "ix_jobs_rung", "ix_jobs_to_ring"):
        op.drop_index(name, table_name="jobs")
