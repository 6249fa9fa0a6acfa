"""The last decision of a person, by an index: it is what they take back."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_decisions_who", "decisions", ["who", "id"])


def downgrade() -> None:
    op.drop_index("ix_decisions_who", table_name="decisions")
