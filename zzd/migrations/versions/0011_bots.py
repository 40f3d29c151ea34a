"""Bots of groups"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0011_bots"
down_revision = "0010_durable"


def upgrade() -> None:
    byte_ordered = zzd.db.byte_ordered
    op.create_table(
        "bot",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("description", sa.String(length=200), server_default="", nullable=False),
        sa.Column("added_by_name", sa.String(length=50), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("salt", byte_ordered(43), nullable=False),
        sa.Column("token_digest", byte_ordered(64), nullable=False),
        sa.Column("secret_no", sa.Integer(), server_default="1", nullable=False),
        sa.Column("rotated_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("allowance_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("last_said_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("removed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_bot_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_bot_sender_id_client_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_bot_token_digest")),
    )
    op.create_index(op.f("ix_bot_conversation_id"), "bot", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("bot")
