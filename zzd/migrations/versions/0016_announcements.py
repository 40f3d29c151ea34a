"""Announcements that are confirmed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0016_announcements"
down_revision = "0015_cards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = zzd.db.Timestamp(timezone=True)
    op.create_table(
        "confirmation_request",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("author_id", zzd.db.BigInt, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("progress_due_at", moment, nullable=True),
        sa.Column("progress_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["message.conversation_id", "message.seq"],
            name=op.f("fk_confirmation_request_conversation_id_message"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_request")),
        sa.UniqueConstraint(
            "conversation_id", "seq", name=op.f("uq_confirmation_request_conversation_id_seq")
        ),
    )
    due = sa.text("progress_due_at IS NOT NULL")
    op.create_index(
        "ix_confirmation_request_due",
        "confirmation_request",
        ["progress_due_at"],
        postgresql_where=due,
        sqlite_where=due,
    )
    op.create_table(
        "confirmation",
        sa.Column("request_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_confirmation_official_id_official")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["confirmation_request.id"],
            name=op.f("fk_confirmation_request_id_confirmation_request"),
        ),
        sa.PrimaryKeyConstraint("request_id", "official_id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_own", "confirmation", ["official_id", "at"])


def downgrade() -> None:
    op.drop_table("confirmation")
    op.drop_table("confirmation_request")
