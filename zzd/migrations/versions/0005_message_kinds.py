"""Messages of other kinds than text, with content"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0005_message_kinds"
down_revision = "0004_miniapps"


def upgrade() -> None:
    op.add_column(
        "message", sa.Column("kind", sa.String(length=12), server_default="text", nullable=False)
    )
    op.add_column("message", sa.Column("content", zzd.db.Json, nullable=True))


def downgrade() -> None:
    op.drop_column("message", "content")
    op.drop_column("message", "kind")
