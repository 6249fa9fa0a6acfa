"""Open fields in the order in which they are asked, by an index of that order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    open_ones = sa.text("settled IS NULL")
    op.create_index(
        "ix_review_fields_open",
        "review_fields",
        [sa.text("priority DESC"), "job", "report", "field"],
        postgresql_where=open_ones,
        sqlite_where=open_ones,
    )
    op.drop_index("ix_review_fields_queue", table_name="review_fields")


def downgrade() -> None:
    op.create_index(
        "ix_review_fields_queue", "review_fields", ["settled", "priority", "job", "report", "field"]
    )
    op.drop_index("ix_review_fields_open", table_name="review_fields")
