"""What fields in review read, by which like ones are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
_OPEN = sa.text("settled IS NULL")


def upgrade() -> None:
    op.add_column("review_fields", sa.Column("reading", sa.Text, server_default="", nullable=False))
    op.create_index(
        "ix_review_fields_alike",
        "review_fields",
        ["reading", sa.text("priority DESC")],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_review_fields_alike", table_name="review_fields")
    with op.batch_alter_table("review_fields") as table:
        table.drop_column("reading")
