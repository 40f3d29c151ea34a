"""Conversations, participations, messages"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0002_messaging"
down_revision = "0001_foundations"


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("audience_id", zzd.db.BigInt, nullable=True),
        sa.Column("direct_key", zzd.db.byte_ordered(41), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("last_seq", zzd.db.BigInt, nullable=False),
        sa.Column("activity_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_conversation_audience_id_audience")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("direct_key", name=op.f("uq_conversation_direct_key")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_conversation_sender_id_client_id")
        ),
    )
    op.create_index(
        op.f("ix_conversation_audience_id"), "conversation", ["audience_id"], unique=False
    )
    op.create_table(
        "participation",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("role", sa.String(length=8), nullable=True),
        sa.Column("first_seq", zzd.db.BigInt, nullable=False),
        sa.Column("read_seq", zzd.db.BigInt, nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("left_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_participation_conversation_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_participation_official_id_official")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "official_id", name=op.f("pk_participation")),
    )
    op.create_index(
        "ix_participation_official", "participation", ["official_id", "left_at"], unique=False
    )
    op.create_table(
        "message",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("sender_name", sa.String(length=50), nullable=False),
        sa.Column("sender_title", sa.String(length=50), nullable=False),
        sa.Column("sender_unit", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_to_seq", zzd.db.BigInt, nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("recalled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_message_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_message_conversation_id_seq")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_message_sender_id_client_id")),
    )
    op.create_index(
        "ix_message_changed",
        "message",
        ["conversation_id", "changed_at"],
        unique=False,
        postgresql_where=sa.text("changed_at IS NOT NULL"),
        sqlite_where=sa.text("changed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("participation")
    op.drop_table("conversation")
