"""cards of mini-apps, their buttons, and with what apps are called back"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0015_cards"
down_revision = "0014_cap"


def upgrade() -> None:
    op.create_table(
        "card",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("app_id", zzd.db.BigInt, nullable=False),
        sa.Column("key", zzd.db.byte_ordered(64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_card_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_card")),
        sa.UniqueConstraint(
            "app_id", "conversation_id", "key", name=op.f("uq_card_app_id_conversation_id_key")
        ),
    )
    op.create_table(
        "card_action",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("app_id", zzd.db.BigInt, nullable=False),
        sa.Column("key", zzd.db.byte_ordered(64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("button", zzd.db.Json, nullable=False),
        sa.Column("presser", zzd.db.Json, nullable=False),
        sa.Column("sender_name", sa.String(length=50), nullable=False),
        sa.Column("sender_title", sa.String(length=50), nullable=False),
        sa.Column("sender_unit", sa.String(length=100), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("toast", sa.String(length=200), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("claimed_until", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("settled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_card_action_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_action")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_card_action_sender_id_client_id")
        ),
    )
    op.create_index("ix_card_action_card", "card_action", ["conversation_id", "seq"], unique=False)
    op.create_index(
        "ix_card_action_claimed",
        "card_action",
        ["app_id", "claimed_until"],
        unique=False,
        postgresql_where=sa.text("claimed_until IS NOT NULL"),
        sqlite_where=sa.text("claimed_until IS NOT NULL"),
    )
    op.create_index(
        "ix_card_action_due",
        "card_action",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_card_action_mine", "card_action", ["sender_id", "conversation_id", "id"], unique=False
    )
    op.create_table(
        "miniapp_callback_secret",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("salt", sa.String(length=43), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("retires_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["miniapp_id"],
            ["miniapp.id"],
            name=op.f("fk_miniapp_callback_secret_miniapp_id_miniapp"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_callback_secret")),
    )
    op.create_index(
        op.f("ix_miniapp_callback_secret_miniapp_id"),
        "miniapp_callback_secret",
        ["miniapp_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_miniapp_callback_secret_miniapp_id"), table_name="miniapp_callback_secret"
    )
    op.drop_table("miniapp_callback_secret")
    op.drop_index("ix_card_action_mine", table_name="card_action")
    op.drop_index(
        "ix_card_action_due",
        table_name="card_action",
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_card_action_claimed",
        table_name="card_action",
        postgresql_where=sa.text("claimed_until IS NOT NULL"),
        sqlite_where=sa.text("claimed_until IS NOT NULL"),
    )
    op.drop_index("ix_card_action_card", table_name="card_action")
    op.drop_table("card_action")
    op.drop_table("card")
