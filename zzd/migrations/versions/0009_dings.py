"""DINGs and scheduled messages"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0009_dings"
down_revision = "0008_search"


def upgrade() -> None:
    op.create_table(
        "ding",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("sender_name", sa.String(length=50), nullable=False),
        sa.Column("sender_title", sa.String(length=50), nullable=False),
        sa.Column("sender_unit", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=True),
        sa.Column("message_seq", zzd.db.BigInt, nullable=True),
        sa.Column("audience_id", zzd.db.BigInt, nullable=True),
        sa.Column("audience", zzd.db.Json, nullable=True),
        sa.Column("officials", sa.SmallInteger(), nullable=False),
        sa.Column("channels", zzd.db.Json, nullable=False),
        sa.Column("every_minutes", sa.SmallInteger(), nullable=True),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("cancelled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("completed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("addressed", sa.Integer(), nullable=True),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("progress_due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("progress_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_ding_audience_id_audience")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_ding_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ding")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_ding_sender_id_client_id")),
    )
    op.create_index("ix_ding_audience", "ding", ["audience_id", "created_at"], unique=False)
    op.create_index(
        "ix_ding_next",
        "ding",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "ix_ding_progress",
        "ding",
        ["progress_due_at"],
        unique=False,
        postgresql_where=sa.text("progress_due_at IS NOT NULL"),
        sqlite_where=sa.text("progress_due_at IS NOT NULL"),
    )
    op.create_index("ix_ding_sender", "ding", ["sender_id", "created_at"], unique=False)
    op.create_table(
        "scheduled_message",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content", zzd.db.Json, nullable=True),
        sa.Column("mentions", zzd.db.Json, nullable=True),
        sa.Column("reply_to_seq", zzd.db.BigInt, nullable=True),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("failure_detail", sa.String(length=500), nullable=True),
        sa.Column("seq", zzd.db.BigInt, nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_scheduled_message_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_message")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_scheduled_message_sender_id_client_id")
        ),
    )
    op.create_index(
        "ix_scheduled_message_due",
        "scheduled_message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_scheduled_message_sender",
        "scheduled_message",
        ["sender_id", "state", "at"],
        unique=False,
    )
    op.create_table(
        "ding_person",
        sa.Column("ding_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(["ding_id"], ["ding.id"], name=op.f("fk_ding_person_ding_id_ding")),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_ding_person_official_id_official")
        ),
        sa.PrimaryKeyConstraint("ding_id", "official_id", name=op.f("pk_ding_person")),
    )
    op.create_index(
        "ix_ding_person_official", "ding_person", ["official_id", "ding_id"], unique=False
    )
    op.create_table(
        "ding_receipt",
        sa.Column("ding_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("delivered_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("read_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("confirmed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("post_id", zzd.db.BigInt, nullable=True),
        sa.Column("post_title", sa.String(length=50), nullable=True),
        sa.Column("unit_name", sa.String(length=100), nullable=True),
        sa.Column("device", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["ding_id"], ["ding.id"], name=op.f("fk_ding_receipt_ding_id_ding")
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_ding_receipt_official_id_official")
        ),
        sa.PrimaryKeyConstraint("ding_id", "official_id", name=op.f("pk_ding_receipt")),
    )
    op.create_table(
        "ding_step",
        sa.Column("ding_id", zzd.db.BigInt, nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("fired_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("spread_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("spread_path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("spread_post", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(["ding_id"], ["ding.id"], name=op.f("fk_ding_step_ding_id_ding")),
        sa.PrimaryKeyConstraint("ding_id", "step", name=op.f("pk_ding_step")),
    )
    op.create_index(
        "ix_ding_step_spread",
        "ding_step",
        ["spread_at"],
        unique=False,
        postgresql_where=sa.text("spread_at IS NOT NULL"),
        sqlite_where=sa.text("spread_at IS NOT NULL"),
    )
    op.create_table(
        "ding_call",
        sa.Column("ding_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("settled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ding_id", "step"],
            ["ding_step.ding_id", "ding_step.step"],
            name=op.f("fk_ding_call_ding_id_step_ding_step"),
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_ding_call_official_id_official")
        ),
        sa.PrimaryKeyConstraint(
            "ding_id", "official_id", "step", "channel", name=op.f("pk_ding_call")
        ),
    )
    op.create_index(
        "ix_ding_call_due",
        "ding_call",
        ["channel", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    for table in (
        "ding_call",
        "ding_step",
        "ding_receipt",
        "ding_person",
        "scheduled_message",
        "ding",
    ):
        op.drop_table(table)
