"""Fields in review, and what people decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_fields",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("report", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("organ", sa.Text(), nullable=False),
        sa.Column("doubt", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("wrong", sa.Double(), nullable=False),
        sa.Column("audit", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opened", sa.Double(), nullable=False),
        sa.Column("settled", sa.Double(), nullable=True),
        sa.Column("decision", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("claimed_until", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_review_fields_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "report", "field", name=op.f("pk_review_fields")),
    )
    queue = ["settled", "priority", "job", "report", "field"]
    op.create_index("ix_review_fields_queue", "review_fields", queue, unique=False)
    claims = ["claimed_by", "claimed_until"]
    op.create_index("ix_review_fields_claimed", "review_fields", claims, unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("report", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("printed_so", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("audit", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("changed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_decisions_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_job_report", "decisions", ["job", "report", "id"], unique=False)
    op.create_index("ix_decisions_made", "decisions", ["made"], unique=False)
    op.create_table(
        "job_findings",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_job_findings_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "kind", name=op.f("pk_job_findings")),
    )
