"""Stretches of the pages of a long document, which several workers read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stretches",
        sa.Column(
            "job", sa.String(length=32), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("kind", sa.String(length=8), primary_key=True),
        sa.Column("first", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("worker", sa.Text, nullable=False, server_default=""),
        sa.Column("since", sa.Double, nullable=False, server_default=sa.text("0")),
        sa.Column("seen", sa.Double, nullable=False, server_default=sa.text("0")),
        sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("runs", sa.Text, nullable=False, server_default=""),
        sa.Column("kept", sa.String(length=64)),
    )


def downgrade() -> None:
    op.drop_table("stretches")
