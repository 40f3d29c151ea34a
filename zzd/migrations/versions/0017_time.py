"""directives say how often to report and who is told of a missed deadline"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0017_time"
down_revision = "0016_announcements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("directive", sa.Column("report_interval_minutes", sa.Integer(), nullable=True))
    op.add_column(
        "directive", sa.Column("escalation", zzd.db.Json, server_default="[]", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("directive", "escalation")
    op.drop_column("directive", "report_interval_minutes")
