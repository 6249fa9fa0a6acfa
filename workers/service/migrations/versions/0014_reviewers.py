"""Several people: second readings of a share of fields, comments, and who is given what first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_fields", sa.Column("reading_no", sa.Integer, server_default="0", nullable=False))
    op.add_column("review_fields", sa.Column("readers", sa.Text, server_default="", nullable=False))
    op.add_column("review_fields", sa.Column("outcome", sa.String(8), server_default="", nullable=False))
    again = sa.text("settled IS NULL AND reading_no > 0")
    op.create_index(
        "ix_review_fields_again", "review_fields", ["reading_no"], postgresql_where=again, sqlite_where=again
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("job", sa.String(32), sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("report", sa.Integer, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_comments_job", "comments", ["job", "report", "id"])
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("organ", sa.Text, server_default="", nullable=False),
        sa.Column("year", sa.Text, server_default="", nullable=False),
        sa.Column("form", sa.Text, server_default="", nullable=False),
        sa.Column("made", sa.Double, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("assignments")
    op.drop_index("ix_comments_job", table_name="comments")
    op.drop_table("comments")
    op.drop_index("ix_review_fields_again", table_name="review_fields")
    with op.batch_alter_table("review_fields") as table:
        for name in ("reading_no", "readers", "outcome"):
            table.drop_column(name)
