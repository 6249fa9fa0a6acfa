"""Who does the rounds is a row that its holder has to renew, and no lock of a connection that may be dead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leadership",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("beat", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("acted", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_leadership")),
    )


def downgrade() -> None:
    op.drop_table("leadership")
