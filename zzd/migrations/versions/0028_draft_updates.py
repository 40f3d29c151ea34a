"""Drafts of newer versions: which one each is to take the place of, and why"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0028_draft_updates"
down_revision = "0027_desk"


def upgrade() -> None:
    op.add_column("directive_draft", sa.Column("updates_id", zzd.db.BigInt, nullable=True))
    op.add_column(
        "directive_draft", sa.Column("update_reason", sa.String(length=1000), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("directive_draft", "update_reason")
    op.drop_column("directive_draft", "updates_id")
