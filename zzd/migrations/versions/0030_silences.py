"""When apps were suspended: what happened then they are never told"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0030_silences"
down_revision = "0029_ledger"


def upgrade() -> None:
    op.add_column(
        "miniapp", sa.Column("silences", zzd.db.Json, server_default="[]", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("miniapp", "silences")
